# A bare change of the chain's value is not an order: settle and splay, with
# short times.

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
SETTLE=4s SPLAY=6s
configure "per-day: 9"
start_daemon
upgraded_to 6.2.4
kept=$(pids)

say "a bare change: nothing before settle, then this host's turn"
release_publish 6.2.5
events_mark
chain_versions 6.2.5
wait_for 30 why_is provider1 why settling
expect "by" chain "$(why_of provider1 by)"
expect "unblock" 'time, or `upgrade now`' "$(why_of provider1 unblock)"
expect "services" "$kept" "$(pids)"
expect "requests" 0 "$(release_requests /v6.2.5/)"
fetched() {
	event_seen '.event == "fetch" and .state == "started"'
}
wait_for 60 fetched
# The turn is the same each time: from the second value on it is known.
events >"$REGRESS_DIR/first.json"
upgraded_to 6.2.5
waited() {
	jq -s 'def t: .[0:19] + "Z" | fromdateiso8601;
	    (map(select(.event == "chain"))[0].time | t) as $a |
	    (map(select(.event == "fetch"))[0].time | t) as $b | $b - $a' "$1"
}
first=$(waited first.json)
[ "$first" -ge 2 ] || die "it began after $first s"

say "below min: not before the splay either"
release_publish 6.2.6
events_mark
kept=$(pids)
chain_versions 6.2.6 6.2.6
wait_for 30 why_is provider1 why settling
expect "services" "$kept" "$(pids)"
upgraded_to 6.2.6
events >"$REGRESS_DIR/second.json"
[ "$(waited second.json)" -ge 2 ] || die "below min it waited for nothing"

stop_daemon
