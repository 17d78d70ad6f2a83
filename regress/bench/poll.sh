#!/bin/sh
#
# What polling costs: CPU and bytes a day of three nodes over TLS at the
# default interval, scaled from rounds at the shortest one; and how long it
# takes from the chain serving a new value to the decision.
#
# usage: regress/bench/poll.sh [SECONDS [TRIALS]]; needs `make stage
# regress-programs`, Linux, ss(8)

# shellcheck disable=SC2034
CHAIN_TLS=1
CHAIN_NODES=3
WORLD_SERVICES=consumer1
POLICY="  auto: none"
SECONDS_MEASURED=${1:-60}
TRIALS=${2:-20}
POLLS_A_DAY=$((86400 / 15))
# shellcheck source=regress/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=regress/e2e/world.sh
. "$TOP/regress/e2e/world.sh"
need ss

world_start
start_daemon
world_at 6.2.4
# The prober stays for ten seconds after the last probe.
wait_for 60 sh -c "! '$SBIN/lavavisorctl' -j --directory '$STATE' \
    show sandbox | grep -q prober"

ports() {
	for _n in 1 2 3; do
		echo "dport = :$(chain_url "$_n" | sed 's/.*://') or"
	done | tr '\n' ' ' | sed 's/ or $//'
}
FILTER=$(ports)

# Bytes of the kept connections, both ways, with 52 of IP and TCP a segment.
wire() {
	ss -tinH "( $FILTER )" | tr ' ' '\n' | awk -F : '
	    $1 == "bytes_sent" || $1 == "bytes_received" { n += $2 }
	    $1 == "segs_out" || $1 == "segs_in" { n += 52 * $2 }
	    END { printf "%d\n", n }'
}
cpu_us() {
	awk '{ printf "%d\n", $1 / 1000 }' "/proc/$1/schedstat"
}
polls() {
	chain_state .requests.status
}

echo "three nodes over TLS, $SECONDS_MEASURED s at poll-interval 1s"
rooms="parent $DAEMON_PID
monitor $(room_pid monitor)
dialer $(room_pid dialer)
supervisor $(room_pid supervisor)"
polls=$(polls)
wire=$(wire)
before=$(echo "$rooms" | while read -r room pid; do
	echo "$room $(cpu_us "$pid")"; done)
sleep "$SECONDS_MEASURED"
after=$(echo "$rooms" | while read -r room pid; do
	echo "$room $(cpu_us "$pid")"; done)
wire=$(($(wire) - wire))
polls=$(($(polls) - polls))
[ "$wire" -gt 0 ] || die "the connections are not kept"

printf '%-12s %14s %14s\n' PROCESS "us A ROUND" "CPU s A DAY"
{ echo "$before"; echo "$after"; } | awk -v rounds="$((polls / 3))" \
    -v day="$POLLS_A_DAY" '
    !($1 in was) { was[$1] = $2; order[++n] = $1; next }
    { used[$1] = ($2 - was[$1]) / rounds }
    END {
	for (i = 1; i <= n; i++) {
		all += used[order[i]]
		printf "%-12s %14d %14.1f\n", order[i], used[order[i]],
		    used[order[i]] * day / 1e6
	}
	printf "%-12s %14d %14.1f  (%.4f %% of a CPU)\n", "all", all,
	    all * day / 1e6, all * day / 86400 / 1e4
    }'
awk -v wire="$wire" -v polls="$polls" -v day="$POLLS_A_DAY" 'BEGIN {
	printf "bytes: %d a node and poll, %.1f MB a day for three\n",
	    wire / polls, wire / polls * 3 * day / 1e6 }'

# The decision's own time is in its event.
decided_at() {
	jq -r -R "fromjson? | select(.event == \"decision\" and
	    .version == \"$1\") | .time" "$STATE/history" | head -n 1
}
is_decided() {
	[ -n "$(decided_at "$1")" ]
}
# trials N
trials() {
	_i=0
	while [ "$_i" -lt "$1" ]; do
		_i=$((_i + 1))
		trial=$((${trial:-0} + 1))
		_v=6.3.$trial
		# Not in step with the rounds
		sleep "$(awk -v n="$trial" 'BEGIN { srand(n); print rand() }')"
		# The version is served before the call returns.
		_from=$(date +%s%3N)
		chain_versions "$_v"
		[ -z "${ASK:-}" ] || ctl upgrade check >/dev/null
		wait_for 60 is_decided "$_v"
		echo "$(($(date -d "$(decided_at "$_v")" +%s%3N) - _from))"
	done
}
summary() {
	sort -n | awk -v what="$1" '{ v[NR] = $1; sum += $1 }
	    END { printf "%-34s mean %d ms, median %d, worst %d (%d trials)\n",
		what, sum / NR, v[int((NR + 1) / 2)], v[NR], NR }'
}

echo "new value on the chain to decision, settle and splay 0"
trial=0
trials "$TRIALS" >"$REGRESS_DIR/waited"
summary "poll-interval 1s" <"$REGRESS_DIR/waited"
trial=100
ASK=1 trials "$TRIALS" | summary "asked at once (upgrade check)"
stop_daemon >/dev/null
