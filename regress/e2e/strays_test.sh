#!/bin/sh
#
# What a service leaves behind is ended with it: children in its group, in its
# session, and daemons that have left both where there are control groups; a
# stranger of the same user is not touched.

# shellcheck source=regress/lib.sh
. "${TOP:-.}/regress/lib.sh"
# shellcheck source=regress/e2e/plain.sh
. "$TOP/regress/e2e/plain.sh"

[ -d /proc/self ] || skip "needs /proc"
plain_begin
SLEEP=$REGRESS_DIR/sleep
cp "$(command -v sleep)" "$SLEEP"
chmod 755 "$SLEEP"

cat >"$REGRESS_DIR/leave.py" <<'END'
import os
import signal
import sys

# The stop signal goes to the whole group.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep, kinds = sys.argv[1], sys.argv[2:]


def linger(kind):
    with open(kind + '.new', 'w') as f:
        f.write('%d\n' % os.getpid())
    os.rename(kind + '.new', kind)
    os.execv(sleep, [sleep, '600'])


for kind in kinds:
    if os.fork() == 0:
        if kind == 'setpgid':
            os.setpgid(0, 0)
        if kind == 'daemon':
            os.setsid()
            if os.fork() != 0:
                os._exit(0)
        linger(kind)
END

plain_service leaver 'stop-grace: 30s' <<END
rm -f group setpgid daemon
"$PYTHON" "$REGRESS_DIR/leave.py" "$SLEEP" group setpgid daemon
echo \$\$ >up
exec "$SLEEP" 600
END
plain_service quiet <<END
exec "$SLEEP" 600
END
plain_config

# A process of the same user that is nobody's business.
stranger() {
	"$PYTHON" -c 'import os, sys
os.setsid()
if os.getuid() == 0:
    os.setgroups([])
    os.setuid(int(sys.argv[1]))
os.execvp("sleep", ["sleep", "600"])' \
    "$(id -u "${PLAIN_USER:-0}" 2>/dev/null)" &
	STRANGER=$!
	on_exit_end "$STRANGER"
}

# left: the three of the present run have begun; remembers their pids.
has_begun() {
	[ "$(cat "$(home leaver up)")" = "$(service leaver pid)" ] &&
	    [ -s "$(home leaver group)" ] && [ -s "$(home leaver setpgid)" ] &&
	    [ -s "$(home leaver daemon)" ]
}

begun() {
	wait_for 60 has_begun
	LEADER=$(service leaver pid)
	GROUP=$(cat "$(home leaver group)")
	SETPGID=$(cat "$(home leaver setpgid)")
	DAEMON=$(cat "$(home leaver daemon)")
}

in_cgroup() {
	grep -q '^0::.*/lavavisord-[0-9a-f-]*\.d/leaver\.d$' \
	    "/proc/$1/cgroup" 2>/dev/null
}

# cleared: they are gone, but for a daemon nobody can know of.
cleared() {
	wait_for 30 gone "$GROUP"
	wait_for 30 gone "$SETPGID"
	if [ -n "$CGROUP" ]; then
		wait_for 30 gone "$DAEMON"
	else
		alive "$DAEMON" || die "a stray in no session was ended"
		kill -KILL "$DAEMON"
	fi
	alive "$STRANGER" || die "a stranger was ended"
}

told() {
	[ "$(grep -c "service leaver left $1 processes behind: ended" \
	    "$DAEMON_LOG")" -ge "$2" ]
}

crash() {
	kill -KILL "$LEADER"
	wait_for 60 service_moved leaver "$LEADER"
	cleared
	begun
}

replaced() {
	[ "$(grep -c ' lavavisord [^ ]* started, pid' "$DAEMON_LOG")" -eq "$1" ]
}

