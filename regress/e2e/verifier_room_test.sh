#!/bin/sh
#
# The verifier alone, in its sandbox, driven over its channel.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
"$PYTHON" "$TOP/regress/rooms/verifier_room.py"
