# The first failure stops the train, with another one on its way at that
# moment: the next one is never touched, and all that moved go back, those that
# are down first and those that serve one at a time.  One that dies again and
# again is moved in its turn, and its deaths are nobody's failure.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
FAKE="listen-ms 200"
POLICY="  max-unavailable: 2
  ready-timeout: 10s
  soak: 0s
  per-day: 9"
WORLD_SERVICES="provider1 provider2 provider3 provider4"
world_start
start_daemon
upgraded_to 6.2.4

# versions_of NAME: on which it was started, in their order
versions_of() {
	events | jq -r "select(.event == \"service\" and .name == \"$1\" and
	    .state == \"started\") | .version" | xargs
}

say "one of two on their way dies"
# The slow one is still on its way when the other one ends.
sed -i.old 's/listen-ms 200/listen-ms 4000/' \
    "$STATE/services/service_configs/provider2.yml"
for name in provider1 provider2; do
	touch "$REGRESS_DIR/home/$name/once"
done
kept=$(service provider4 pid)
release_publish 6.2.5 good "crash-once once"
events_mark
chain_versions 6.2.5
two_on_their_way() {
	event_seen '.event == "service" and .name == "provider3" and
	    .state == "started" and .version == "6.2.5"'
}
wait_for 60 two_on_their_way
wait_for 60 upgrade_done 6.2.5 rolled-back
world_at 6.2.4
expect "provider4" "$kept" "$(service provider4 pid)"
for name in provider1 provider2 provider3; do
	expect "$name ran on" "6.2.5 6.2.4" "$(versions_of $name)"
done
expect "went back" "provider3 provider2 provider1" "$(events | jq -r \
    'select(.event == "roll" and .state == "going-back") | .service' | xargs)"
expect "at once" 1 "$(events | jq -s 'reduce .[] as $e (
    {down: {}, most: 0};
    if $e.event != "roll" then .
    elif $e.state == "going-back" then .down[$e.service] = true
    elif $e.state == "back" then .down |= del(.[$e.service])
    else . end | .most = ([.most, (.down | length)] | max)) | .most')"
case $(bad_reason 6.2.5) in
"provider3: it died "*)	;;
*)	die "6.2.5 is bad because $(bad_reason 6.2.5)" ;;
esac

say "one that dies young, always"
# It is always younger than the time in which it may become ready.
conf=$STATE/services/service_configs/provider2.yml
sed -i.old 's/listen-ms 4000/listen-ms 100, status 500, crash-late 900/' "$conf"
url=http://127.0.0.1:$(service_port provider2)/
sed -i.old "s|^ready: tcp|ready: http $url\\
backoff: 1ms\\
backoff-max: 1ms\\
limit: 0|" "$STATE/services/provider2.yml"
sed -i.old 's/ready-timeout: 10s/ready-timeout: 3s/' "$STATE/config.yml"
ctl reload >/dev/null || die "reload"
ctl restart provider2 >/dev/null || die "restart"
wait_for 30 service_is provider2 ready false
release_publish 6.2.6
events_mark
chain_versions 6.2.6
wait_for 60 upgrade_done 6.2.6 committed
expect "bad" "" "$(bad_reason 6.2.6)"
expect "provider2 in the roll" moved "$(events | jq -r 'select(.event ==
    "roll" and .service == "provider2" and .state != "waiting") | .state' |
    xargs)"
stop_daemon
