#!/bin/sh
#
# Any of the rooms dies or is stopped: the services run on with their output,
# the room comes back, and what happened or was ordered meanwhile is not lost.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
PORT=$(free_port)
# It listens on nothing for now, so the prober always has something to ask.
plain_service talker "ready: tcp 127.0.0.1:$PORT
log: {size: 0}" <<'END'
while :; do
	n=$((n + 1))
	echo "line $n"
	sleep 0.02
done
END
plain_service sleeper "backoff: 100ms" <<'END'
echo start >>starts
while :; do sleep 0.1; done
END
plain_service idler <<'END'
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up

pids() {
	ctl_json '[.[].pid | tostring] | join(" ")' show services
}

room_is_back() {
	_now=$(room_pid "$1")
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$2" ] &&
	    [ "$(ctl_json ".[] | select(.room == \"$1\") |
	    .mechanisms.seccomp" show sandbox)" != null ]
}

log_grows() {
	[ "$(wc -l <"$(service_log talker)")" -gt "$1" ]
}

# Until output has been moved again.
output_flows() {
	wait_for 30 log_grows "$(wc -l <"$(service_log talker)")"
}

wait_for 30 room_is_back prober-dialer none ||
    die "no prober"
before=$(pids)

say "each room by itself"
for room in dialer monitor supervisor admin show prober-dialer; do
	old=$(room_pid "$room")
	kill -KILL "$old" || die "$room cannot be killed"
	wait_for 30 room_is_back "$room" "$old"
	expect "pids after the death of $room" "$before" "$(pids)"
	output_flows
done

say "all of them at once, twice"
for _round in 1 2; do
	all=$(ctl_json '[.[] | select(.room != "parent") | .pid |
	    tostring] | join(" ")' show sandbox)
	supervisor=$(room_pid supervisor)
	show=$(room_pid show)
	# shellcheck disable=SC2086
	kill -KILL $all || die "$all cannot be killed"
	wait_for 30 room_is_back show "$show"
	wait_for 30 room_is_back supervisor "$supervisor"
	expect "pids after the death of all rooms" "$before" "$(pids)"
	output_flows
done

say "the supervisor again and again, under output"
for _round in 1 2 3 4 5 6; do
	supervisor=$(room_pid supervisor)
	kill -KILL "$supervisor"
	wait_for 60 room_is_back supervisor "$supervisor"
done
expect "pids" "$before" "$(pids)"
output_flows
last=$(wc -l <"$(service_log talker)")
numbered "$(service_log talker)" line "$last" || die "output was lost"

say "a service dies while the supervisor is dead"
for signal in KILL TERM; do
	sleeper=$(service sleeper pid)
	supervisor=$(room_pid supervisor)
	kill -STOP "$DAEMON_PID"
	kill -KILL "$supervisor"
	kill -"$signal" "$sleeper"
	kill -CONT "$DAEMON_PID"
	wait_for 60 service_moved sleeper "$sleeper"
	wait_for 60 room_is_back supervisor "$supervisor"
	number=$(kill -l "$signal" 2>/dev/null || echo "$signal")
	case $signal in
	KILL)	number=9 ;;
	TERM)	number=15 ;;
	esac
	expect "its exit" "$number" "$(service sleeper exit.signal)"
done
starts_are() {
	[ "$(wc -l <"$(home sleeper starts)")" -eq "$1" ]
}
wait_for 30 starts_are 3

say "an order is given while the supervisor is dead"
supervisor=$(room_pid supervisor)
kill -STOP "$DAEMON_PID"
kill -KILL "$supervisor"
ctl stop idler &
order=$!
kill -CONT "$DAEMON_PID"
wait "$order"
expect "exit code of stop" 0 $?
expect "state" stopped "$(service idler state)"
wait_for 60 room_is_back supervisor "$supervisor"
supervisor=$(room_pid supervisor)
kill -STOP "$DAEMON_PID"
kill -KILL "$supervisor"
ctl start idler &
order=$!
kill -CONT "$DAEMON_PID"
wait "$order"
expect "exit code of start" 0 $?
expect "state" running "$(service idler state)"
wait_for 60 room_is_back supervisor "$supervisor"

say "a room that is stopped goes on, and is killed the second time"
talker=$(service talker pid)
supervisor=$(room_pid supervisor)
kill -STOP "$supervisor" "$(room_pid monitor)" "$(room_pid dialer)"
expect "state meanwhile" running "$(service talker state)"
ctl stop idler || die "a stop with a supervisor that was stopped: $?"
wait_for 60 grep -q "supervisor: was stopped by a signal, continued" \
    "$DAEMON_LOG"
expect "supervisor" "$supervisor" "$(room_pid supervisor)"
kill -STOP "$supervisor"
wait_for 60 room_is_back supervisor "$supervisor"
expect "pid" "$talker" "$(service talker pid)"
output_flows

say "what was asked of the prober in vain comes true"
"$PYTHON" - "$PORT" <<'END' &
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(64)
time.sleep(600)
END
on_exit_end $!
ctl wait -t 60 talker ready || die "talker is not ready"
last=$(wc -l <"$(service_log talker)")
numbered "$(service_log talker)" line "$last" || die "output was lost"
stop_daemon