# one life of the daemon and its successors
life() {
	rm -f "$REGRESS_DIR/daemon.log"
	start_daemon
	plain_up
	begun
	CGROUP=
	count=2
	if in_cgroup "$LEADER"; then
		CGROUP=1
		count=3
		place=$(sed -n 's/^0:://p' "/proc/$LEADER/cgroup")
		for kind in "$GROUP" "$SETPGID" "$DAEMON"; do
			in_cgroup "$kind" || die "$kind is in no cgroup"
		done
	fi
	say "found by ${CGROUP:+cgroup}${CGROUP:-session}"
	quiet=$(service quiet pid)

	say "a crash"
	crash
	wait_for 30 told "$count" 1

	say "a stop"
	ctl stop leaver || die "stop: $?"
	wait_for 60 service_is leaver state stopped
	cleared
	wait_for 30 told "$count" 2
	ctl start leaver || die "start: $?"
	wait_for 60 service_is leaver state running
	begun

	say "after a reexec"
	ctl reexec || die "reexec: $?"
	wait_for 60 replaced 2
	wait_for 60 daemon_answers
	expect "pid after a reexec" "$LEADER" "$(service leaver pid)"
	alive "$DAEMON" || die "a reexec ended what belongs to a service"
	crash
	wait_for 30 told "$count" 3

	say "adopted"
	kill_daemon
	start_daemon
	expect "pid after an adoption" "$LEADER" "$(service leaver pid)"
	alive "$GROUP" || die "an adoption ended a child in the group"
	alive "$DAEMON" || die "an adoption ended a daemon of a service"
	crash
	wait_for 30 told "$count" 4

	say "ended while no lavavisord ran"
	kill_daemon
	kill -KILL "$LEADER"
	wait_for 30 gone "$LEADER"
	start_daemon
	wait_for 60 service_moved leaver "$LEADER"
	cleared
	wait_for 30 told "$count" 5
	begun
	expect "pid of another service" "$quiet" "$(service quiet pid)"

	say "removed from the config"
	cp "$STATE/config.yml" config.both
	grep -v leaver config.both >"$STATE/config.yml"
	ctl reload >/dev/null || die "reload: $?"
	wait_for 60 gone "$LEADER"
	cleared
	if [ -n "$CGROUP" ]; then
		cgroup=$(findmnt -n -t cgroup2 -o TARGET 2>/dev/null |
		    head -n 1)
		[ -z "$cgroup" ] ||
		    wait_for 30 test ! -e "$cgroup$place"
	fi
	cp config.both "$STATE/config.yml"
	ctl reload >/dev/null || die "reload: $?"
	plain_up
	begun
	stop_daemon_and_all
	[ -z "$CGROUP" ] || [ -z "$cgroup" ] ||
	    wait_for 30 test ! -e "$cgroup${place%/*}"
}

stop_daemon_and_all() {
	kill -TERM "$DAEMON_PID"
	wait_for 60 gone "$DAEMON_PID"
	wait "$DAEMON_PID"
	expect "exit code of lavavisord" 0 $?
	cleared
	wait_for 30 no_strays
}

stranger
life
if [ -z "$CGROUP" ]; then
	say "no cgroups here: daemons that left group and session are not tried"
	exit 0
fi

# Where it has been mounted nobody can look.
hide='umount -a -t cgroup2 && ! grep -q " - cgroup2 " /proc/self/mountinfo'
if ! unshare -m sh -c "$hide" 2>/dev/null; then
	say "cgroups cannot be hidden: root without them is not tried"
	exit 0
fi
mkdir "$REGRESS_DIR/sbin"
cat >"$REGRESS_DIR/sbin/lavavisord" <<END
#!/bin/sh
exec unshare -m sh -c '$hide && exec "\$0" "\$@"' "$SBIN/lavavisord" "\$@"
END
chmod 755 "$REGRESS_DIR/sbin/lavavisord"
ln -s "$SBIN/lavavisorctl" "$REGRESS_DIR/sbin/lavavisorctl"
SBIN=$REGRESS_DIR/sbin
life
[ -z "$CGROUP" ] || die "cgroups were not hidden"
