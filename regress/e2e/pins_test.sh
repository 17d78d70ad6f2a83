# Hashes that are settled: pinned ones, and the first one of a version, which
# no new list and no good signature replaces; only the operator does.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

WORLD_SERVICES=provider1
PROBATION=0s
POLICY="  per-day: 50"
world_start
WWW=$RELEASE/www

file_of() {
	echo "$WWW/v$1/lavap-v$1-$RELEASE_OS-$RELEASE_ARCH"
}

hash_of() {
	sha256 "$(file_of "$1")" | cut -d ' ' -f 1
}

how_of() {
	ctl_json ".installed[] | select(.version == \"$1\") |
	    \"\\(.how) \\(.sha256)\"" show versions
}

# refused VERSION WORD: in the reason, and in the log
refused() {
	events_mark
	chain_versions "$1"
	wait_for 60 upgrade_done "$1" abandoned
	_reason=$(events | jq -r "select(.to == \"$1\") |
	    .reason // empty" | head -n 1)
	say "$1: $_reason"
	case $_reason in
	*"$2"*)	;;
	*)	die "no \"$2\" in: $_reason" ;;
	esac
	grep -v ": event {" "$DAEMON_LOG" | grep -q -F -- "$2" ||
	    die "no \"$2\" in the log"
	[ ! -e "$STATE/upgrades/v$1" ] || die "v$1 is installed"
}

start_daemon
upgraded_to 6.2.4
first=$(hash_of 6.2.4)
stop_daemon

say "a version whose file is gone is not replaced by another one of its name"
rm -rf "$STATE/upgrades/v6.2.4"
release_publish 6.2.4 good "" 4096
[ "$(hash_of 6.2.4)" != "$first" ] || die "the same file again"
start_daemon
wait_for 60 event_seen '.event == "verify" and .state == "failed" and
    (.reason | contains("another hash than before"))'
grep -v ": event {" "$DAEMON_LOG" | grep -q "was $first when" ||
    die "the log does not say which hash it was"
[ ! -e "$STATE/upgrades/v6.2.4" ] || die "another file was installed"

say "until the operator settles it"
ctl upgrade approve 6.2.4 "$(hash_of 6.2.4)" || die "approve"
upgraded_to 6.2.4
expect "6.2.4" "signed $(hash_of 6.2.4)" "$(how_of 6.2.4)"

say "pinned: neither list nor signature is asked for"
release_publish 6.2.5
release_publish 6.2.6
pins="6.2.5: $(hash_of 6.2.5), 6.2.6: $(hash_of 6.2.5)"
TRUST=pinned RELEASES="  pins: {$pins}" world_config
ctl reload >/dev/null || die "reload"
asked=$(release_requests sha256sum.txt)
chain_versions 6.2.5
upgraded_to 6.2.5
expect "6.2.5" "pinned $(hash_of 6.2.5)" "$(how_of 6.2.5)"
refused 6.2.6 "pinned in releases.pins"
expect "lists asked for" "$asked" "$(release_requests sha256sum.txt)"

say "what is not pinned is not fetched, until it is approved by its hash"
release_publish 6.2.7
chain_versions 6.2.7
wait_for 60 why_is provider1 why pinned
expect "6.2.7 was asked for" 0 "$(release_requests /v6.2.7/)"
ctl upgrade approve 6.2.7 "$(hash_of 6.2.7)" || die "approve"
upgraded_to 6.2.7
expect "6.2.7" "pinned $(hash_of 6.2.7)" "$(how_of 6.2.7)"

say "a pin does not overrule the first hash"
first=$(hash_of 6.2.5)
stop_daemon
rm -rf "$STATE/upgrades/v6.2.5"
release_publish 6.2.5 good "" 4096
TRUST=pinned RELEASES="  pins: {6.2.5: $(hash_of 6.2.5)}" world_config
start_daemon
ctl install "$(file_of 6.2.5)" >"$REGRESS_DIR/out" 2>&1 &&
    die "installed: $(cat "$REGRESS_DIR/out")"
grep -q "had $first first" "$REGRESS_DIR/out" ||
    die "$(cat "$REGRESS_DIR/out")"
stop_daemon
