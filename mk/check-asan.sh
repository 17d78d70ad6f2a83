#!/bin/sh
#
# The tests with AddressSanitizer and UndefinedBehaviorSanitizer, in a copy of
# the tree so that the objects here stay as they are.
#
# usage: [TESTS="name ..."] [TEST_JOBS=n] check-asan.sh

set -eu

cd "$(dirname "$0")/.."
copy=regress/tmp/asan
sh mk/copy-tree.sh "$copy"
cd "$copy"

flags="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
${MAKE:-make} OPT=-O1 FORTIFY= \
    EXTRA_CFLAGS="$flags -fno-omit-frame-pointer" EXTRA_LDFLAGS="$flags" \
    stage regress-programs >build.log 2>&1 || {
	tail -n 40 build.log
	exit 1
}

# Leak checks need ptrace, which no room may have.
ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1"
export ASAN_OPTIONS
export UBSAN_OPTIONS=print_stacktrace=1
export REGRESS_SANITIZED=1
# shellcheck disable=SC2086
exec "${PYTHON:-python3}" regress/run -t 900 -j "${TEST_JOBS:-4}" \
    -x "${ONCE:-regress/once}" ${TESTS:-}
