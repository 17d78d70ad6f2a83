#!/bin/sh
#
# The verifier alone, in its sandbox, driven over its channel.

exec "${PYTHON:-python3}" "${TOP:-$(dirname "$0")/../..}/regress/rooms/verifier_room.py"
