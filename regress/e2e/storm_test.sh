# The chain says 99.0.0, of which there is no release: one alarm, and tries
# that come less and less often; then it is there.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

tries() {
	why_of provider1 failure.tries
}

tried() {
	[ "$(tries)" -ge "$1" ] 2>/dev/null
}

POLICY="  per-day: 9
  retry: 1s"
world_start
start_daemon
upgraded_to 6.2.4
kept=$(pids)
events_mark
chain_versions 99.0.0 99.0.0
wait_for 60 tried 1
# In between it is being tried, for a moment.
waits() {
	[ "$(ctl_json '.services[] | select(.name == "provider1") |
	    .why == "no-release" and .next != null and
	    (.text | contains("no verified release of 99.0.0; BELOW MIN"))' \
	    show versions)" = true ]
}
wait_for 30 waits

say "tries double: after 1, 2 and 4 seconds"
# The clock counts whole seconds: up to one of each may be missing.
wait_for 60 tried 4
events | jq -s 'def t: (.[0:19] + "Z" | fromdateiso8601) * 1000 +
    (.[20:23] | tonumber);
    [map(select(.event == "abandon"))[].time | t] |
    [.[1] - .[0], .[2] - .[1], .[3] - .[2]]' >gaps
jq -e '.[1] >= 1000 and .[2] >= 3000' gaps >/dev/null ||
    die "gaps: $(cat gaps)"
n=$(event_count '.event == "abandon" and .to == "99.0.0"')
requests=$(release_requests /v99.0.0/)
# A try asks for list, signatures and file once each, at most.
[ "$requests" -ge "$n" ] && [ "$requests" -le $((6 * (n + 1))) ] ||
    die "$requests requests in $n tries"

say "one alarm, one decision for each role, one record"
# Later tries are told as debugging, with their number.
expect "alarms" 1 "$(grep "v99.0.0: abandoned" "$DAEMON_LOG" |
    grep -vc "times$")"
expect "decisions" "behind no-release" "$(events | jq -r 'select(
    .event == "decision" and .role == "provider" and
    .version == "99.0.0") | .why' | sed 's/below-min/behind/' | xargs)"
expect "records" 1 "$(ctl_json '[.[] | select(.to == "99.0.0")] | length' \
    show upgrades)"
expect "services" "$kept" "$(pids)"

say "what is said about it"
expect "failure" abandoned "$(why_of provider1 failure.outcome)"

say "over a start of the daemon the record is still one"
stop_daemon
start_daemon
world_at 6.2.4
wait_for 60 tried 5
expect "records" 1 "$(ctl_json '[.[] | select(.to == "99.0.0")] | length' \
    show upgrades)"

say "and then it is there"
release_publish 99.0.0
ctl upgrade now >now.out 2>&1 || die "upgrade now: $(cat now.out)"
upgraded_to 99.0.0
stop_daemon
