#!/bin/sh
#
# Stopping: the signals one after another, to the whole group; orders and what
# they answer; what stays stopped; leaving the services running.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service polite "stop-signal: INT" <<'END'
trap 'echo INT >>got; exit 0' INT
trap 'echo TERM >>got; exit 0' TERM
echo up >>got
while :; do sleep 0.1; done
END
plain_service deaf "stop-signal: INT
stop-grace: 1s" <<'END'
trap 'echo INT >>got; [ ! -e enough ] || exit 0' INT
trap 'echo TERM >>got; exit 0' TERM
echo up >>got
while :; do sleep 0.1; done
END
plain_service stubborn "stop-signal: INT
stop-grace: 500ms" <<'END'
trap 'echo INT >>got; [ ! -e enough ] || exit 0' INT
trap 'echo TERM >>got' TERM
echo up >>got
while :; do sleep 0.1; done
END
plain_service parent <<'END'
sh -c 'trap "" TERM INT; while :; do sleep 0.1; done' &
echo $! >child
wait
END
plain_service leaver "backoff: 100ms" <<'END'
sh -c 'trap "" TERM INT; while :; do sleep 0.1; done' &
echo $! >child
while ! [ -e leave ]; do sleep 0.05; done
rm leave
exit 3
END
plain_service waiter "stop-signal: INT
stop-grace: 120s" <<'END'
trap '[ ! -e enough ] || exit 0' INT
echo up >>got
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up

got() {
	tr '\n' ' ' <"$(home "$1" got)"
}

# code WANT COMMAND...: lavavisorctl's exit code.
code() {
	_want=$1
	shift
	ctl "$@" >"$REGRESS_DIR/ctl.out" 2>&1
	_code=$?
	[ "$_code" -eq "$_want" ] || cat "$REGRESS_DIR/ctl.out"
	expect "exit code of $*" "$_want" "$_code"
}

for name in polite deaf stubborn; do
	wait_for 30 test -s "$(home "$name" got)"
done
wait_for 30 test -s "$(home parent child)"
wait_for 30 test -s "$(home leaver child)"

say "ordered otherwise meanwhile: who waits for the stop is told"
wait_for 30 test -s "$(home waiter got)"
ctl stop waiter >stop.out 2>&1 &
stop=$!
wait_for 30 service_is waiter state stopping
old=$(service waiter pid)
ctl start waiter >start.out 2>&1 &
start=$!
wait_for 60 gone "$stop"
wait "$stop"
expect "exit code of the stop" 1 $?
has_line stop.out "waiter is to run again" || die "it says: $(cat stop.out)"
kill -KILL "$old"
wait_for 60 gone "$start"
wait "$start"
expect "exit code of the start" 0 $?
touch "$(home waiter enough)"
code 0 stop waiter

say "one signal after the other"
code 0 stop polite
expect "signals" "up INT " "$(got polite)"
expect "exit" 0 "$(service polite exit.code)"
code 0 stop deaf
expect "signals" "up INT TERM " "$(got deaf)"
code 0 stop stubborn
expect "signals" "up INT TERM " "$(got stubborn)"
expect "exit" 9 "$(service stubborn exit.signal)"

# That was the long way; from now on they listen.
touch "$(home deaf enough)" "$(home stubborn enough)"

say "its children end with it"
child=$(cat "$(home parent child)")
code 0 stop parent
wait_for 30 gone "$child"
child=$(cat "$(home leaver child)")
old=$(service leaver pid)
touch "$(home leaver leave)"
wait_for 30 service_moved leaver "$old"
wait_for 30 gone "$child"
expect "exit" 3 "$(service leaver exit.code)"

say "orders and their answers"
code 3 stop polite
code 0 start polite
code 3 start polite
old=$(service polite pid)
code 0 restart polite
service_moved polite "$old" || die "it was not restarted"
code 1 start nobody-knows
code 1 stop nobody-knows
code 2 start
code 2 wait polite asleep
code 0 stop all
code 3 stop all
code 0 start all
plain_up
code 3 start all
code 0 restart all
plain_up
code 0 wait all running
code 1 wait -t 1 polite stopped
ctl wait -t 60 polite stopped &
waiter=$!
code 0 stop polite
wait "$waiter"
expect "exit code of wait" 0 $?

say "what was stopped by an order stays stopped"
stop_daemon
start_daemon
wait_for 30 services_all \
    '(.state == "running") == (.name != "polite")'
expect "state" stopped "$(service polite state)"
kill_daemon
start_daemon
expect "state" stopped "$(service polite state)"
code 0 start polite
stop_daemon
start_daemon
plain_up

say "the services are left running"
before=$(ctl_json '[.[].pid] | join(" ")' show services)
code 0 shutdown --keep-services
wait_for 30 gone "$DAEMON_PID"
wait "$DAEMON_PID"
expect "exit code of lavavisord" 0 $?
for pid in $before; do
	alive "$pid" || die "a service was stopped"
done
start_daemon
expect "pids" "$before" "$(ctl_json '[.[].pid] | join(" ")' show services)"
code 0 shutdown
wait_for 30 gone "$DAEMON_PID"
no_strays || die "services left running: $(strays)"

say "the second TERM makes haste"
PLAIN_SERVICES=
plain_service rock "stop-grace: 10m" <<'END'
trap 'echo TERM >>got' TERM
echo up >>got
while :; do sleep 0.1; done
END
plain_config
start_daemon
wait_for 30 test -s "$(home rock got)"
kill -TERM "$DAEMON_PID"
signalled() {
	grep -q TERM "$(home rock got)"
}
wait_for 30 signalled
alive "$DAEMON_PID" || die "the grace was not kept"
kill -TERM "$DAEMON_PID"
wait_for 30 gone "$DAEMON_PID"
no_strays || die "services left running: $(strays)"
