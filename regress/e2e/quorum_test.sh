#!/bin/sh
#
# Five operators, one with two nodes: a majority of three must agree.  Two that
# lie together, a third that flaps, and the loss of the quorum change nothing;
# when all are in the future nothing is decided until our clock is right.  A
# chain that begins anew needs `nodes forget`, by the admin channel.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

CHAIN_NODES=6
OPERATORS="a b c d e e"
LIE='["6.2.5", "6.2.5", "6.2.5", "6.2.5"]'
OTHER='["6.2.7", "6.2.5", "6.2.7", "6.2.5"]'
world_start
chain_set '{"block_s": 5}'
release_publish 6.2.5
start_daemon
world_at 6.2.4

agreed() {
	ctl_json '.agreement | "\(.state) \(.agree) of \(.operators)"' \
	    show versions
}
# Asks anew, so that no backoff is waited for.
agreed_is() {
	ctl upgrade check >/dev/null 2>&1
	agreed | grep -q "^$1" && return
	agreed
	ctl show nodes
	return 1
}
agrees() {
	ctl_json '[.[].agrees | if . == null then "-" elif . then "y" else "n"
	    end] | join("")' show nodes
}
agrees_is() {
	[ "$(agrees)" = "$1" ] || { agrees; return 1; }
}
pids() {
	ctl_json '[.[].pid] | join(" ")' show services
}
# Each is a poll of all nodes.
nothing_to_do() {
	ctl upgrade check >/dev/null 2>&1
	expect "upgrade check" "$1" $?
	expect "pids" "$before" "$(pids)"
}
lines() {
	tail -n +"$((from + 1))" "$DAEMON_LOG" | grep -c "lavavisord: $1"
}

wait_for 60 agreed_is "yes 5 of 5"
before=$(pids)
expect "quorum" 3 "$(ctl_json .agreement.quorum show versions)"

say "two operators with three of the six nodes lie together"
from=$(wc -l <"$DAEMON_LOG")
chain_set "{\"node\": [4, 5, 6], \"versions\": $LIE}"
wait_for 60 agrees_is yyynnn
nothing_to_do 3
expect "agreement" "yes 3 of 5" "$(agreed)"
expect "lines of the liars" 3 "$(lines 'node .*unlike the quorum')"

say "a third one flaps: every second answer is another"
chain_set "{\"node\": 1, \"flap\": $OTHER}"
i=0
while [ "$i" -lt 8 ]; do
	i=$((i + 1))
	nothing_to_do 3
done
[ "$(lines "node $(chain_url 1): ")" -le 6 ] || die "flapping fills the log"
[ "$(lines 'chain: ')" -le 6 ] || die "flapping fills the log"

say "the quorum is lost"
chain_set '{"node": 1, "reset": true, "mode": "down"}'
chain_set '{"node": 2, "mode": "hang"}'
wait_for 60 agreed_is "split 2 of 5"
ctl show versions | grep -q "at most 2 of 5 operators say the same, quorum" ||
    die "show versions does not say it"
expect "pids" "$before" "$(pids)"
expect "chain" 6.2.4 "$(ctl_json .chain.provider_target show versions)"

say "all are in the future: our clock is wrong"
chain_set '{"node": [1, 2, 3, 4, 5, 6], "reset": true}'
chain_set "{\"offset_s\": 3600, \"versions\": $LIE}"
wait_for 60 agreed_is clock-slow
expect "lines about the clock" 1 \
    "$(lines 'chain: all nodes .*clock of this machine is wrong')"
nothing_to_do 1
chain_set '{"offset_s": 0}'
world_at 6.2.5
wait_for 60 agreed_is "yes 5 of 5"
before=$(pids)

say "the chain begins anew"
chain_set '{"height": 1}'
far_below() {
	[ "$(ctl_json 'all(.[]; .state == "stale" and
	    (.error | test("lavavisorctl nodes forget")))' show nodes)" = true ]
}
wait_for 60 far_below
wait_for 60 agreed_is few
ctl -s "$STATE/run/show.sock" nodes forget 2>/dev/null
expect "nodes forget by the wrong channel" 5 $?
far_below || die "it was forgotten all the same"
ctl nodes forget >/dev/null || die "nodes forget: exit code $?"
wait_for 60 agreed_is "yes 5 of 5"
[ "$(ctl_json .chain.height show versions)" -lt 44 ] ||
    die "the height is not forgotten"
expect "pids" "$before" "$(pids)"
expect "services" true "$(services_all '.version == "6.2.5"' && echo true)"

say "one node alone: a warning, and no absurd height either"
from=$(wc -l <"$DAEMON_LOG")
CHAIN_NODES=1
world_config
ctl reload >/dev/null || die "reload: exit code $?"
expect "warnings" 1 "$(lines 'the nodes of one operator alone are believed')"
wait_for 60 agreed_is "yes 1 of 1"
chain_set '{"node": 1, "height": 4611686018427387904}'
node_is() {
	[ "$(ctl_json '.[0].state' show nodes)" = "$1" ]
}
wait_for 60 node_is bad-answer
chain_set '{"node": 1, "reset": true}'
wait_for 60 node_is ok
[ "$(ctl_json .chain.height show versions)" -lt 1000 ] ||
    die "an absurd height is remembered"
expect "pids" "$before" "$(pids)"
stop_daemon
