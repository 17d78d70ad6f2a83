#!/bin/sh
#
# wait goes on over a death of its control room, a reexec, and a daemon that is
# killed and started again; and has an end all the same.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"

plain_begin
sleeps=$REGRESS_DIR/sleeps
echo "while :; do sleep 0.1; done" >"$sleeps"
echo '[ -e go ]' >"$REGRESS_DIR/go.check"
plain_service late "ready: command $PLAIN_SH $REGRESS_DIR/go.check" <"$sleeps"
plain_service early <"$sleeps"
plain_config
start_daemon
plain_up

# Each says how it ended.
wait_behind() {
	_out=$REGRESS_DIR/wait.$1
	shift
	{
		ctl wait -t 5m "$@" >"$_out.text" 2>&1
		echo $? >"$_out.new"
		mv "$_out.new" "$_out"
	} &
	on_exit_end $!
}

going_on() {
	for _name in late early; do
		[ ! -e "$REGRESS_DIR/wait.$_name" ] ||
		    die "the wait for $_name has ended with $(cat \
"$REGRESS_DIR/wait.$_name"): $(cat "$REGRESS_DIR/wait.$_name.text")"
	done
}

wait_behind late late ready
wait_behind early early stopped

say "the control room dies"
show=$(room_pid show)
kill -KILL "$show"
show_is_new() {
	[ "$(room_pid show)" != "$show" ]
}
wait_for 60 show_is_new
going_on

say "a reexec"
ctl reexec >/dev/null || die "reexec"
wait_for 60 daemon_answers
going_on

say "the daemon is killed, and started again"
kill -KILL "$DAEMON_PID"
wait_for 60 gone "$DAEMON_PID"
going_on
say "without a daemon a wait ends in time, another order at once"
ctl wait -t 1 early stopped >text 2>&1
expect "exit code" 4 $?
ctl show services >text 2>&1
expect "exit code" 4 $?
start_daemon
plain_up
going_on

say "and then it comes"
touch "$(home late go)"
wait_for 60 test -e "$REGRESS_DIR/wait.late"
expect "late" 0 "$(cat "$REGRESS_DIR/wait.late")"
ctl stop early >/dev/null || die "stop"
wait_for 60 test -e "$REGRESS_DIR/wait.early"
expect "early" 0 "$(cat "$REGRESS_DIR/wait.early")"

say "its time is over all together"
wait_for 60 daemon_answers
begin=$(date +%s)
ctl wait -t 2 late stopped >text 2>&1
expect "exit code" 1 $?
[ $(($(date +%s) - begin)) -ge 1 ] || die "it did not wait"
grep -q "late: not stopped in time" text || die "$(cat text)"
stop_daemon
