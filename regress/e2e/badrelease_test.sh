#!/bin/sh
#
# Downloads that go wrong on their way: one clear line each, nothing changed,
# and it heals by itself.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/source_world.sh"

WORLD_SERVICES=provider1
RELEASES="  max-size: 8M
  stall-timeout: 3s
  timeout: 6s"
sources_begin a
wanted 6.2.5
whole=$(wc -c <"$RELEASE/www/v6.2.5/$(file 6.2.5)")

f="$(file 6.2.5) $(from a)"
fails '{"missing": "v6.2.5"}' "there is no such release" "404"
fails '{"status": 404}' "$f" "not found (404)"
fails '{"status": 500}' "$f" "status 500"
fails '{"status": 429}' "$f" "status 429"
fails '{"status": 401}' "$f" "status 401"
fails '{"cut": 5000, "cut_each": true, "etag": ""}' \
    "$f" "ended after 5000 of $whole bytes"
fails '{"cut": 5000, "cut_each": true, "range": false}' "$f" "5000"
fails '{"cut": 0, "cut_each": true}' "$f" "ended after 5000 of"
fails '{"endless": true}' "$f" "max-size"
fails '{"drip": 40}' "$f" "too slow"
fails '{"drip": 8000}' "$f" "timed out"
fails '{"hold": true, "cut": 500, "cut_each": true, "etag": ""}' "$f" "too slow"
fails '{"spoil": true}' "$(file 6.2.5)" "sha256 is"

say "larger than allowed, known before it comes"
truncate -s 9M "$RELEASE/www/v6.2.5/$(file 6.2.5)"
fails '{}' "$f" "over max-size 8388608"
expect "downloaded of it" true "$([ "$(tail -n 1 \
    "$REGRESS_DIR/source-a/requests" | cut -d ' ' -f 4)" -lt 4000000 ] &&
    echo true)"
truncate -s "$whole" "$RELEASE/www/v6.2.5/$(file 6.2.5)"

say "404, then there"
expect "left in staging" 0 "$(find "$STATE/staging" -size +9000k | wc -l)"
source_mode a '{"status": 404}'
heals 6.2.5 '{}'
expect "staging is empty" "" "$(ls -A "$STATE/staging")"
stop_daemon
