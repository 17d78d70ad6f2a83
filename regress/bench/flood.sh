#!/bin/sh
#
# How long a question takes while one service writes as fast as it can, its log
# is rotated, and what rate that is.  Times are of the whole lavavisorctl.
#
# usage: regress/bench/flood.sh [SECONDS [MBYTES a second]]; default 20, and as
# fast as the service can.  Needs `make stage`, Linux

FLOOD_SECONDS=${1:-20}
FLOOD_RATE=${2:-0}
# shellcheck source=regress/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=regress/e2e/plain.sh
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service quiet <<'END'
exec sleep 1000
END
plain_service flood "log: {size: 16M, count: 2}" <<END
exec "$PYTHON" -c '
import os, time
line = b"x" * 127 + b"\n"
block = line * 512
rate = $FLOOD_RATE << 20
total, last = 0, 0
out = os.open("total", os.O_WRONLY | os.O_CREAT, 0o644)
while not os.path.exists("go"):
    time.sleep(0.01)
begin = time.monotonic()
while True:
    total += os.write(1, block)
    if total - last >= 1 << 20:
        last = total
        os.pwrite(out, b"%d\n" % total, 0)
        ahead = total / rate - (time.monotonic() - begin) if rate else 0
        if ahead > 0:
            time.sleep(ahead)
'
END
plain_config
start_daemon
plain_up

# ask LABEL SECONDS WORD...: asks again and again
ask() {
	_label=$1
	shift
	"$PYTHON" - "$_label" "$(home flood total)" "$@" <<'END'
import subprocess
import sys
import time

label, total, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])


def written():
    try:
        with open(total) as f:
            return int(f.read().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


times = []
begin, first = time.monotonic(), written()
while time.monotonic() - begin < seconds or len(times) < 20:
    t = time.monotonic()
    subprocess.run(sys.argv[4:], stdout=subprocess.DEVNULL, check=True)
    times.append((time.monotonic() - t) * 1000)
rate = (written() - first) / (time.monotonic() - begin) / (1 << 20)
times.sort()
print('%-24s %6d %8.1f %8.1f %8.1f %8.0f' % (
    label, len(times), times[len(times) // 2], times[len(times) * 99 // 100],
    times[-1], rate))
END
}

# question idle|flooded SECONDS WORD...
question() {
	_when=$1
	_seconds=$2
	shift 2
	ask "$_when $*" "$_seconds" "$SBIN/lavavisorctl" --directory "$STATE" \
	    "$@"
}

printf '%-24s %6s %8s %8s %8s %8s\n' QUESTION ASKED "P50 MS" "P99 MS" \
    "MAX MS" "MB/S"
question idle $((FLOOD_SECONDS / 4 + 1)) show services
question idle $((FLOOD_SECONDS / 4 + 1)) restart quiet
touch "$(home flood go)"
wait_for 30 test -s "$(home flood total)"
question flooded "$FLOOD_SECONDS" show services
question flooded "$FLOOD_SECONDS" restart quiet
flood=$(service flood pid)
expect "flood" "$flood" "$(service flood pid)"
lost=$(grep -c "output are lost" "$DAEMON_LOG")
stop_daemon
expect "times that output was lost" 0 "$lost"
