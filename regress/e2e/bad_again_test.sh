# A bad version is left alone for 24 hours, also by the next daemon, then tried
# once more; when it fails again, for 48.  The clock is that of the daemon and
# its rooms only.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

[ -d /proc/self ] || skip "needs /proc"
[ -z "${REGRESS_SANITIZED:-}" ] || skip "a sanitizer must be loaded first"
need cc
date -u -d @0 +%F >/dev/null 2>&1 || skip "needs date -d"
cc -shared -fPIC -O1 -o "$REGRESS_DIR/wallclock.so" \
    "$TOP/regress/world/wallclock.c" || die "wallclock.so"
WALLCLOCK=$REGRESS_DIR/wallclock
export WALLCLOCK

# clock SECONDS: what is added to the time of daemon and chain from now on
clock() {
	"$PYTHON" -c 'import struct, sys
with open(sys.argv[1], "r+b" if sys.argv[3:] else "wb") as f:
    f.write(struct.pack("=q", int(sys.argv[2])))' "$WALLCLOCK" "$@"
	CLOCK=$1
}
clock 0

mkdir "$REGRESS_DIR/rooms"
for room in "$LIBEXEC"/*; do
	name=${room##*/}
	cat >"$REGRESS_DIR/rooms/$name" <<-END
	#!/bin/sh
	WALLCLOCK=$WALLCLOCK LD_PRELOAD=$REGRESS_DIR/wallclock.so
	export WALLCLOCK LD_PRELOAD
	exec $room "\$@"
	END
	chmod 755 "$REGRESS_DIR/rooms/$name"
done
LIBEXEC=$REGRESS_DIR/rooms

start_clocked() {
	DAEMON_LOG=$REGRESS_DIR/daemon.log
	DAEMON_LOGS=$DAEMON_LOG
	LD_PRELOAD=$REGRESS_DIR/wallclock.so "$SBIN/lavavisord" -d -v \
	    -D "$STATE" -L "$LIBEXEC" >>"$DAEMON_LOG" 2>&1 </dev/null &
	DAEMON_PID=$!
	on_exit_end "$DAEMON_PID"
	wait_for 60 daemon_answers
}

# hours_bad: how much longer 6.2.5 is left alone, to the nearest hour
hours_bad() {
	_until=$(date -d "$(ctl_json '.installed[] |
	    select(.version == "6.2.5") | .bad.until' show versions)" +%s)
	echo $(((_until - $(date +%s) - CLOCK + 1800) / 3600))
}

tried() {
	event_count '.event == "rollback" and .outcome == "rolled-back"'
}

# later HOURS: since the start
later() {
	chain_set "{\"offset_s\": $(($1 * 3600))}"
	clock $(($1 * 3600)) same
}

blocks_later() {
	[ "$(ctl_json .chain.height show versions)" -ge $((height + 3)) ]
}

POLICY="  per-day: 9"
WORLD_SERVICES="provider1"
world_start
start_clocked
upgraded_to 6.2.4

say "for 24 hours"
release_publish 6.2.5 crash-early
events_mark
chain_versions 6.2.5
wait_for 60 upgrade_done 6.2.5 rolled-back
world_at 6.2.4
expect "hours" 24 "$(hours_bad)"
reason=$(bad_reason 6.2.5)
case $reason in
"provider1: it died before it was ready"*)	;;
*)	die "6.2.5 is bad because $reason" ;;
esac

say "after 23 hours, and by another daemon, nothing is tried"
stop_daemon
later 23
start_clocked
world_at 6.2.4
height=$(ctl_json .chain.height show versions)
wait_for 60 blocks_later
expect "why" bad "$(why_of provider1 why)"
expect "its reason" "$reason" "$(bad_reason 6.2.5)"
expect "hours" 1 "$(hours_bad)"
expect "rollbacks" 1 "$(tried)"

say "after 25 hours it is tried again, and is bad for 48"
later 25
twice() {
	[ "$(tried)" -eq 2 ]
}
wait_for 60 twice
world_at 6.2.4
expect "hours" 48 "$(hours_bad)"

say "after 72 hours nothing, after 74 again: 96"
later 72
height=$(ctl_json .chain.height show versions)
wait_for 60 blocks_later
expect "rollbacks" 2 "$(tried)"
later 74
thrice() {
	[ "$(tried)" -eq 3 ]
}
wait_for 60 thrice
world_at 6.2.4
expect "hours" 96 "$(hours_bad)"
stop_daemon
