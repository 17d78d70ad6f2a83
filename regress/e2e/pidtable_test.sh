#!/bin/sh
#
# A pid table that is full, by pids.max of a cgroup and by the limit of a
# service's own user: it is named and waited for, the rest runs on, and all is
# started once it can be.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

need_root
plain_begin
# The place, of either kind of cgroups, where this test may make one
GROUP=
for BASE in /sys/fs/cgroup/pids /sys/fs/cgroup; do
	GROUP=$BASE/lv-pidtable.$$
	mkdir "$GROUP" 2>/dev/null || continue
	[ ! -e "$GROUP/pids.max" ] || break
	rmdir "$GROUP"
done
[ -e "$GROUP/pids.max" ] || skip "needs a cgroup with pids.max"

# Whatever happens the cgroup goes.
leave_group() {
	_left=$?
	echo max >"$GROUP/pids.max"
	for _dir in "$GROUP"/*/*/ "$GROUP"/*/ "$GROUP/"; do
		while read -r _pid; do
			echo "$_pid" >"$BASE/cgroup.procs"
		done 2>/dev/null <"${_dir}cgroup.procs"
		rmdir "$_dir" 2>/dev/null
	done
	return "$_left"
}
trap 'leave_group; cleanup' EXIT

# Nothing in it forks once it runs.
SLEEP=$REGRESS_DIR/sleep
cp "$(command -v sleep)" "$SLEEP"
for name in steady mortal; do
	plain_service "$name" "backoff: 50ms
backoff-max: 200ms
limit: 0" <<END
exec "$SLEEP" 100000
END
done
# Its user runs more than one process already.
plain_service narrow "backoff: 50ms
backoff-max: 200ms
limit: 0
rlimits: {nproc: 1}" <<END
exec "$SLEEP" 100000
END
plain_config

mkdir sbin
cat >sbin/lavavisord <<END
#!/bin/sh
echo \$\$ >"$GROUP/cgroup.procs"
exec "$SBIN/lavavisord" "\$@"
END
chmod 755 sbin/lavavisord
ln -s "$SBIN/lavavisorctl" sbin/lavavisorctl
SBIN=$REGRESS_DIR/sbin
start_daemon

named() {
	service "$1" reason | grep -q "$2"
}

room_is_back() {
	_now=$(room_pid "$1")
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$2" ] &&
	    [ "$(ctl_json ".[] | select(.room == \"$1\") |
	    .mechanisms.seccomp" show sandbox)" != null ]
}

say "the limit of the service's user"
wait_for 60 service_is steady state running
wait_for 60 service_is mortal state running
wait_for 60 named narrow "Resource temporarily unavailable"
steady=$(service steady pid)
sed 's/nproc: 1/nproc: 65536/' "$STATE/services/narrow.yml" >new
cat new >"$STATE/services/narrow.yml"
ctl reload >/dev/null || die "reload: $?"
wait_for 60 service_is narrow state running

say "no process is left for a service"
mortal=$(service mortal pid)
echo 1 >"$GROUP/pids.max"
kill -KILL "$mortal"
wait_for 60 named mortal "cannot be forked: Resource temporarily unavailable"

say "none for a room"
monitor=$(room_pid monitor)
supervisor=$(room_pid supervisor)
kill -KILL "$monitor" "$supervisor"
for room in monitor supervisor; do
	wait_for 60 has_line "$DAEMON_LOG" \
	    "$room: cannot be started: Resource temporarily unavailable"
done
expect "steady meanwhile" "$steady" "$(service steady pid)"

say "none for a reexec: refused"
ctl reexec >out 2>&1
expect "exit code of reexec" 1 $?
has_line out "Resource temporarily unavailable" || die "said: $(cat out)"

say "it heals by itself"
echo max >"$GROUP/pids.max"
wait_for 60 room_is_back supervisor "$supervisor"
wait_for 60 room_is_back monitor "$monitor"
wait_for 60 service_is mortal state running
service_moved mortal "$mortal" || die "it has the pid of the dead one"
expect "steady afterwards" "$steady" "$(service steady pid)"
stop_daemon
