#!/bin/sh
#
# The daemon is killed: services run on with their output, the next one adopts
# them; what died meanwhile is started once; nothing ever runs twice.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
need flock

plain_begin
# All of them hold a lock while they run, and tell when it is held already.
GUARD="exec 9>lock
flock -n 9 || { echo \"\$\$\" >>twice; exit 99; }
echo \"\$\$\" >>starts"

plain_service talker "log: {size: 0}" <<END
$GUARD
while :; do
	n=\$((n + 1))
	echo "line \$n"
	sleep 0.01 9>&-
done
END
plain_service flooder "log: {size: 0}" <<END
$GUARD
# Bursts that are larger than a pipe.
while :; do
	from=\$((to + 1))
	to=\$((to + 20000))
	seq \$from \$to 9>&- | sed 's/^/flood /' 9>&-
	sleep 0.1 9>&-
done
END
plain_service sleeper "backoff: 100ms" <<END
$GUARD
while :; do sleep 0.1 9>&-; done
END
plain_config
start_daemon
plain_up

pids() {
	ctl_json '[.[].pid | tostring] | join(" ")' show services
}

starts() {
	wc -l <"$(home "$1" starts)" | tr -d ' '
}

starts_are() {
	[ "$(starts "$1")" = "$2" ]
}

log_lines() {
	wc -l <"$(service_log "$1")"
}

log_grows() {
	[ "$(log_lines talker)" -gt "$1" ]
}

# The last line may not have been written to its end yet.
whole() {
	sed "\$d" "$(service_log "$1")" >"$REGRESS_DIR/copy"
	numbered "$REGRESS_DIR/copy" "$2" 100 || die "$1: output is not whole"
}

say "killed: services run on, their output as well"
before=$(pids)
supervisor=$(room_pid supervisor)
kill_daemon
alive "$supervisor" || die "the supervisor left with the daemon"
wait_for 30 log_grows $(($(log_lines talker) + 50))
ctl show services 2>/dev/null
expect "exit code without a daemon" 4 $?
start_daemon
expect "pids" "$before" "$(pids)"
gone "$supervisor" || die "the supervisor of the dead daemon still runs"
wait_for 30 log_grows 200
whole talker line
whole flooder flood

say "an adopted service is killed"
old=$(service sleeper pid)
kill -KILL "$old"
wait_for 30 service_moved sleeper "$old"
expect "its exit" true "$(service sleeper exit.unknown)"
wait_for 30 starts_are sleeper 2

say "an adopted service is stopped and started by order"
ctl stop talker || die "stop"
ctl start talker || die "start"
whole flooder flood

say "a service dies while no daemon runs"
ctl restart sleeper || die "restart"
wait_for 30 starts_are sleeper 3
old=$(service sleeper pid)
others="$(service talker pid) $(service flooder pid)"
kill_daemon
kill -KILL "$old"
wait_for 30 gone "$old"
start_daemon
wait_for 30 service_moved sleeper "$old"
expect "its exit" true "$(service sleeper exit.unknown)"
wait_for 30 starts_are sleeper 4
expect "pids of the others" "$others" \
    "$(service talker pid) $(service flooder pid)"

say "killed together with its supervisor"
supervisor=$(room_pid supervisor)
kill -KILL "$DAEMON_PID" "$supervisor"
wait_for 30 gone "$DAEMON_PID"
start_daemon
expect "pids of the others" "$others" \
    "$(service talker pid) $(service flooder pid)"

say "20 starts that are killed at any moment"
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	kill_daemon
	case $((round % 5)) in
	0)	kill -KILL "$(tail -n 1 "$(home sleeper starts)")" ;;
	esac
	start_daemon_quickly
	case $((round % 4)) in
	1)	sleep 0.01 ;;
	2)	sleep 0.03 ;;
	3)	daemon_answers >/dev/null 2>&1 ;;
	0)	sleep 0.2 ;;
	esac
done
wait_for 60 daemon_answers
plain_up
expect "pids of the others" "$others" \
    "$(service talker pid) $(service flooder pid)"
whole flooder flood
for name in talker flooder sleeper; do
	! [ -e "$(home "$name" twice)" ] || die "$name ran twice"
done
stop_daemon
