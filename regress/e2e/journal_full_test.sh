# A journal that cannot be written in the middle of a roll: nothing more is
# moved, an order that could not be kept is refused, and the roll goes on when
# it can be written again.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# What is in the place of the file that is written first stops root as well.
journal_stops() {
	mkdir "$STATE/.journal.new"
}

journal_works() {
	rmdir "$STATE/.journal.new"
}

PROBATION=2s
POLICY="  per-day: 9"
world_start
start_daemon
upgraded_to 6.2.4

say "an order that cannot be kept is refused"
journal_stops
for order in "pin 6.2.4" "upgrade to 6.2.4" "hold"; do
	# shellcheck disable=SC2086
	ctl $order >said 2>&1
	expect "$order" 1 $?
	has_line said "the journal cannot be written: nothing is changed" ||
	    die "$order says $(cat said)"
done
expect "pins and hold" "null null" "$(ctl_json \
    '"\(.pins.provider) \(.hold)"' show versions)"
journal_works

say "in the middle of a roll nothing more is moved"
release_publish 6.2.5
events_mark
chain_versions 6.2.5
first_ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .version == "6.2.5"'
}
wait_for 60 first_ready
journal_stops
stable() {
	event_seen '.event == "roll" and .state == "stable"'
}
wait_for 60 stable
wait_for 30 has_line "$DAEMON_LOG" "upgrade: rolling, disk-full: retry-later"
expect "versions" "6.2.5 6.2.4" "$(ctl_json '[.[].version] | join(" ")' \
    show services)"
services_all '.state == "running" and .ready == true' || die "one is down"

say "killed now, the next one knows where it was"
kill -KILL "$DAEMON_PID"
wait_for 30 gone "$DAEMON_PID"
journal_works
start_daemon
upgraded_to 6.2.5
wait_for 10 no_doubles

say "and it goes on by itself when there is room again"
release_publish 6.2.6
events_mark
chain_versions 6.2.6
first_ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .version == "6.2.6"'
}
wait_for 60 first_ready
journal_stops
wait_for 60 stable
expect "consumer1" 6.2.5 "$(service consumer1 version)"
journal_works
upgraded_to 6.2.6
has_line "$DAEMON_LOG" "the journal is written again" || die "it is not said"
stop_daemon
