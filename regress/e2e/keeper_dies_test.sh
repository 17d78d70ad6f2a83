#!/bin/sh
#
# The keeper is stopped, and killed in the midst of a start and of a roll: who
# can have its passphrase once more goes on, what runs is not stopped, and no
# version is blamed.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

KEYRING="file"
PASSPHRASE="the right one"
WORLD_SERVICES="provider1 provider2 consumer1"
SERVICE="passphrase: fd 8"
# Long enough to be killed in it, when it is told to end
FAKE="listen-ms 100, ignore-int"
POLICY="  per-day: 9"
PROBATION=0s
world_start
(umask 077 && echo "$PASSPHRASE" >"$REGRESS_DIR/secret")
[ -z "$WORLD_USER" ] || chown "$WORLD_USER" "$REGRESS_DIR/secret"
sed -i "s,^passphrase: .*,passphrase: file $REGRESS_DIR/secret," \
    "$STATE/services/consumer1.yml"
sed -i "s,^stop-grace: .*,stop-grace: 1s," "$STATE/services/consumer1.yml"
sed -i "s,^stop-grace: .*,stop-grace: 2s," "$STATE/services"/provider?.yml
sed -i 's/fd 8/fd 9/' "$STATE/services/provider2.yml"

all_ready() {
	services_all '.state == "running" and .ready'
}
is_another() {
	_now=$(service "$1" pid)
	[ "$_now" != null ] && [ "$_now" != "$2" ] && all_ready
}
another_keeper() {
	_now=$(room_pid keeper)
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$1" ]
}
held_is() {
	[ "$(ctl_json .passphrase.state show service "$1")" = "$2" ]
}
runs() {
	grep -c "service $1: started" "$DAEMON_LOG"
}
no_bad() {
	expect "bad versions" "" "$(ctl_json \
	    '.installed[] | select(.bad) | .version' show versions)"
}

start_daemon 8<"$REGRESS_DIR/secret" 9<"$REGRESS_DIR/secret"
wait_for 60 all_ready

say "one that does not answer is continued"
KEEPER=$(room_pid keeper)
pid=$(service consumer1 pid)
kill -STOP "$KEEPER"
kill -KILL "$pid"
wait_for 60 is_another consumer1 "$pid"
expect "the keeper" "$KEEPER" "$(room_pid keeper)"
grep -q "keeper.*continued" "$DAEMON_LOG" || die "it is not said"

say "killed while one is in its switch: that is locked, the others run on"
# One of the two is being stopped
stopping() {
	FIRST=
	for _name in provider1 provider2; do
		service_is "$_name" state stopping && FIRST=$_name
	done
	[ -n "$FIRST" ]
}
before=$(service provider1 pid),$(service provider2 pid)
release_publish 6.2.5
chain_versions 6.2.5 6.2.4 6.2.4 6.2.4
wait_for 60 stopping
kill -KILL "$KEEPER"
wait_for 60 service_is "$FIRST" state locked
case $FIRST in
provider1)	OTHER=provider2 pid=${before#*,} ;;
*)		OTHER=provider1 pid=${before%,*} ;;
esac
locked_still() {
	service "$1" reason | grep -q '^locked: its passphrase is gone'
}
wait_for 60 locked_still "$OTHER"
ended() {
	[ "$(ctl_json '.[0].ended' show upgrades)" != null ]
}
wait_for 60 ended
expect "$OTHER" "$pid" "$(service "$OTHER" pid)"
expect "runs of $FIRST" 1 "$(runs "$FIRST")"
no_bad
wait_for 60 held_is consumer1 held

say "unlocked: the roll goes on"
ctl unlock --stdin all <"$REGRESS_DIR/secret" >out || die "$(cat out)"
moved() {
	services_all '.ready and (.role != "provider" or .version == "6.2.5")'
}
wait_for 90 moved
no_bad

if [ "$(id -u)" -eq 0 ] && command -v strace >/dev/null &&
    strace -o /dev/null true 2>/dev/null &&
    [ -z "${REGRESS_SANITIZED:-}" ]; then
	say "killed at the very write, in a roll: the version is not to blame"
	KEEPER=$(room_pid keeper)
	strace -q -p "$KEEPER" -e trace=write \
	    -e inject=write:error=EIO:signal=KILL:when=1 \
	    -o "$REGRESS_DIR/trace" 2>"$REGRESS_DIR/strace" &
	on_exit_end $!
	traced() {
		! grep -q '^TracerPid:[[:space:]]*0$' "/proc/$KEEPER/status"
	}
	wait_for 30 traced
	count=$(runs consumer1)
	chain_versions 6.2.5
	at_last() {
		services_all '.ready and .version == "6.2.5"'
	}
	wait_for 60 another_keeper "$KEEPER"
	grep -q '^write(' "$REGRESS_DIR/trace" || die "not at a write"
	wait_for 90 at_last
	no_bad
	expect "runs" $((count + 2)) "$(runs consumer1)"
	committed() {
		[ "$(ctl_json '.[0].outcome' show upgrades)" = committed ]
	}
	wait_for 60 committed
fi

stop_daemon
