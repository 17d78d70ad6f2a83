#!/bin/sh
#
# Compiles every file and links every program for OpenBSD on another system:
# `zig cc` knows OpenBSD's headers and the symbols of its libc; the libraries
# are the headers installed here and stubs with the symbols of those installed
# here.  Nothing runs.  Then the libraries that each program needs are compared
# with those that the Makefile names, as zig adds forgotten ones by itself.
#
# The compiler (440 MB) and its cache are kept in
#	$OPENBSD_CHECK_CACHE, else
#	${XDG_CACHE_HOME:-$HOME/.cache}/lavavisord-openbsd

set -eu

ZIG_VERSION=0.17.0
TARGET=${OPENBSD_TARGET:-x86_64-openbsd.7.8}
LIBRARIES="event_core yaml jansson curl sodium ssl crypto cmocka
    curses"
HEADERS="event2 yaml.h jansson.h jansson_config.h curl sodium sodium.h openssl
    cmocka.h curses.h ncurses_dll.h unctrl.h"
MAKE=${MAKE:-make}

# Flags of the make that called are not for another compiler.
unset MAKEFLAGS MFLAGS MAKELEVEL || true

cd "$(dirname "$0")/.."
caches=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}
cache=${OPENBSD_CHECK_CACHE:-$caches/lavavisord-openbsd}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/openbsd.XXXXXXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

die() {
	echo "check-openbsd: $*" >&2
	exit 1
}

# Made under another name first: an interrupted download is no compiler.
get_zig() {
	tools=$cache/zig-$ZIG_VERSION
	if [ ! -x "$tools/zig" ]; then
		echo "check-openbsd: getting the compiler"
		new=$(mktemp -d "$cache/new.XXXXXXXXXX")
		python3 -m pip install -q --disable-pip-version-check \
		    --no-cache-dir --target "$new/packages" \
		    "ziglang==$ZIG_VERSION" >"$new/log" 2>&1 ||
		    venv_zig "$new" || {
			tail -n 20 "$new/log" >&2
			rm -rf "$new"
			die "cannot get the compiler with pip"
		}
		dir=$(find "$new" -type d -name ziglang | head -n 1)
		[ -x "$dir/zig" ] || die "no zig in ziglang $ZIG_VERSION"
		[ -d "$tools" ] || mv "$dir" "$tools"
		rm -rf "$new"
	fi
	ZIG=$tools/zig
}

# Debian's python3 comes without pip, its venv with one.
venv_zig() {
	python3 -m venv "$1/v" >>"$1/log" 2>&1 &&
	    "$1/v/bin/python" -m pip install -q --no-cache-dir \
	    --disable-pip-version-check "ziglang==$ZIG_VERSION" \
	    >>"$1/log" 2>&1
}

# Only what the ports install, and curses; above all not libevent's old
# <event.h>.
copy_headers() {
	mkdir "$work/inc"
	triplet=$(cc -print-multiarch 2>/dev/null || true)
	for dir in /usr/include "/usr/include/$triplet"; do
		for header in $HEADERS; do
			[ ! -e "$dir/$header" ] ||
			    cp -RL "$dir/$header" "$work/inc/"
		done
	done
}

# The libraries of a name: those it names where it is but a script of ld(1)
real_libraries() {
	real=$(cc -print-file-name="$1")
	[ -e "$real" ] || return 1
	if LC_ALL=C grep -q '^INPUT(' "$real"; then
		for part in $(sed -n 's/^INPUT(\(.*\))$/\1/p' "$real"); do
			case $part in
			-l*)	part=lib${part#-l}.so ;;
			esac
			real_libraries "$part" || return 1
		done
	else
		readlink -f "$real"
	fi
}

make_stub() {
	libraries=$(real_libraries "lib$1.so") || die "lib$1 is not installed"
	# shellcheck disable=SC2086
	nm -D --defined-only $libraries | awk '
	BEGIN { print ".section .note.GNU-stack,\"\",@progbits" }
	{
		type = $2; symbol = $3; sub(/@.*/, "", symbol)
		if (symbol == "" || seen[symbol]++)
			next
		if (type ~ /^[TWi]$/)
			printf ".text\n.globl %s\n.type %s,@function\n" \
			    "%s: ret\n.size %s,1\n", \
			    symbol, symbol, symbol, symbol
		else if (type ~ /^[DBRVGS]$/)
			printf ".data\n.balign 8\n.globl %s\n" \
			    ".type %s,@object\n%s: .quad 0\n.size %s,8\n", \
			    symbol, symbol, symbol, symbol
	}' >"$work/stub/$1.s"
	"$work/zcc" -shared -nostdlib -Wl,-soname,"lib$1.so" \
	    -o "$work/stub/lib$1.so" "$work/stub/$1.s"
}

# What stands after -l in the link command of a program
named() {
	sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$work/log" |
	    grep -e " -o $1 " | tr ' ' '\n' | sed -n 's/^-l//p' | sort -u
}

needed() {
	readelf -d "$work/tree/$1" |
	    sed -n 's/.*(NEEDED).*\[lib\(.*\)\.so.*\]/\1/p' | sort -u
}

compare() {
	named "$1" >"$work/named"
	needed "$1" | grep -vx c >"$work/needed" || true
	extra=$(comm -13 "$work/named" "$work/needed" | tr '\n' ' ')
	[ -z "$extra" ] || {
		echo "$1 needs what the Makefile does not name: $extra" >&2
		return 1
	}
}

get_zig
export ZIG_GLOBAL_CACHE_DIR="$cache/cache" ZIG_LOCAL_CACHE_DIR="$cache/cache"
printf '#!/bin/sh\nexec "%s" cc -target %s "$@"\n' "$ZIG" "$TARGET" \
    >"$work/zcc"
chmod +x "$work/zcc"
copy_headers
mkdir "$work/stub" "$work/tree"
for library in $LIBRARIES; do
	make_stub "$library"
done

# A tree of its own: the objects here are of this system.
tar cf - --exclude='./.git' --exclude='*.o' --exclude='*.d' --exclude='*.a' \
    --exclude='./stage' --exclude='./regress/bin' --exclude='./regress/tmp' \
    --exclude='./mk/gen' . | (cd "$work/tree" && tar xf -)

(cd "$work/tree" && $MAKE -j "$(getconf _NPROCESSORS_ONLN)" OS=OpenBSD \
    CC="$work/zcc" OPT=-O1 \
    CFLAGS="-g -fno-sanitize=undefined -Werror" \
    OS_CPPFLAGS="-isystem $work/inc -Icompat/openbsd/include" \
    OS_LIBS="-lutil" \
    LDFLAGS="-O1 -fno-sanitize=undefined -L$work/stub" \
    programs unit-programs) >"$work/log" 2>&1 || {
	grep -v zcc "$work/log" | grep -E -A 6 'error|undefined|\*\*\*' >&2 ||
	    tail -n 40 "$work/log" >&2
	die "does not build for $TARGET"
}

sed -e ':a' -e '/\\$/N; s/\\\n//; ta' "$work/log" |
    sed -n 's/.*zcc .*-pie.* -o \([^ ]*\) .*/\1/p' >"$work/programs"
bad=0
count=0
while IFS= read -r program; do
	count=$((count + 1))
	compare "$program" || bad=1
done <"$work/programs"
[ "$bad" -eq 0 ] || exit 1
[ "$count" -gt 7 ] || die "only $count programs were linked"
objects=$(find "$work/tree" -name '*.o' | wc -l)
echo "check-openbsd: $objects files and $count programs for $TARGET"
