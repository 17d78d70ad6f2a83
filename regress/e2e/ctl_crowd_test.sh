#!/bin/sh
#
# A crowd at the show socket: silent ones, ones that talk rubbish, ones that
# ask for everything and never read, and 1000 at once.  Whoever asks at admin
# is served all the while, events go on, and afterwards show is as before.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service web <<-END
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up
web=$(service web pid)
control=$(room_pid show)

cat >"$REGRESS_DIR/crowd.py" <<'END'
import os, resource, select, socket, sys
sys.path.insert(0, sys.argv[1] + '/regress/rooms')
from imsg import CONSTANTS, HEADER, Channel, Gone

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
CATALOGUE = CONSTANTS['MESSAGE_CATALOGUE']
crowd = []


def come():
    s = socket.socket(socket.AF_UNIX)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    s.connect(sys.argv[2])
    crowd.append(s)
    return s


def ask(verb, number=0):
    try:
        Channel(come()).send('REQUEST', {
            'catalogue': CATALOGUE, 'verb': CONSTANTS[verb],
            'number': number})
    except Gone:
        pass


for _ in range(20):
    ask('VERB_MONITOR', 1)
    ask('VERB_SHOW_HISTORY')
    ask('VERB_SHOW_CONFIG', 1)
    come()
    for rubbish in (b'GET / HTTP/1.0\r\n\r\n', b'\xff' * 4096,
                    HEADER.pack(CONSTANTS['MSG_REQUEST'], 100, 0, 0)):
        try:
            come().sendall(rubbish)
        except OSError:
            pass
open(sys.argv[3], 'w').close()
while len(crowd) < min(1000, hard - 100):
    come()
open(sys.argv[4], 'w').close()
sys.stdin.read()
END
mkfifo "$REGRESS_DIR/stay"
"$PYTHON" "$REGRESS_DIR/crowd.py" "$TOP" "$STATE/run/show.sock" \
    "$REGRESS_DIR/asked" "$REGRESS_DIR/there" <"$REGRESS_DIR/stay" &
CROWD=$!
on_exit_end "$CROWD"
exec 3>"$REGRESS_DIR/stay"

admin() {
	"$SBIN/lavavisorctl" -s "$STATE/run/admin.sock" "$@"
}

say "some that ask"
wait_for 60 test -f "$REGRESS_DIR/asked"
admin -t 20 show services >/dev/null || die "show services"
say "a thousand"
wait_for 60 test -f "$REGRESS_DIR/there"
begin=$(date +%s)
for _ in 1 2 3 4 5 6; do
	admin -t 20 restart web >/dev/null || die "restart"
done
admin -j -t 20 show history -n 5 | grep -q '"name":"web"' || die "history"
[ $(($(date +%s) - begin)) -lt $((60 * PATIENCE)) ] || die "that took long"
service_now() {
	admin -j show services | jq -r ".[0].$1"
}
[ "$(service_now pid)" != "$web" ] || die "it was not restarted"
web=$(service_now pid)

say "they leave"
exec 3>&-
wait_for 30 gone "$CROWD"
show_answers() {
	ctl show services
}
wait_for 30 show_answers
expect "pid of the service" "$web" "$(service web pid)"
expect "pid of the room" "$control" "$(room_pid show)"
lines=$(grep -c "show: .*\(dropped\|turned away\)" "$DAEMON_LOG")
[ "$lines" -ge 1 ] || die "nobody was told why"
[ "$lines" -le 40 ] || die "$lines lines in the log about them"
stop_daemon
