#!/bin/sh
#
# Makes the accounts of lavavisord, those that are not there yet:
#	_lavavisord	user and group of the rooms
#	_lavaprobe	user and group that `lavap version` is tried as
#	_lavavisor	group whose members may use `lavavisorctl show`
# Nothing is removed by uninstalling: a number that owned files is not reused.

set -eu

if [ "$(id -u)" -ne 0 ]; then
	echo "accounts.sh: must be root" >&2
	exit 1
fi

# getent(1) is on both systems.
has_user() {
	getent passwd "$1" >/dev/null
}

has_group() {
	getent group "$1" >/dev/null
}

add_group() {
	has_group "$1" && return
	if [ "$(uname -s)" = OpenBSD ]; then
		groupadd "$1"
	else
		groupadd --system "$1"
	fi
}

add_user() {
	add_group "$1"
	has_user "$1" && return
	if [ "$(uname -s)" = OpenBSD ]; then
		useradd -g "$1" -c "$2" -d /var/empty -s /sbin/nologin \
		    -L daemon "$1"
	else
		useradd --system -g "$1" -c "$2" -d /nonexistent \
		    --no-create-home -s /usr/sbin/nologin "$1"
	fi
}

# Two at once (tests, a package) must not both find nothing and fail.
add_user _lavavisord "lavavisord rooms" || has_user _lavavisord
add_user _lavaprobe "lavavisord version probe" || has_user _lavaprobe
add_group _lavavisor || has_group _lavavisor
