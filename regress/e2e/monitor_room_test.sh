#!/bin/sh
#
# The monitor with a dialer, both in their sandboxes, against nodes that are
# down, slow, lying, stale or broken.

exec "${PYTHON:-python3}" "${TOP:-$(dirname "$0")/../..}/regress/rooms/monitor_room.py"
