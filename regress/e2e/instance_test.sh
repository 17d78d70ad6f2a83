#!/bin/sh
#
# One daemon per directory; starting in the background tells how it went; -n.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service sleeper <<'END'
while :; do sleep 0.1; done
END
plain_config

# lavavisord in the foreground of the test; its words in $OUT, its code in $CODE
run() {
	OUT=$("$SBIN/lavavisord" -D "$STATE" -L "$LIBEXEC" "$@" 2>&1 \
	    </dev/null)
	CODE=$?
}

say "-n checks and starts nothing"
run -n
expect "exit code of -n" 0 "$CODE"
! [ -e "$STATE/run" ] || die "-n made something"

say "in the background: 0 when it answers"
run
[ ! -s "$STATE/run/lock" ] || on_exit_end "$(cat "$STATE/run/lock")"
expect "exit code" 0 "$CODE"
ctl show services >/dev/null || die "show does not answer"
ctl start all >/dev/null
[ $? -ne 4 ] || die "admin does not answer"
DAEMON_PID=$(cat "$STATE/run/lock")
alive "$DAEMON_PID" || die "run/lock does not name the daemon"
plain_up
expect "its session" "$DAEMON_PID" \
    "$(ps -o sid= -p "$DAEMON_PID" | tr -d ' ')"
sleeper=$(service sleeper pid)

say "a second one is refused with the pid of the first"
for how in -d ""; do
	# shellcheck disable=SC2086
	run $how
	expect "exit code of a second daemon ($how)" 1 "$CODE"
	case $OUT in
	*"already runs"*"pid $DAEMON_PID"*)	;;
	*)	die "a second daemon ($how) says: $OUT" ;;
	esac
	expect "lines" 1 "$(echo "$OUT" | wc -l)"
done
run -n
expect "exit code of -n meanwhile" 0 "$CODE"
expect "pid of the first" "$DAEMON_PID" "$(cat "$STATE/run/lock")"
expect "pid of the service" "$sleeper" "$(service sleeper pid)"

say "the first one stops as asked"
kill -TERM "$DAEMON_PID"
wait_for 60 gone "$DAEMON_PID"
gone "$sleeper" || die "the service was not stopped"
ctl show services 2>/dev/null
expect "exit code without a daemon" 4 $?

if [ "$(uname -s)" = Linux ]; then
	say "the lock of a dead one is with a child of it for a moment"
	"$PYTHON" - "$STATE/run/lock" >holder <<'END'
import ctypes, fcntl, os, platform, sys, time
CLONE_FILES = 0x400
number = {'x86_64': 56, 'aarch64': 220}.get(platform.machine())
if number is None:
    sys.exit()
fd = os.open(sys.argv[1], os.O_RDWR)
ready = os.pipe()
if os.fork() == 0:
    # A daemon of which only a child is left
    libc = ctypes.CDLL(None)
    fcntl.lockf(fd, fcntl.LOCK_EX)
    if libc.syscall(number, CLONE_FILES | 17, 0, 0, 0, 0) == 0:
        time.sleep(1)
        os._exit(0)
    os.write(ready[1], b'1')
    os.kill(os.getpid(), 9)
os.read(ready[0], 1)
os.wait()
print('held')
END
	if [ -s holder ]; then
		start_daemon
		plain_up
		stop_daemon
	fi
fi

say "a start that fails says why, and with 1"
echo "no-such-key: 1" >>"$STATE/config.yml"
run
expect "exit code" 1 "$CODE"
case $OUT in
*config.yml:*:*no-such-key*)	;;
*)	die "it says: $OUT" ;;
esac
run -n
expect "exit code of -n" 1 "$CODE"
plain_config
chmod 777 "$STATE/run"
run
expect "exit code where others may write" 1 "$CODE"
case $OUT in
*"$STATE/run: others may write"*)	;;
*)	die "it says: $OUT" ;;
esac
chmod 755 "$STATE/run"

say "what is not an option"
run -Q
expect "exit code" 2 "$CODE"
run extra
expect "exit code" 2 "$CODE"
no_strays || die "something was started"
