#!/bin/sh
#
# What the command of a check leaves behind is ended with it, also what has left
# its process group and, where there are control groups, its session; one that
# exits as lavavisord's own children do is judged by that.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

[ -d /proc/self ] || skip "needs /proc"
plain_begin
PROBES=${PROBES:-4}
SLEEP=$REGRESS_DIR/sleep
cp "$(command -v sleep)" "$SLEEP"
chmod 755 "$SLEEP"
sleeps=$REGRESS_DIR/sleeps
echo "exec $SLEEP 600" >"$sleeps"

cat >"$REGRESS_DIR/leave.py" <<'END'
import os
import signal
import sys

for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
    signal.signal(number, signal.SIG_IGN)
sleep, then = sys.argv[1:]
inward, outward = os.pipe()
for kind in 'setpgid', 'daemon':
    if os.fork() != 0:
        os.read(inward, 1)
        continue
    if kind == 'setpgid':
        os.setpgid(0, 0)
    else:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
    with open(kind, 'a') as f:
        f.write('%d\n' % os.getpid())
    os.write(outward, b'.')
    os.execv(sleep, [sleep, '600'])
with open('probes', 'a') as f:
    f.write('%d\n' % os.getpid())
if then == 'hangs':
    signal.pause()
END

# leaver NAME OPTIONS
leaver() {
	plain_service "$1" "ready: none
health: {check: command $PYTHON $REGRESS_DIR/leave.py $SLEEP $1,
  interval: 500ms, $2}" <"$sleeps"
}

leaver leaves "timeout: 20s"
leaver hangs "timeout: 3s"
for code in 111 112 126; do
	echo "exit $code" >"$REGRESS_DIR/exit$code.check"
	plain_service "exit$code" "ready: none
health: {check: command $PLAIN_SH $REGRESS_DIR/exit$code.check,
  interval: 500ms, threshold: 1}" <"$sleeps"
done
plain_config
start_daemon
plain_up

say "an exit code is the command's own"
for code in 111 112 126; do
	wait_for 60 service_is "exit$code" health failing
	case $(service "exit$code" reason) in
	*"the command ended with code $code")	;;
	*)	die "exit$code: $(service "exit$code" reason)" ;;
	esac
done

# probed NAME COUNT
probed() {
	[ -e "$(home "$1" probes)" ] &&
	    [ "$(wc -l <"$(home "$1" probes)")" -ge "$2" ]
}

say "$PROBES of each"
wait_for 120 probed leaves "$PROBES"
wait_for 120 probed hangs 2
expect "leaves" ok "$(service leaves health)"
CGROUP=
pid=$(service leaves pid)
if grep -q '^0::.*/lavavisord-[0-9a-f-]*\.d/leaves\.d$' \
    "/proc/$pid/cgroup" 2>/dev/null; then
	CGROUP=1
fi
for name in leaves hangs; do
	ctl stop "$name" >/dev/null || die "stop $name"
done
for name in leaves hangs; do
	for pid in $(cat "$(home $name probes)" "$(home $name setpgid)"); do
		wait_for 30 gone "$pid"
	done
	while read -r pid; do
		if [ -n "$CGROUP" ]; then
			wait_for 30 gone "$pid"
		else
			kill -KILL "$pid" 2>/dev/null || :
		fi
	done <"$(home $name daemon)"
done
say "all are gone${CGROUP:+, the daemons as well}"
stop_daemon
