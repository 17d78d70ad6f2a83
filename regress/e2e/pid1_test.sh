#!/bin/sh
#
# As pid 1 of a container, made of namespaces: it reaps what is reparented to
# it, heeds its signals, ends what is left and exits with meaning; and a /proc
# that is missing or of another namespace is named, where it is needed.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

need jq unshare nsenter
[ -d /proc/self/ns ] || skip "needs namespaces"
SPACES="--mount --pid --fork --kill-child"
ENTER="-m -p"
if [ "$(id -u)" -ne 0 ]; then
	SPACES="--user --map-root-user $SPACES"
	ENTER="-U --preserve-credentials $ENTER"
fi
# shellcheck disable=SC2086
unshare $SPACES --mount-proc true 2>/dev/null ||
    skip "this kernel does not let $(id -un) make namespaces"

plain_begin
plain_service steady <<'END'
while :; do sleep 0.1; done
END
plain_service mortal "backoff: 50ms
backoff-max: 200ms" <<'END'
while :; do sleep 0.1; done
END
plain_service polite "stop-signal: INT" <<'END'
trap 'echo INT >>got; exit 0' INT
echo up >>got
while :; do sleep 0.1; done
END
# Each orphan has left the session of its service.
plain_service maker <<END
(setsid "$PLAIN_SH" "$REGRESS_DIR/orphan.sh" &)
n=0
while :; do
	[ "\$n" -ge 40 ] || (setsid "$PLAIN_SH" -c 'exit 3' &)
	n=\$((n + 1))
	echo "\$n" >made
	sleep 0.02
done
END
cat >orphan.sh <<'END'
trap 'echo TERM >>orphan-got; exit 0' TERM
echo up >>orphan-got
while :; do sleep 0.1; done
END
plain_config

# Without cgroups that can be written, as in most containers
cat >inner.sh <<'END'
umount -l /sys/fs/cgroup/unified 2>/dev/null ||
    umount -l /sys/fs/cgroup 2>/dev/null
exec "$@"
END

# Without -d, which pid 1 does not need.
container() {
	DAEMON_LOG=$REGRESS_DIR/daemon.log
	DAEMON_LOGS=$DAEMON_LOG
	# shellcheck disable=SC2086
	unshare $SPACES --mount-proc sh "$REGRESS_DIR/inner.sh" \
	    "$SBIN/lavavisord" -v -D "$STATE" -L "$LIBEXEC" \
	    >>"$DAEMON_LOG" 2>&1 </dev/null &
	DAEMON_PID=$!
	on_exit_end "$DAEMON_PID"
	wait_for 60 find_init
}

# Its pid 1 by the number that it has out here
find_init() {
	INIT=$(ps -o pid= --ppid "$DAEMON_PID" | tr -d ' ')
	[ -n "$INIT" ] && [ "$(cat "/proc/$INIT/comm")" = lavavisord ]
}

container_ends() {
	wait_for 60 gone "$DAEMON_PID"
	wait "$DAEMON_PID"
	expect "exit code of the container" "$1" $?
	no_strays || die "processes left: $(strays)"
}

# in_container COMMAND...
in_container() {
	# shellcheck disable=SC2086
	nsenter -t "$INIT" $ENTER "$@"
}

no_zombies() {
	! ps -o stat= --ppid "$INIT" | grep -q '^Z'
}

starts() {
	[ "$(grep -c ' lavavisord [^ ]* started, pid 1,' \
	    "$DAEMON_LOG")" -eq "$1" ]
}

pids() {
	ctl_json '[.[].pid] | join(" ")' show services
}

container
wait_for 60 daemon_answers
starts 1 || die "it is not pid 1"
plain_up

say "orphans are reaped"
made() {
	[ "$(cat "$(home maker made)")" -gt 40 ]
}
wait_for 60 made
wait_for 30 test -s "$(home maker orphan-got)"
wait_for 30 no_zombies
# The one that lives is its child by now.
expect "orphans" 1 "$(ps -o args= --ppid "$INIT" | grep -c "orphan\.sh")"

