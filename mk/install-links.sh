#!/bin/sh
#
# The client under its two names where everyone's PATH leads: that of users has
# no sbin on Linux.  What is there and is not ours, say a LavaVisor in Go, is
# left alone.
#
# usage: D=destdir SBINDIR=... BINDIR=... install-links.sh install|uninstall

set -eu

target=$SBINDIR/lavavisorctl

# is_ours PATH: a link to the client, as this or an earlier one made it
is_ours() {
	case $(readlink "$1" 2>/dev/null) in
	"$target"|lavavisorctl)	;;
	*)	return 1 ;;
	esac
}

for link in "$BINDIR/lavavisor" "$BINDIR/lavavisorctl" "$SBINDIR/lavavisor"; do
	path=$D$link
	case $1 in
	install)
		[ "$link" != "$target" ] || continue
		if is_ours "$path" || { [ ! -e "$path" ] && [ ! -L "$path" ]; }
		then
			ln -sf "$target" "$path"
		else
			echo "$link is not a link to $target and is left as" \
			    "it is: move it away and install again, or type" \
			    "lavavisorctl" >&2
		fi ;;
	uninstall)
		! is_ours "$path" || rm -f "$path" ;;
	esac
done
