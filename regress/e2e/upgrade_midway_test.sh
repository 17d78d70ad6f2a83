# The chain moves on, or back, while an upgrade is under way.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=3s
POLICY="  per-day: 99"
# A verifier that waits for a file to go.
mkdir -m 755 "$REGRESS_DIR/rooms"
ln -s "$LIBEXEC"/* "$REGRESS_DIR/rooms"
rm "$REGRESS_DIR/rooms/verifier"
cat >"$REGRESS_DIR/rooms/verifier" <<END
#!/bin/sh
while [ -e "$REGRESS_DIR/held" ]; do sleep 0.05; done
exec "$LIBEXEC/verifier" "\$@"
END
chmod 755 "$REGRESS_DIR/rooms/verifier"
LIBEXEC=$REGRESS_DIR/rooms
world_start
start_daemon
upgraded_to 6.2.4

say "a newer target while fetching: the older one is given up"
release_publish 6.2.5
release_publish 6.2.6
echo "location /v6.2.5/ { limit_rate 50k; }" >"$RELEASE/conf.d/slow.conf"
release_reload
events_mark
chain_versions 6.2.5
fetching() {
	[ "$(release_requests '/v6.2.5/sha256sum.txt.sig')" -gt 0 ]
}
wait_for 60 fetching
chain_versions 6.2.6
wait_for 60 upgrade_done 6.2.5 abandoned
upgraded_to 6.2.6
expect "6.2.5 on the way" 0 "$(event_count '.event == "roll" and
    .version == "6.2.5"')"
rm "$RELEASE/conf.d/slow.conf"
release_reload

say "a newer target while verifying: nothing of the older one is left"
release_publish 6.2.60
release_publish 6.2.61
touch "$REGRESS_DIR/held"
events_mark
chain_versions 6.2.60
verifying() {
	grep -q "^upgrade [0-9]* verifying " "$STATE/journal"
}
wait_for 60 verifying
chain_versions 6.2.61
wait_for 60 upgrade_done 6.2.60 abandoned
rm "$REGRESS_DIR/held"
upgraded_to 6.2.61
expect "leftovers" "" "$(find "$STATE/upgrades" -mindepth 1 -maxdepth 1 \
    -name '.*')"
! grep "v6.2.60: abandoned.*tried again" "$DAEMON_LOG" ||
    die "what was given up is not tried again"

say "a newer target while rolling: one after the other"
release_publish 6.3.1
release_publish 6.3.2
events_mark
chain_versions 6.3.1
rolling() {
	event_seen ".event == \"roll\" and .version == \"$1\" and
	    .state == \"ready\""
}
wait_for 60 rolling 6.3.1
chain_versions 6.3.2
wait_for 90 upgrade_done 6.3.1 committed
upgraded_to 6.3.2
expect "order" "6.3.1 6.3.2" "$(events | jq -r 'select(.event == "commit") |
    .to' | xargs)"

say "the target goes down again while rolling: the train stops"
release_publish 6.3.3
events_mark
chain_versions 6.3.3
wait_for 60 rolling 6.3.3
chain_versions 6.3.2
held() {
	event_seen '.event == "roll" and .state == "held"'
}
wait_for 60 held
expect "provider1" 6.3.3 "$(service provider1 version)"
expect "consumer1" 6.3.2 "$(service consumer1 version)"
say "and goes on when the operator says so"
ctl resume >/dev/null || die "resume"
upgraded_to 6.3.3

say "a stopped service is only noted, and starts on the new version"
release_publish 6.3.4
events_mark
ctl stop consumer1 >/dev/null || die "stop"
chain_versions 6.3.4
wait_for 60 rolling 6.3.4
wait_for 60 upgrade_done 6.3.4 committed
expect "consumer1" stopped "$(service consumer1 state)"
ctl start consumer1 >/dev/null || die "start"
world_at 6.3.4
wait_for 10 no_doubles
stop_daemon
