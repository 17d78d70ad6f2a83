#!/bin/sh
#
# The keeper alone, in its sandbox, driven over its channel: what it learns,
# what services get, and what nobody can have of it.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
"$PYTHON" "$TOP/regress/rooms/keeper_room.py"
