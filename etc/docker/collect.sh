#!/bin/sh
#
# Makes the root of the image: the programs that `make install' has put below a
# directory, the shared libraries that they link to, as they lie here, and the
# few files that these read.  What packages they are of is written where
# scanners for known faults look, and their licences are kept.
#
# usage: collect.sh DESTDIR ROOT

set -eu
umask 022

if [ $# -ne 2 ]; then
	echo "usage: collect.sh DESTDIR ROOT" >&2
	exit 2
fi
dest=$1
root=$2
# Terminals that `lavavisorctl top' knows: what `docker exec -it' meets
terminals="dumb linux screen screen-256color tmux tmux-256color vt100 vt220
    xterm xterm-256color"
bundles="/etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem
    /etc/pki/tls/certs/ca-bundle.crt"

fail() {
	echo "collect.sh: $*" >&2
	exit 1
}

# place FILE: to where it lies here, and as it is there, not as a link
place() {
	mkdir -p "$root${1%/*}"
	cp -L "$1" "$root$1"
	chmod u+w,go-w "$root$1"
}

programs() {
	for folder in sbin bin libexec; do
		[ -d "$dest/usr/local/$folder" ] ||
		    fail "$dest has no usr/local/$folder: make install" \
		    "DESTDIR=$dest"
		cp -R -P "$dest/usr/local/$folder" "$root/usr/local/"
	done
	find "$root/usr/local" -type f -exec strip {} +
}

# Each once: what a program and its libraries are linked to, and the loader
libraries() {
	find "$root/usr/local" -type f -exec ldd {} + >"$root.ldd" ||
	    fail "ldd: cannot say what the programs are linked to"
	! grep 'not found' "$root.ldd" >&2 || fail "a library is not found"
	awk '$2 == "=>" && $3 ~ /^\// { print $3 }
	    $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' "$root.ldd" | sort -u
	rm "$root.ldd"
}

certificates() {
	for bundle in $bundles; do
		if [ -s "$bundle" ]; then
			mkdir -p "$root/etc/ssl/certs"
			cp -L "$bundle" \
			    "$root/etc/ssl/certs/ca-certificates.crt"
			chmod 644 "$root/etc/ssl/certs/ca-certificates.crt"
			return
		fi
	done
	fail "no CA bundle in $bundles: install ca-certificates"
}

accounts() {
	cat >"$root/etc/passwd" <<-END
	root:x:0:0:root:/:/usr/sbin/nologin
	lavavisor:x:65532:65532:lavavisor:/data:/usr/sbin/nologin
	END
	cat >"$root/etc/group" <<-END
	root:x:0:
	lavavisor:x:65532:
	END
	echo "hosts: files dns" >"$root/etc/nsswitch.conf"
}

terminal_types() {
	for terminal in $terminals; do
		for folder in /lib/terminfo /usr/share/terminfo; do
			file=$folder/${terminal%"${terminal#?}"}/$terminal
			[ -f "$file" ] || continue
			place "$file"
			break
		done
	done
}

# The paths that dpkg may know a file by: /lib may be a link to /usr/lib.
known_as() {
	while IFS= read -r file; do
		echo "$file"
		echo "/usr$file"
		echo "${file#/usr}"
		readlink -f "$file"
	done
}

packages() {
	command -v dpkg-query >/dev/null || return 0
	{
		known_as <"$1" | xargs dpkg-query -S 2>/dev/null |
		    sed -n '/^diversion/d; s/: .*//p'
		echo ca-certificates
	} | sort -u >"$1.packages"
	mkdir -p "$root/var/lib/dpkg/status.d"
	while IFS= read -r package; do
		name=${package%:*}
		dpkg-query -s "$package" \
		    >"$root/var/lib/dpkg/status.d/$name" 2>/dev/null ||
		    rm "$root/var/lib/dpkg/status.d/$name"
		[ ! -f "/usr/share/doc/$name/copyright" ] ||
		    place "/usr/share/doc/$name/copyright"
	done <"$1.packages"
	rm "$1.packages"
}

[ ! -e "$root" ] || fail "$root is there already"
mkdir -p "$root/usr/local" "$root/etc" "$root/tmp"
chmod 1777 "$root/tmp"
programs
libraries >"$root.libraries"
while IFS= read -r library; do
	place "$library"
done <"$root.libraries"
certificates
accounts
terminal_types
packages "$root.libraries"
rm "$root.libraries"
