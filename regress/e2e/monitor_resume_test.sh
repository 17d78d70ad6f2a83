#!/bin/sh
#
# Events by their number: who has missed some gets them, each once and in
# order, whatever has died or been replaced meanwhile.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service web <<-END
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up

# monitor_from SEQ FILE: what there is to say after SEQ, in the background.
monitor_from() {
	"$SBIN/lavavisorctl" --directory "$STATE" -j monitor --from "$1" \
	    >"$2" 2>"$2.err" &
	MONITOR=$!
	on_exit_end "$MONITOR"
}

last_seq() {
	ctl -j show history -n 1 | jq .seq
}

# caught_up FILE: it has the last line of the history.
caught_up() {
	_last=$(last_seq)
	[ -n "$_last" ] && [ "$(tail -n 1 "$1" | jq .seq)" -ge "$_last" ]
}

# Numbers that only grow, and all that lasts: all_of FILE FIRST
all_of() {
	jq .seq "$1" | awk -v want="$2" '
	    NR == 1 && $1 != want || $1 <= last { print "line " NR ": " $1 \
		" after " last; bad = 1; exit }
	    { last = $1 }
	    END { exit bad || NR == 0 }' >"$REGRESS_DIR/why" ||
	    die "numbers: $(cat "$REGRESS_DIR/why" "$1")"
	_from=$2
	_to=$(tail -n 1 "$1" | jq .seq)
	cat "$STATE/history.1" "$STATE/history" 2>/dev/null |
	    jq -cS "select(.seq >= $_from and .seq <= $_to)" \
	    >"$REGRESS_DIR/written"
	jq -cS . "$1" | grep -Fx -f "$REGRESS_DIR/written" |
	    cmp - "$REGRESS_DIR/written" || die "some are lost in $1"
}

restart_web() {
	_old=$(service web pid)
	ctl restart web >/dev/null || die "restart"
	[ "$(service web pid)" != "$_old" ] || die "it was not restarted"
}

say "a monitor follows"
monitor_from 0 "$REGRESS_DIR/first"
wait_for 30 caught_up "$REGRESS_DIR/first"
restart_web
wait_for 30 caught_up "$REGRESS_DIR/first"
end "$MONITOR"
all_of "$REGRESS_DIR/first" 1
seen=$(tail -n 1 "$REGRESS_DIR/first" | jq .seq)

say "the control room dies"
restart_web
old=$(room_pid show)
kill -KILL "$old"
new_room() {
	_pid=$(room_pid show)
	[ -n "$_pid" ] && [ "$_pid" != "$old" ]
}
wait_for 30 new_room
monitor_from "$seen" "$REGRESS_DIR/second"
wait_for 30 caught_up "$REGRESS_DIR/second"
restart_web
wait_for 30 caught_up "$REGRESS_DIR/second"

say "a reexec, the death of the parent, a restart"
ctl reexec >/dev/null || die "reexec"
wait_for 30 gone "$MONITOR"
wait_for 30 daemon_answers
restart_web
kill_daemon
start_daemon
plain_up
restart_web
stop_daemon
start_daemon
plain_up
seen=$(tail -n 1 "$REGRESS_DIR/second" | jq .seq)
monitor_from "$seen" "$REGRESS_DIR/third"
wait_for 30 caught_up "$REGRESS_DIR/third"
restart_web
wait_for 30 caught_up "$REGRESS_DIR/third"
end "$MONITOR"
cat "$REGRESS_DIR/first" "$REGRESS_DIR/second" "$REGRESS_DIR/third" \
    >"$REGRESS_DIR/whole"
all_of "$REGRESS_DIR/whole" 1
grep -q '"event":"reexec"' "$REGRESS_DIR/whole" || die "no reexec in it"

say "the history for people"
ctl show history -n 5 >"$REGRESS_DIR/out" || die "show history"
expect "lines" 6 "$(wc -l <"$REGRESS_DIR/out" | tr -d ' ')"
head -n 1 "$REGRESS_DIR/out" | grep -q "^TIME.*EVENT.*OF.*VERSION.*WHAT" ||
    die "no titles: $(cat "$REGRESS_DIR/out")"
grep -q "service *web" "$REGRESS_DIR/out" || die "$(cat "$REGRESS_DIR/out")"
ctl show history -n 0 >"$REGRESS_DIR/out" 2>&1 && die "show history -n 0"

say "more than one answer holds, in pages"
stop_daemon
seq=$(tail -n 1 "$STATE/history" | jq .seq)
"$PYTHON" - "$seq" >>"$STATE/history" <<-'END'
	import sys
	n = int(sys.argv[1])
	for i in range(n + 1, n + 3001):
	    print('{"seq":%d,"time":"2026-01-01T00:00:00.000Z",'
	          '"event":"node","url":"u%d"}' % (i, i))
END
start_daemon
monitor_from 0 "$REGRESS_DIR/pages"
wait_for 30 caught_up "$REGRESS_DIR/pages"
end "$MONITOR"
all_of "$REGRESS_DIR/pages" 1
[ "$(wc -l <"$REGRESS_DIR/pages")" -gt 3000 ] || die "pages are missing"

say "what is gone is told"
last=$(last_seq)
stop_daemon
first=$((last - 9))
tail -n 10 "$STATE/history" >"$STATE/new"
first=$(head -n 1 "$STATE/new" | jq .seq)
cat "$STATE/new" >"$STATE/history"
start_daemon
monitor_from 5 "$REGRESS_DIR/gone"
wait_for 30 caught_up "$REGRESS_DIR/gone"
end "$MONITOR"
head -n 1 "$REGRESS_DIR/gone" | jq -e --argjson last "$((first - 1))" \
    '.event == "lost" and .first == 6 and .last == $last and
	.seq == $last and .count == $last - 5' >/dev/null ||
    die "it says: $(head -n 1 "$REGRESS_DIR/gone")"
sed 1d "$REGRESS_DIR/gone" >"$REGRESS_DIR/rest"
all_of "$REGRESS_DIR/rest" "$first"
"$SBIN/lavavisorctl" --directory "$STATE" monitor --from 5 \
    >"$REGRESS_DIR/people" &
MONITOR=$!
on_exit_end "$MONITOR"
wait_for 30 has_line "$REGRESS_DIR/people" " lost .*first=6 last=$((first - 1))"
end "$MONITOR"

say "what has not been yet"
ctl monitor --from 99999999 >"$REGRESS_DIR/out" 2>&1
expect "exit code" 1 $?
grep -q "the last event is number" "$REGRESS_DIR/out" ||
    die "$(cat "$REGRESS_DIR/out")"
stop_daemon
