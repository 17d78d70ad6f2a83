#!/bin/sh
#
# The daemon replaces itself: same pid, same services, their exit statuses are
# still learnt; a program that fails its check changes nothing.

# shellcheck source=regress/lib.sh
. "${TOP:-.}/regress/lib.sh"
# shellcheck source=regress/e2e/world.sh
. "$TOP/regress/e2e/world.sh"

pids() {
	ctl_json '[.[].pid] | join(" ")' show services
}

# A copy of the daemon that a "package upgrade" can replace.
install_copy() {
	rm -f "$REGRESS_DIR/bin/lavavisord"
	mkdir -p "$REGRESS_DIR/bin"
	cp "$1" "$REGRESS_DIR/bin/lavavisord"
	chmod 755 "$REGRESS_DIR/bin/lavavisord"
}

replaced() {
	[ "$(grep -c ' lavavisord [^ ]* started, pid' "$DAEMON_LOG")" -eq "$1" ]
}

world_start
STAGED=$SBIN
install_copy "$STAGED/lavavisord"
# shellcheck disable=SC2209
mkdir -p "$REGRESS_DIR/sbin"
ln -s "$REGRESS_DIR/bin/lavavisord" "$REGRESS_DIR/sbin/lavavisord"
ln -s "$STAGED/lavavisorctl" "$REGRESS_DIR/sbin/lavavisorctl"
SBIN=$REGRESS_DIR/sbin
start_daemon
world_at 6.2.4
before=$(pids)

say "reexec keeps every pid"
ctl reexec || die "reexec: $?"
wait_for 60 replaced 2
wait_for 60 daemon_answers
expect "pids after a reexec" "$before" "$(pids)"
alive "$DAEMON_PID" || die "the daemon has another pid"
wait_for 60 world_is_at 6.2.4

say "and again by SIGUSR2"
kill -USR2 "$DAEMON_PID"
wait_for 60 replaced 3
wait_for 60 daemon_answers
expect "pids after SIGUSR2" "$before" "$(pids)"

say "a status is still learnt"
wait_for 60 world_is_at 6.2.4
kill -KILL "$(service provider1 pid)"
was_killed() {
	[ "$(service provider1 'exit.signal')" = 9 ] &&
	    service_is provider1 state running
}
wait_for 60 was_killed
wait_for 60 world_is_at 6.2.4
before=$(pids)

say "a configuration that is refused leaves the old one running"
cp "$STATE/config.yml" config.good
echo "nonsense: 1" >>"$STATE/config.yml"
ctl reexec >out 2>&1
expect "exit code of a refused reexec" 1 $?
grep -q 'config.yml:[0-9]*:1: ' out || die "no place in: $(cat out)"
expect "pids after a refusal" "$before" "$(pids)"
cp config.good "$STATE/config.yml"

say "a program that does not start is refused as well"
rm "$REGRESS_DIR/bin/lavavisord"
printf '#!/bin/sh\necho broken >&2\nexit 1\n' >"$REGRESS_DIR/bin/lavavisord"
chmod 755 "$REGRESS_DIR/bin/lavavisord"
ctl reexec >out 2>&1
expect "exit code with a broken program" 1 $?
grep -q broken out || die "no reason in: $(cat out)"
expect "pids after a broken program" "$before" "$(pids)"
install_copy "$STAGED/lavavisord"

say "an upgrade goes on across a reexec"
release_publish 6.2.5
chain_versions 6.2.5
moved_one() {
	[ "$(ctl_json '[.[] | select(.version == "6.2.5")] | length' \
	    show services)" -ge 1 ]
}
wait_for 60 moved_one
ctl reexec || die "reexec in a roll: $?"
wait_for 60 replaced 4
world_at 6.2.5
committed() {
	[ "$(ctl_json '.[0].outcome' show upgrades)" = committed ]
}
wait_for 60 committed
stop_daemon
