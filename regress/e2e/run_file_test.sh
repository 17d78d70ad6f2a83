#!/bin/sh
#
# What run/services says is believed only as far as it can be true: another
# process with a recorded number is left alone, a torn file or one of another
# boot is an empty one.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service sleeper <<'END'
echo $$ >>starts
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up
wait_for 30 test -s "$(home sleeper starts)"

RUN=$STATE/run/services

starts() {
	wc -l <"$(home sleeper starts)" | tr -d ' '
}

starts_are() {
	[ "$(starts)" = "$1" ]
}

# Ends daemon and services, and keeps what they left.
kill_all() {
	_pid=$(service sleeper pid)
	kill_daemon
	kill -KILL "$_pid"
	wait_for 30 gone "$_pid"
	[ -s "$RUN" ] || die "$RUN is not there"
}

# rewrite PYTHON: changes the lines, with a right sum at the end.
rewrite() {
	"$PYTHON" - "$RUN" "$@" <<'END'
import sys
path, code = sys.argv[1:3]
text = open(path, 'rb').read().decode()
# The whole first, then each change over it.
blocks = text.split('\nand\n')
lines = blocks[0].rstrip('\n').splitlines()[:-1]
for block in blocks[1:]:
    for line in block.rstrip('\n').splitlines()[:-1]:
        key = line.split(' ')[:2]
        lines = [l for l in lines if l.split(' ')[:2] != key] + [line]
lines = [line + '\n' for line in lines]
words = [line.split(' ') for line in lines]
exec(code)
body = ''.join(' '.join(w) for w in words).encode()
total = 0xcbf29ce484222325
for byte in body:
    total = (total ^ byte) * 0x100000001b3 % (1 << 64)
open(path, 'wb').write(body + b'end %016x\n' % total)
END
}

say "the sum is computed as the daemon does"
old=$(service sleeper pid)
kill_daemon
sed '/^end /q' "$RUN" >"$REGRESS_DIR/before"
cat "$REGRESS_DIR/before" >"$RUN.whole"
sed '1,/^end /d' "$RUN" >"$REGRESS_DIR/changes"
grep -q '^and$' "$REGRESS_DIR/changes" || die "no change was appended"
mv "$RUN.whole" "$RUN"
rewrite "pass"
cmp "$RUN" "$REGRESS_DIR/before" || die "another sum"
cat "$REGRESS_DIR/changes" >>"$RUN"
start_daemon
expect "pid" "$old" "$(service sleeper pid)"

say "the number is another process's now"
sleep 600 &
other=$!
on_exit_end "$other"
n=$(starts)
kill_all
rewrite "
for w in words:
    if w[0] == 'service':
        w[4] = '$other'
    if w[0] == 'supervisor':
        w[1] = '$other'
"
start_daemon
plain_up
alive "$other" || die "a stranger was ended"
[ "$(service sleeper pid)" != "$other" ] || die "a stranger was adopted"
expect "its exit" true "$(service sleeper exit.unknown)"
wait_for 30 starts_are $((n + 1))
kill_daemon
start_daemon
alive "$other" || die "a stranger was ended"

say "torn"
n=$(starts)
kill_all
head -c $(($(wc -c <"$RUN") - 20)) "$RUN" >"$RUN.torn"
cat "$RUN.torn" >"$RUN"
rm "$RUN.torn"
start_daemon
plain_up
wait_for 30 starts_are $((n + 1))

say "empty"
kill_all
: >"$RUN"
start_daemon
plain_up
wait_for 30 starts_are $((n + 2))

say "of another boot"
kill_all
rewrite "
for w in words:
    if w[0] == 'boot':
        w[1] = '00000000-0000-0000-0000-000000000000' + chr(10)
    if w[0] == 'service':
        w[4] = '$other'
"
start_daemon
plain_up
wait_for 30 starts_are $((n + 3))
alive "$other" || die "a stranger was ended"

if [ -r /proc/self/stat ]; then
	say "of a parent that has not ended"
	n=$(starts)
	pid=$(service sleeper pid)
	kill_daemon
	sleep 600 &
	parent=$!
	on_exit_end "$parent"
	start=$(sed 's/.*) //' "/proc/$parent/stat" | cut -d ' ' -f 20)
	rewrite "
for w in words:
    if w[0] == 'parent':
        w[1:] = ['$parent', '$start' + chr(10)]
"
	timeout 60 "$SBIN/lavavisord" -d -D "$STATE" -L "$LIBEXEC" >out 2>&1 \
	    </dev/null
	expect "exit code" 1 $?
	grep -q "of the lavavisord with pid $parent, which has not" out ||
	    die "it says: $(cat out)"
	expect "starts" "$n" "$(starts)"

	say "whose last child writes itself down meanwhile"
	sed -n '/^service /,/^end /p' "$RUN" | sed '/^end /d' >lines
	rewrite "
words = [w for w in words if w[0] in ('lavavisord-run', 'boot', 'parent',
    'supervisor')]
"
	start_daemon_quickly
	has_lock() {
		[ "$(cat "$STATE/run/lock")" = "$DAEMON_PID" ]
	}
	wait_for 60 has_lock
	"$PYTHON" - lines "$RUN" <<'END'
import sys
body = open(sys.argv[1], 'rb').read()
total = 0xcbf29ce484222325
for byte in body:
    total = (total ^ byte) * 0x100000001b3 % (1 << 64)
open(sys.argv[2], 'ab').write(b'\nand\n' + body + b'end %016x\n' % total)
END
	kill -KILL "$parent"
	wait_for 60 daemon_answers
	expect "pid" "$pid" "$(service sleeper pid)"
	expect "starts" "$n" "$(starts)"
fi

say "not there"
n=$(starts)
kill_all
rm "$RUN"
start_daemon
plain_up
wait_for 30 starts_are $((n + 1))
stop_daemon
