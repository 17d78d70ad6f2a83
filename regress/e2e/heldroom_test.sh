#!/bin/sh
#
# A process of ours that is stopped by a signal is named, continued, and killed
# the second time; services and the other rooms do not notice.  And with a
# daemon that is held lavavisorctl ends with code 4 instead of waiting forever.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/world.sh"
need pgrep

say "an order to a daemon that is held goes on in the background"
plain_begin
STATE=$REGRESS_DIR/held
mkdir -p "$STATE/services"
plain_service lone <<'END'
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up
HELD=$STATE
HELD_PID=$DAEMON_PID
kill -STOP "$HELD_PID"
"$SBIN/lavavisorctl" --directory "$HELD" stop lone >held.out 2>&1 &
ORDER=$!
mv daemon.log held.log

world_start
start_daemon
world_at 6.2.4
# Large enough to be met on its way.
release_publish 6.2.7 good "" 160000000

pids() {
	ctl_json '[.[].pid | tostring] | join(" ")' show services
}

# held ROOM HOW TIMES: how often the log has named it so
held() {
	[ "$(grep -c "$1: was stopped by a signal, $2" "$DAEMON_LOG")" -ge \
	    "$3" ]
}

is_back() {
	_now=$(room_pid "$1")
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$2" ] &&
	    [ "$(ctl_json ".[] | select(.room == \"$1\") |
	    .mechanisms.seccomp" show sandbox)" != null ]
}

runs() {
	case $(ps -o stat= -p "$1") in
	T*|"")	return 1 ;;
	esac
}

before=$(pids)
for room in dialer monitor supervisor admin show prober-dialer; do
	say "the $room"
	# It ends a few seconds after nobody asks for services any more.
	if [ "$room" = prober-dialer ]; then
		ctl restart provider1 >/dev/null || die "restart: $?"
		wait_for 60 service_is provider1 state running
		before=$(pids)
	fi
	pid=$(room_pid "$room")
	kill -STOP "$pid" || die "there is no $room"
	wait_for 30 held "$room" continued 1
	wait_for 30 runs "$pid"
	ctl show services >/dev/null || die "nothing is shown: $?"
	expect "pid of the $room" "$pid" "$(room_pid "$room")"
	kill -STOP "$pid"
	wait_for 30 held "$room" killed 1
	wait_for 60 is_back "$room" "$pid"
	expect "pids" "$before" "$(pids)"
done
[ "$(grep -c '"state":"held"' "$STATE/history")" -eq 12 ] ||
    die "the history has not each of it"

# meet NAME: its pid, as soon as it is there.
meet() {
	_patience=$((30 * PATIENCE))
	_end=$(($(date +%s) + _patience))
	while ! MET=$(pgrep -P "$DAEMON_PID" -f "^$1 -k" | head -n 1) ||
	    [ -z "$MET" ]; do
		[ "$(date +%s)" -lt "$_end" ] || die "no $1 came"
	done
}

say "the downloader and the verifier at work"
chain_versions 6.2.7
meet downloader
kill -STOP "$MET"
wait_for 30 held downloader continued 1
meet verifier
kill -STOP "$MET"
wait_for 30 held verifier continued 1
world_at 6.2.7

say "the parent: what is asked has its time, whatever is held with it"
before=$(pids)
admin=$(room_pid admin)
kill -STOP "$DAEMON_PID"
for command in "show services" hold; do
	# shellcheck disable=SC2086
	ctl -t 1 $command >out 2>&1
	expect "exit code of $command" 4 $?
	has_line out "no answer from .* in 1 seconds" ||
	    die "not said: $(cat out)"
	kill -STOP "$admin"
done
kill -CONT "$DAEMON_PID"
wait_for 30 daemon_answers
wait_for 30 runs "$admin"
ctl resume || [ $? -eq 3 ] || die "resume"
expect "pids" "$before" "$(pids)"
kill -TERM "$DAEMON_PID"
wait_for 60 gone "$DAEMON_PID"

say "the order from the beginning"
wait_for 60 gone "$ORDER"
wait "$ORDER"
expect "exit code of stop" 4 $?
has_line held.out "no answer from $HELD/run/admin.sock in 10 seconds" ||
    die "not said: $(cat held.out)"
STATE=$HELD
DAEMON_PID=$HELD_PID
kill -CONT "$DAEMON_PID"
wait_for 30 daemon_answers
stop_daemon
