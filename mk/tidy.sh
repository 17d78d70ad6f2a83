#!/bin/sh
#
# clang-tidy on C files that are not as they were when it last had no word for
# them: compared is what the compiler sees, with comments, and what it is told.
# Prints the warnings; exit code 1 when there is one.
#
# usage: CPPFLAGS="..." tidy.sh stamps file ...

set -u

stamps=$1
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/tidy.XXXXXXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$stamps" || exit 1
about=$(cat .clang-tidy; clang-tidy --version; echo "$CPPFLAGS")
rc=0
for file in "$@"; do
	stamp=$stamps/$(echo "$file" | tr / ,)
	sum=
	# shellcheck disable=SC2086
	if clang -E -C -std=c11 $CPPFLAGS "$file" >"$work/seen" 2>/dev/null
	then
		sum=$( (echo "$about"; cat "$work/seen") | cksum)
	fi
	if [ -n "$sum" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then
		continue
	fi
	# shellcheck disable=SC2086
	clang-tidy --quiet "$file" -- -std=c11 $CPPFLAGS \
	    >"$work/found" 2>"$work/errors"
	code=$?
	if grep -qE 'warning:|error:' "$work/found"; then
		grep -E 'warning:|error:' "$work/found" | sed "s,$PWD/,,"
		rc=1
	elif [ "$code" -ne 0 ]; then
		echo "$file: clang-tidy ended with code $code"
		tail -n 3 "$work/errors"
		rc=1
	elif [ -n "$sum" ]; then
		echo "$sum" >"$stamp"
	fi
done
exit "$rc"
