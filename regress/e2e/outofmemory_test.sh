#!/bin/sh
#
# A service that the kernel kills for want of memory is named so, one that
# somebody kills is not; the others run on.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

need_root
grep -q '^oom_kill ' /proc/vmstat 2>/dev/null ||
    skip "this kernel does not count what it kills"
plain_begin
# The place, of either kind of cgroups, where this test may make one
for BASE in /sys/fs/cgroup/memory /sys/fs/cgroup; do
	GROUP=$BASE/lv-memory.$$
	mkdir "$GROUP" 2>/dev/null || continue
	for LIMIT in memory.max memory.limit_in_bytes ""; do
		[ ! -e "$GROUP/$LIMIT" ] || break
	done
	[ -z "$LIMIT" ] || break
	rmdir "$GROUP"
done
[ -n "${LIMIT:-}" ] && [ -e "$GROUP/$LIMIT" ] ||
    skip "needs a cgroup with a limit of memory"

leave_group() {
	_left=$?
	for _dir in "$GROUP"/*/*/ "$GROUP"/*/ "$GROUP/"; do
		while read -r _pid; do
			echo "$_pid" >"$BASE/cgroup.procs"
		done 2>/dev/null <"${_dir}cgroup.procs"
		rmdir "$_dir" 2>/dev/null
	done
	return "$_left"
}
trap 'leave_group; cleanup' EXIT

plain_service steady <<'END'
while :; do sleep 0.1; done
END
plain_service victim "backoff: 100ms" <<'END'
while :; do sleep 0.1; done
END
# Its one line has no end.
plain_service eater "restart: never" <<'END'
while ! [ -e eat ]; do sleep 0.1; done
exec tail -n 1 /dev/zero
END
plain_config

echo 192M >"$GROUP/$LIMIT"
# Without swap it comes soon.
echo 0 2>/dev/null >"$GROUP/memory.swap.max" ||
    echo 192M 2>/dev/null >"$GROUP/memory.memsw.limit_in_bytes"
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
plain_up
steady=$(service steady pid)

say "somebody kills one"
victim=$(service victim pid)
kill -KILL "$victim"
wait_for 60 service_moved victim "$victim"
has_line "$DAEMON_LOG" "victim.*of memory" && die "memory is blamed"

say "memory runs out"
touch "$(home eater eat)"
ended() {
	[ "$(service eater exit.signal)" = 9 ]
}
wait_for 120 ended
service eater reason | grep -q "by the kernel, which ran out of memory" ||
    die "the reason: $(service eater reason)"
has_line "$STATE/history" '"name":"eater","state":"ended".*out of memory' ||
    die "the history has it not"
expect "steady" "$steady" "$(service steady pid)"
stop_daemon
