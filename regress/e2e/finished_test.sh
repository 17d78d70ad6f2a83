#!/bin/sh
#
# A service that has finished, failed or waits is left so by the next parent,
# whether the daemon was killed or replaced itself; a stop and a start of the
# daemon begin anew.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service "done" "restart: never" <<'END'
echo $$ >>starts
exit 0
END
plain_service task "restart: on-failure" <<'END'
echo $$ >>starts
exit 0
END
plain_service gone "limit: 2
backoff: 10ms
retry: 0s" <<'END'
echo $$ >>starts
exit 1
END
plain_service waits "backoff: 1h
backoff-max: 1h" <<'END'
echo $$ >>starts
exit 1
END
plain_service runs <<'END'
echo $$ >>starts
while :; do sleep 0.1; done
END
plain_config
start_daemon

starts() {
	for name in $PLAIN_SERVICES; do
		wc -l <"$(home "$name" starts)" | tr -d ' '
	done | tr '\n' ' '
}

states() {
	ctl_json '[.[] | "\(.name) \(.state)"] | join(", ")' show services
}

SETTLED="done stopped, task stopped, gone failed, waits backoff, runs running"
settled() {
	[ "$(states)" = "$SETTLED" ]
}

# What has no start and no end is written down a moment later.
written() {
	for name in $PLAIN_SERVICES; do
		awk -v name="$name" '$1 == "service" && $2 == name { s = $8 }
		    END { print name, s }' "$STATE/run/services"
	done | paste -sd , - | sed 's/,/, /g' >"$REGRESS_DIR/written"
	[ "$(cat "$REGRESS_DIR/written")" = "$SETTLED" ]
}

replaced() {
	[ "$(grep -c ' lavavisord [^ ]* started, pid' "$DAEMON_LOG")" -eq "$1" ]
}

wait_for 60 settled
first=$(starts)
expect "starts" "1 1 2 1 1 " "$first"
wait_for 60 written

say "the parent is killed, and not waited for"
kill -KILL "$DAEMON_PID"
wait_for 60 gone "$DAEMON_PID"
start_daemon
wait_for 60 settled
expect "starts after a kill" "$first" "$(starts)"
expect "exit code" 0 "$(service 'done' exit.code)"

say "it replaces itself"
ctl reexec || die "reexec: $?"
wait_for 60 replaced 3
wait_for 60 daemon_answers
wait_for 60 settled
expect "starts after a reexec" "$first" "$(starts)"

say "an operator's order is one still"
ctl start task || die "start: $?"
again() {
	[ "$(wc -l <"$(home task starts)")" -eq 2 ]
}
wait_for 60 again
wait_for 60 settled

say "a stop and a start begin anew"
stop_daemon
start_daemon
anew() {
	[ "$(starts)" = "2 3 4 2 2 " ]
}
wait_for 60 anew
wait_for 60 settled

say "one that left the config while nobody looked"
runs=$(service runs pid)
kill -KILL "$DAEMON_PID"
wait_for 60 gone "$DAEMON_PID"
PLAIN_SERVICES="done gone"
plain_config
start_daemon
wait_for 60 gone "$runs"
expect "states" "done stopped, gone failed" "$(states)"
stop_daemon
