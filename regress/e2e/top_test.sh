#!/bin/sh
#
# The live table in a real terminal, small and large: what it shows, its keys,
# a change of the terminal's size, and where it has nothing to show.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"
need tmux

plain_begin
fake_service web "listen-ms 0, chatter 200" "ready: tcp ADDR"
fake_service quiet "listen-ms 0" "ready: none"
plain_service broken "limit: 1" <<'END'
echo "no luck today"
exit 3
END
plain_config
start_daemon
wait_for 30 service_is web ready true
wait_for 30 service_is broken state failed

TMUX_SOCKET=$REGRESS_DIR/tmux
unset TMUX
tm() {
	tmux -f /dev/null -S "$TMUX_SOCKET" "$@"
}
begin() {
	tm new-session -d -x "$1" -y "$2" \
	    "TERM=screen LC_ALL=C.UTF-8 '$SBIN/lavavisorctl' \
	    --directory '$STATE' top; echo \"ended \$?\"; sleep 60"
	[ "${started:-}" ] || {
		on_exit_end "$(tm display-message -p '#{pid}')"
		started=1
	}
}
screen() {
	tm capture-pane -p
}
shows() {
	screen >"$REGRESS_DIR/screen"
	grep -q -e "$1" "$REGRESS_DIR/screen"
}
see() {
	wait_for 30 shows "$1" || {
		cat "$REGRESS_DIR/screen"
		die "the screen has no \"$1\""
	}
}
hides() {
	! shows "$1"
}
lines_are() {
	[ "$(screen | wc -l | tr -d ' ')" -eq "$1" ]
}
keys() {
	tm send-keys "$@"
}

say "80x24"
begin 80 24
see "^3 services: 2 running, 1 failed"
see "^SERVICE  *STATE  *VERSION  *PID  *UP  *CPU%  *MEM  *RST *$"
see "^web .* $(service web pid) .* [0-9.]* [KM]B "
see "^broken  *failed "
# CPU is a difference: there from the second answer on.
see "^quiet .* 0\.[0-9] "
see "^s start  x stop  r restart  l log  h help  q quit"
# The line of the chosen one is at the bottom, as there is no column for it.
expect "no line is longer" "" "$(screen | awk 'length($0) > 80')"
expect "lines" 24 "$(screen | wc -l | tr -d ' ')"
see "^[A-Z].* chatter [0-9]"

say "keys: choose, stop with a question, start"
keys j
keys x
see "stop quiet? (y/n)"
keys n
wait_for 30 hides "stop quiet?"
expect "not stopped" running "$(service quiet state)"
keys x
see "stop quiet? (y/n)"
keys y
wait_for 30 service_is quiet state stopped
see "^quiet  *stopped "
see "^3 services: 1 running, 1 failed, 1 stopped"
keys s
wait_for 30 service_is quiet state running
see "^quiet  *running "

say "the log, and back"
keys Down
keys l
see "^log of broken"
see "^no luck today"
keys q
see "^SERVICE "
keys h
see "any key: back"
keys z
see "^SERVICE "

say "the window grows to 200x60: a column for the last line"
tm resize-window -x 200 -y 60
see "^SERVICE .* RST  LAST LINE"
see "^web .* chatter [0-9]"
wait_for 30 lines_are 60
expect "no line is longer" "" "$(screen | awk 'length($0) > 200')"
tm resize-window -x 30 -y 6
see "^SERVICE "
expect "no line is longer" "" "$(screen | awk 'length($0) > 30')"
tm resize-window -x 80 -y 24

say "a service that a reload removes or adds"
rm "$STATE/services/broken.yml"
PLAIN_SERVICES="web quiet"
fake_service third "listen-ms 0" "ready: none"
plain_config
ctl reload >/dev/null
see "^third  *running "
wait_for 30 hides "^broken "

say "the daemon ends: one line, and again when it is back"
stop_daemon
see "no daemon answers"
start_daemon
wait_for 30 service_is web ready true
see "^web .* $(service web pid) "
keys q
see "^ended 0"
tm kill-server

say "where there is no terminal, or none that is known"
"$SBIN/lavavisorctl" --directory "$STATE" top >out 2>err </dev/null
expect "exit code" 2 $?
expect "why" "lavavisorctl: top needs a terminal; for a file or a program \
there is \`show services'" "$(cat err)"
"$SBIN/lavavisorctl" --directory "$REGRESS_DIR" top >out 2>err </dev/null
expect "no daemon" 4 $?
expect "lines of why" 1 "$(wc -l <err | tr -d ' ')"
"$SBIN/lavavisorctl" top extra 2>err
expect "usage" 2 $?

say "as a table, with -v"
ctl show services -v >out
has_line out "VERSION  *CPU  *MEMORY  *RESTARTS" || die "$(cat out)"
has_line out " [0-9.]*s  *[0-9.]* [KM]B " || die "$(cat out)"
first=$(ctl_json '.[0].name' show services)
ctl show service "$first" >out
has_line out "^cpu:  *[0-9.]*s$" || die "$(cat out)"
has_line out "^memory:  *[0-9.]* [KM]B$" || die "$(cat out)"
ctl show services | grep MEMORY && die "memory without -v"

say "as a number, for programs"
expect "keys" "cpu_ms memory_kb" "$(ctl_json '.[0] | keys_unsorted |
    map(select(. == "cpu_ms" or . == "memory_kb")) | join(" ")' \
    show services -v)"
[ "$(ctl_json '.[0].memory_kb' show services -v)" -gt 0 ] ||
    die "no memory is used"
expect "without -v" "false" "$(ctl_json '.[0] | has("cpu_ms")' show services)"
stop_daemon
