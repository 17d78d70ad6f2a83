# Orders about versions: upgrade to, upgrade rollback, pin and unpin.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# code COMMAND...: the exit code; what it says is in said.
code() {
	ctl "$@" >"$REGRESS_DIR/said" 2>&1
	echo $?
}

said() {
	has_line "$REGRESS_DIR/said" "$1" || die "no \"$1\" in: $(cat said)"
}

both_at() {
	expect "versions" "$1 $1" "$(ctl_json '[.[].version] | join(" ")' \
	    show services)"
}

PROBATION=1s
POLICY="  per-day: 9"
world_start
start_daemon
upgraded_to 6.2.4

say "nothing before the first version"
expect "rollback" 3 "$(code upgrade rollback)"
said "no version before"
expect "unpin" 3 "$(code unpin)"

say "upgrade to: beyond what the chain wants, and pinned"
release_publish 6.2.5
release_publish 6.2.6
expect "to" 0 "$(code upgrade to v6.2.6)"
said "roll .*provider1"
said "services_done=2 services=2"
said "6.2.6 is the operator's pin"
said "pinned until .unpin"
both_at 6.2.6
expect "by" "operator committed" "$(ctl_json '.[0] |
    "\(.by) \(.outcome)"' show upgrades)"
expect "order" "\`upgrade to 6.2.6\` by uid $(id -u)" "$(ctl_json \
    '.[0].order' show upgrades)"
expect "pins" "6.2.6 6.2.6" "$(ctl_json '.pins |
    "\(.provider.version) \(.consumer.version)"' show versions)"
expect "again" 3 "$(code upgrade to 6.2.6)"

say "the chain's wish waits for unpin"
kept=$(pids)
chain_versions 6.2.7
release_publish 6.2.7
pin_shown() {
	why_is provider1 text "$1"
}
wait_for 30 pin_shown "6.2.6 is the operator's pin; the target is 6.2.7"
expect "why" pinned "$(why_of provider1 why)"
expect "unblock" '`unpin`' "$(why_of provider1 unblock)"
expect "now" 3 "$(code upgrade now)"
expect "services" "$kept" "$(pids)"
expect "requests" 0 "$(release_requests /v6.2.7/)"
say "over a start of the daemon"
stop_daemon
start_daemon
world_at 6.2.6
expect "why" pinned "$(why_of provider1 why)"

say "rollback: to the version before, pinned there"
expect "rollback" 0 "$(code upgrade rollback)"
said "going back\|restarting"
said "6.2.4 is the operator's pin; the target is 6.2.7"
both_at 6.2.4
expect "why" pinned "$(why_of provider1 why)"
expect "from, to" "6.2.6 6.2.4 committed" "$(ctl_json '.[0] |
    "\(.from) \(.to) \(.outcome)"' show upgrades)"

say "unpin: the chain's wish is followed, and shown"
ctl -j unpin >unpin.json 2>unpin.err || die "unpin: $(cat unpin.json)"
grep -q '"event":"commit"' unpin.json || die "no commit: $(cat unpin.json)"
both_at 6.2.7

stop_daemon
