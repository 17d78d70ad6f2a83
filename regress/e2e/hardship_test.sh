#!/bin/sh
#
# What the host lacks for a while, and services that make trouble: it is named,
# the rest runs on, and what could not be started is started once it can be.

# With a file system of its own to fill up, which is gone with the test.
if [ "$(id -u)" -eq 0 ] && [ -z "${HARDSHIP_ALONE:-}" ] &&
    unshare -m true 2>/dev/null; then
	HARDSHIP_ALONE=1
	export HARDSHIP_ALONE
	exec unshare -m sh "$0"
fi

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

need prlimit
[ -d /proc/self/fd ] || skip "needs /proc"
plain_begin
OWN_DISK=
if [ -n "${HARDSHIP_ALONE:-}" ] &&
    mount -t tmpfs -o size=4m,mode=755 hardship "$STATE" 2>/dev/null; then
	OWN_DISK=1
	mkdir -p "$STATE/services"
fi

QUICK="backoff: 50ms
backoff-max: 200ms"
plain_service steady <<'END'
while :; do sleep 0.1; done
END
plain_service mortal "$QUICK
limit: 0" <<'END'
while :; do sleep 0.1; done
END
# Ends as often as the file says, then stays.
plain_service dying "backoff: 1ms
backoff-max: 1ms
limit: 0" <<'END'
echo start >>starts
[ "$(wc -l <starts)" -ge "$(cat deaths)" ] || exit 1
while :; do sleep 0.1; done
END
plain_service flood "log: {size: 64K, count: 1}" <<'END'
while :; do
	while [ -e go ]; do
		echo 01234567890123456789012345678901234567890123456789012345
	done
	sleep 0.1
done
END
plain_service busy "$QUICK" <<'END'
while :; do sleep 0.1; done
END
plain_service nonsense "$QUICK" <<'END'
END
BUSY=$REGRESS_DIR/busy-sh
cp "$PLAIN_SH" "$BUSY"
NONSENSE=$REGRESS_DIR/nonsense
head -c 4096 /dev/zero >"$NONSENSE"
chmod 755 "$NONSENSE"
for name in busy nonsense; do
	program=$REGRESS_DIR/busy-sh
	[ "$name" = busy ] || program=$NONSENSE
	sed "s|^command: .*|command: [$program, $REGRESS_DIR/$name.sh]|" \
	    "$STATE/services/$name.yml" >new
	cat new >"$STATE/services/$name.yml"
done
echo 90 >"$(home dying deaths)"
plain_config
start_daemon

running() {
	service_is "$1" state running
}

# named NAME TEXT: the reason is in what is shown.
named() {
	service "$1" reason | grep -q "$2"
}

# Processes of mortal that have come to their program
mortals() {
	strays | while read -r _pid; do
		tr '\0' ' ' <"/proc/$_pid/cmdline" 2>/dev/null
	done | grep -c "/mortal.sh" || :
}

mortals_are() {
	[ "$(mortals)" -eq "$1" ]
}

# hard TEXT: mortal dies, cannot be started, and the reason says why.
hard() {
	_steady=$(service steady pid)
	kill -KILL "$(service mortal pid)"
	wait_for 30 named mortal "$1"
	expect "processes of mortal" 0 "$(mortals)"
	expect "steady meanwhile" "$_steady" "$(service steady pid)"
}

# another NAME PID: it has a process, and not this one.
another() {
	_now=$(service "$1" pid)
	[ "$_now" -gt 0 ] 2>/dev/null && [ "$_now" != "$2" ]
}

# and again once it can be.
well() {
	wait_for 60 running mortal
	expect "steady afterwards" "$_steady" "$(service steady pid)"
	wait_for 30 mortals_are 1
}

fds() {
	find "/proc/$DAEMON_PID/fd" -type l 2>/dev/null | wc -l
}

say "a program that is being written, one that is none"
wait_for 30 named nonsense "Exec format error"
for name in steady mortal flood busy; do
	wait_for 30 running "$name"
