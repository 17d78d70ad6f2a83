#!/bin/sh
#
# ready: notify: READY=1 of the service, of its child, of a stranger; floods;
# deaths of supervisor and parent.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"

plain_begin
# A socket's path is short, and so is the way to it.
STATE=$(mktemp -d /tmp/lvn.XXXXXX) || exit 1
chmod 755 "$STATE"
mkdir -p "$STATE/services"
trap '_rc=$?; rm -rf "$STATE"; (exit $_rc); cleanup' EXIT

fake_service early "notify 0" "ready: notify"
fake_service later "notify 700" "ready: notify"
sender=$REGRESS_DIR/send.py
cat >"$sender" <<'END'
# send.py WORD...: each a datagram to NOTIFY_SOCKET; +N repeats the last
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ['NOTIFY_SOCKET'])
last = b''
for word in sys.argv[1:]:
    if word.startswith('+'):
        for _ in range(int(word[1:])):
            s.send(last)
    elif word == 'FDS':
        socket.send_fds(s, [b'READY=0'], [0, 1, 2] * 20)
    elif word == 'SETSID':
        os.setsid()
    elif word == 'STAY':
        time.sleep(600)
    elif word == 'BIG':
        s.send(b'x' * 60000 + b'\nREADY=1')
    else:
        last = word.encode().decode('unicode_escape').encode()
        s.send(last)
END
chmod 644 "$sender"
plain_service child "ready: notify" <<END
while ! [ -e go ]; do sleep 0.05; done
"$PYTHON" "$sender" "READY=0" "NOTREADY=1" "READY=1x" "" FDS BIG
touch sent
while ! [ -e ready ]; do sleep 0.05; done
"$PYTHON" "$sender" 'STATUS=fine\nREADY=1'
touch told
while :; do sleep 0.1; done
END
plain_service flood "ready: notify" <<END
"$PYTHON" "$sender" "STATUS=x" +20000
touch flooded
while ! [ -e go ]; do sleep 0.05; done
"$PYTHON" "$sender" READY=1 +2000
while :; do sleep 0.1; done
END
plain_service silent "ready: notify" <<'END'
echo "$NOTIFY_SOCKET" >socket
while ! [ -e go ]; do sleep 0.05; done
rm go
END
# Of the same user, and to another one's socket
plain_service hostile "ready: none" <<END
while ! [ -e go ]; do sleep 0.05; done
NOTIFY_SOCKET=$STATE/run/notify/silent "$PYTHON" "$sender" READY=1 STAY
END
plain_service apart "ready: notify" <<END
"$PYTHON" "$sender" SETSID READY=1 STAY &
echo \$! >sender
while :; do sleep 0.1; done
END
# It has none of its own, and gets none.
plain_service none "ready: none" <<'END'
echo "${NOTIFY_SOCKET:-none}" >socket
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up

say "the service itself"
ctl wait -t 60 early ready || die "early is not ready"
ctl wait -t 60 later ready || die "later is not ready"
wait_for 60 reason_has silent "has not sent READY=1"

say "a child of the service; and all that is not READY=1"
touch "$(home child go)"
wait_for 60 test -e "$(home child sent)"
expect "child" false "$(service child ready)"
touch "$(home child ready)"
ctl wait -t 60 child ready || die "child is not ready"

say "the socket is the service's user's alone"
wait_for 60 test -s "$(home silent socket)"
socket=$(cat "$(home silent socket)")
expect "mode" "600" "$(stat -c %a "$socket" 2>/dev/null ||
    stat -f %Lp "$socket")"
if [ -n "$PLAIN_USER" ]; then
	expect "owner" "$PLAIN_USER" "$(stat -c %U "$socket" 2>/dev/null ||
	    stat -f %Su "$socket")"
fi
wait_for 60 test -s "$(home none socket)"
expect "no socket" none "$(cat "$(home none socket)")"

if [ "$(uname)" = Linux ]; then
	say "a service of the same user"
	touch "$(home hostile go)"
	wait_for 60 has_line "$DAEMON_LOG" \
	    "service silent: READY=1 of pid [0-9]* is not heeded: it is not"
	expect "silent" false "$(service silent ready)"

	say "a child in another session"
	if grep -q '^0::.*/lavavisord-[0-9a-f-]*\.d/apart\.d$' \
	    "/proc/$(service apart pid)/cgroup"; then
		ctl wait -t 60 apart ready || die "apart is not ready"
	else
		wait_for 60 has_line "$DAEMON_LOG" \
		    "service apart: READY=1 of pid"
		expect "apart" false "$(service apart ready)"
	fi
	# Where nobody finds it
	ctl stop apart >/dev/null || die "stop"
	kill -KILL "$(cat "$(home apart sender)")" 2>/dev/null
	silent=$(service silent pid)
	touch "$(home silent go)"
	wait_for 60 service_moved silent "$silent"

	say "a stranger"
	NOTIFY_SOCKET=$socket "$PYTHON" "$sender" READY=1 +50 ||
	    die "it cannot be sent"
	warned_twice() {
		[ "$(grep -c "service silent: READY=1 of pid" \
		    "$DAEMON_LOG")" -eq 2 ]
	}
	wait_for 60 warned_twice
	expect "silent" false "$(service silent ready)"
fi

say "a flood holds up nobody"
wait_for 60 test -e "$(home flood flooded)"
expect "flood" false "$(service flood ready)"
touch "$(home flood go)"
ctl wait -t 60 flood ready || die "flood is not ready"

say "its next run is not ready by the last one's word"
early=$(service early pid)
fake_service early "never-listens, notify 60000" "ready: notify"
kill -KILL "$early"
wait_for 60 service_moved early "$early"
expect "early" false "$(service early ready)"

say "supervisor and parent die"
supervisor=$(room_pid supervisor)
kill -KILL "$supervisor"
supervisor_is_new() {
	_new=$(room_pid supervisor)
	[ -n "$_new" ] && [ "$_new" != null ] && [ "$_new" != "$supervisor" ]
}
wait_for 60 supervisor_is_new
kill_daemon
start_daemon
for name in later child flood; do
	ctl wait -t 60 "$name" ready || die "$name is not ready any more"
done
expect "silent" false "$(service silent ready)"

say "and what is sent to the old path arrives at the new socket"
plain_service silent "ready: notify" <<END
while :; do
	[ -e go ] && { "$PYTHON" "$sender" READY=1 STAY & rm go; }
	sleep 0.05
done
END
ctl reload >/dev/null
ctl restart silent >/dev/null || die "restart"
kill_daemon
start_daemon
touch "$(home silent go)"
ctl wait -t 60 silent ready || die "silent is not ready"
stop_daemon
