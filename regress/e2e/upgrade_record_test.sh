# Each upgrade leaves one record: who wanted it, which files, what became of
# each service and each hook; it is there after a restart of the daemon, also
# of one that was killed in the middle.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
POLICY="  per-day: 9
  ready-timeout: 20s"
RELEASES="  keep: 1"
cat >hook.sh <<-'END'
	#!/bin/sh
	[ "$1" != "$LAVAVISORD_TO" ] || exit 7
END
chmod 755 hook.sh
hooks() {
	cat <<-END
	hooks:
	  pre-upgrade: [$REGRESS_DIR/hook.sh, 6.2.7]
	  post-upgrade: [$REGRESS_DIR/hook.sh, 6.2.5]
	  on-failure: [$REGRESS_DIR/hook.sh]
	$([ "$(id -u)" -ne 0 ] || echo "  user: nobody")
	END
}
CONFIG=$(hooks)
world_start
echo "drain: 1s" >>"$STATE/services/consumer1.yml"
start_daemon
upgraded_to 6.2.4

# record ID FILTER
record() {
	ctl_json "$2" show upgrades "$1"
}

sha256_of() {
	"$PYTHON" -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' \
	    "$STATE/upgrades/v$1/lavap"
}

last_id() {
	ctl_json '.[0].id' show upgrades
}

# hooks_ended ID N: so many, and all are over
hooks_ended() {
	[ "$(record "$1" ".hooks | length == $2 and
	    all(.[]; .ended != null)")" = true ]
}

say "one that the chain wanted"
old=$(sha256_of 6.2.4)
release_publish 6.2.5
chain_versions 6.2.5
upgraded_to 6.2.5
id=$(last_id)
wait_for 60 hooks_ended "$id" 2
expect "who" "chain the chain: behind-target null 6.2.5 6.2.4 none" \
    "$(record "$id" '"\(.by) \(.order) \(.uid)
    \(.chain.provider_target) \(.chain.provider_min)
    \(.chain.proof)"' | xargs)"
expect "height" true "$(record "$id" '.chain.height > 0')"
expect "new" "6.2.5 $(sha256_of 6.2.5) signed true true" "$(record "$id" \
    '.new | "\(.version) \(.sha256) \(.how) \(.key != null)
    \(.source | test("/v6.2.5/lavap"))"' | xargs)"
expect "old" "6.2.4 $old" "$(record "$id" '.old | "\(.version) \(.sha256)"')"
expect "services" "1 2" "$(record "$id" '[.services[].order] | sort |
    map(tostring) | join(" ")')"
expect "their steps" true "$(record "$id" '.started as $b | .ended as $e
    | all(.services[]; .from == "6.2.4" and .outcome == "stable" and
    .back == null and .reason == null and $b <= .ordered and
    .ordered <= .exited and .exited <= .started and .started <= .ready and
    .ready <= .stable and .stable <= $e and .gap_ms >= 0 and
    .ready_ms >= 0)')"
expect "drained" "consumer1" "$(record "$id" '.services[] |
    select(.draining != null and .draining < .ordered).name')"
expect "hooks" "pre-upgrade done 0 post-upgrade failed 7" "$(record "$id" \
    '.hooks[] | "\(.name) \(.state) \(.exit.code)"' | xargs)"
expect "in a list" "name gap_ms ready_ms" "$(ctl_json \
    '.[0].services[0] | keys_unsorted | join(" ")' show upgrades)"
ctl show upgrades "$id" >text || die "no text"
grep -q "^upgrade:  *$id to 6.2.5, committed" text &&
    grep -q "^new file: .*$(sha256_of 6.2.5)" text &&
    grep -q "2.*stable\|1.*stable" text &&
    grep -q "post-upgrade  *failed  *7" text || die "text: $(cat text)"

say "one that the operator wanted, and a veto"
release_publish 6.2.6
ctl upgrade to 6.2.6 >/dev/null || die "upgrade to 6.2.6"
id=$(last_id)
expect "who" "operator $(id -u) upgrade to 6.2.6" "$(record "$id" \
    '"\(.by) \(.uid) \(.order[1:17])"')"
release_publish 6.2.7
ctl upgrade to 6.2.7 >/dev/null 2>&1 && die "the hook has no veto"
id=$(last_id)
expect "veto" "abandoned pre-upgrade failed 7 0" "$(record "$id" \
    '"\(.outcome) \(.hooks[0] | "\(.name) \(.state) \(.exit.code)")
    \(.services | length)"' | xargs)"

say "one that goes back"
release_publish 6.2.8 crash-early
ctl upgrade to 6.2.8 >/dev/null 2>&1 && die "6.2.8 is good"
back=$(last_id)
wait_for 60 hooks_ended "$back" 2
expect "outcome" "rolled-back back pre-upgrade on-failure" "$(record "$back" \
    '"\(.outcome) \(.services[0].outcome) \([.hooks[].name] | join(" "))"')"
expect "its ways" true "$(record "$back" '.services[0] | .from == "6.2.6" and
    .ready == null and .back.ready != null and .started <= .back.ready and
    (.reason | test("died"))')"
ctl show upgrades "$back" | grep -q "^The way back:" || die "no way back"

say "a daemon that is killed in the middle, and the next one"
PROBATION=2s
world_config
ctl reload >/dev/null || die "reload"
release_publish 6.2.9
events_mark
ctl upgrade to 6.2.9 >/dev/null 2>&1 &
first_ready() {
	event_seen '.event == "roll" and .state == "ready"'
}
wait_for 60 first_ready
expect "in hand" true "$(record "$(last_id)" '.ended == null and
    .outcome != "committed" and .services[0].ready != null')"
kill -KILL "$DAEMON_PID"
wait_for 30 gone "$DAEMON_PID"
start_daemon
upgraded_to 6.2.9
id=$(last_id)
wait_for 60 hooks_ended "$id" 2
expect "record" true "$(record "$id" '.outcome == "committed" and
    .uid == '"$(id -u)"' and .old.version == "6.2.6" and
    (.services | length) == 2 and all(.services[]; .exited != null and
    .ready != null and .outcome == "stable")')"

say "kept over a start; which there is not"
for n in $(ctl_json '.[].id' show upgrades); do
	ctl -j show upgrades "$n"
done >before
stop_daemon
start_daemon
world_at 6.2.9
for n in $(ctl_json '.[].id' show upgrades); do
	ctl -j show upgrades "$n"
done >after
cmp before after || die "not the same: $(diff before after)"
ctl show upgrades 99 >out 2>err
expect "code of 99" 1 $?
expect "lines" "0 1" "$(wc -l <out | xargs) $(wc -l <err | xargs)"
ctl show upgrades v6.2.9 2>err
expect "code of no number" 2 $?

say "records of older daemons, which only the history has"
stop_daemon
rm "$STATE/upgrades-past"
start_daemon
ctl show upgrades "$back" >text || die "$back is lost"
grep -q "^upgrade:  *$back to 6.2.8, rolled-back" text || die "$(cat text)"
grep -q "provider1\|consumer1" text || die "no service: $(cat text)"
stop_daemon
