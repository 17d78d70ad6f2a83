# Services overlap as far as max-unavailable lets them, with a pause after each
# that is ready; one that was not ready before neither votes nor blocks; one
# that crashes before its turn comes back on the version it had.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=1s
FAKE="listen-ms 300"
POLICY="  max-unavailable: 2
  ready-timeout: 3s
  per-day: 9"
WORLD_SERVICES="provider1 provider2 consumer1"
world_start
start_daemon
upgraded_to 6.2.4

# rolled: the states of services in their order, "provider1:ready ..."
rolled() {
	events | jq -r 'select(.event == "roll" and .service != null) |
	    "\(.service):\(.state)"' | xargs
}

# most_down: how many were between stop and ready at once, at most.
most_down() {
	events | jq -s 'reduce .[] as $e ({down: {}, most: 0};
	    if $e.event != "roll" then .
	    elif $e.state == "restarting" then .down[$e.service] = true
	    elif $e.state == "ready" then .down |= del(.[$e.service])
	    else . end | .most = ([.most, (.down | length)] | max)) | .most'
}

say "two at once, but the first one alone; a crash before its turn"
release_publish 6.2.5
events_mark
chain_versions 6.2.5
first_ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .service == "provider1"'
}
wait_for 60 first_ready
pid=$(service consumer1 pid)
kill -KILL "$pid"
came_back() {
	event_seen '.event == "service" and .name == "consumer1" and
	    .state == "started" and .version == "6.2.4"'
}
wait_for 30 came_back
upgraded_to 6.2.5
expect "bad" "" "$(bad_reason 6.2.5)"
expect "the first" "provider1:restarting provider1:ready provider1:stable" \
    "$(rolled | cut -d ' ' -f 1-3)"
expect "down at once" 2 "$(most_down)"

say "one at a time, with a pause"
POLICY="  pause: 1s
  ready-timeout: 3s
  per-day: 9"
PROBATION=0s
world_config
ctl reload >/dev/null || die "reload"
release_publish 6.2.6
events_mark
chain_versions 6.2.6
upgraded_to 6.2.6
expect "down at once" 1 "$(most_down)"
# Times are rounded, so some ms may be missing.
short=$(events | jq -s 'def ms: .time | (.[0:19] + "Z" | fromdate) * 1000 +
    (.[20:23] | tonumber);
    [.[] | select(.event == "roll" and (.state == "ready" or
    .state == "restarting"))] | [range(1; length) as $i |
    select(.[$i].state == "restarting") |
    (.[$i] | ms) - (.[$i - 1] | ms)] | min')
[ "$short" -ge 900 ] || die "a pause was $short ms"

say "not ready before: it is moved, and nobody waits for it"
sed -i.old 's/listen-ms 300/never-listens/' \
    "$STATE/services/service_configs/provider2.yml"
ctl restart provider2 >/dev/null || die "restart"
wait_for 30 service_is provider2 ready false
release_publish 6.2.7
events_mark
chain_versions 6.2.7
wait_for 60 upgrade_done 6.2.7 committed
wait_for 30 service_is provider2 version 6.2.7
expect "bad" "" "$(bad_reason 6.2.7)"
# It is looked at, last, as long as it may still become ready.
expect "provider2 was waited for" "provider2:moved" "$(rolled | xargs -n 1 |
    grep provider2 | grep -v waiting | xargs)"
stop_daemon
