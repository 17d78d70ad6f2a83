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
wait_for 60 tried 3
expect "why" no-release "$(why_of provider1 why)"
next=$(why_of provider1 next)
[ "$next" != null ] || die "it does not say when it is tried next"

say "tries double: after 1 and 2 seconds"
events | jq -s 'def t: .[0:19] + "Z" | fromdateiso8601;
    [map(select(.event == "abandon"))[].time | t] |
    [.[1] - .[0], .[2] - .[1]]' >gaps
jq -e '.[0] >= 0 and .[1] >= 1' gaps >/dev/null || die "gaps: $(cat gaps)"
n=$(event_count '.event == "abandon" and .to == "99.0.0"')
requests=$(release_requests /v99.0.0/)
# Each try asks for its list and gives up; none asks for the binary.
[ "$requests" -ge "$n" ] && [ "$requests" -le $((3 * n + 3)) ] ||
    die "$requests requests in $n tries"
expect "requests of the file" 0 "$(release_requests /v99.0.0/lavap-)"

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
case $(why_of provider1 text) in
*"no verified release of 99.0.0; BELOW MIN"*)	;;
*)	die "text: $(why_of provider1 text)" ;;
esac

say "over a start of the daemon the record is still one"
stop_daemon
start_daemon
world_at 6.2.4
wait_for 60 tried 4
expect "records" 1 "$(ctl_json '[.[] | select(.to == "99.0.0")] | length' \
    show upgrades)"

say "and then it is there"
release_publish 99.0.0
ctl upgrade now >now.out 2>&1 || die "upgrade now: $(cat now.out)"
upgraded_to 99.0.0
stop_daemon
