# A service is drained before it is stopped for another version: for a time,
# or by a command as its user.  A command that fails or hangs is not waited for
# longer than its timeout; a hold calls a drain off.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
POLICY="  per-day: 9"
WORLD_SERVICES="provider1 consumer1"
world_start
out=$REGRESS_DIR/home/provider1/drained
cat >"$REGRESS_DIR/drain.sh" <<-'END'
	#!/bin/sh
	# drain.sh FILE [hang|fail]
	[ "$LAVAVISORD_DRAIN" = on ] || exit 0
	{
		id -un
		echo "$LAVAVISORD_HOOK $LAVAVISORD_SERVICE $LAVAVISORD_TO"
		pwd
	} >"$1.new"
	mv "$1.new" "$1"
	echo "draining $LAVAVISORD_SERVICE"
	case ${2:-} in
	hang)	sleep 300 & echo $! >"$1.pid"; wait ;;
	fail)	exit 3 ;;
	esac
END
chmod 755 "$REGRESS_DIR/drain.sh"

# drains PROVIDER CONSUMER: the keys of both from now on.
drains() {
	for _s in provider1 consumer1; do
		sed -i.old '/^drain/d' "$STATE/services/$_s.yml"
	done
	printf '%b\n' "$1" >>"$STATE/services/provider1.yml"
	printf '%b\n' "$2" >>"$STATE/services/consumer1.yml"
	[ -z "${DAEMON_PID:-}" ] || ctl reload >/dev/null || die "reload"
}

# passed NAME FROM TO: seconds between two states of its roll, rounded down.
passed() {
	events | jq -s "def ms: .time | (.[0:19] + \"Z\" | fromdate) * 1000 +
	    (.[20:23] | tonumber); [.[] | select(.event == \"roll\" and
	    .service == \"$1\")] | (([.[] | select(.state == \"$3\")][-1] |
	    ms) - ([.[] | select(.state == \"$2\")][-1] | ms)) / 1000 | floor"
}

drains "drain: [$REGRESS_DIR/drain.sh, $out]" "drain: 2s"
start_daemon
upgraded_to 6.2.4

say "a time, and a command"
release_publish 6.2.5
events_mark
chain_versions 6.2.5
upgraded_to 6.2.5
[ "$(passed consumer1 draining restarting)" -ge 1 ] ||
    die "consumer1 was drained $(passed consumer1 draining restarting) s"
expect "the command's user" "${WORLD_USER:-$(id -un)}" "$(sed -n 1p "$out")"
expect "its facts" "drain provider1 6.2.5" "$(sed -n 2p "$out")"
expect "its directory" "$REGRESS_DIR/home/provider1" "$(sed -n 3p "$out")"
grep -q "drain of provider1 says: draining provider1" "$DAEMON_LOG" ||
    die "its output is not in the log"

say "one that fails, one that hangs: no longer than its timeout"
drains "drain: [$REGRESS_DIR/drain.sh, $out, hang]\ndrain-timeout: 1s" \
    "drain: [$REGRESS_DIR/drain.sh, $REGRESS_DIR/home/consumer1/x, fail]"
release_publish 6.2.6
events_mark
chain_versions 6.2.6
upgraded_to 6.2.6
grep -q "provider1: its drain failed.*did not end within 1 s" \
    "$DAEMON_LOG" || die "the log does not say that it hung"
grep -q "consumer1: its drain failed.*exit code 3" "$DAEMON_LOG" ||
    die "the log does not say that it failed"
wait_for 10 gone "$(cat "$out.pid")"

say "a hold calls it off"
drains "drain: 1h" "drain: 0s"
release_publish 6.2.7
events_mark
chain_versions 6.2.7
draining() {
	event_seen '.event == "roll" and .state == "draining"'
}
wait_for 60 draining
ctl hold >/dev/null || die "hold"
left() {
	event_seen '.event == "roll" and .state == "left"'
}
wait_for 30 left
expect "its version" 6.2.6 "$(service provider1 version)"
expect "restarted" 0 "$(event_count '.event == "roll" and
    .state == "restarting"')"
stop_daemon
