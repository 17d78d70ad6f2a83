#!/bin/sh
#
# What a service manager is told, by sd_notify(3): start, reload, reexec, stop,
# watchdog; and none of it where it is not asked for.

# shellcheck source=regress/lib.sh
. "${TOP:-.}/regress/lib.sh"
# shellcheck source=regress/e2e/plain.sh
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service sleeper <<'END'
echo "${NOTIFY_SOCKET:-none} ${WATCHDOG_USEC:-none}" >env
while :; do sleep 0.1; done
END
plain_config

cat >manager.py <<'END'
# manager.py SOCKET LOG: each datagram a line, its own lines with | between
# them, with the sender's pid in front
import os, socket, struct, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind('\0' + name[1:] if name[0] == '@' else name)
log = open(sys.argv[2], 'a', buffering=1)
while True:
    data, extra, _, _ = s.recvmsg(4096, 256)
    pid = struct.unpack('3i', extra[0][2])[0]
    log.write('%d %s|\n' % (pid, '|'.join(data.decode().rstrip('\n')
        .split('\n'))))
END

# manager SOCKET LOG
manager() {
	: >"$2"
	"$PYTHON" manager.py "$1" "$2" &
	on_exit_end $!
	case $1 in
	@*)	wait_for 30 grep -q "$1" /proc/net/unix ;;
	*)	wait_for 30 test -S "$1" ;;
	esac
}

# told WORD...: a datagram of the daemon has all of these.
told() {
	_lines=$(grep "^$DAEMON_PID " "$LOG")
	for _word in "$@"; do
		_lines=$(echo "$_lines" | grep -F -- "$_word")
	done
	[ -n "$_lines" ]
}

tells() {
	wait_for 60 told "$@"
}

[ "$(uname -s)" = Linux ] || skip "needs SO_PASSCRED"
SOCKET=$(mktemp -d /tmp/lvm.XXXXXX) || exit 1
trap '_rc=$?; rm -rf "$SOCKET"; (exit $_rc); cleanup' EXIT
LOG=$REGRESS_DIR/told
manager "$SOCKET/notify" "$LOG"
NOTIFY_SOCKET=$SOCKET/notify
WATCHDOG_USEC=200000
export NOTIFY_SOCKET WATCHDOG_USEC

say "READY=1 once it answers"
start_daemon_quickly
tells "READY=1|" "|MAINPID=$DAEMON_PID|" "|STATUS=1 service, "
ctl show services >/dev/null || die "it said READY=1 and does not answer"
ctl start all >/dev/null
[ $? -ne 4 ] || die "it said READY=1 and takes no orders"

say "WATCHDOG=1, again and again"
beats() {
	[ "$(grep -c "^$DAEMON_PID WATCHDOG=1|" "$LOG")" -ge "$1" ]
}
wait_for 60 beats 5

say "nothing of it gets to a service"
plain_up
wait_for 30 test -s "$(home sleeper env)"
expect "its environment" "none none" "$(cat "$(home sleeper env)")"

say "a reload by signal, refused and done"
echo "nonsense: 1" >>"$STATE/config.yml"
before=$("$PYTHON" -c 'import time; print(time.monotonic_ns() // 1000)')
kill -HUP "$DAEMON_PID"
tells "READY=1|" "STATUS=reload refused" "config.yml:" "nonsense"
told "RELOADING=1|" "|MONOTONIC_USEC=" || die "no RELOADING=1"
at=$(sed -n "s/^$DAEMON_PID RELOADING=1|MONOTONIC_USEC=\([0-9]*\)|.*/\1/p" \
    "$LOG" | tail -n 1)
[ "$at" -ge "$before" ] || die "MONOTONIC_USEC=$at is before $before"
: >"$LOG"
plain_config "poll-interval: 20s"
kill -HUP "$DAEMON_PID"
tells "READY=1|" "STATUS=reload: 1 change"
told "RELOADING=1|" || die "no RELOADING=1"

say "a reload by command"
: >"$LOG"
plain_config
ctl reload || die "reload: $?"
tells "READY=1|" "STATUS=reload: 1 change"
told "RELOADING=1|" || die "no RELOADING=1"

say "one that only asks is none"
: >"$LOG"
plain_config "poll-interval: 20s"
ctl reload -n >/dev/null || die "reload -n: $?"
wait_for 60 beats 2
! told RELOADING || die "reload -n is told as a reload"

say "a reexec: the same pid, READY=1 again, the watchdog goes on"
: >"$LOG"
ctl reexec || die "reexec: $?"
tells "RELOADING=1|" "STATUS=another lavavisord takes over"
tells "READY=1|" "|MAINPID=$DAEMON_PID|" "|STATUS=1 service, "


count=$(grep -c "WATCHDOG=1" "$LOG")
wait_for 60 beats $((count + 3))

say "a stop"
stop_daemon
grep -q "^$DAEMON_PID STOPPING=1|EXTEND_TIMEOUT_USEC=[0-9]\{8,\}|STATUS=stop" \
    "$LOG" || die "no STOPPING=1: $(tail -n 3 "$LOG")"

say "a name in the abstract space; a watchdog of another process"
LOG=$REGRESS_DIR/told2
NOTIFY_SOCKET=@lavavisord-regress-$$
WATCHDOG_PID=1
export WATCHDOG_PID
manager "$NOTIFY_SOCKET" "$LOG"
start_daemon
tells "READY=1|"
stop_daemon
! grep -q WATCHDOG "$LOG" || die "a watchdog that is not ours"
unset WATCHDOG_PID WATCHDOG_USEC

say "what is no socket, or nobody's, stops nothing"
NOTIFY_SOCKET=vsock:2:1234
start_daemon
has_line "$DAEMON_LOG" "NOTIFY_SOCKET: vsock:2:1234 is no local socket" ||
    die "no word about vsock"
stop_daemon
NOTIFY_SOCKET=$REGRESS_DIR/nobody
start_daemon
wait_for 30 has_line "$DAEMON_LOG" "NOTIFY_SOCKET: the service manager"
stop_daemon
