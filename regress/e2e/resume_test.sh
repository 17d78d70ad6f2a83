#!/bin/sh
#
# A download that breaks off goes on where it was: at once, after another try,
# after the death of downloader and daemon; a file that has changed starts over.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/source_world.sh"

WORLD_SERVICES=provider1
sources_begin a

# of VERSION: what the source gave of its file, `status first` a line
answers() {
	sed -n "s|^/v$1/lavap-[^ ]* \([0-9]* [0-9]*\) .*|\1|p" \
	    "$REGRESS_DIR/source-a/requests" | xargs
}

begin() {
	release_publish "$1" good "" 3000000
	source_mode a "$2"
	chain_versions "$1"
}

say "cut off once: the rest at once"
events_mark
begin 6.2.5 '{"cut": 1000000}'
upgraded_to 6.2.5
expect "answers" "200 0 206 1000000" "$(answers 6.2.5)"
expect "fetches" 1 "$(event_count '.event == "fetch" and
    .state == "started"')"

say "Range is ignored: all of it once more, from the start"
begin 6.2.6 '{"cut": 1000000, "range": false}'
upgraded_to 6.2.6
expect "answers" "200 0 200 0" "$(answers 6.2.6)"

has_staged() {
	[ -f "$STATE/staging/v$1" ] &&
	    [ "$(wc -c <"$STATE/staging/v$1")" -ge "$2" ] &&
	    [ -s "$STATE/staging/v$1.from" ]
}

room_started() {
	sed -n "s/.*lavavisord: $1: started, pid //p" "$DAEMON_LOG"
}

# The copy, which is made meanwhile
follows() {
	[ -f "$STATE/upgrades/.new-v$1/lavap" ] &&
	    [ "$(wc -c <"$STATE/upgrades/.new-v$1/lavap")" -ge "$2" ]
}

say "the downloader dies"
begin 6.2.7 '{"cut": 1000000, "hold": true}'
wait_for 60 has_staged 6.2.7 1000000
wait_for 60 follows 6.2.7 1000000
verifier=$(room_pid verifier)
downloader=$(room_pid downloader)
limits=/proc/$downloader/limits
[ ! -f "$limits" ] || expect "limit of a file" "536870912 536870912" \
    "$(sed -n 's/^Max file size  *\([0-9a-z]*\)  *\([0-9a-z]*\).*/\1 \2/p' \
    "$limits")"
kill -KILL "$downloader"
upgraded_to 6.2.7
[ "$(room_started verifier | tail -n 1)" = "$verifier" ] ||
    die "another verifier was needed"
expect "answers" "200 0 206 1000000" "$(answers 6.2.7)"

say "the verifier dies that follows it"
begin 6.2.10 '{"cut": 1000000, "hold": true}'
wait_for 60 follows 6.2.10 1000000
kill -KILL "$(room_pid verifier)"
wait_for 60 has_line "$DAEMON_LOG" "the verifier died"
kill -KILL "$(room_pid downloader)"
upgraded_to 6.2.10
expect "answers" "200 0 206 1000000" "$(answers 6.2.10)"

say "the daemon dies"
begin 6.2.11 '{"cut": 1000000, "hold": true}'
wait_for 60 has_staged 6.2.11 1000000
kill -KILL "$DAEMON_PID"
wait "$DAEMON_PID" 2>/dev/null
start_daemon
upgraded_to 6.2.11
expect "answers" "200 0 206 1000000" "$(answers 6.2.11)"

say "the file changes meanwhile"
begin 6.2.12 '{"cut": 1000000, "hold": true}'
wait_for 60 has_staged 6.2.12 1000000
release_publish 6.2.12 good "" 2000000
source_mode a '{}'
kill -KILL "$(room_pid downloader)"
wait_for 60 upgrade_done 6.2.12 abandoned
reason_has "another list" "sha256 is"
upgrade_now 0
upgraded_to 6.2.12
expect "answers" "200 0 200 0 200 0" "$(answers 6.2.12)"
stop_daemon
