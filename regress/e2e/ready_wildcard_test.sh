#!/bin/sh
#
# A listener at [::] is reached by IPv4 where the host has no ::1, as in most
# containers; one at [::1] is not there then.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

case ${1:-} in
'')	[ "$(uname)" = Linux ] || skip "needs network namespaces"
	[ -e /proc/sys/net/ipv6 ] || skip "needs IPv6"
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -n true 2>/dev/null || skip "needs a network namespace"
	exec unshare -n sh "$0" inside
	;;
esac
ip link set lo up || skip "needs ip"
echo 1 >/proc/sys/net/ipv6/conf/lo/disable_ipv6
plain_begin
cat >"$REGRESS_DIR/listen.py" <<'END'
import socket
import sys

s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.bind(('::', int(sys.argv[1])))
s.listen()
while True:
    s.accept()[0].close()
END
for name in any one; do
	free_port >"$REGRESS_DIR/$name.port"
done
any=$(cat "$REGRESS_DIR/any.port")
one=$(cat "$REGRESS_DIR/one.port")
plain_service any "ready: tcp [::]:$any" <<END
exec "$PYTHON" "$REGRESS_DIR/listen.py" $any
END
plain_service one "ready: tcp [::1]:$one" <<END
exec "$PYTHON" "$REGRESS_DIR/listen.py" $one
END
plain_config
start_daemon
plain_up
ctl wait -t 60 any ready || die "any is not ready"
wait_for 60 test -n "$(service one reason)"
expect "one" false "$(service one ready)"
stop_daemon
