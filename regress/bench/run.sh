#!/bin/sh
#
# lavavisord beside its peers on this machine, in one run: see peers/bench.py
# for what is measured.  Needs root, `make stage`, and the peers that are asked
# for (Debian: runit s6 supervisor daemontools).
#
# usage: [PEERS=floor,runit,lavavisord] regress/bench/run.sh [option...]

set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
export TOP
WORK=$(mktemp -d /tmp/lvb.XXXXXX)
trap 'rm -rf "$WORK"' EXIT
cp "$TOP"/regress/bench/peers/* "$WORK"
export PYTHONPATH="$WORK"
cd "$WORK"
python3 bench.py --adapter "$TOP/regress/bench/adapter.py" \
    --peers "${PEERS:-floor,runit,s6,lavavisord}" --n 10,100,1000 \
    --what start,crash,restartall,memory,control --modes default \
    --md "$WORK/RESULTS.md" "$@"
cp "$WORK/RESULTS.md" "$TOP/regress/bench/RESULTS.md"
cat "$WORK/RESULTS.md"
