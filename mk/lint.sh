#!/bin/sh
#
# What style can be checked by machine: manuals, shell, C, length of lines and
# files.  One line per fault; exit code 1 when there is one.
#
# usage: CPPFLAGS="..." lint.sh

set -u

cd "$(dirname "$0")/.." || exit 1
MAX_LINES=800
MAX_COLUMNS=80
JOBS=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
rc=0

fault() {
	echo "lint: $*"
	rc=1
}

files() {
	if [ -d .git ]; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		for pattern in "$@"; do
			find . -type f -name "${pattern##*/}" |
			    sed 's,^\./,,' | grep -v '^stage/'
		done
	fi
}

# The peers' programs are measured, not ours.
existing() {
	files "$@" | grep -v '^regress/bench/peers/' |
	    while IFS= read -r file; do
		[ -f "$file" ] && echo "$file"
	done
}

# A tab counts up to the next multiple of 8.  Long strings are test data.
columns() {
	existing '*.c' '*.h' '*.sh' '*.mk' '*.8' '*.5' Makefile |
	    grep -v '^regress/vectors/' | while IFS= read -r file; do
		expand "$file" | awk -v f="$file" -v m="$MAX_COLUMNS" '
		    length($0) > m {
			n = split($0, part, "\"")
			for (i = 2; i < n; i += 2)
				if (length(part[i]) > 55)
					next
			print "lint: " f ":" NR ": " length($0) " columns"
		    }'
	done
}

lengths() {
	existing '*.c' '*.h' '*.sh' '*.mk' | grep -v '^regress/' |
	    while IFS= read -r file; do
		n=$(wc -l <"$file")
		[ "$n" -le "$MAX_LINES" ] ||
		    echo "lint: $file: $n lines, at most $MAX_LINES"
	done
}

words() {
	existing '*.c' '*.h' '*.sh' '*.mk' '*.py' | grep -v '^mk/lint.sh$' |
	    while IFS= read -r file; do
		grep -nE '\b(XXX|TODO|FIXME)\b' "$file" /dev/null
		grep -nE '[^_[:alnum:]](strcpy|strcat|sprintf|atoi|gets)\(' \
		    "$file" /dev/null
	done | sed 's/^/lint: unwanted: /'
}

blanks() {
	existing '*.c' '*.h' '*.sh' '*.mk' | grep -v '^regress/vectors/' |
	    while IFS= read -r file; do
		grep -nE '[ 	]+$' "$file" /dev/null
	done | sed 's/^/lint: blank at the end: /'
}

check() {
	found=$("$1")
	if [ -n "$found" ]; then
		echo "$found"
		rc=1
	fi
}

# Names of tests that are left out: each once, in order, and of a test.
left_out() {
	for list in regress/once regress/unsanitized; do
		grep -v '^#' "$list" | LC_ALL=C sort -uc 2>&1 |
		    sed "s,^sort: -:[0-9]*:,lint: $list:,"
		grep -v '^#' "$list" | while IFS= read -r name; do
			[ -f "regress/e2e/${name}_test.sh" ] ||
			    [ -f "regress/unit/${name}_test.c" ] ||
			    echo "lint: $list: there is no test $name"
		done
	done
}

check left_out
check columns
check lengths
check words
check blanks

manuals=$(existing 'man/*')
if [ -n "$manuals" ]; then
	# shellcheck disable=SC2086
	found=$(mandoc -Tlint -Wwarning $manuals 2>&1) || :
	[ -z "$found" ] || fault "manuals: $found"
fi

# Not -x: to read lib.sh anew for each test takes five times as long, and what
# it knows better (variables that are set elsewhere) is not asked for.
find_scripts() {
	existing '*.sh'
	existing '.ci/run'
}
find_scripts | xargs -n 12 -P "$JOBS" shellcheck -S warning -s sh \
    -e SC1091,SC2154,SC2034,SC2317,SC3043 || rc=1

# clang-tidy understands more, cppcheck is everywhere.
tidy() {
	existing '*.c' | grep -v -e '^compat/openbsd/' -e '_openbsd\.c$' \
	    -e '^regress/' |
	    xargs -n 8 -P "$JOBS" sh mk/tidy.sh regress/tmp/lint
}

if command -v clang-tidy >/dev/null; then
	tidy || rc=1
elif command -v cppcheck >/dev/null; then
	# shellcheck disable=SC2046,SC2086
	cppcheck --quiet --error-exitcode=1 --inline-suppr \
	    --enable=warning,portability $CPPFLAGS $(existing '*.c' |
	    grep -v '^regress/') || rc=1
fi
[ "$rc" -ne 0 ] || echo "lint: clean"
exit "$rc"
