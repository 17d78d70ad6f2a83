#!/bin/sh
#
# The monitor with a dialer, both in their sandboxes, against nodes that are
# down, slow, lying, stale or broken.

TOP=${TOP:-$(dirname "$0")/../..}
exec "${PYTHON:-python3}" "$TOP/regress/rooms/monitor_room.py"
