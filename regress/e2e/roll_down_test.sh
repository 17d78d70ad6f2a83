# A service that does not come up on the version it had either is named and
# tried again there, however its own policy has it, and never on the bad one.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
POLICY="  per-day: 9
  ready-timeout: 10s"
WORLD_SERVICES="provider1 provider2"
world_start
echo "canary: true" >>"$STATE/services/provider2.yml"
echo "restart: never" >>"$STATE/services/provider2.yml"
start_daemon
upgraded_to 6.2.4

conf=$STATE/services/service_configs/provider2.yml
sed -i.old 's/# fake: .*/# fake: crash-early/' "$conf"
pid=$(service provider1 pid)
release_publish 6.2.5
events_mark
chain_versions 6.2.5
wait_for 90 upgrade_done 6.2.5 rolled-back
expect "down" provider2 "$(ctl_json '.[0].down | join(" ")' show upgrades)"
grep -q "these services are still down, and are tried again: provider2" \
    "$DAEMON_LOG" || die "the log does not say who is down"
expect "the other one" "$pid" "$(service provider1 pid)"
expect "what it is to run" 6.2.4 "$(why_of provider2 have)"
case $(bad_reason 6.2.5) in
"provider2: it died before it was ready"*)	;;
*)	die "6.2.5 is bad because $(bad_reason 6.2.5)" ;;
esac

say "its trouble is over: it is up again, where it was"
cp "$conf.old" "$conf"
back() {
	service_is provider2 ready true
}
wait_for 60 back
expect "its version" 6.2.4 "$(service provider2 version)"
expect "versions it was started on" "6.2.5 6.2.4" "$(events | jq -r \
    'select(.event == "service" and .name == "provider2" and
    .state == "started") | .version' | uniq | xargs)"
expect "upgrades" 1 "$(event_count '.event == "rollback" and
    .outcome == "rolled-back"')"
stop_daemon
