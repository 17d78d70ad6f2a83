#!/bin/sh
#
# Directories that are read-only, before the start and while the daemon runs:
# one clear line, services run on, and all is well again once they are not.

if [ "$(id -u)" -eq 0 ] && [ -z "${READONLY_ALONE:-}" ]; then
	if ! unshare -m true 2>/dev/null; then
		echo "needs a mount namespace"
		exit 77
	fi
	READONLY_ALONE=1
	export READONLY_ALONE
	exec unshare -m sh "$0"
fi

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

need_root
[ -d /proc/self/fd ] || skip "needs /proc"
plain_begin
plain_service steady "log: {size: 4K, count: 3}" <<'END'
while :; do
	n=$((${n:-0} + 1))
	echo "steady $n ...................................................."
	sleep 0.02
done
END
plain_service mortal "backoff: 50ms
backoff-max: 200ms" <<'END'
echo "mortal is up"
while :; do sleep 0.1; done
END
LOGS=$STATE/services/logs
mkdir -p "$LOGS" "$STATE/run"
chmod 750 "$LOGS"
: >"$STATE/run/lock"
: >"$STATE/history"
# What is held open for writing is on mounts of its own: they stay writable.
for dir in "$STATE" "$STATE/run" "$STATE/run/lock" "$STATE/history" \
    "$LOGS"; do
	mount --bind "$dir" "$dir" 2>/dev/null || skip "needs to mount"
done
plain_config

readonly_on() {
	mount -o remount,bind,ro "$1" || die "$1 cannot be made read-only"
}

readonly_off() {
	mount -o remount,bind,rw "$1" || die "$1 cannot be made writable"
}

# refused DIR WHAT: a start says in one line what it cannot write
refused() {
	"$SBIN/lavavisord" -d -D "$STATE" -L "$LIBEXEC" \
	    >"$REGRESS_DIR/out" 2>&1 </dev/null
	expect "exit code with $1 read-only" 1 $?
	[ "$(grep -c "$2.*Read-only file system" "$REGRESS_DIR/out")" -eq 1 ] ||
	    die "it says: $(cat "$REGRESS_DIR/out")"
}

say "before the first start"
readonly_on "$STATE"
refused "$STATE" "upgrades: cannot be made"
readonly_off "$STATE"
readonly_on "$STATE/run"
refused "$STATE/run" "run"
readonly_off "$STATE/run"

start_daemon
plain_up
steady=$(service steady pid)

running() {
	service_is "$1" state running
}
named() {
	service "$1" reason | grep -q "$2"
}
steady_is() {
	expect "pid of steady" "$steady" "$(service steady pid)"
	alive "$steady" || die "steady has ended"
}

say "the state, while it runs: orders are obeyed, and it is said"
readonly_on "$STATE"
ctl stop mortal || die "stop: $?"
expect "mortal" stopped "$(service mortal state)"
grep -q "journal.*Read-only file system" "$DAEMON_LOG" ||
    die "nothing is said of the journal"
steady_is
readonly_off "$STATE"
ctl start mortal || die "start: $?"
grep -q "the journal is written again" "$DAEMON_LOG" ||
    die "the journal was not written again"
wait_for 30 running mortal

say "the daemon is killed: the next one says why it cannot start"
kill_daemon
readonly_on "$STATE"
refused "$STATE" "journal"
readonly_off "$STATE"
# run/services is kept open, so it cannot happen to a daemon that runs.
readonly_on "$STATE/run"
refused "$STATE/run" "$STATE/run"
readonly_off "$STATE/run"
alive "$steady" || die "steady has ended"
start_daemon
steady_is
plain_up

say "logs, while it runs: no rotation, nothing is lost"
size() {
	wc -c <"$LOGS/steady.log"
}
grows_to() {
	[ "$(size)" -gt "$1" ]
}
mount --bind "$LOGS" "$LOGS"
readonly_on "$LOGS"
wait_for 60 grep -q "cannot be rotated: Read-only file system" "$DAEMON_LOG"
wait_for 60 grows_to 8192
steady_is

say "and a new supervisor, which has no log: what is lost is counted"
supervisor=$(room_pid supervisor)
kill -KILL "$supervisor"
lost() {
	[ "$(service steady output_lost)" -gt 0 ]
}
wait_for 60 lost
steady_is
was=$(size)
named steady "bytes of output lost" || die "show does not say so"
umount "$LOGS" || die "umount"
rotated_again() {
	[ -s "$LOGS/steady.log" ] && [ "$(size)" -lt "$was" ]
}
wait_for 90 rotated_again
steady_is
stop_daemon