say "signals that are not for it, a reload, a reexec"
before=$(pids)
kill -USR1 "$INIT"
kill -WINCH "$INIT"
kill -HUP "$INIT"
wait_for 60 has_line "$DAEMON_LOG" "reload"
kill -USR2 "$INIT"
wait_for 60 starts 2
wait_for 60 daemon_answers
expect "pids" "$before" "$(pids)"
in_container kill -KILL "$(service mortal pid)"
was_killed() {
	[ "$(service mortal exit.signal)" = 9 ] &&
	    service_is mortal state running
}
wait_for 60 was_killed
ctl shutdown --keep-services >out 2>&1
expect "exit code of --keep-services" 1 $?
has_line out "pid 1" || die "no reason: $(cat out)"

say "/proc is gone for a while"
steady=$(service steady pid)
mortal=$(service mortal pid)
in_container mount -t tmpfs none /proc || die "no mount over /proc"
in_container kill -KILL "$mortal"
wait_for 60 service_moved mortal "$mortal"
expect "steady meanwhile" "$steady" "$(service steady pid)"
ctl_json '.[0].missing' show sandbox | grep -q "/proc is not mounted: " ||
    die "not said"
in_container umount /proc || die "umount"
expect "what is missing" null "$(ctl_json '.[0].missing' show sandbox)"
mortal=$(service mortal pid)
in_container kill -KILL "$mortal"
wait_for 60 service_moved mortal "$mortal"
expect "steady afterwards" "$steady" "$(service steady pid)"
wait_for 30 no_zombies

say "it ends its services with grace, then what is left"
kill -INT "$INIT"
container_ends 0
expect "polite" "up INT " "$(tr '\n' ' ' <"$(home polite got)")"
expect "the orphan" "up TERM " "$(tr '\n' ' ' <"$(home maker orphan-got)")"

say "the second TERM makes haste"
PLAIN_SERVICES=
plain_service rock "stop-grace: 10m" <<'END'
trap 'echo TERM >>got' TERM
echo up >>got
while :; do sleep 0.1; done
END
plain_config
container
wait_for 60 test -s "$(home rock got)"
kill -TERM "$INIT"
wait_for 60 has_line "$(home rock got)" TERM
alive "$DAEMON_PID" || die "the grace was not kept"
kill -TERM "$INIT"
container_ends 0

say "a TERM in the middle of the start is not lost"
rm "$(home rock got)"
plain_service rock <<'END'
echo up >>got
while :; do sleep 0.1; done
END
container
listens() {
	# TERM is the 15th: blocked or caught.
	awk '$1 == "SigBlk:" || $1 == "SigCgt:" {
		if (substr($2, 13, 1) ~ /[4-7c-f]/) found = 1 }
	    END { exit !found }' "/proc/$INIT/status"
}
wait_for 60 listens
kill -TERM "$INIT"
container_ends 0

say "errors have their exit code and one line"
# fails CODE TEXT COMMAND...
fails() {
	_code=$1
	_text=$2
	shift 2
	# shellcheck disable=SC2086
	unshare $SPACES "$@" >out 2>&1 </dev/null
	expect "exit code" "$_code" $?
	has_line out "$_text" || die "not said: $_text: $(cat out)"
	[ "$_code" -eq 2 ] || expect "lines" 1 "$(wc -l <out)"
}
fails 2 "unknown option -x" --mount-proc "$SBIN/lavavisord" -x
cp "$STATE/config.yml" config.good
echo "nonsense: 1" >>"$STATE/config.yml"
fails 1 "config.yml:[0-9]*:1: " --mount-proc \
    "$SBIN/lavavisord" -D "$STATE" -L "$LIBEXEC"
cp config.good "$STATE/config.yml"
# Not as pid 1
fails 1 "/proc shows another pid namespace, .*: mount -t proc proc /proc" \
    sh -c '"$@"; exit $?' sh "$SBIN/lavavisord" -D "$STATE" -L "$LIBEXEC"
fails 1 "/proc is not mounted: when .*: mount -t proc proc /proc" sh -c \
    'mount -t tmpfs none /proc; "$@"; exit $?' sh \
    "$SBIN/lavavisord" -D "$STATE" -L "$LIBEXEC"
