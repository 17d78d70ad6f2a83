#!/bin/sh
#
# A node that is down, slow, wrong or silent is shown as what it is; services
# run on, start from what is installed, and all is well once the node is.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

# The first 6.2.4 cannot be told from the chain, as there is none yet.
world_start
chain_mode down
start_daemon
node_is() {
	case $(ctl_json '.[0].state' show nodes) in
	"$1")	;;
	*)	ctl -j show nodes; return 1 ;;
	esac
}

say "nothing installed, no chain: stopped, with the reason"
wait_for 60 node_is unreachable
nothing_runs() {
	services_all '.pid == null and .state == "stopped" and
	    (.reason | type == "string" and length > 0)'
}
wait_for 60 nothing_runs

say "the chain comes: installed and started"
chain_mode normal
world_at 6.2.4
wait_for 60 node_is ok
before=$(ctl_json '[.[].pid] | join(" ")' show services)

# bad MODE STATE [JSON]: the node is shown in this state, and then ok again.
bad() {
	say "$1: $2"
	chain_set "${3:-{\"mode\": \"$1\"\}}"
	wait_for 60 node_is "$2"
	[ "$(ctl_json '.[0].error | length > 0' show nodes)" = true ] ||
	    die "$1: no error is told"
	expect "pids while $1" "$before" \
	    "$(ctl_json '[.[].pid] | join(" ")' show services)"
	chain_set '{"mode": "normal", "chain_id": "lava-mainnet-1",
	    "catching_up": false, "frozen": false, "offset_s": 0}'
	wait_for 60 node_is ok
}

bad down unreachable
bad close unreachable
bad garbage bad-answer
bad endless bad-answer
bad error bad-answer
bad cut unreachable
bad limit limited
bad "http 500" unreachable '{"mode": "http", "status": 500}'
bad "wrong chain" wrong-chain '{"chain_id": "other-chain-1"}'
bad "catching up" catching-up '{"catching_up": true}'
bad "stale" stale '{"offset_s": -3600}'
bad hang unreachable
bad drip unreachable
expect "versions" true "$(services_all '.version == "6.2.4"' && echo true)"

say "what a node says while it is wrong moves nothing"
chain_set '{"catching_up": true, "versions":
    ["6.2.5", "6.2.4", "6.2.5", "6.2.4"]}'
release_publish 6.2.5
wait_for 60 node_is catching-up
ctl upgrade check >/dev/null 2>&1
expect "pids" "$before" "$(ctl_json '[.[].pid] | join(" ")' show services)"
chain_set '{"catching_up": false}'
world_at 6.2.5

say "a start without the chain: from what is installed"
chain_mode down
stop_daemon
start_daemon
world_at 6.2.5
wait_for 60 node_is unreachable
chain_mode normal
wait_for 60 node_is ok
stop_daemon
