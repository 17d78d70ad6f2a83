#!/bin/sh
#
# One node alone: without it nothing is installed and services start from what
# is; what it says while it is wrong moves nothing; all is well once it is.
# How each kind of trouble is told is in badchain_nodes_test.sh.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

# The first 6.2.4 cannot be told from the chain, as there is none yet.
world_start
chain_mode down
start_daemon
# Asks anew, so that no backoff is waited for.
node_is() {
	ctl upgrade check >/dev/null 2>&1
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
