#!/bin/sh
#
# Supervisor and parent are killed at any moment while services write as fast
# as they can: no line is lost, doubled or torn, no service runs twice.  `make
# endure` does more of it.

. "${TOP:-.}/regress/lib.sh"

[ -d /proc/self/fd ] || skip "needs /proc and splice(2)"
if [ "$(id -u)" -eq 0 ]; then
	sh "$TOP/etc/accounts.sh"
fi
"$PYTHON" "$TOP/regress/faults/endure" -s 60 -p 10 -d "$REGRESS_DIR" || exit 1
