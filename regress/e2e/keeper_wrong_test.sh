#!/bin/sh
#
# Passphrases that are not accepted: one run, and locked; a keyring that is new
# asks twice; one that was given another passphrase while its service ran ends a
# roll, which goes back, and then the service is locked.  Nothing is tried
# without end.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

KEYRING="file"
PASSPHRASE="the right one"
WORLD_SERVICES="provider1 consumer1"
SERVICE="passphrase: fd 8"
world_start
echo "$PASSPHRASE" >"$REGRESS_DIR/right"
echo "another one" >"$REGRESS_DIR/wrong"
sed -i 's/fd 8/fd 9/' "$STATE/services/consumer1.yml"
RING=$(keyring_dir "$REGRESS_DIR/home/provider1/.lava")
rm -f "$RING/keyhash"

runs() {
	grep -c "service $1: started" "$DAEMON_LOG"
}
locked_for() {
	case $(service "$1" '| "\(.state) \(.reason)"') in
	"locked "*"$2"*)	;;
	*)	return 1 ;;
	esac
}
ready() {
	[ "$(service "$1" ready)" = true ]
}

say "a wrong one is tried once; a new keyring takes it twice"
start_daemon 8<"$REGRESS_DIR/right" 9<"$REGRESS_DIR/wrong"
wait_for 60 locked_for consumer1 "wrong passphrase: it asked 3 times"
wait_for 60 ready provider1
[ -f "$RING/keyhash" ] || die "it was not asked twice"
expect "runs of provider1" 1 "$(runs provider1)"
expect "runs of consumer1" 1 "$(runs consumer1)"
expect "lines of why" 1 "$(grep -c "service consumer1: locked" "$DAEMON_LOG")"
kill -KILL "$(service provider1 pid)"
again() {
	[ "$(runs provider1)" -eq 2 ] && ready provider1
}
wait_for 60 again

say "unlocked with the right one"
ctl unlock --stdin consumer1 <"$REGRESS_DIR/right" >out || die "$(cat out)"
wait_for 60 ready consumer1
expect "runs of consumer1" 2 "$(runs consumer1)"

say "another passphrase in the midst of its life, and an upgrade"
keyring_make "$REGRESS_DIR/home/provider1/.lava" "a new one"
other=$(service consumer1 pid)
release_publish 6.2.5
chain_versions 6.2.5 6.2.4 6.2.4 6.2.4
wait_for 90 locked_for provider1 "wrong passphrase: it asked 3 times"
ended() {
	[ "$(ctl_json '.[0].ended' show upgrades)" != null ]
}
wait_for 60 ended
count=$(runs provider1)
[ "$count" -le 6 ] || die "it was tried $count times"
expect "the version that it is to have" 6.2.4 "$(ctl_json \
    '.services[] | select(.name == "provider1") | .have' show versions)"
expect "consumer1" "$other" "$(service consumer1 pid)"

say "it is not tried again, whatever the chain says"
blocks_later() {
	[ "$(ctl_json .chain.height show versions)" -ge $((_height + 3)) ]
}
_height=$(ctl_json .chain.height show versions)
wait_for 60 blocks_later
expect "runs" "$count" "$(runs provider1)"
locked_for provider1 "wrong passphrase" || die "it is not locked any more"

say "unlocked, it comes up"
echo "a new one" >"$REGRESS_DIR/new"
ctl unlock --stdin provider1 <"$REGRESS_DIR/new" >out || die "$(cat out)"
wait_for 60 ready provider1
expect "runs" $((count + 1)) "$(runs provider1)"
ctl show upgrades
echo "$count runs"
ctl show versions
stop_daemon
