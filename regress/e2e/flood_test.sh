#!/bin/sh
#
# A service that writes as fast as it can holds up no answer, no restart of
# another service, and loses nothing.  The bound is for a machine that is busy
# with other tests; regress/bench/flood.sh prints what it really is.

. "${TOP:-.}/regress/lib.sh"

[ -d /proc/self ] || skip "needs /proc"
sh "$TOP/regress/bench/flood.sh" 2 >"$REGRESS_DIR/table" || {
	cat "$REGRESS_DIR/table"
	exit 1
}
cat "$REGRESS_DIR/table"
# LABEL WORD WORD ASKED P50 P99 MAX MB/S
awk -v bound=$((100 * PATIENCE)) '
    $1 == "flooded" && $8 < 1 { bad = 1 }
    $1 == "flooded" && $5 > ($2 == "show" ? bound : 10 * bound) { bad = 1 }
    $1 == "flooded" { n++ }
    END { exit bad || n != 2 }' "$REGRESS_DIR/table" ||
    die "others are held up, or nothing was written"
