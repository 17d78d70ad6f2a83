# The operator's orders: hold and resume, approve, upgrade now and check.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# code COMMAND...: the exit code; what it says is in said.
code() {
	ctl "$@" >"$REGRESS_DIR/said" 2>&1
	echo $?
}

PROBATION=2s
POLICY="  per-day: 9
  auto: patch"
world_start
start_daemon
upgraded_to 6.2.4
expect "check, up to date" 3 "$(code upgrade check)"
expect "now, up to date" 3 "$(code upgrade now)"
expect "resume of nothing" 3 "$(code resume)"

say "a held daemon sees the new version and leaves it"
expect "hold" 0 "$(code hold)"
expect "hold again" 3 "$(code hold)"
kept=$(pids)
release_publish 6.2.5
chain_versions 6.2.5
wait_for 30 why_is provider1 why hold
expect "check" 0 "$(code upgrade check)"
has_line said "6.2.4 stays: held" || die "check says $(cat said)"
expect "now" 1 "$(code upgrade now)"
has_line said "held" || die "upgrade now says $(cat said)"
expect "services" "$kept" "$(pids)"
expect "requests" 0 "$(release_requests /v6.2.5/)"
say "over a start of the daemon as well"
stop_daemon
start_daemon
world_at 6.2.4
wait_for 30 why_is provider1 why hold
expect "resume" 0 "$(code resume)"
upgraded_to 6.2.5

say "hold in the middle of a roll: moved ones stay, no more are moved"
release_publish 6.2.6
events_mark
chain_versions 6.2.6
first_ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .version == "6.2.6"'
}
wait_for 60 first_ready
expect "hold" 0 "$(code hold)"
stable() {
	event_seen '.event == "roll" and .state == "stable"'
}
wait_for 60 stable
expect "state" roll-held "$(ctl_json '.[0].outcome' show upgrades)"
expect "provider1" 6.2.6 "$(service provider1 version)"
expect "consumer1" 6.2.5 "$(service consumer1 version)"
expect "now" 1 "$(code upgrade now)"
has_line said "resume first" || die "upgrade now says $(cat said)"
say "a new daemon still holds"
kill -KILL "$DAEMON_PID"
wait_for 30 gone "$DAEMON_PID"
kept=$(strays | sort | xargs)
start_daemon
expect "state" roll-held "$(ctl_json '.[0].outcome' show upgrades)"
expect "services" "$kept" "$(strays | sort | xargs)"
expect "resume" 0 "$(code resume)"
upgraded_to 6.2.6

say "upgrade now shows the way and joins what is under way"
release_publish 6.2.7
expect "hold" 0 "$(code hold)"
chain_versions 6.2.7
wait_for 30 why_is provider1 why hold
ctl -j resume >resume.json 2>resume.err &
resumed=$!
begun() {
	grep -q '"event":"fetch"' resume.json
}
wait_for 30 begun
upgrade_now 0
wait "$resumed" || die "resume: $(cat resume.json resume.err)"
for file in now.json resume.json; do
	for event in roll commit; do
		grep -q "\"event\":\"$event\"" "$file" ||
		    die "no $event: $(cat "$file")"
	done
done
upgraded_to 6.2.7

say "a larger step than auto waits for approval"
release_publish 6.3.0
kept=$(pids)
chain_versions 6.3.0
wait_for 30 why_is provider1 why approval
case $(why_of provider1 text) in
*"minor step: waits for approval"*)	;;
*)	die "text: $(why_of provider1 text)" ;;
esac
expect "services" "$kept" "$(pids)"
expect "requests" 0 "$(release_requests /v6.3.0/)"
expect "approve" 2 "$(code upgrade approve 6.3)"
expect "approve" 2 "$(code upgrade approve 6.3.0 abc)"
expect "approve" 0 "$(code upgrade approve 6.3.0)"
upgraded_to 6.3.0

say "an order of the operator needs no approval"
release_publish 6.4.0
chain_versions 6.4.0
wait_for 30 why_is provider1 why approval
upgrade_now 0
upgraded_to 6.4.0
expect "by" operator "$(ctl_json '.[0].by' show upgrades)"

say "hold calls off a fetch, resume takes it up at once"
release_publish 6.4.1
echo "location /v6.4.1/ { limit_rate 100k; }" >"$RELEASE/conf.d/slow.conf"
release_reload
events_mark
chain_versions 6.4.1
fetching() {
	[ "$(release_requests '/v6.4.1/sha256sum.txt.sig')" -gt 0 ]
}
wait_for 60 fetching
expect "hold" 0 "$(code hold)"
wait_for 30 upgrade_done 6.4.1 abandoned
rm "$RELEASE/conf.d/slow.conf"
release_reload
begin=$(date +%s)
expect "resume" 0 "$(code resume)"
upgraded_to 6.4.1
[ $(($(date +%s) - begin)) -lt 50 ] || die "it waited after the resume"
expect "the verifier's rooms" "" "$(room_pid verifier)"
stop_daemon
