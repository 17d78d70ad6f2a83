#!/bin/sh
#
# The dialer alone, in its sandbox, driven over its channel.

exec "${PYTHON:-python3}" "${TOP:-$(dirname "$0")/../..}/regress/rooms/dialer_room.py"
