#!/bin/sh
#
# The wall clock jumps a day forward and back, under the daemon and its rooms
# only: waits, deadlines and limits do not notice, what is told has the new
# time, and a chain whose blocks are then old or of the future moves nothing
# until the clock is right again.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

[ -d /proc/self ] || skip "needs /proc"
[ -z "${REGRESS_SANITIZED:-}" ] || skip "a sanitizer must be loaded first"
need cc
cc -shared -fPIC -O1 -o "$REGRESS_DIR/wallclock.so" \
    "$TOP/regress/world/wallclock.c" || die "wallclock.so"
WALLCLOCK=$REGRESS_DIR/wallclock
DAY=86400

# clock SECONDS: what is added to the time from now on
clock() {
	"$PYTHON" -c 'import struct, sys
with open(sys.argv[1], "r+b" if sys.argv[3:] else "wb") as f:
    f.write(struct.pack("=q", int(sys.argv[2])))' "$WALLCLOCK" "$@"
}
clock 0
export WALLCLOCK

# The rooms do not get this environment from the parent.
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

WORLD_SERVICES=provider1
world_start
# In order: ends at once, each time; ends three times and is retried; does
# not want to stop.
PROGRAM=$REGRESS_DIR/sh
cp "$(command -v dash || echo /bin/sh)" "$PROGRAM"
chmod 755 "$PROGRAM"
other() {
	_home=$REGRESS_DIR/home/$1
	mkdir -p "$_home"
	[ -z "$WORLD_USER" ] || chown "$WORLD_USER" "$_home"
	cat >"$REGRESS_DIR/$1.sh"
	{
		echo "role: other"
		echo "command: [$PROGRAM, $REGRESS_DIR/$1.sh]"
		echo "directory: $_home"
		[ -z "$WORLD_USER" ] || echo "user: $WORLD_USER"
		echo "$2"
	} >"$STATE/services/$1.yml"
}
other backoff "backoff: 2s
backoff-max: 2s
limit: 0" <<'END'
read up rest </proc/uptime
echo $up >>starts
END
other limit "backoff: 50ms
backoff-max: 50ms
limit: 3
retry: 3s" <<'END'
read up rest </proc/uptime
echo $up >>starts
exit 1
END
other stubborn "stop-signal: INT
stop-grace: 1500ms" <<'END'
trap '' INT
while :; do sleep 0.05; done
END
WORLD_SERVICES="provider1 backoff limit stubborn"
POLICY=""
world_config
sed -i.orig "s/splay: 0s/splay: 24h/" "$STATE/config.yml"

"$SBIN/lavavisord" -n -D "$STATE" -L "$LIBEXEC" >out 2>&1 || die "$(cat out)"
DAEMON_LOG=$REGRESS_DIR/daemon.log
DAEMON_LOGS=$DAEMON_LOG
LD_PRELOAD=$REGRESS_DIR/wallclock.so "$SBIN/lavavisord" -d -v -D "$STATE" \
    -L "$LIBEXEC" >>"$DAEMON_LOG" 2>&1 </dev/null &
DAEMON_PID=$!
on_exit_end "$DAEMON_PID"
wait_for 60 daemon_answers

starts() {
	wc -l <"$REGRESS_DIR/home/$1/starts" 2>/dev/null || echo 0
}
more_starts() {
	[ "$(starts "$1")" -gt "$2" ]
}
# last_gap NAME: ms between its last two starts
last_gap() {
	tail -n 2 "$REGRESS_DIR/home/$1/starts" | awk '
	    { gap = $1 - was; was = $1 } END { printf "%d", gap * 1000 }'
}
at_least() {
	[ "$2" -ge "$3" ] || die "$1: $2 ms, not $3 or more"
}
chain_is() {
	[ "$(ctl_json '.[0].state' show nodes)" = "$1" ]
}
provider_runs() {
	service_is provider1 ready true && service_is provider1 version 6.2.4
}
wait_for 60 provider_runs
provider=$(service provider1 pid)
wait_for 60 chain_is ok

say "a newer version waits for this host's turn"
release_publish 6.2.5
chain_versions 6.2.5
wait_for 30 why_is provider1 why splay

# day_of NAME DAYS: the state of a service is of this day
day_is() {
	[ "$(service "$1" since | cut -c 1-10)" = \
	    "$(date -u -d "@$(($(date +%s) + $2 * DAY))" +%Y-%m-%d)" ]
}
date -u -d @0 +%F >/dev/null 2>&1 || skip "needs date -d"

# jump DAYS NODE: from the right time to another one, amid all that waits
jump() {
	n=$(starts backoff)
	wait_for 60 more_starts backoff "$n"
	n=$(starts limit)
	wait_for 60 more_starts limit "$n"
	wait_for 60 service_is limit state failed
	backoffs=$(starts backoff)
	limits=$(starts limit)
	ctl stop stubborn >stop.out 2>&1 &
	stopping=$!
	begin=$(cut -d ' ' -f 1 /proc/uptime)
	wait_for 30 service_is stubborn state stopping

	clock $(($1 * DAY)) same
	expect "why at once" unreachable "$(why_of provider1 why)"
	say "$1 day: deadlines, backoff and limit"
	wait "$stopping" || die "stop: $(cat stop.out)"
	end=$(cut -d ' ' -f 1 /proc/uptime)
	took=$(echo "$begin $end" | awk '{ printf "%d", ($2 - $1) * 1000 }')
	at_least "grace" "$took" 1400
	wait_for 60 more_starts backoff "$backoffs"
	at_least "backoff" "$(last_gap backoff)" 1400
	wait_for 60 more_starts limit "$limits"
	tail -n +"$limits" "$REGRESS_DIR/home/limit/starts" | awk '
	    NR == 2 { exit $1 - was < 2.2 } { was = $1 }' ||
	    die "limit: retried too early"
	ctl start stubborn || die "start: $?"
	day_is stubborn "$1" || die "since: $(service stubborn since)"
	last=$(tail -n 1 "$STATE/history" | jq -r .time | cut -c 1-10)
	expect "day of the last event" "$last" \
	    "$(service stubborn since | cut -c 1-10)"
	wait_for 30 grep -q "^$last.* service stubborn: started" "$DAEMON_LOG"

	say "$1 day: the chain is not believed and moves nothing"
	wait_for 60 chain_is "$2"
	expect "pid" "$provider" "$(service provider1 pid)"
	expect "why" unreachable "$(why_of provider1 why)"

	clock 0 same
	say "back: all is as before"
	wait_for 60 chain_is ok
	wait_for 60 why_is provider1 why splay
	n=$(starts backoff)
	wait_for 60 more_starts backoff "$n"
	expect "pid" "$provider" "$(service provider1 pid)"
}
jump 1 stale
jump -1 bad-answer
expect "upgrades to 6.2.5" 0 "$(event_count '.event == "fetch"
    and .version == "6.2.5"')"

say "and an upgrade once it is ordered"
ctl -j upgrade now >out 2>&1 || die "upgrade now: $(cat out)"
at_new() {
	service_is provider1 version 6.2.5 && service_is provider1 ready true
}
wait_for 60 at_new
stop_daemon
