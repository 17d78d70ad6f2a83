#!/bin/sh
#
# ready: command: as the service's user, with a deadline; what hangs, forks,
# floods or writes a lot harms nobody and is gone afterwards.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"

plain_begin
sleeps=$REGRESS_DIR/sleeps
echo "while :; do sleep 0.1; done" >"$sleeps"

# check NAME [YAML]: a service that sleeps, and the text of its command.
check() {
	cat >"$REGRESS_DIR/$1.check"
	_yaml="ready: {check: command $PLAIN_SH $REGRESS_DIR/$1.check"
	plain_service "$1" "$_yaml${2:-}}
env: {GREETING: hello}" <"$sleeps"
}

check facts <<'END'
id -un >user
pwd >directory
echo "$LAVAVISOR_SERVICE $LAVAVISOR_PID $GREETING" >facts
ls /proc/self/fd >fds 2>/dev/null
ulimit -c >core
[ -e go ]
END
check code <<'END'
exit 7
END
check hangs ", timeout: 300ms" <<'END'
trap '' TERM INT HUP ALRM
echo $$ >>pids
sleep 600 &
echo $! >>pids
sleep 600
END
check leaves <<'END'
sleep 600 &
echo $! >>pids
exit 0
END
check floods ", timeout: 300ms" <<'END'
echo $$ >>pids
while :; do echo "a lot of output that nobody reads"; done
END
check forks ", timeout: 300ms" <<'END'
echo $$ >>pids
while :; do sleep 600 & echo $! >>pids; sleep 0.02; done
END
check killed <<'END'
kill -KILL $$
END
check writes ", timeout: 3s" <<'END'
dd if=/dev/zero of=big bs=65536 count=1000 2>/dev/null
exit 0
END
plain_service absent "ready: command /nonexistent/program" <"$sleeps"
plain_config
start_daemon
plain_up

say "exit code, deadline, signal"
while read -r name why; do
	wait_for 60 reason_has "$name" "$why"
	expect "$name" false "$(service "$name" ready)"
done <<END
facts the command ended with code 1
code the command ended with code 7
hangs did not end within 300 ms
floods did not end within 300 ms
forks did not end within 300 ms
killed killed by signal 9
absent cannot be executed
END

say "what it is given"
wait_for 60 test -s "$(home facts core)"
expect "user" "${PLAIN_USER:-$(id -un)}" "$(cat "$(home facts user)")"
expect "directory" "$REGRESS_DIR/home/facts" \
    "$(cat "$(home facts directory)")"
expect "facts" "facts $(service facts pid) hello" "$(cat "$(home facts facts)")"
expect "core" 0 "$(cat "$(home facts core)")"
if [ "$(uname)" = Linux ]; then
	# 3 is the directory that ls reads.
	expect "descriptors" "0 1 2 3 " "$(tr '\n' ' ' <"$(home facts fds)")"
fi
touch "$(home facts go)"
ctl wait -t 60 facts ready || die "facts is not ready"

say "nothing of it stays"
ctl wait -t 60 leaves ready || die "leaves is not ready"
for name in hangs floods forks; do
	wait_for 60 test -s "$(home "$name" pids)"
	ctl stop "$name" >/dev/null || die "stop $name"
done
for name in hangs leaves floods forks; do
	for pid in $(cat "$(home "$name" pids)"); do
		wait_for 30 gone "$pid"
	done
done
if [ -e "$(home writes big)" ]; then
	size=$(wc -c <"$(home writes big)")
	[ "$size" -le 1048576 ] || die "the command wrote $size bytes"
fi

say "no service has suffered"
for name in code killed absent leaves; do
	expect "restarts of $name" 0 "$(service "$name" restarts)"
done
stop_daemon
