#!/bin/sh
#
# What `lavavisor wrap' of one service costs: PSS of each of its processes, and
# the time from its start to the service's first instruction beyond that of a
# bare exec, the median of N starts (default 20).
#
# usage: regress/bench/wrap.sh [N]; needs `make stage regress-programs', Linux

N=${1:-20}
# shellcheck source=regress/lib.sh
. "$(dirname "$0")/../lib.sh"

HOME=$REGRESS_DIR
export HOME
cat >begin.py <<'END'
import subprocess, sys, time
n, command = int(sys.argv[1]), sys.argv[2:]
took = []
for _ in range(n):
    begin = time.monotonic()
    p = subprocess.Popen(command, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    p.stdout.read(1)
    took.append((time.monotonic() - begin) * 1000)
    p.terminate()
    p.stdout.close()
    p.wait()
print(f'{sorted(took)[n // 2]:.1f}')
END
SERVICE="/bin/sh -c 'echo up; while :; do sleep 1; done'"
bare=$("$PYTHON" begin.py "$N" /bin/sh -c 'echo up; exec sleep 60')
# The first start makes the directory.
first=$("$PYTHON" begin.py 1 "$SBIN/lavavisor" wrap --name one \
    --cmd "$SERVICE" --node http://127.0.0.1:1)
again=$("$PYTHON" begin.py "$N" "$SBIN/lavavisor" wrap --name one \
    --cmd "$SERVICE" --node http://127.0.0.1:1)
echo "start to exec, ms: bare $bare, first $first, again $again"

"$SBIN/lavavisor" wrap --name one --cmd "$SERVICE" \
    --node http://127.0.0.1:1 >out 2>err </dev/null &
on_exit_end $!
STATE=$HOME/.lavavisor/wrap/one
wait_for 60 ctl show services
sleep 2
ctl_json '.[] | "\(.room) \(.pid)"' show sandbox |
    while read -r room pid; do
	echo "$room $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")"
done | awk '{ print "PSS " $1 ": " $2 " KB"; sum += $2 }
    END { print "PSS of all: " sum " KB" }'
