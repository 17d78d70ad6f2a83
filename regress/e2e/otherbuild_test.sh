#!/bin/sh
#
# A newer build is installed over the files of a daemon that runs: a room that
# is started from them is refused with "reexec needed", services stay, and a
# reexec heals it.  Without a supervisor the daemon does that by itself.  And
# a journal of another format is refused with what to do.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

OTHER=$TOP/regress/bin/other
[ -x "$OTHER/lavavisord" ] || skip "needs regress/bin/other"
plain_begin
plain_service talker "log: {size: 0}" <<'END'
while :; do
	n=$((n + 1))
	echo "line $n"
	sleep 0.02
done
END
plain_service mortal "backoff: 100ms" <<'END'
while :; do sleep 0.1; done
END
plain_config

# install_build SBIN LIBEXEC: file by file, as a package does.
install_build() {
	mkdir -p sbin libexec
	for _room in control dialer downloader keeper monitor prober \
	    supervisor verifier; do
		cp "$2/$_room" libexec/new
		mv libexec/new "libexec/$_room"
	done
	cp "$1/lavavisord" sbin/new
	mv sbin/new sbin/lavavisord
}

replaced() {
	[ "$(grep -c ' lavavisord [^ ]* started, pid' "$DAEMON_LOG")" -eq "$1" ]
}

pids() {
	ctl_json '[.[].pid] | join(" ")' show services
}

missing() {
	ctl_json ".[] | select(.room == \"$1\") | .missing" show sandbox |
	    grep -q "$2"
}

is_back() {
	_now=$(room_pid "$1")
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$2" ] &&
	    [ "$(ctl_json ".[] | select(.room == \"$1\") |
	    .mechanisms.seccomp" show sandbox)" != null ]
}

BUILD=$("$LIBEXEC/monitor" -V)
expect "the other build" other "$("$OTHER/monitor" -V)"
[ "$BUILD" != other ] || die "both builds are one"
install_build "$SBIN" "$LIBEXEC"
ln -s "$SBIN/lavavisorctl" sbin/lavavisorctl
OURS=$SBIN
OUR_LIBEXEC=$LIBEXEC
SBIN=$REGRESS_DIR/sbin
LIBEXEC=$REGRESS_DIR/libexec
start_daemon
plain_up
before=$(pids)

say "a room of the new build is refused"
install_build "$OTHER" "$OTHER"
monitor=$(room_pid monitor)
kill -KILL "$monitor"
wait_for 60 has_line "$DAEMON_LOG" \
    "monitor: .*build other, the parent is $BUILD: reexec needed"
wait_for 60 missing monitor "reexec needed"
has_line "$STATE/history" '"room":"monitor","state":"other-build"' ||
    die "the history has it not"
expect "pids" "$before" "$(pids)"
alive "$DAEMON_PID" || die "the daemon has ended"

say "a reexec heals it"
ctl reexec || die "reexec: $?"
wait_for 60 replaced 2
wait_for 60 daemon_answers
wait_for 60 is_back monitor "$monitor"
expect "pids after the reexec" "$before" "$(pids)"
missing monitor "reexec needed" && die "it is still shown"

say "half a package: refused, the old one runs on"
cp "$OUR_LIBEXEC/verifier" libexec/new
mv libexec/new libexec/verifier
ctl reexec >out 2>&1
expect "exit code of a refused reexec" 1 $?
has_line out "verifier is not of build other" || die "said: $(cat out)"
expect "pids after a refusal" "$before" "$(pids)"

say "a supervisor of another build: the daemon replaces itself"
install_build "$OURS" "$OUR_LIBEXEC"
supervisor=$(room_pid supervisor)
kill -KILL "$supervisor"
wait_for 60 replaced 3
wait_for 60 daemon_answers
wait_for 60 is_back supervisor "$supervisor"
expect "pids after its own reexec" "$before" "$(pids)"
log_grows() {
	[ "$(wc -l <"$(service_log talker)")" -gt "$1" ]
}
last=$(wc -l <"$(service_log talker)")
wait_for 60 log_grows "$last"
numbered "$(service_log talker)" line "$last" || die "output was lost"

say "a journal of another format: no reexec, no start"
sed '1s/ 1$/ 2/' "$STATE/journal" >journal.newer
cp -p "$STATE/journal" journal.good
cat journal.newer >"$STATE/journal"
ctl reexec >out 2>&1
expect "exit code with that journal" 1 $?
has_line out "another format.*start the lavavisord that wrote it" ||
    die "said: $(cat out)"
expect "pids with that journal" "$before" "$(pids)"
kill_daemon
cat journal.newer >"$STATE/journal"
"$SBIN/lavavisord" -d -D "$STATE" -L "$LIBEXEC" >out 2>&1
expect "exit code of the start" 1 $?
has_line out "another format.*start the lavavisord that wrote it" ||
    die "said: $(cat out)"
cmp -s journal.newer "$STATE/journal" || die "the journal was touched"
for pid in $before; do
	alive "$pid" || die "a service was ended"
done
cat journal.good >"$STATE/journal"
start_daemon
expect "pids in the end" "$before" "$(pids)"
stop_daemon
