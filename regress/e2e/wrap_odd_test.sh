#!/bin/sh
#
# `lavavisor wrap' where things are odd: a log that nobody reads, output that is
# not text or goes nowhere, few descriptors, no account, an end before the
# service has run.

. "${TOP:-.}/regress/lib.sh"

need mkfifo
HOME=$REGRESS_DIR/h
export HOME
mkdir "$HOME"
# Its own copy, so that strays() knows what is a service.
SHELL_COPY=$REGRESS_DIR/sh
cp "$(command -v dash || echo /bin/sh)" "$SHELL_COPY"
chmod 755 "$SHELL_COPY" "$REGRESS_DIR"
LOOP='while :; do sleep 0.1; done'

# wrap NAME OPTION...
wrap() {
	_name=$1
	shift
	STATE=$HOME/.lavavisor/wrap/$_name
	DAEMON_LOGS=$REGRESS_DIR/$_name.err
	exec "$SBIN/lavavisor" wrap --name "$_name" --node http://127.0.0.1:1 \
	    "$@"
}

# ends PID CODE
ends() {
	wait_for 60 gone "$1"
	wait "$1"
	expect "exit code" "$2" $?
	no_strays || die "processes left: $(strays)"
}

say "a log that nobody reads stops nothing, and what was lost is told"
mkfifo log
# Holds it open, full, and reads it once it is told to.
"$PYTHON" -c 'import os, sys, time
fd = os.open("log", os.O_RDWR | os.O_NONBLOCK)
for size in 4096, 1:
    try:
        while True:
            os.write(fd, b"x" * size)
    except BlockingIOError:
        pass
print("full", flush=True)
while not os.path.exists("read"):
    time.sleep(0.05)
while True:
    try:
        os.write(1, os.read(fd, 65536).replace(b"x" * 4096, b""))
    except BlockingIOError:
        open("drained", "w").close()
        time.sleep(0.05)' >unread.err &
on_exit_end $!
wait_for 60 has_line unread.err full
(wrap unread --cmd "$SHELL_COPY -c 'echo up; $LOOP'" >unread.out 2>log \
    </dev/null) &
unread=$!
on_exit_end $unread
STATE=$HOME/.lavavisor/wrap/unread
wait_for 60 has_line unread.out up
wait_for 60 ctl show services
old=$(service unread pid)
kill -KILL "$old"
again() {
	services_all ".state == \"running\" and .pid != $old"
}
wait_for 60 again
touch read
wait_for 60 test -e drained
kill -TERM $unread
ends $unread 143
lines_come() {
	has_line unread.err "lavavisord: [0-9]* lines of this log lost"
}
wait_for 60 lines_come

say "every byte, to a reader that is slow"
cat >bytes.py <<'END'
import sys
sys.stdout.buffer.write(bytes(range(256)) * 2000 + b"no newline")
END
"$PYTHON" bytes.py >want
(wrap bytes --restart never --cmd "$PYTHON $REGRESS_DIR/bytes.py" \
    2>bytes.err </dev/null) | (wait_for 60 has_line bytes.err "started, pid"
    cat >have)
cmp want have || die "the output is another one"

say "nothing is open"
(wrap closed --restart never --cmd "$SHELL_COPY -c 'cat && echo x; exit 4'" \
    <&- >&- 2>&-)
expect "exit code" 4 $?

say "few descriptors"
# shellcheck disable=SC3045
(ulimit -n 64 && wrap few --restart never --cmd "$SHELL_COPY -c \
    'ulimit -n; exit 4'" >few.out 2>few.err </dev/null)
expect "exit code" 4 $?
expect "limit" 64 "$(cat few.out)"

say "told to stop before it has run: an end of another life is not ours"
(umask 077 && echo secret >pass)
(wrap never --passphrase-file pass --restart never \
    --cmd "$SHELL_COPY -c 'exit 9'" >never.out 2>never.err </dev/null)
expect "exit code" 9 $?
rm pass
(wrap never --passphrase-file pass --cmd "$SHELL_COPY -c 'exit 9'" \
    >never.out 2>never.err </dev/null) &
never=$!
on_exit_end $never
STATE=$HOME/.lavavisor/wrap/never
is_locked() {
	service_is never state locked
}
wait_for 60 is_locked
kill -TERM $never
ends $never 0

say "an option of lavap's beside --cmd"
"$SBIN/lavavisor" pod --cmd 'lavap rpcconsumer c.yml' --fees 1ulava >out 2>&1
expect "exit code" 2 $?
has_line out "pod: --fees is lavap's own option: it belongs into the text" ||
    die "$(cat out)"

say "what --cmd begins with"
"$SBIN/lavavisor" wrap --cmd "'' x" >out 2>&1
expect "exit code" 2 $?
has_line out "cmd: the first word is empty" || die "$(cat out)"

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	say "a user without an account, whose home is / then"
	HOME=/ setpriv --reuid=12345 --regid=12345 --clear-groups \
	    "$SBIN/lavavisor" wrap --cmd "$SHELL_COPY -c :" >out 2>&1
	expect "exit code" 1 $?
	has_line out "wrap: /.lavavisor cannot be made" || die "$(cat out)"
	mkdir own
	chown 12345 own
	setpriv --reuid=12345 --regid=12345 --clear-groups \
	    "$SBIN/lavavisor" wrap --directory own --restart never --node \
	    http://127.0.0.1:1 --cmd "$SHELL_COPY -c 'exit 4'" >out 2>&1
	expect "exit code" 4 $?
fi
