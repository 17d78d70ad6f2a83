#!/bin/sh
#
# The control room alone, in its sandbox, driven over its channel, with
# clients that are good, bad and many.

exec "${PYTHON:-python3}" "${TOP:-$(dirname "$0")/../..}/regress/rooms/control_room.py"
