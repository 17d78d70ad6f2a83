#!/bin/sh
#
# What is asked of a lavap when its definition says nothing: a provider
# accepts, a consumer answers /lava/health with 200; and so in an upgrade, where
# a consumer that never does takes all of them back.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

unwell=$REGRESS_DIR/unwell
touch "$unwell"
FAKE="listen-ms 0, unwell-if $unwell"
POLICY="  ready-timeout: 4s"
world_start
for name in provider1 consumer1; do
	sed '/^ready:/d' "$STATE/services/$name.yml" >new.yml
	cat new.yml >"$STATE/services/$name.yml"
done
chain_versions 6.2.4
start_daemon

say "a provider that accepts is ready, a consumer that answers 503 is not"
ctl wait -t 90 provider1 ready || die "provider1 is not ready"
wait_for 90 service_is consumer1 state running
not_well() {
	service consumer1 reason | grep -q "it answers with status 503"
}
wait_for 60 not_well
expect "consumer1" false "$(service consumer1 ready)"
rm "$unwell"
world_at 6.2.4

say "an upgrade to one that never answers well is taken back"
release_publish 6.2.5 good "status 503"
chain_versions 6.2.5
upgrade_failed() {
	ctl_json '[.[] | select(.outcome == "rolled-back" or
	    .outcome == "failed")] | length > 0' show upgrades | grep -q true
}
wait_for 90 upgrade_failed
world_at 6.2.4
stop_daemon
