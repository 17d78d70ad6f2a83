# What is drained gets its clients back: after the move, after one back, and
# when the drain is called off - by a hold, an order, a death of the daemon -
# and before the next one is drained.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
POLICY="  per-day: 99"
WORLD_SERVICES="provider1 provider2"
DRAINS=$REGRESS_DIR/drains
mkdir -m 777 "$DRAINS"
: >"$DRAINS/calls"
chmod 666 "$DRAINS/calls"
# Each call is a line; one hangs or fails while there is a file that says so.
cat >"$DRAINS/drain.sh" <<-'END'
	#!/bin/sh
	cd "${0%/*}" || exit 1
	echo "$LAVAVISORD_SERVICE $LAVAVISORD_DRAIN $LAVAVISORD_TO" >>calls
	echo $$ >"pid-$LAVAVISORD_DRAIN.new"
	mv "pid-$LAVAVISORD_DRAIN.new" "pid-$LAVAVISORD_DRAIN"
	while [ -e "hang-$LAVAVISORD_DRAIN" ]; do sleep 0.05; done
	[ ! -e "fail-$LAVAVISORD_DRAIN" ] || exit 3
END
chmod 755 "$DRAINS/drain.sh"
SERVICE="drain: [$DRAINS/drain.sh]"

# called CALL...: all calls since the last look, in their order.
calls_are() {
	[ "$(tail -n +"$((CALLS + 1))" "$DRAINS/calls" | xargs)" = "$*" ]
}

called() {
	wait_for 30 calls_are "$@"
	CALLS=$(wc -l <"$DRAINS/calls")
}
CALLS=0

begun() {
	[ "$(wc -l <"$DRAINS/calls")" -gt "$CALLS" ]
}

undrained() {
	! grep -q '^drained' "$STATE/journal"
}

world_start
start_daemon
upgraded_to 6.2.4

say "after the move, one after the other"
release_publish 6.2.5
chain_versions 6.2.5
upgraded_to 6.2.5
called "provider1 on 6.2.5" "provider1 off 6.2.5" \
    "provider2 on 6.2.5" "provider2 off 6.2.5"
wait_for 10 undrained

say "going back as well; one that is down has nobody to be drained"
PROBATION=3s
world_config
ctl reload >/dev/null || die "reload"
touch "$REGRESS_DIR/home/provider1/once"
release_publish 6.2.6 good "crash-once once"
events_mark
chain_versions 6.2.6
wait_for 60 upgrade_done 6.2.6 rolled-back
world_at 6.2.5
back_calls() {
	[ "$(tail -n +"$((CALLS + 1))" "$DRAINS/calls" |
	    grep -v "provider2 off 6.2.6" | xargs)" = "$*" ]
}
# The one that died may have been ready for a moment.
wait_for 30 back_calls "provider1 on 6.2.6" "provider1 off 6.2.6" \
    "provider2 on 6.2.6" "provider2 off 6.2.5" \
    "provider1 on 6.2.5" "provider1 off 6.2.5"
CALLS=$(wc -l <"$DRAINS/calls")
PROBATION=0s
world_config
ctl reload >/dev/null || die "reload"

say "a hold calls it off"
kept=$(pids)
touch "$DRAINS/hang-on"
release_publish 6.2.7
release_publish 6.2.8
events_mark
chain_versions 6.2.7
wait_for 60 begun
ctl hold >/dev/null || die "hold"
called "provider1 on 6.2.7" "provider1 off 6.2.5"
wait_for 10 gone "$(cat "$DRAINS/pid-on")"
expect "left" "provider1" "$(events | jq -r 'select(.event == "roll" and
    .state == "left") | .service' | xargs)"
expect "services" "$kept" "$(pids)"

say "an order calls it off; what it fails with is told"
touch "$DRAINS/fail-off"
ctl resume >resume.out 2>&1 &
resume=$!
wait_for 60 begun
ctl upgrade rollback >/dev/null || die "rollback"
wait "$resume"
called "provider1 on 6.2.7" "provider1 off 6.2.5"
expect "services" "$kept" "$(pids)"
expect "outcome" "rolled-back" "$(ctl_json '.[0].outcome' show upgrades)"
expect "bad" "" "$(bad_reason 6.2.7)"
wait_for 10 has_line "$DAEMON_LOG" "provider1: its drain could not be undone, \
its clients may not come back: it ended with exit code 3"
rm "$DRAINS/fail-off"

say "the daemon dies while it drains: the next one begins anew"
ctl unpin >unpin.out 2>&1 &
unpin=$!
wait_for 60 begun
kill -KILL "$DAEMON_PID"
wait_for 30 gone "$DAEMON_PID"
wait "$unpin"
rm "$DRAINS/hang-on"
start_daemon
upgraded_to 6.2.7
wait_for 30 undrained
expect "its last word" "provider1 off 6.2.7" \
    "$(grep provider1 "$DRAINS/calls" | tail -n 1)"
CALLS=$(wc -l <"$DRAINS/calls")

say "it dies while the clients are brought back: they are, by the next one"
touch "$DRAINS/hang-off"
chain_versions 6.2.8
brought_back() {
	has_line "$DRAINS/calls" "provider1 off 6.2.8"
}
wait_for 60 brought_back
sleep 0.2
expect "the next one waits" 0 "$(grep -c "provider2 on 6.2.8" "$DRAINS/calls")"
kill -KILL "$DAEMON_PID"
wait_for 30 gone "$DAEMON_PID"
rm "$DRAINS/hang-off"
start_daemon
upgraded_to 6.2.8
called "provider1 on 6.2.8" "provider1 off 6.2.8" "provider1 off 6.2.8" \
    "provider2 on 6.2.8" "provider2 off 6.2.8"
wait_for 30 undrained

say "a newer target and a reload without it: they come after"
touch "$DRAINS/hang-on"
release_publish 6.2.9
release_publish 6.2.10
events_mark
chain_versions 6.2.9
wait_for 60 begun
chain_versions 6.2.10
sed -i.old '/- provider1$/d' "$STATE/config.yml"
ctl reload >said 2>&1
has_line said "once the upgrade in hand has ended" || die "reload: $(cat said)"
expect "it drains" "6.2.8" "$(service provider1 version)"
rm "$DRAINS/hang-on"
upgraded_to 6.2.10
expect "what runs" "provider2" "$(ctl_json '[.[].name] | join(" ")' \
    show services)"
expect "the last calls" "provider2 on 6.2.10 provider2 off 6.2.10" \
    "$(grep provider2 "$DRAINS/calls" | tail -n 2 | xargs)"
stop_daemon
