#!/bin/sh
#
# The tests with AddressSanitizer and UndefinedBehaviorSanitizer, in a copy of
# the tree so that the objects here stay as they are.
#
# usage: [TESTS="name ..."] [TEST_JOBS=n] check-asan.sh

set -eu

cd "$(dirname "$0")/.."
copy=regress/tmp/asan
mkdir -p "$copy"

# Times are kept, so that a second run compiles only what changed.
{
	if [ -d .git ]; then
		git ls-files --cached --others --exclude-standard
	else
		find . -type f ! -path './regress/tmp/*' ! -path './stage/*' \
		    ! -path './regress/bin/*' ! -name '*.[oad]'
	fi
} | while IFS= read -r file; do
	if [ -f "$file" ]; then
		echo "$file"
	fi
done | tar -cf - -T - | tar -xf - -C "$copy"

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
exec "${PYTHON:-python3}" regress/run -t 600 -j "${TEST_JOBS:-4}" ${TESTS:-}
