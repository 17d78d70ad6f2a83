#!/bin/sh
#
# The dialer alone with name servers that lie, hang and talk nonsense, in
# network and mount namespaces: public addresses on the loopback interface and
# a resolv.conf of its own.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"

if [ "${1:-}" != inside ]; then
	need unshare ip
	flags=-nm
	[ "$(id -u)" -eq 0 ] || flags=-Urnm
	unshare $flags true 2>/dev/null ||
	    skip "needs namespaces (unshare $flags)"
	[ -e /etc/resolv.conf ] && [ -e /etc/nsswitch.conf ] ||
	    skip "needs /etc/resolv.conf and /etc/nsswitch.conf"
	export TOP
	unshare $flags /bin/sh "$TOP/regress/e2e/dialer_names_test.sh" \
	    inside
	exit $?
fi

# over FILE: the lines of stdin in its place, in this namespace only.
over() {
	_file=$REGRESS_DIR/$(basename "$1")
	cat >"$_file"
	chmod 644 "$_file"
	mount --bind "$_file" "$1" || skip "cannot mount over $1"
}

over /etc/resolv.conf <<END
nameserver 127.0.0.53
END
over /etc/nsswitch.conf <<END
hosts: files dns
END
over /etc/hosts <<END
127.0.0.1 localhost
::1 localhost
END
ip link set lo up || skip "cannot set up the loopback interface"
for address in 93.184.216.34 93.184.216.35; do
	ip addr add $address/32 dev lo || skip "cannot set an address"
done
four=
ip -6 addr add 2606:2800:220:1::34/128 dev lo nodad || four=-4
"$PYTHON" "$TOP/regress/rooms/dialer_names.py" $four
