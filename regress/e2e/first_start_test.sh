# Services of a daemon that has nothing yet, and what happens when the chain
# or the file of a version is not there.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# None of these holds up a service that has never run.
POLICY="  auto: none
  per-day: 0"
world_start
sed -i.orig 's/settle: 0s/settle: 1h/; s/splay: 0s/splay: 1h/' \
    "$STATE/config.yml" || die "sed"

say "neither chain nor release: nothing runs, and why is said"
chain_mode down
start_daemon
unreachable() {
	ctl_json '.[0].state' show nodes | grep -q -x unreachable
}
wait_for 60 unreachable
expect "state" stopped "$(service provider1 state)"
expect "version" null "$(service provider1 version)"
wait_for 30 why_is provider1 why unreachable
expect "reason" "no version of lavap is installed for it yet" \
    "$(service consumer1 reason)"
expect "upgrade check" 1 "$(ctl upgrade check >check.out 2>&1; echo $?)"
has_line check.out "nothing is installed and the chain cannot be reached" ||
    die "upgrade check says: $(cat check.out)"
chain_mode normal

say "both appear: it is fetched once, and all start on it"
upgraded_to 6.2.4
expect "fetches" 1 "$(event_count '.event == "fetch" and
    .state == "started"')"
expect "what each answers" "6.2.4 6.2.4" \
    "$(service_version provider1) $(service_version consumer1)"
expect "nothing was a switch" "" "$(grep '^switch' "$STATE/journal")"

say "a new start without a chain: the recorded version runs"
stop_daemon
chain_mode down
start_daemon
world_at 6.2.4
wait_for 60 unreachable
wait_for 30 why_is provider1 why unreachable
expect "have" 6.2.4 "$(why_of provider1 have)"

say "a file that was changed on disk is not run"
chain_mode hang
stop_daemon
file=$STATE/upgrades/v6.2.4/lavap
chmod u+w "$file"
printf 'x' | dd of="$file" bs=1 seek=900000 conv=notrunc 2>/dev/null
chmod u-w "$file"
events_mark
start_daemon
not_run() {
	service_is provider1 reason \
	    "upgrades/v6.2.4/lavap is not the file that was verified" &&
	service_is consumer1 reason \
	    "upgrades/v6.2.4/lavap is not the file that was verified"
}
wait_for 60 not_run
expect "starts" 0 "$(event_count '.event == "service" and
    .state == "started"')"
event_seen '.event == "verify" and .state == "failed" and
    .version == "6.2.4"' || die "no event says so"
grep -q "upgrades/v6.2.4/lavap is not run: " "$DAEMON_LOG" ||
    die "the log does not say so"
no_strays || die "something runs: $(strays)"

say "once the chain is back it is fetched and verified again"
chain_mode normal
upgraded_to 6.2.4
expect "the same as before" "$(sha256 "$file" | cut -d' ' -f1)" \
    "$(awk '$1 == "sha256" { print $2 }' "$(dirname "$file")/manifest")"

say "changed while it runs: the service stays, its next start takes another"
pid=$(service provider1 pid)
echo "#!/bin/sh" >"$file.new"
chmod 555 "$file.new"
mv -f "$file.new" "$file"
expect "pid" "$pid" "$(service provider1 pid)"
events_mark
kill -KILL "$pid"
started_again() {
	event_seen '.event == "service" and .state == "started" and
	    .name == "provider1"'
}
wait_for 60 started_again
expect "in this order" "failed done" "$(events | jq -r 'select(
    .event == "verify" or (.event == "service" and .state == "started")) |
    .state' | head -n 2 | xargs)"
upgraded_to 6.2.4

say "removed altogether"
pid=$(service provider1 pid)
rm -rf "$STATE/upgrades/v6.2.4"
kill -KILL "$pid"
upgraded_to 6.2.4
[ "$(service provider1 pid)" != "$pid" ] || die "provider1 is not new"
stop_daemon
