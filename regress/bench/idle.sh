#!/bin/sh
#
# What the daemon costs when nothing happens: PSS of each of its processes and
# their wake-ups, with N services (default 10) and one node over TLS.
#
# usage: regress/bench/idle.sh [N]; needs `make stage regress-programs`, Linux

# shellcheck disable=SC2034
CHAIN_TLS=1
N=${1:-10}
WORLD_SERVICES=
i=0
while [ "$i" -lt "$N" ]; do
	i=$((i + 1))
	WORLD_SERVICES="$WORLD_SERVICES consumer$i"
done
# shellcheck source=regress/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=regress/e2e/world.sh
. "$TOP/regress/e2e/world.sh"

pss() {
	awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"
}

switches() {
	awk '/^voluntary/ { print $2 }' "/proc/$1/status"
}

world_start
sed -i.orig 's/^poll-interval:.*/poll-interval: 15s/' "$STATE/config.yml"
start_daemon
world_at 6.2.4
# The prober stays for five seconds after the last probe.
wait_for 60 sh -c "! '$SBIN/lavavisorctl' -j --directory '$STATE' \
    show sandbox | grep -q prober-dialer"

rooms=$(ctl_json '.[] | "\(.room) \(.pid)"' show sandbox)
before=$(echo "$rooms" | while read -r room pid; do
	echo "$room $(switches "$pid")"; done)
sleep 60
total=0
printf '%-12s %8s %10s\n' PROCESS "PSS KB" "WAKE-UPS"
while read -r room pid; do
	kb=$(pss "$pid")
	was=$(echo "$before" | awk -v r="$room" '$1 == r { print $2 }')
	printf '%-12s %8d %7d/min\n' "$room" "$kb" \
	    "$(($(switches "$pid") - was))"
	total=$((total + kb))
done <<END
$rooms
END
printf '%-12s %8d   (%d services)\n' all "$total" "$N"
stop_daemon >/dev/null
