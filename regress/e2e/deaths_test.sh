#!/bin/sh
#
# A thousand ends of one service in a row leave no descriptor, no zombie and no
# memory behind, neither in the parent nor in the supervisor.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

[ -d /proc/self/fd ] || skip "needs /proc"
WARM=50
DEATHS=1050
plain_begin
plain_service dying "backoff: 1ms
backoff-max: 1ms
limit: 0" <<'END'
while [ -e stay ]; do sleep 0.05; done
exit 1
END
plain_service steady <<'END'
exec sleep 1000
END
# The host's budget of restarts grows with its services: these run once.
i=0
while [ "$i" -lt 440 ]; do
	i=$((i + 1))
	{
		echo "role: other"
		echo "command: [/bin/true]"
		echo "directory: $REGRESS_DIR"
		echo "restart: never"
		[ -z "$PLAIN_USER" ] || echo "user: $PLAIN_USER"
	} >"$STATE/services/once$i.yml"
	PLAIN_SERVICES="$PLAIN_SERVICES once$i"
done
touch "$(home dying stay)"
plain_config
start_daemon

restarts() {
	[ "$(service dying restarts)" -ge "$1" ]
}
# die_until N: it ends again and again until it has been restarted N times
die_until() {
	rm "$(home dying stay)"
	wait_for 150 restarts "$1"
	touch "$(home dying stay)"
	wait_for 30 service_is dying state running
}
settled() {
	services_all '.state == "running" or .exit.code == 0'
}
wait_for 120 settled
die_until "$WARM"

fds() {
	find "/proc/$1/fd" -type l 2>/dev/null | wc -l
}
# KB that are its own; pages of programs come and go.
memory() {
	awk '/^(RssAnon|VmSwap):/ { n += $2 } END { print n }' \
	    "/proc/$1/status"
}
no_zombies() {
	! ps -o stat= --ppid "$DAEMON_PID" | grep -q '^Z'
}

supervisor=$(room_pid supervisor)
steady=$(service steady pid)
fds_parent=$(fds "$DAEMON_PID")
fds_supervisor=$(fds "$supervisor")
memory_parent=$(memory "$DAEMON_PID")
memory_supervisor=$(memory "$supervisor")
begin=$(date +%s)
die_until "$DEATHS"
say "$((DEATHS - WARM)) ends in $(($(date +%s) - begin)) s"

expect "supervisor" "$supervisor" "$(room_pid supervisor)"
expect "steady" "$steady" "$(service steady pid)"
no_more() {
	[ "$(fds "$DAEMON_PID")" -le "$fds_parent" ] &&
	    [ "$(fds "$supervisor")" -le "$fds_supervisor" ]
}
wait_for 30 no_more
wait_for 30 no_zombies
say "parent $memory_parent KB, then $(memory "$DAEMON_PID"); supervisor \
$memory_supervisor KB, then $(memory "$supervisor")"
# A leak of 256 bytes for each end would be this much.
most=$(((DEATHS - WARM) * 256 / 1024))
if [ -z "${REGRESS_SANITIZED:-}" ]; then
	[ "$(memory "$DAEMON_PID")" -le $((memory_parent + most)) ] ||
	    die "the parent has grown"
	[ "$(memory "$supervisor")" -le $((memory_supervisor + most)) ] ||
	    die "the supervisor has grown"
fi
stop_daemon
