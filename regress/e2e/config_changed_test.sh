#!/bin/sh
#
# The configuration is changed while no daemon runs: the next one restarts what
# is made of other things now and leaves the rest; one that replaces itself
# only says so.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

body() {
	plain_service "$1" "env: {B: two, A: $2}
rlimits: {nofile: 64, core: 0}
$3" <<'END'
while :; do sleep 0.1; done
END
}

plain_begin
body changed one ""
body policy one ""
body same one ""
plain_config
start_daemon
plain_up

say "while it was dead"
changed=$(service changed pid)
same=$(service same pid)
policy=$(service policy pid)
kill_daemon
body changed other ""
body policy one "backoff: 2s"
start_daemon
wait_for 30 service_moved changed "$changed"
plain_up
expect "pid of the unchanged one" "$same" "$(service same pid)"
expect "pid of one of another policy" "$policy" "$(service policy pid)"

say "before it replaces itself"
changed=$(service changed pid)
body changed again ""
ctl reexec || die "reexec: $?"
wait_for 60 daemon_answers
is_due() {
	service_is changed reason "changed, restart pending"
}
wait_for 60 is_due
expect "pid after a reexec" "$changed" "$(service changed pid)"
ctl restart changed || die "restart: $?"
service_moved changed "$changed" || die "it was not restarted"
expect "reason" null "$(service changed reason)"
stop_daemon
