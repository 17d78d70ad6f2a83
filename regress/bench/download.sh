#!/bin/sh
#
# A release over loopback TLS: fetched, verified and installed by the daemon,
# beside `curl | sha256sum` of the same file, in turns.  Prints the time of
# each and the ratio of the medians: 0.8 says that the daemon brings 0.8 of the
# bytes a second.
#
# usage: regress/bench/download.sh [MEGABYTES [ROUNDS]]; default 150 and 5
# needs `make stage regress-programs`, nginx, curl, jq; TMPDIR says where.  On a
# machine that has other work: chrt -r 1 sh regress/bench/download.sh, as root

# shellcheck disable=SC2034
POLICY="  per-day: 1000"
WORLD_SERVICES=provider1
SIZE=${1:-150}
ROUNDS=${2:-5}
# shellcheck source=regress/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=regress/e2e/world.sh
. "$TOP/regress/e2e/world.sh"

ms() {
	date +%s%3N
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# stage EVENT STATE: when the last one of them was, ms
when() {
	jq -r "select(.event == \"$1\" and .state == \"$2\") | .time |
	    ((.[0:19] + \"Z\" | fromdateiso8601) * 1000 +
	    (.[20:23] | tonumber))" "$STATE/history" | tail -n 1
}

world_start
start_daemon
world_at 6.2.4
: >curl.ms
: >ours.ms
i=0
while [ "$i" -lt "$ROUNDS" ]; do
	i=$((i + 1))
	v=6.3.$i
	release_publish "$v" good "" $((SIZE * 1048576))
	sync
	url=$RELEASE_URL/v$v/lavap-v$v-$RELEASE_OS-$RELEASE_ARCH
	curl -s -f --noproxy '*' --cacert "$RELEASE_CA" -o /dev/null "$url" ||
	    die "curl"
	begin=$(ms)
	curl -s --noproxy '*' --cacert "$RELEASE_CA" "$url" | sha256sum \
	    >curl.out
	end=$(ms)
	echo $((end - begin)) >>curl.ms
	chain_versions "$v"
	world_at "$v"
	took=$(($(when install "done") - $(when fetch started)))
	echo "$took" >>ours.ms
	echo "round $i: curl | sha256sum $((end - begin)) ms, lavavisord" \
	    "$took ms (fetch $(($(when fetch "done") - \
	    $(when fetch started))), verify $(($(when verify "done") - \
	    $(when fetch "done"))), install $(($(when install "done") - \
	    $(when verify "done"))))"
done
theirs=$(median <curl.ms)
ours=$(median <ours.ms)
echo "$SIZE MB, median of $ROUNDS: curl | sha256sum $theirs ms," \
    "lavavisord $ours ms, ratio $(echo "$theirs $ours" |
    awk '{ printf "%.2f", $1 / $2 }')"
stop_daemon
