# kill -9 of the daemon between the steps of a roll and of a rollback: the next
# one finishes or undoes it, services live on, and none runs twice.  Each state
# of an upgrade: states_kill.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=2s
POLICY="  per-day: 99
  ready-timeout: 20s"
world_start
start_daemon
upgraded_to 6.2.4

# The daemon dies in this instant; its services are as they were.
killed() {
	kill -KILL "$DAEMON_PID"
	wait_for 30 gone "$DAEMON_PID"
	say "killed while $(sed -n 's/^upgrade [0-9]* \([a-z-]*\).*/\1/p' \
	    "$STATE/journal")"
}

state_is() {
	grep -q "^upgrade [0-9]* $1 " "$STATE/journal"
}

# goes_on VERSION: the next daemon ends it well.
goes_on() {
	_before=$(strays | wc -l)
	start_daemon
	upgraded_to "$1"
	wait_for 10 no_doubles
	expect "marked bad" "" "$(bad_reason "$1")"
	expect "services" 2 "$(strays | wc -l)"
	expect "leftovers" "" "$(find "$STATE/upgrades" "$STATE/staging" \
	    -mindepth 1 -maxdepth 1 -name '.*' -o -path '*/staging/*')"
}

say "while the first one restarts"
release_publish 6.2.10 good "listen-ms 3000"
events_mark
chain_versions 6.2.10
started() {
	event_seen '.event == "service" and .state == "started" and
	    .version == "6.2.10"'
}
wait_for 60 started
pid=$(service provider1 pid)
killed
goes_on 6.2.10
expect "provider1 lived on" "$pid" "$(service provider1 pid)"

say "between two of them"
release_publish 6.2.11
events_mark
chain_versions 6.2.11
ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .version == "6.2.11"'
}
wait_for 60 ready
pid=$(service provider1 pid)
killed
goes_on 6.2.11
expect "provider1 lived on" "$pid" "$(service provider1 pid)"

expect "versions that are kept" "v6.2.10 v6.2.11 v6.2.4" \
    "$(cd "$STATE/upgrades" && echo v*)"

say "in a rollback, twice"
release_publish 6.2.13 good "listen-ms 1000"
events_mark
chain_versions 6.2.13
both() {
	[ "$(event_count '.event == "roll" and .state == "ready" and
	    .version == "6.2.13"')" -eq 2 ]
}
wait_for 60 both
kill -KILL "$(service consumer1 pid)"
wait_for 60 state_is rolling-back
killed
start_daemon_quickly
wait_for 60 daemon_answers
killed
start_daemon
world_at 6.2.11
wait_for 60 idle
wait_for 10 no_doubles
[ -n "$(bad_reason 6.2.13)" ] || die "6.2.13 is not marked bad"
expect "current" v6.2.11 "$(readlink "$STATE/upgrades/current")"
expect "record" \
    "rolled-back: consumer1: it died in its probation (signal 9)" \
    "$(ctl_json '.[0] | "\(.outcome): \(.reason)"' show upgrades)"
stop_daemon
