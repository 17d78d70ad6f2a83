#!/bin/sh
#
# The control room alone, in its sandbox, driven over its channel, with
# clients that are good, bad and many.

TOP=${TOP:-$(dirname "$0")/../..}
exec "${PYTHON:-python3}" "$TOP/regress/rooms/control_room.py"
