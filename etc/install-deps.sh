#!/bin/sh
#
# Installs what is missing to build lavavisord, to make an image of it
# (etc/docker), to run its tests, or to do everything CI does.  Only what is
# missing is asked for; without root the command to run is printed instead.
#
# usage: install-deps.sh [build|image|check|ci]

set -eu

usage() {
	echo "usage: install-deps.sh [build|image|check|ci]" >&2
	exit 2
}

debian_packages() {
	echo gcc make pkg-config libc6-dev libbsd-dev libevent-dev \
	    libyaml-dev libjansson-dev libcurl4-openssl-dev libsodium-dev \
	    libssl-dev libncurses-dev
	case $1 in image|check|ci)
		echo binutils ca-certificates
	esac
	case $1 in check|ci)
		echo libcmocka-dev python3 jq curl openssl nginx-light \
		    signify-openbsd minisign procps strace mksh tmux \
		    zsh
	esac
	case $1 in ci)
		echo bmake clang clang-tidy cppcheck mandoc shellcheck \
		    libclang-rt-14-dev python3-venv systemd \
		    python3-yaml python3-jsonschema iproute2
	esac
}

openbsd_packages() {
	echo libevent libyaml jansson curl libsodium
	case $1 in check|ci) echo cmocka python%3 jq nginx minisign bash ;; esac
	case $1 in ci) echo bmake cppcheck shellcheck ;; esac
}

# Another package may provide the same: any nginx, any curl.
debian_has() {
	case $1 in
	nginx-light)	command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ;;
	libclang-rt-14-dev) command -v clang >/dev/null &&
	    [ -n "$(find /usr/lib/llvm-*/lib/clang /usr/lib/clang \
	    -name 'libclang_rt.fuzzer*' 2>/dev/null | head -n 1)" ] ;;
	*)		dpkg-query -W -f '${Status}' "$1" 2>/dev/null |
	    grep -q ' installed$' ;;
	esac
}

debian() {
	missing=
	for package in $(debian_packages "$1"); do
		debian_has "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "missing; as root: apt-get install$missing" >&2
		exit 1
	fi
	echo "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	# A running nginx is not wanted, only the program.
	hold=
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		hold=/usr/sbin/policy-rc.d
		printf '#!/bin/sh\nexit 101\n' >"$hold"
		chmod 755 "$hold"
		trap 'rm -f "$hold"' EXIT
	fi
	options="-y -qq --no-install-recommends"
	log=$(mktemp)
	# shellcheck disable=SC2086
	if ! apt-get install $options $missing >"$log" 2>&1 &&
	    ! { apt-get update -qq && apt-get install $options $missing; } \
	    >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
}

openbsd() {
	missing=
	for package in $(openbsd_packages "$1"); do
		pkg_info -q -e "${package%%%*}-*" >/dev/null 2>&1 ||
		    missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "missing; as root: pkg_add$missing" >&2
		exit 1
	fi
	# shellcheck disable=SC2086
	pkg_add -I $missing
}

case ${1:-build} in
build|image|check|ci)	;;
*)		usage ;;
esac

if [ "$(uname -s)" = OpenBSD ]; then
	openbsd "${1:-build}"
elif command -v apt-get >/dev/null; then
	debian "${1:-build}"
else
	echo "install-deps.sh knows apt-get and pkg_add; see README.md" >&2
fi
