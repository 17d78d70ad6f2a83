# A release that is not what it should be: one clear line, nothing changed, and
# no storm of tries.  A good one goes through afterwards.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

RELEASES="  max-size: 64M"
world_start
start_daemon
upgraded_to 6.2.4
kept=$(pids)
before=$(ls -A "$STATE/upgrades")

# refused PATCH KIND WORD...: each of the words is in the one reason.
refused() {
	_v=6.2.$1
	_kind=$2
	shift 2
	events_mark
	_log=$(wc -l <"$DAEMON_LOG")
	[ "$_kind" = absent ] || release_publish "$_v" "$_kind"
	chain_versions "$_v"
	wait_for 60 upgrade_done "$_v" abandoned
	_reason=$(events | jq -r "select(.to == \"$_v\") |
	    .reason // empty" | head -n 1)
	say "$_kind: $_reason"
	tail -n +"$_log" "$DAEMON_LOG" | grep -v ": event {" \
	    >"$REGRESS_DIR/since.log"
	for _word in "$@"; do
		case $_reason in
		*"$_word"*)	;;
		*)		die "$_kind: no \"$_word\" in: $_reason" ;;
		esac
		grep -q -F -- "$_word" "$REGRESS_DIR/since.log" ||
		    die "$_kind: no \"$_word\" in the log"
	done
	wait_for 30 why_is provider1 why no-release
	expect "$_kind: services" "$kept" "$(pids)"
	expect "$_kind: upgrades/" "$before" "$(ls -A "$STATE/upgrades")"
	expect "$_kind: current" v6.2.4 "$(readlink "$STATE/upgrades/current")"
	expect "$_kind: marked" "" "$(bad_reason "$_v")"
	# It is tried again, in a minute at the earliest.
	_next=$(why_of provider1 next)
	[ "$_next" != null ] || die "$_kind: never tried again"
	expect "$_kind: fetched once" 1 "$(event_count '.event == "fetch" and
	    .state == "started"')"
}

file() {
	echo "lavap-v6.2.$1-$RELEASE_OS-$RELEASE_ARCH"
}

from="from localhost:$RELEASE_PORT"
refused 5 absent "no such release" "sha256sum.txt $from" 404
asked=$(release_requests /v6.2.5/)
refused 6 list-missing "sha256sum.txt $from" 404
refused 7 signature-missing "sha256sum.txt.minisig $from" 404
refused 8 binary-missing "$(file 8) $from" 404
refused 9 truncated "$(file 9)" "sha256 is"
refused 10 wrong-hash "$(file 10)" "sha256 is"
refused 11 wrong-signature "signature"
refused 12 not-listed "$(file 12)"
refused 13 endless "$(file 13) $from" "max-size"
refused 14 to-http "$(file 14) $from" "http"
refused 15 other-machine "machine"
refused 16 script "script"
expect "6.2.5 is no longer asked for" "$asked" "$(release_requests /v6.2.5/)"

say "no storm: some polls later it was not asked for again"
asked=$(release_requests /v6.2.16/)
height=$(ctl_json .chain.height show versions)
blocks_later() {
	[ "$(ctl_json .chain.height show versions)" -ge $((height + 4)) ]
}
wait_for 60 blocks_later
expect "6.2.16 was asked for" "$asked" "$(release_requests /v6.2.16/)"
_wait=$(($(date -d "$(why_of provider1 next)" +%s) - $(date +%s)))
[ "$_wait" -gt 5 ] && [ "$_wait" -le 60 ] || die "tried again in $_wait s"

say "upgrade now tries at once, and says why it failed"
upgrade_now 1
grep -q '"event":"fetch"' "$REGRESS_DIR/now.json" || die "no progress shown"
expect "services" "$kept" "$(pids)"

say "a good release goes through"
release_publish 6.2.16 good
upgrade_now 0
upgraded_to 6.2.16
tail -n 3 "$REGRESS_DIR/now.json" | jq -s -e \
    'any(.[]; .event == "commit" and .outcome == "committed")' >/dev/null ||
    die "upgrade now shows no commit: $(cat "$REGRESS_DIR/now.json")"
upgrade_now 3
stop_daemon
