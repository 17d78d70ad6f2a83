# The canary goes first wherever it stands, and alone for all of its soak; one
# that dies in it has cost nobody else a restart.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
POLICY="  soak: 3s
  max-unavailable: 3
  per-day: 9"
WORLD_SERVICES="provider1 provider2 provider3"
world_start
echo "canary: true" >>"$STATE/services/provider3.yml"
start_daemon
upgraded_to 6.2.4

# ms NAME STATE: when the roll said so of it.
ms() {
	events | jq -r "select(.event == \"roll\" and .service == \"$1\" and
	    .state == \"$2\") | .time | (.[0:19] + \"Z\" | fromdate) * 1000 +
	    (.[20:23] | tonumber)" | tail -n 1
}

say "a good one: soaked in full, then the others"
release_publish 6.2.5
events_mark
chain_versions 6.2.5
upgraded_to 6.2.5
expect "the first" provider3 "$(events | jq -r 'select(.event == "roll" and
    .state == "restarting") | .service' | head -n 1)"
ready=$(ms provider3 ready)
for other in provider1 provider2; do
	[ $(($(ms $other restarting) - ready)) -ge 2900 ] ||
	    die "$other was restarted $(($(ms $other restarting) - ready)) ms \
after the canary was ready"
done

say "one that dies in its soak: the others were never touched"
kept=$(service provider1 pid)/$(service provider2 pid)
release_publish 6.2.6 crash-late "crash-late 1000"
events_mark
chain_versions 6.2.6
wait_for 90 upgrade_done 6.2.6 rolled-back
world_at 6.2.5
case $(bad_reason 6.2.6) in
"provider3: it died in its probation (exit code 1)")	;;
*)	die "6.2.6 is bad because $(bad_reason 6.2.6)" ;;
esac
expect "the others" "$kept" \
    "$(service provider1 pid)/$(service provider2 pid)"
expect "rolled" "provider3" "$(events | jq -r 'select(.event == "roll" and
    .state == "restarting") | .service')"
no_doubles || die "found $(cat found), known $(cat known)"
stop_daemon
