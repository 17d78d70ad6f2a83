#!/bin/sh
# The supervisor room alone: policy, output, rotation, kills, orphanage.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
export TOP
exec python3 "$TOP/regress/rooms/supervisor.py" "$@"
