#!/bin/sh
#
# Many operators, and all but three misbehave at the same time, each in its own
# way, those that answer with another version: each is told in one clear line
# and shown, and nothing changes, as long as a quorum of three agrees.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

# How each node from the fourth on misbehaves: what is set, the state it is
# shown in, and what its line says.
cases() {
	cat <<-END
	{"mode": "down"}|unreachable|refused
	{"mode": "hang"}|unreachable|timed out after 5 s
	{"mode": "drip"}|unreachable|timed out after 5 s
	{"mode": "garbage"}|bad-answer|HTTP/0.9
	{"mode": "endless"}|bad-answer|body over 64 KiB
	{"mode": "endless", "methods": ["abci_query"]}|bad-answer|over 256 KiB
	{"mode": "cut"}|unreachable|.
	{"mode": "close"}|unreachable|Empty reply
	{"mode": "error"}|bad-answer|error -32603
	{"mode": "http"}|unreachable|HTTP 503
	{"mode": "wrong-id"}|bad-answer|another request
	{"mode": "redirect", "location": "http://169.254.1.1/"}|bad-answer|302
	{"chain_id": "other-chain-1"}|wrong-chain|chain id is other-chain-1
	{"catching_up": true}|catching-up|catching up
	{"offset_s": -3600}|stale|36.. s old
	{"offset_s": 3600}|bad-answer|s in the future
	{"height": 5}|stale|height 5 is far below
	{"height": 4611686018427387904}|bad-answer|cannot be true
	{"mode": "limit", "retry_after": 3}|limited|HTTP 429
	{}|ok|says providers 6.2.5 (min 6.2.5), consumers 6.2.5.*, unlike
	{}|ok|says providers 6.2.5 (min 6.2.5), consumers 6.2.5.*, unlike
	END
}

HONEST=3
CASES=$(cases | wc -l)
CHAIN_NODES=$((HONEST + CASES))
CONFIG="quorum: 3"
world_start
chain_set '{"block_s": 5}'
release_publish 6.2.5
start_daemon
world_at 6.2.4

all_nodes() {
	[ "$(ctl_json "all(.[]; $1)" show nodes)" = true ] && return
	ctl show nodes
	return 1
}
wait_for 60 all_nodes '.state == "ok" and .agrees == true'
before=$(ctl_json '[.[].pid] | join(" ")' show services)
upgrades=$(ctl_json 'length' show upgrades)
from=$(wc -l <"$DAEMON_LOG")

say "all but $HONEST of $CHAIN_NODES misbehave"
i=$HONEST
cases | while IFS='|' read -r set _; do
	i=$((i + 1))
	chain_set "$(echo "$set" | jq -c ". + {node: $i,
	    versions: [\"6.2.5\", \"6.2.5\", \"6.2.5\", \"6.2.5\"]}")"
done || die "not all are set"

# shown N STATE TEXT: node N is in this state, and says why.
shown() {
	ctl_json ".[$1 - 1] | \"\(.state) \(.agrees) \(.error)\"" show nodes |
	    grep "^$2 .*$3"
}
i=$HONEST
while IFS='|' read -r set state text; do
	i=$((i + 1))
	wait_for 60 shown "$i" "$state" "$text"
	url=$(chain_url "$i")
	# One line for each, however often it was asked.
	n=$(tail -n +"$((from + 1))" "$DAEMON_LOG" | grep -c "node $url: ")
	expect "lines of node $i ($set)" 1 "$n"
done <<END
$(cases)
END

say "nothing has changed"
agreed() {
	ctl_json '.agreement |
	    "\(.state) \(.quorum) of \(.operators) \(.text)"' show versions
}
expect "agreement" "yes 3 of $CHAIN_NODES " "$(agreed)"
expect "chain" "6.2.4 quorum" "$(ctl_json \
    '.chain | "\(.provider_target) \(.proof)"' show versions)"
expect "pids" "$before" "$(ctl_json '[.[].pid] | join(" ")' show services)"
expect "upgrades" "$upgrades" "$(ctl_json 'length' show upgrades)"
[ "$(ctl_json '.chain.height' show versions)" -lt 100000000 ] ||
    die "a height that cannot be true is remembered"
heights=$(ctl_json '.chain.height' show versions)

say "they come back"
i=$HONEST
while [ "$i" -lt "$CHAIN_NODES" ]; do
	i=$((i + 1))
	chain_set "{\"node\": $i, \"reset\": true}"
done
come_back() {
	# A question of an operator does not wait for the backoff.
	ctl upgrade check >/dev/null 2>&1
	all_nodes '.state == "ok" and .agrees == true and .error == null'
}
wait_for 60 come_back
expect "requests before Retry-After was over" 0 \
    "$(chain_state '[.nodes[].early] | add')"
[ "$(ctl_json '.chain.height' show versions)" -ge "$heights" ] ||
    die "the height went back"
expect "pids" "$before" "$(ctl_json '[.[].pid] | join(" ")' show services)"
stop_daemon
