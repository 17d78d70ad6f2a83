#!/bin/sh
#
# Several sources: in order, list and file from different ones, all named when
# none has it, and tried again after a wait that doubles.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/source_world.sh"

WORLD_SERVICES=provider1
TRUST=checksum
sources_begin a b

# source_gave NAME FILE: how often it answered with all of it
gave() {
	source_requests "$1" "/$2 200"
}

say "the list from the first, the file from the other"
expect "list of a" 1 "$(gave a v6.2.4/sha256sum.txt)"
expect "list of b" 0 "$(gave b v6.2.4/sha256sum.txt)"
expect "file of a" 0 "$(gave a "v6.2.4/$(file 6.2.4)")"
expect "file of b" 1 "$(gave b "v6.2.4/$(file 6.2.4)")"
! grep -q "come from one origin" "$DAEMON_LOG" || die "said of two origins"

say "all are down: each is named, and so they are in show upgrades"
source_mode b '{"missing": "sha256sum"}'
wanted 6.2.5
fails '{"close": true}' "sha256sum.txt $(from a)" "sha256sum.txt $(from b)" \
    "not found (404)"
expect "sources" "2 v6.2.5/sha256sum.txt" "$(ctl_json '.[0].sources |
    "\(length) \(.[1].url | split("/")[-2:] | join("/"))"' show upgrades)"
ctl show upgrades |
    grep -q "sha256sum.txt $(from a).*sha256sum.txt $(from b)" ||
    die "not in the table: $(ctl show upgrades)"
say "the file is nowhere"
source_mode b '{"status": 503}'
fails '{"status": 404}' "$(file 6.2.5) $(from b)" "status 503" \
    "$(file 6.2.5) $(from a)" "not found (404)"
say "nobody has the release"
source_mode b '{"missing": "6.2.5"}'
fails '{"missing": "6.2.5"}' "there is no such release" "$(from a)" "$(from b)"

say "the wait doubles, and one of two is enough"
soon
source_mode a '{"close": true}'
events_mark
upgrade_now 1
tries() {
	[ "$(event_count '.event == "fetch" and
	    .state == "started"')" -ge "$1" ]
}
wait_for 60 tries 4
# Seconds between the tries: 1, 2, 4 and what the tries themselves take
expect "waits" true "$(events | jq -s 'map(select(.event == "fetch" and
    .state == "started").time[0:19] + "Z" | fromdateiso8601) |
    .[3] - .[2] >= 3')"
unchanged "after four tries"
source_mode b '{}'
upgrade_now 0
upgraded_to 6.2.5
grep -q "v6.2.5: file and checksum list come from one origin" "$DAEMON_LOG" ||
    die "one origin is not told of"

say "the second only where the first has not got it"
source_mode a '{"missing": "sha256sum"}'
release_publish 6.2.6
chain_versions 6.2.6
upgraded_to 6.2.6
expect "list of b" 1 "$(gave b v6.2.6/sha256sum.txt)"
expect "file of a" 1 "$(gave a "v6.2.6/$(file 6.2.6)")"

say "a file that is another one: they change places"
source_mode a '{}'
source_mode b '{"spoil": true}'
release_publish 6.2.7
events_mark
chain_versions 6.2.7
upgraded_to 6.2.7
expect "refused once" 1 "$(event_count '.event == "verify" and
    .state == "failed"')"
expect "file of a" 1 "$(gave a "v6.2.7/$(file 6.2.7)")"
expect "list of b" 1 "$(gave b v6.2.7/sha256sum.txt)"
stop_daemon
