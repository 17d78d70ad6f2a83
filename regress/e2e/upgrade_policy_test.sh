# What keeps a true value of the chain from being an order, and the modes of
# trust.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# configure LINE... of `policy:`; with TRUST, RELEASES as world.sh has them.
configure() {
	POLICY=$(printf '  %s\n' "$@")
	world_config
	sed -i.orig "s/settle: 0s/settle: ${SETTLE:-0s}/" "$STATE/config.yml"
	rm -f "$STATE/config.yml.orig"
}

reloaded() {
	configure "$@"
	ctl reload >reload.out 2>&1 || die "reload: $(cat reload.out)"
}

text_has() {
	case $(why_of provider1 text) in
	*"$1"*)	;;
	*)	die "text: $(why_of provider1 text), without \"$1\"" ;;
	esac
}

world_start
SETTLE=6s
configure "per-day: 9"
start_daemon
upgraded_to 6.2.4
kept=$(pids)

say "settle: the same for so long, by the chain's own clock"
release_publish 6.2.5
events_mark
chain_versions 6.2.5
wait_for 30 why_is provider1 why settling
text_has "once the chain has said so for 6 s"
next=$(why_of provider1 next)
[ "$next" != null ] || die "it does not say when"
expect "services" "$kept" "$(pids)"
wait_for 60 event_seen '.event == "fetch" and .state == "started"'
expect "settled" true "$(events | jq -s '
    def t: .[0:19] + "Z" | fromdateiso8601;
    (map(select(.event == "chain"))[0].time | t) as $a |
    (map(select(.event == "fetch"))[0].time | t) as $b | $b - $a >= 4')"
upgraded_to 6.2.5

say "a value that changes meanwhile settles anew, and only the last counts"
release_publish 6.2.6
release_publish 6.2.7
events_mark
chain_versions 6.2.6
wait_for 30 why_is provider1 want 6.2.6
wait_for 30 why_is provider1 why settling
chain_versions 6.2.7
wait_for 30 why_is provider1 want 6.2.7
upgraded_to 6.2.7
expect "fetched" 6.2.7 "$(events | jq -r 'select(.event == "fetch" and
    .state == "started") | .version' | xargs)"

say "a lowered target moves nothing and is shown"
SETTLE=0s
reloaded "per-day: 9"
kept=$(pids)
chain_versions 6.2.5
seen_lowered() {
	[ "$(ctl_json .chain.provider_target show versions)" = 6.2.5 ]
}
wait_for 30 seen_lowered
wait_for 30 why_is provider1 why up-to-date
text_has "possible emergency rollback: the target went from 6.2.7 to 6.2.5"
grep -q "possible emergency rollback" "$DAEMON_LOG" || die "not in the log"
expect "services" "$kept" "$(pids)"
expect "upgrade now" 3 "$(ctl upgrade now >/dev/null 2>&1; echo $?)"

say "values that make no sense: nothing is decided"
chain_versions 6.2.8 6.2.9
wait_for 30 why_is provider1 why unreachable
text_has "provider_min 6.2.9 is above provider_target 6.2.8"
chain_versions 6.2.x 6.2.4
wait_for 30 has_line "$DAEMON_LOG" "holds a version that is none"
expect "warnings" 1 "$(grep -c "makes no sense" "$DAEMON_LOG")"
expect "services" "$kept" "$(pids)"

say "per-day: one more waits for approval"
reloaded "per-day: 2"
release_publish 6.2.8
chain_versions 6.2.8
wait_for 30 why_is provider1 why approval
text_has "already 2 switches within a day"
expect "services" "$kept" "$(pids)"
ctl upgrade approve 6.2.8 >/dev/null || die "approve"
upgraded_to 6.2.8

say "trust: checksum; said to be integrity only"
TRUST=checksum
reloaded "per-day: 9"
release_publish 6.2.9 wrong-signature
chain_versions 6.2.9
upgraded_to 6.2.9
expect "how" "checksum null" "$(ctl_json '.installed[] |
    select(.version == "6.2.9") | "\(.how) \(.key)"' show versions)"
grep -q "v6.2.9 is verified: .*integrity only" "$DAEMON_LOG" ||
    die "the log does not say what it is worth"

say "another file of the same version is refused"
stop_daemon
rm -rf "$STATE/upgrades/v6.2.9"
first=$(sed -n 's/^hash 6.2.9 \([0-9a-f]*\).*/\1/p' "$STATE/journal")
release_publish 6.2.9 good "chatter 1000"
second=$(cut -d' ' -f1 "$RELEASE/www/v6.2.9/sha256sum.txt")
[ "$first" != "$second" ] || die "the same hash"
events_mark
start_daemon
wait_for 60 upgrade_done 6.2.9 abandoned
events | jq -r 'select(.to == "6.2.9") | .reason' | grep -q "$first" ||
    die "the reason is $(events | jq -r '.reason // empty')"
# Their own file is gone: meanwhile they run what there is.
world_at 6.2.8
expect "installed" "" "$(ctl_json '.installed[] |
    select(.version == "6.2.9") | .version' show versions)"
say "unless the operator says so"
ctl upgrade approve 6.2.9 "$second" >/dev/null || die "approve"
upgraded_to 6.2.9

say "trust: pinned; no pin, no fetch"
TRUST=pinned
release_publish 6.2.10 signature-missing
pin=$(cut -d' ' -f1 "$RELEASE/www/v6.2.10/sha256sum.txt")
rm "$RELEASE/www/v6.2.10/sha256sum.txt"
RELEASES="  pins: {6.2.11: $first}"
reloaded "per-day: 9"
kept=$(pids)
chain_versions 6.2.10
wait_for 30 why_is provider1 why pinned
text_has "no pin for 6.2.10"
expect "requests" 0 "$(release_requests /v6.2.10/)"
RELEASES="  pins: {6.2.10: $pin, 6.2.11: $first}"
reloaded "per-day: 9"
upgraded_to 6.2.10
expect "how" pinned "$(ctl_json '.installed[] |
    select(.version == "6.2.10").how' show versions)"
release_publish 6.2.11
kept=$(pids)
events_mark
chain_versions 6.2.11
wait_for 60 upgrade_done 6.2.11 abandoned
expect "services" "$kept" "$(pids)"

say "version-check: a warning, or with strict a refusal"
TRUST=signed RELEASES=
reloaded "per-day: 9" "version-check: strict"
release_publish 6.2.12 good "version-says 6.2.1"
chain_versions 6.2.12
wait_for 60 upgrade_done 6.2.12 failed
case $(bad_reason 6.2.12) in
*'v6.2.12 says it is version "6.2.1"'*)	;;
*)	die "bad: $(bad_reason 6.2.12)" ;;
esac
reloaded "per-day: 9" "version-check: warn"
ctl upgrade approve 6.2.12 >/dev/null || die "approve"
upgraded_to 6.2.12
stop_daemon
