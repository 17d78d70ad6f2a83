# Providers and consumers may want different versions: two upgrades, one after
# the other, each role on its own; what fails for one is no matter of the other.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
POLICY="  per-day: 9
  ready-timeout: 20s"
RELEASES="  keep: 1"
world_start
start_daemon
upgraded_to 6.2.4

# at PROVIDER CONSUMER
at() {
	service_is provider1 version "$1" &&
	    service_is consumer1 version "$2" &&
	    services_all '.state == "running" and .ready == true' && idle
}

say "two at once: one after the other"
release_publish 6.2.5
release_publish 6.2.6
events_mark
chain_versions 6.2.6 6.2.4 6.2.5
wait_for 90 at 6.2.6 6.2.5
expect "records" "consumer 6.2.5 committed provider 6.2.6 committed" \
    "$(ctl_json '.[0:2] | sort_by(.role) | .[] |
    "\(.role) \(.to) \(.outcome)"' show upgrades | xargs)"
expect "the second began after the first" true "$(ctl_json \
    '.[0].started >= .[1].ended' show upgrades)"
expect "providers" "6.2.6 up-to-date" \
    "$(why_of provider1 have) $(why_of provider1 why)"
expect "consumers" "6.2.5 up-to-date" \
    "$(why_of consumer1 have) $(why_of consumer1 why)"
for v in 6.2.5 6.2.6; do
	[ -x "$STATE/upgrades/v$v/lavap" ] || die "v$v is not kept"
done
expect "current" v6.2.5 "$(readlink "$STATE/upgrades/current")"

# Of what is installed consumers then take the next best.
say "a bad one for consumers is no matter of the providers"
release_publish 6.2.7 crash-early
release_publish 6.2.8
events_mark
chain_versions 6.2.8 6.2.4 6.2.7
wait_for 90 upgrade_done 6.2.7 rolled-back
wait_for 90 upgrade_done 6.2.8 committed
wait_for 60 at 6.2.8 6.2.6
case $(bad_reason 6.2.7) in
"consumer1: "*)	;;
*)	die "6.2.7 is bad because $(bad_reason 6.2.7)" ;;
esac
wait_for 30 why_is consumer1 why bad
expect "providers" up-to-date "$(why_of provider1 why)"

say "each comes back on its own after a restart of the daemon"
stop_daemon
start_daemon
wait_for 60 at 6.2.8 6.2.6
no_doubles || die "found $(cat found), known $(cat known)"

say "what only one that left the configuration had is not kept"
WORLD_SERVICES=provider1
world_config
ctl reload >/dev/null || die "reload"
release_publish 6.2.9
chain_versions 6.2.9
upgraded_to 6.2.9
[ -e "$STATE/upgrades/v6.2.8" ] || die "where a rollback leads is removed"
[ ! -e "$STATE/upgrades/v6.2.6" ] ||
    die "6.2.6 is kept: $(ls "$STATE/upgrades")"
stop_daemon
