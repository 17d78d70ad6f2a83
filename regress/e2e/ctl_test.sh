#!/bin/sh
#
# lavavisorctl against a daemon that plays each part.

TOP=${TOP:-$(dirname "$0")/../..}
exec "${PYTHON:-python3}" "$TOP/regress/rooms/ctl_client.py"
