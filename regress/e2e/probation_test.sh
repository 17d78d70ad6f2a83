# A version that dies in its probation goes back, also after all have moved;
# the first service's probation holds up the next one.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=4s
POLICY="  per-day: 9"
WORLD_SERVICES="provider1 provider2 consumer1"
world_start
start_daemon
upgraded_to 6.2.4

say "the first one dies in its probation: the others never left"
kept=$(service provider2 pid)/$(service consumer1 pid)
release_publish 6.2.5 crash-late
events_mark
chain_versions 6.2.5
wait_for 90 upgrade_done 6.2.5 rolled-back
world_at 6.2.4
say "6.2.5: $(bad_reason 6.2.5)"
case $(bad_reason 6.2.5) in
"provider1: it died in its probation (exit code 1)")	;;
*)	die "6.2.5 is bad because $(bad_reason 6.2.5)" ;;
esac
expect "the others" "$kept" "$(service provider2 pid)/$(service consumer1 pid)"
expect "rolled" "provider1" "$(events | jq -r 'select(.event == "roll" and
    .state == "restarting") | .service')"
expect "current" v6.2.4 "$(readlink "$STATE/upgrades/current")"

say "all have moved, then one dies: all go back"
release_publish 6.2.6
events_mark
chain_versions 6.2.6
all_ready() {
	[ "$(event_count '.event == "roll" and .state == "ready" and
	    .version == "6.2.6"')" -eq 3 ]
}
wait_for 90 all_ready
expect "order: the first is stable before the second is touched" \
    "restarting ready stable" \
    "$(events | jq -r 'select(.event == "roll") | .state' | head -n 3 |
    xargs)"
expect "state" rolling "$(why_of consumer1 why)"
kill -KILL "$(service consumer1 pid)"
wait_for 90 upgrade_done 6.2.6 rolled-back
world_at 6.2.4
say "6.2.6: $(bad_reason 6.2.6)"
case $(bad_reason 6.2.6) in
"consumer1: it died in its probation (signal 9)")	;;
*)	die "6.2.6 is bad because $(bad_reason 6.2.6)" ;;
esac
expect "gone back" "consumer1 provider1 provider2" "$(events |
    jq -r 'select(.event == "roll" and .state == "going-back") | .service' |
    sort | xargs)"
# Backwards as well only one is down at a time.
expect "down at once" 1 "$(events | jq -s 'reduce .[] as $e (
    {down: {}, most: 0};
    if $e.event != "roll" then .
    elif $e.state == "going-back" then .down[$e.service] = true
    elif $e.state == "back" then .down |= del(.[$e.service])
    else . end | .most = ([.most, (.down | length)] | max)) | .most')"
wait_for 30 why_is consumer1 why bad
no_doubles || die "found $(cat found), known $(cat known)"

say "stopped in the middle of a probation: not its fault, and it goes on"
release_publish 6.2.7
events_mark
chain_versions 6.2.7
first_ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .version == "6.2.7"'
}
wait_for 90 first_ready
stop_daemon
expect "marked" 0 "$(event_count '.event == "rollback"')"
start_daemon
upgraded_to 6.2.7
expect "marked bad" "" "$(bad_reason 6.2.7)"
stop_daemon
