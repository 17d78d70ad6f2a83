#!/bin/sh
#
# lavavisorctl against a daemon that plays each part.

exec "${PYTHON:-python3}" "${TOP:-$(dirname "$0")/../..}/regress/rooms/ctl_client.py"
