#!/bin/sh
#
# Builds with fault points, in a copy of the tree so that the objects here stay
# as they are, and runs the harness there.
#
# usage: faults.sh [option of regress/faults/run ...]

set -eu

cd "$(dirname "$0")/../.."
copy=regress/tmp/faults
sh mk/copy-tree.sh "$copy"
cd "$copy"
${MAKE:-make} -j "$(getconf _NPROCESSORS_ONLN)" OPT=-O1 \
    EXTRA_CFLAGS=-DFAULTS stage regress/bin/fakelavap >build.log 2>&1 || {
	tail -n 40 build.log
	exit 1
}
exec "${PYTHON:-python3}" regress/faults/run "$@"
