# What the end to end tests share.  A test starts with
#	. "${TOP:-.}/regress/lib.sh"
# and has then a directory of its own, $REGRESS_DIR, and at its end whatever
# on_exit_end was told of is ended.  Exit code 0 passed, 77 skipped.

set -u
umask 022

if [ -z "${TOP:-}" ]; then
	TOP=$(cd "$(dirname "$0")/../.." && pwd)
fi
if [ -z "${REGRESS_DIR:-}" ]; then
	REGRESS_DIR=$(mktemp -d "${TMPDIR:-/tmp}/lv.XXXXXX") || exit 1
	chmod 755 "$REGRESS_DIR"
	OWN_DIR=1
fi
export REGRESS_DIR
cd "$REGRESS_DIR" || exit 1

LC_ALL=C
PATH=$PATH:/usr/local/bin:/usr/sbin:/sbin
export LC_ALL PATH
unset COLUMNS
# The system's own first: a user may not reach another user's python.
for PYTHON in /usr/bin/python3 /usr/local/bin/python3 python3; do
	if command -v "$PYTHON" >/dev/null 2>&1; then
		break
	fi
done
SBIN=$TOP/stage/sbin
LIBEXEC=$TOP/stage/libexec/lavavisord
# What all deadlines are multiplied with; a sanitized build is slower.
PATIENCE=${PATIENCE:-1}
[ -z "${REGRESS_SANITIZED:-}" ] || PATIENCE=3

END_PIDS=

# Processes that are to be ended with the test, the last one first.
on_exit_end() {
	END_PIDS="$1 $END_PIDS"
}

alive() {
	kill -0 "$1" 2>/dev/null || return 1
	# No word at all: it was reaped between the two.
	case $(ps -o stat= -p "$1" 2>/dev/null) in
	Z*|"")	return 1 ;;
	esac
}

gone() {
	! alive "$1"
}

# end PID: TERM, and KILL when that does not help.
end() {
	kill "$1" 2>/dev/null || return 0
	_left=300
	while alive "$1" && [ "$_left" -gt 0 ]; do
		sleep 0.1
		_left=$((_left - 1))
	done
	if alive "$1"; then
		kill -KILL "$1" 2>/dev/null
	fi
	wait "$1" 2>/dev/null || :
}

# Processes whose program is a file of this test: services.
strays() {
	if [ -d /proc/self ]; then
		for _exe in /proc/[0-9]*/exe; do
			case $(readlink "$_exe" 2>/dev/null) in
			"$REGRESS_DIR"/*)
				_exe=${_exe%/exe}
				echo "${_exe#/proc/}" ;;
			esac
		done
	else
		pgrep -f "^$REGRESS_DIR/"
	fi
}

no_strays() {
	[ -z "$(strays)" ]
}

cleanup() {
	_code=$?
	trap - EXIT
	trap '' INT TERM HUP
	# What made it end may have been said to wait_for only.
	[ -z "${_waiting:-}" ] || cat "$REGRESS_DIR/wait_for.out"
	for _pid in $END_PIDS; do
		end "$_pid"
	done
	# A killed daemon leaves its services running, as it should.
	for _pid in $(strays); do
		kill -KILL "$_pid" 2>/dev/null
	done
	case ${OWN_DIR:-0}$_code in
	10|1130|1143)	rm -rf "$REGRESS_DIR" ;;
	esac
	exit "$_code"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say() {
	echo "$(date +%T) $*"
}

# die TEXT: the test has failed; says what the daemon has to say as well.
die() {
	say "FAILED: $*"
	for _log in ${DAEMON_LOGS:-}; do
		echo "--- $_log"
		grep -v "asks show" "$_log" 2>/dev/null | tail -n 50
	done
	exit 1
}

skip() {
	echo "$*"
	exit 77
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

need() {
	for _tool in "$@"; do
		command -v "$_tool" >/dev/null || skip "needs $_tool"
	done
}

# wait_for SECONDS COMMAND...: until it succeeds; its last output on failure.
wait_for() {
	_until=$(($(date +%s) + $1 * PATIENCE))
	_waiting=1
	shift
	while ! "$@" >"$REGRESS_DIR/wait_for.out" 2>&1; do
		if [ "$(date +%s)" -ge "$_until" ]; then
			die "in vain waited for: $*"
		fi
		sleep 0.1
	done
	_waiting=
}

# expect WHAT WANT HAVE
expect() {
	[ "$2" = "$3" ] || die "$1: expected '$2', is '$3'"
}

has_line() {
	grep -q -- "$2" "$1" 2>/dev/null
}

# One that nobody listens on, and that this test was not given before.
free_port() {
	"$PYTHON" - "$REGRESS_DIR/ports" <<-'END'
	import socket, sys
	with open(sys.argv[1], "a+") as given:
	    given.seek(0)
	    known = given.read().split()
	    while True:
	        s = socket.socket()
	        s.bind(("127.0.0.1", 0))
	        port = str(s.getsockname()[1])
	        if port not in known:
	            break
	    given.write(port + "\n")
	print(port)
	END
}

# A local server is never behind a proxy.
fetch() {
	curl -s --noproxy '*' -m 20 "$@"
}

# ctl COMMAND...: lavavisorctl of the daemon in $STATE.
ctl() {
	"$SBIN/lavavisorctl" --directory "$STATE" "$@"
}

# ctl_json FILTER COMMAND...: one value of the answer, by jq.
ctl_json() {
	_filter=$1
	shift
	ctl -j "$@" | jq -r "$_filter"
}

# service NAME FIELD
service() {
	ctl_json ".[] | select(.name == \"$1\") | .$2" show services
}

service_is() {
	[ "$(service "$1" "$2")" = "$3" ]
}

# True when a test of all services holds, e.g. '.version == "6.2.5"'
services_all() {
	[ "$(ctl_json "(length > 0) and all(.[]; $1)" show services)" = true ]
}

# start_daemon [OPTION...]: in the foreground of a background job; sets
# DAEMON_PID and returns when it answers.
start_daemon() {
	start_daemon_quickly "$@"
	wait_for 60 daemon_answers
}

start_daemon_quickly() {
	DAEMON_LOG=$REGRESS_DIR/daemon.log
	DAEMON_LOGS=$DAEMON_LOG
	"$SBIN/lavavisord" -d -v -D "$STATE" -L "$LIBEXEC" "$@" \
	    >>"$DAEMON_LOG" 2>&1 </dev/null &
	DAEMON_PID=$!
	on_exit_end "$DAEMON_PID"
}

daemon_answers() {
	alive "$DAEMON_PID" || die "lavavisord has ended"
	ctl show services
}

# Ends it as an operator does, and sees that it has gone well.
stop_daemon() {
	kill -TERM "$DAEMON_PID"
	wait_for 60 gone "$DAEMON_PID"
	wait "$DAEMON_PID"
	expect "exit code of lavavisord" 0 $?
	no_strays || die "services left running: $(strays)"
}

# Its rooms by name, from `show sandbox`.
room_pid() {
	ctl_json ".[] | select(.room == \"$1\") | .pid" show sandbox
}
