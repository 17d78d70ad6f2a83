#!/bin/sh
#
# The dialer alone, in its sandbox, driven over its channel.

TOP=${TOP:-$(dirname "$0")/../..}
exec "${PYTHON:-python3}" "$TOP/regress/rooms/dialer_room.py"
