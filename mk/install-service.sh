#!/bin/sh
#
# Installs or removes what starts lavavisord at boot: the rc.d script on
# OpenBSD, the systemd unit where there is systemd.
#
# usage: D=destdir SBINDIR=... SYSCONFDIR=... install-service.sh \
#	install|uninstall

set -eu

cd "$(dirname "$0")/.."

place() {
	install -d -m 755 "$(dirname "$3")"
	sed -e "s,@SBINDIR@,$SBINDIR,g" -e "s,@SYSCONFDIR@,$SYSCONFDIR,g" \
	    "$2" >"$3.tmp"
	chmod "$1" "$3.tmp"
	mv "$3.tmp" "$3"
}

case $(uname -s):$1 in
OpenBSD:install)
	place 555 etc/rc.d/lavavisord "$D$SYSCONFDIR/rc.d/lavavisord" ;;
OpenBSD:uninstall)
	rm -f "$D$SYSCONFDIR/rc.d/lavavisord" ;;
*:install)
	place 644 etc/systemd/lavavisord.service \
	    "$D$SYSCONFDIR/systemd/system/lavavisord.service" ;;
*:uninstall)
	rm -f "$D$SYSCONFDIR/systemd/system/lavavisord.service" ;;
esac
