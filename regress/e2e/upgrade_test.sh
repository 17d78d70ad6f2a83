# A new version on the chain reaches every service, one after the other.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

WORLD_SERVICES="provider1 provider2 consumer1"
world_start
start_daemon
world_at 6.2.4

# The monitor's client is known to listen once it has told a change.
EVENTS=$REGRESS_DIR/events.json
ctl -j monitor >"$EVENTS" 2>/dev/null &
on_exit_end $!
min=3
monitor_listens() {
	chain_versions 6.2.4 "6.2.$min"
	min=$((5 - min))
	_tries=30
	while [ "$_tries" -gt 0 ] && [ ! -s "$EVENTS" ]; do
		sleep 0.1
		_tries=$((_tries - 1))
	done
	[ -s "$EVENTS" ]
}
wait_for 60 monitor_listens

# report VERSION: how long the chain's word takes, and the gaps.
report() {
	events | jq -r -s --arg v "$1" '
	    def ms: (.[0:19] + "Z" | fromdateiso8601) * 1000 +
		(.[20:23] | tonumber);
	    (map(select(.event == "chain" and .provider_target == $v))[0]
		.time | ms) as $seen |
	    (map(select(.event == "service" and .state == "started" and
		.version == $v))[0].time | ms) as $started |
	    map(select(.event == "commit" and .to == $v))[0] |
	    "\($v): from the chain'"'"'s word to the first new process " +
	    "\($started - $seen) ms after it was seen",
	    (.services[] |
		"  \(.name): gap \(.gap_ms) ms, ready after \(.ready_ms) ms")'
}

# Between its stop and its readiness a service is down: one at a time.
most_down() {
	events | jq -s 'reduce .[] as $e ({down: {}, most: 0};
	    if $e.event != "service" then .
	    elif $e.state == "stopping" or $e.state == "ended" then
		.down[$e.name] = true
	    elif $e.state == "ready" then .down |= del(.[$e.name])
	    else . end | .most = ([.most, (.down | length)] | max)) | .most'
}

say "a newer target: both roles, one service after the other"
release_publish 6.2.5 good "" 8000000
events_mark
before=$(pids)
served=$(date +%s%N)
chain_versions 6.2.5
new_process() {
	event_seen '.event == "service" and .state == "started" and
	    .version == "6.2.5"'
}
wait_for 60 new_process
first=$(events | jq -r 'select(.event == "service" and
    .state == "started" and .version == "6.2.5") | .time' | head -n 1)
first=$(date -d "$first" +%s%N 2>/dev/null || echo "$served")
say "from the chain serving 6.2.5 to the first new process:" \
    "$(((first - served) / 1000000)) ms, polls each second"
upgraded_to 6.2.5
wait_for 30 upgrade_done 6.2.5 committed
report 6.2.5
expect "services down at once" 1 "$(most_down)"
expect "services that kept their pid" "" "$(echo "$before" |
    while read -r name pid; do
	[ "$(service "$name" pid)" != "$pid" ] || echo "$name"
    done)"
for name in $WORLD_SERVICES; do
	expect "$name answers" 6.2.5 "$(service_version "$name")"
	expect "exit of the old $name" 0 "$(service "$name" exit.code)"
done
event_seen '.event == "verify" and .state == "done" and .version == "6.2.5" and
    (.key | length) > 0' || die "no verify event with its key"
expect "how" signed "$(ctl_json '.installed[] |
    select(.version == "6.2.5").how' show versions)"
expect "modes" "555 444" "$(cd "$STATE/upgrades/v6.2.5" &&
    echo "$("$PYTHON" -c 'import os
print("%o %o" % tuple(os.stat(f).st_mode & 0o777
    for f in ("lavap", "manifest")))')")"
expect "staging is empty" "" "$(ls "$STATE/staging")"
expect "record" "6.2.4 6.2.5 both chain committed 3" "$(ctl_json '.[0] |
    "\(.from) \(.to) \(.role) \(.by) \(.outcome) \(.services | length)"' \
    show upgrades)"
expect "gaps beyond the services' own stop and start" 0 "$(ctl_json '
    [.[0].services[] | select(.gap_ms == null or .gap_ms > 2000)] | length' \
    show upgrades)"

say "only the consumers' target moves"
release_publish 6.2.6
events_mark
before=$(service provider1 pid)/$(service provider2 pid)
chain_versions 6.2.5 6.2.4 6.2.6 6.2.4
wait_for 60 upgrade_done 6.2.6 committed
expect "consumer1" 6.2.6 "$(service consumer1 version)"
expect "provider1" 6.2.5 "$(service provider1 version)"
expect "providers' pids" "$before" \
    "$(service provider1 pid)/$(service provider2 pid)"
expect "role" consumer "$(ctl_json '.[0].role' show upgrades)"
stop_daemon