done
ctl stop nonsense || die "nonsense cannot be stopped: $?"
ctl stop busy || die "busy cannot be stopped: $?"
# It cannot be executed for as long as this might be written to.
exec 9>>"$BUSY"
ctl start busy >/dev/null 2>&1
wait_for 30 named busy "Text file busy"
exec 9>&-
executed() {
	_pid=$(service busy pid)
	[ -n "$_pid" ] && [ "$(readlink "/proc/$_pid/exe")" = "$BUSY" ]
}
wait_for 60 executed

say "two hundred ends in a row: by itself, then by order"
# More would wait for the restarts that the host may have in a minute.
starts() {
	[ "$(grep -c "service dying: started" "$DAEMON_LOG")" -eq "$1" ] &&
	    running dying
}
wait_for 120 starts 90
no_zombies() {
	! ps -o stat= --ppid "$DAEMON_PID" | grep -q '^Z'
}
wait_for 30 no_zombies
before=$(fds)
n=0
while [ "$n" -lt 110 ]; do
	ctl restart dying || die "restart $n: $?"
	n=$((n + 1))
done
wait_for 30 starts 200
as_before() {
	[ "$(fds)" -le "$before" ]
}
wait_for 30 as_before
wait_for 30 no_zombies

say "a service that floods: others are stopped and started meanwhile"
touch "$(home flood go)"
flood=$(service flood pid)
floods() {
	[ -s "$STATE/services/logs/flood.log.1" ]
}
wait_for 60 floods
for _i in 1 2 3 4 5; do
	ctl restart mortal || die "restart: $?"
done
rm "$(home flood go)"
expect "flood" "$flood" "$(service flood pid)"

soft() {
	prlimit --pid "$DAEMON_PID" "--$1" -o SOFT --noheadings --raw
}

say "no descriptor is left"
failures=$(service mortal failures)
nofile=$(soft nofile)
prlimit --pid "$DAEMON_PID" --nofile=3: || die "prlimit"
hard "Too many open files"
prlimit --pid "$DAEMON_PID" --nofile="$nofile:" || die "prlimit"
well
# It is the host's trouble, not the service's.
expect "failures" "$failures" "$(service mortal failures)"

if [ "$(id -u)" -ne 0 ]; then
	say "no process is left"
	nproc=$(soft nproc)
	prlimit --pid "$DAEMON_PID" --nproc=1: || die "prlimit"
	hard "cannot be forked"
	supervisor=$(room_pid supervisor)
	kill -KILL "$supervisor"
	has_no_room() {
		grep -q "supervisor: cannot be started" "$DAEMON_LOG"
	}
	wait_for 30 has_no_room
	prlimit --pid "$DAEMON_PID" --nproc="$nproc:" || die "prlimit"
	well
	say "a directory that cannot be written"
	rm "$STATE/run/services"
	chmod 555 "$STATE/run"
	hard "cannot be written"
	chmod 755 "$STATE/run"
	well
fi

if [ -n "$OWN_DISK" ]; then
	say "a disk that is full"
	touch "$(home flood go)"
	dd if=/dev/zero of="$STATE/filler" bs=4k 2>/dev/null || :
	# What must be written for a start has its room already, also for
	# another supervisor, and for the next daemon.
	_steady=$(service steady pid)
	for _i in 1 2 3 4 5; do
		pid=$(service mortal pid)
		kill -KILL "$pid"
		wait_for 60 another mortal "$pid"
	done
	supervisor=$(room_pid supervisor)
	kill -KILL "$supervisor"
	pid=$(service mortal pid)
	kill -KILL "$pid"
	wait_for 60 another mortal "$pid"
	kill_daemon
	start_daemon
	expect "steady meanwhile" "$_steady" "$(service steady pid)"
	pid=$(service mortal pid)
	kill -KILL "$pid"
	wait_for 60 another mortal "$pid"
	wait_for 30 mortals_are 1
	lost() {
		grep -q "service flood: .* bytes of its output are lost" \
		    "$DAEMON_LOG"
	}
	wait_for 60 lost
	[ "$(service flood output_lost)" -gt 0 ] || die "show does not count it"
	expect "flood" "$flood" "$(service flood pid)"
	rm "$(home flood go)" "$STATE/filler"
	wait_for 30 running mortal
	"$SBIN/lavavisord" -n -D "$STATE" -L "$LIBEXEC" 2>out ||
	    die "$(cat out)"
fi
stop_daemon
