#!/bin/sh
#
# What the parent does by itself: a fifo that somebody removed is made and told
# again, and a stop without any supervisor still goes by its steps.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service polite "stop-signal: INT
stop-grace: 1s" <<'END'
trap 'echo INT >>got' INT
trap 'echo TERM >>got; exit 0' TERM
echo "here is $$"
echo $$ >up
while :; do sleep 0.1; done
END
plain_config
# Its own copy of the rooms, one of which will be missing.
mkdir "$REGRESS_DIR/rooms"
cp "$LIBEXEC"/* "$REGRESS_DIR/rooms/"
chmod 755 "$REGRESS_DIR/rooms"/*
LIBEXEC=$REGRESS_DIR/rooms
start_daemon

said() {
	grep -q "here is $1\$" "$(service_log polite)"
}

say "a fifo that is removed"
wait_for 30 test -s "$(home polite up)"
wait_for 30 said "$(service polite pid)"
rm "$STATE/run/fifo/polite"
old=$(service polite pid)
ctl restart polite || die "restart: $?"
wait_for 30 said "$(service polite pid)"
[ "$(service polite pid)" != "$old" ] || die "it was not restarted"

say "a stop without a supervisor"
rm -f "$(home polite got)"
supervisor=$(room_pid supervisor)
rm "$LIBEXEC/supervisor"
ctl reexec >"$REGRESS_DIR/out" 2>&1
expect "exit code of a reexec with half of a package" 1 $?
grep -q "$LIBEXEC/supervisor" "$REGRESS_DIR/out" ||
    die "no reason in: $(cat "$REGRESS_DIR/out")"
kill -KILL "$supervisor"
wait_for 30 grep -q "supervisor: died: exit code" "$DAEMON_LOG"
stop_daemon
expect "signals" "INT TERM" "$(tr '\n' ' ' <"$(home polite got)" |
    sed 's/ $//')"
