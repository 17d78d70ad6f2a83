# per-day: an approval lets it through, and shows what it brings about; a target
# that goes down in the middle of a roll, and up again.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# configure LINE...: of `policy:`, SETTLE and SPLAY beside them.
configure() {
	POLICY=$(printf '  %s\n' "$@")
	world_config
	sed -i.orig -e "s/settle: 0s/settle: ${SETTLE:-0s}/" \
	    -e "s/splay: 0s/splay: ${SPLAY:-0s}/" "$STATE/config.yml"
	rm -f "$STATE/config.yml.orig"
}

reloaded() {
	configure "$@"
	ctl reload >reload.out 2>&1 || die "reload: $(cat reload.out)"
}

world_start
configure "per-day: 0"
start_daemon
upgraded_to 6.2.4

say "per-day 0: approval, which is shown on its way"
release_publish 6.2.7
chain_versions 6.2.7
wait_for 30 why_is provider1 why approval
expect "unblock" '`upgrade approve 6.2.7`, or `upgrade now`' \
    "$(why_of provider1 unblock)"
ctl -j upgrade approve 6.2.7 >approve.json || die "approve"
grep -q '"event":"commit"' approve.json || die "approve: $(cat approve.json)"
upgraded_to 6.2.7

say "the target goes down in a roll: held; and up again: goes on by itself"
PROBATION=3s
reloaded "per-day: 9"
release_publish 6.2.8
events_mark
chain_versions 6.2.8
rolling() {
	event_seen '.event == "roll" and .version == "6.2.8" and
	    .state == "ready"'
}
wait_for 60 rolling
chain_versions 6.2.7
held() {
	event_seen '.event == "roll" and .state == "held"'
}
wait_for 60 held
expect "why" rolling "$(why_of provider1 why)"
expect "unblock" '`resume` goes on, `upgrade rollback` goes back' \
    "$(why_of consumer1 unblock)"
expect "consumer1" 6.2.7 "$(service consumer1 version)"
chain_versions 6.2.8
upgraded_to 6.2.8
stop_daemon
