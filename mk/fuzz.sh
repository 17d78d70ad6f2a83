#!/bin/sh
#
# Builds each regress/fuzz/NAME_fuzz.c with libFuzzer and ASan and runs it for
# some seconds on regress/fuzz/corpus/NAME.  The first lines of a fuzz program
# may say `/* fuzz: path/a.c path/b.c */`: what it is compiled with; all of
# common/ and compat/ is linked.
#
# usage: CPPFLAGS="..." LIBS="..." fuzz.sh seconds

set -u

cd "$(dirname "$0")/.." || exit 1
seconds=$1
passed=0
failed=0
out=regress/tmp/fuzz
mkdir -p "$out"

if ! command -v clang >/dev/null; then
	echo "fuzz: clang is not installed"
	exit 0
fi
for source in regress/fuzz/*_fuzz.c; do
	[ -f "$source" ] || continue
	name=$(basename "$source" _fuzz.c)
	with=$(sed -n 's,^/\* fuzz: \(.*\) \*/$,\1,p' "$source")
	# shellcheck disable=SC2086
	if ! clang -std=c11 -g -O1 $CPPFLAGS -fsanitize=fuzzer,address \
	    -o "$out/$name" "$source" $with $LIBS; then
		failed=$((failed + 1))
		continue
	fi
	mkdir -p "$out/$name.corpus"
	seeds=regress/fuzz/corpus/$name
	[ -d "$seeds" ] || seeds=
	# shellcheck disable=SC2086
	if "$out/$name" -max_total_time="$seconds" -timeout=10 \
	    -rss_limit_mb=1024 -artifact_prefix="$out/$name." \
	    -print_final_stats=0 -verbosity=0 \
	    "$out/$name.corpus" $seeds >"$out/$name.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok fuzz $name $seconds"
	else
		failed=$((failed + 1))
		echo "FAIL fuzz $name"
		tail -n 40 "$out/$name.log"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
