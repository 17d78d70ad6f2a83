#!/bin/sh
#
# The downloader alone, in its sandbox, driven over its channel.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
"$PYTHON" "$TOP/regress/rooms/downloader_room.py"
