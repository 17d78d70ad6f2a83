#!/bin/sh
#
# What an upgrade costs the users of the services:
#  - the gap of each service over a roll of many that listen at once, from the
#    end of the old process to the start of the new one, and until it is ready;
#  - a roll of five that take 0.7 s to listen, as the real lavap does, and
#    what a client sees that opens 1000 connections a second to each;
#  - a release that does not run in the last of five: from its death until all
#    are back on the version they had.
#
# usage: regress/bench/roll.sh [SERVICES [RATE]]; needs `make stage
# regress-programs`

# shellcheck disable=SC2034
MANY=${1:-100}
RATE=${2:-1000}
# shellcheck source=regress/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=regress/e2e/world.sh
. "$TOP/regress/e2e/world.sh"
# shellcheck source=regress/e2e/upgrades.sh
. "$TOP/regress/e2e/upgrades.sh"

${CC:-cc} -O2 -Wall -pthread -D_GNU_SOURCE -o "$REGRESS_DIR/connects" \
    "$TOP/regress/bench/connects.c" || die "connects.c cannot be compiled"

# spread: min, median, p99 and max of numbers
spread() {
	sort -n | awk '{ v[NR] = $1 } END {
	    if (NR == 0) { print "none"; exit }
	    p = int(NR * 0.99 + 0.99); if (p > NR) p = NR
	    printf "min %d, median %d, p99 %d, max %d ms (%d services)\n",
	    v[1], v[int((NR + 1) / 2)], v[p], v[NR], NR }'
}

# event_ms FILTER first|last: ms since 1970 of one of the events
event_ms() {
	events | jq -r "select($1) | .time | (.[0:19] + \"Z\" | fromdate) *
	    1000 + (.[20:23] | tonumber)" | sort -n | case $2 in
	first)	head -n 1 ;;
	last)	tail -n 1 ;;
	esac
}

record() {
	ctl_json ".[] | select(.to == \"$1\") | .services[] | .$2" \
	    show upgrades
}

# world_of SERVICES FAKE: a daemon with so many providers, at 6.2.4
world_of() {
	WORLD_SERVICES=$(seq -f 'provider%g' "$1" | tr '\n' ' ')
	FAKE=$2
	world_start
	start_daemon
	upgraded_to 6.2.4
}

# A world of its own for each part; all end when we do
part() {
	_whole=$REGRESS_DIR
	REGRESS_DIR=$REGRESS_DIR/$1
	mkdir "$REGRESS_DIR"
	"part_$1"
	stop_daemon
	REGRESS_DIR=$_whole
}

part_gaps() {
	PROBATION=1s
	POLICY="  max-unavailable: 4
  per-day: 9"
	world_of "$MANY" "listen-ms 0"
	release_publish 6.2.5
	events_mark
	chain_versions 6.2.5
	upgraded_to 6.2.5
	echo "roll of $MANY that listen at once, max-unavailable 4:"
	echo "  old exited -> new started: $(record 6.2.5 gap_ms | spread)"
	echo "  old exited -> ready:       $(record 6.2.5 ready_ms | spread)"
	echo "  all of it: $(($(event_ms '.event == "roll" and
	    .state == "ready"' last) - $(event_ms '.event == "roll" and
	    .state == "restarting"' first))) ms"
}

part_five() {
	PROBATION=2s
	POLICY="  per-day: 9"
	world_of 5 "listen-ms 700"
	release_publish 6.2.5
	events_mark
	# shellcheck disable=SC2046
	"$REGRESS_DIR/../connects" "$RATE" $(for _s in $WORLD_SERVICES; do
		echo "127.0.0.1:$(service_port "$_s")"; done) \
		>"$REGRESS_DIR/seen" &
	_client=$!
	on_exit_end "$_client"
	chain_versions 6.2.5
	upgraded_to 6.2.5
	kill -TERM "$_client"
	wait "$_client"
	echo "roll of 5 that listen after 0.7 s, max-unavailable 1:"
	echo "  first stop -> last ready: $(($(event_ms '.event == "roll" and
	    .state == "ready"' last) - $(event_ms '.event == "roll" and
	    .state == "restarting"' first))) ms"
	echo "  old exited -> new started: $(record 6.2.5 gap_ms | spread)"
	echo "  old exited -> ready:       $(record 6.2.5 ready_ms | spread)"
	echo "  a client that opens $RATE connections a second to each saw:"
	awk '{ printf "    %s: of %d: %d refused, %d reset, %d unanswered, " \
	    "away for %d ms\n", $1, $2, $3, $4, $5, $6 }' "$REGRESS_DIR/seen"
}

part_broken() {
	PROBATION=2s
	POLICY="  per-day: 9"
	world_of 5 "listen-ms 700"
	# Only where there is no such file: the last one
	for _s in provider1 provider2 provider3 provider4; do
		touch "$REGRESS_DIR/home/$_s/well"
	done
	release_publish 6.2.5 crash-once "crash-once well"
	events_mark
	chain_versions 6.2.5
	wait_for 120 upgrade_done 6.2.5 rolled-back
	world_at 6.2.4
	_back=$(event_ms '.event == "rollback" and .ended != null' last)
	_dead=$(event_ms '.event == "roll" and
	    (.state == "died" or .state == "failed")' first)
	echo "release of which the fifth of 5 services dies once it listens:"
	echo "  moved by then: $(events | jq -r 'select(.event == "roll" and
	    .state == "ready" and .version == "6.2.5") | .service' |
	    sort -u | wc -l)"
	echo "  death -> all back on the old one and ready:" \
	    "$((_back - _dead)) ms"
}

part gaps
part five
part broken
