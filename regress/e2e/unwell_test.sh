#!/bin/sh
#
# The check of a moved service goes on in its probation: one that flaps is left
# alone, one that fails as often in a row as its threshold is a failure of the
# version; one that failed before the roll already is not.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# The first one is watched shortly; the other one until it is ill.
PROBATION=10m
POLICY="  per-day: 9
  soak: 2s"
WORLD_SERVICES="provider1 consumer1"
world_start
for name in $WORLD_SERVICES; do
	world_service "$name" "${name%%[0-9]*}" \
	    "listen-ms 0, unwell-if $REGRESS_DIR/ill.$name"
done
# One with a health check, one that is only asked whether it is ready.
cat >>"$STATE/services/provider1.yml" <<END
canary: true
health: {check: http, interval: 500ms, threshold: 2, action: restart}
END
sed 's/^ready: tcp/ready: http/' "$STATE/services/consumer1.yml" \
    >"$REGRESS_DIR/new.yml"
cat "$REGRESS_DIR/new.yml" >"$STATE/services/consumer1.yml"
start_daemon
upgraded_to 6.2.4
wait_for 60 service_is provider1 health ok

# at PROVIDER CONSUMER: their versions, and both are ready
at() {
	service_is provider1 version "$1" && service_is provider1 ready true &&
	    service_is consumer1 version "$2" &&
	    service_is consumer1 ready true
}

say "one that flaps in its probation stays"
release_publish 6.2.5 good flaps
events_mark
chain_versions 6.2.5 6.2.4 6.2.4
wait_for 90 upgrade_done 6.2.5 committed
at 6.2.5 6.2.4 || die "$(ctl show services)"

say "one that was ill before is not held against the version"
release_publish 6.2.6
touch "$REGRESS_DIR/ill.provider1"
wait_for 60 service_is provider1 health failing
events_mark
chain_versions 6.2.6 6.2.4 6.2.4
wait_for 90 upgrade_done 6.2.6 committed
at 6.2.6 6.2.4 || die "$(ctl show services)"
rm "$REGRESS_DIR/ill.provider1"
wait_for 60 service_is provider1 health ok

say "one that fails its health check in its probation goes back"
release_publish 6.2.7 good "status 503"
kept=$(service consumer1 pid)
events_mark
chain_versions 6.2.7 6.2.4 6.2.4
wait_for 90 upgrade_done 6.2.7 rolled-back
wait_for 60 at 6.2.6 6.2.4
expect "reason" "provider1: it fails its check in its probation: it answers \
with status 503" "$(bad_reason 6.2.7)"
expect "the other one" "$kept" "$(service consumer1 pid)"
expect "restarted for its health" 0 \
    "$(event_count '.state == "health-restart"')"

say "one that stops being ready goes back, and before the one that serves"
release_publish 6.2.8
is_ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .service == "consumer1"'
}
going_back() {
	event_seen '.event == "roll" and .state == "going-back"'
}
events_mark
chain_versions 6.2.8
wait_for 90 is_ready
touch "$REGRESS_DIR/ill.consumer1"
wait_for 90 going_back
rm "$REGRESS_DIR/ill.consumer1"
wait_for 90 upgrade_done 6.2.8 rolled-back
expect "reason" "consumer1: it fails its check in its probation: it answers \
with status 503" "$(bad_reason 6.2.8)"
expect "gone back" "consumer1 provider1" "$(events |
    jq -r 'select(.event == "roll" and .state == "going-back") | .service' |
    xargs)"
stop_daemon
