#!/bin/sh
#
# health: one that fails is reported, or restarted with pauses; one that flaps
# is neither; what is at most down; a reload that changes the rule.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"

plain_begin
ill=$REGRESS_DIR/ill
often="interval: 500ms, timeout: 2s"
fake_service reported "unwell-if $ill.reported" "ready: http URL/
health: {$often, threshold: 2}"
fake_service flapping "flaps" "ready: tcp ADDR
health: {check: 'http URL/', $often, threshold: 2, action: restart}"
fake_service healed "unwell-if $ill.healed" "ready: tcp ADDR
health: {check: 'http URL/', $often, threshold: 2, action: restart}"
fake_service hopeless "unwell-if $ill.hopeless" "ready: tcp ADDR
health: {check: 'http URL/', $often, threshold: 1, action: restart}"
fake_service command "listen-ms 0" "ready: none
health: {check: 'command $PLAIN_SH $REGRESS_DIR/well.sh', $often,
  threshold: 2}"
echo "[ ! -e \"$ill.command\" ]" >"$REGRESS_DIR/well.sh"
fake_service unasked "listen-ms 0" "ready: tcp ADDR"
plain_config
start_daemon
plain_up

# events NAME WHAT: how many of them the history has
events() {
	jq -r "select(.event == \"service\" and .name == \"$1\" and
	    .state == \"$2\") | .state" "$STATE/history" | wc -l
}

events_are() {
	[ "$(events "$1" "$2")" -eq "$3" ]
}

say "all are well"
for name in reported flapping healed hopeless command; do
	wait_for 60 service_is "$name" health ok
done
expect "unasked" null "$(service unasked health)"
reported=$(service reported pid)
flapping=$(service flapping pid)
healed=$(service healed pid)
hopeless=$(service hopeless pid)

say "one is ill, and only that is said"
touch "$ill.reported" "$ill.command"
wait_for 60 service_is reported health failing
wait_for 60 service_is command health failing
wait_for 60 events_are reported failing 1
reason_has reported "it answers with status 503" || die "no reason"
reason_has command "the command ended with code 1" || die "no reason"
expect "ready still" true "$(service reported ready)"
rm "$ill.reported" "$ill.command"
wait_for 60 service_is reported health ok
wait_for 60 service_is command health ok
wait_for 60 events_are reported well 1
expect "reason" null "$(service reported reason)"
expect "pid" "$reported" "$(service reported pid)"

say "one is restarted, and is well again"
touch "$ill.healed"
wait_for 60 service_moved healed "$healed"
healed=$(service healed pid)
rm "$ill.healed"
wait_for 60 service_is healed health ok
expect "restarts ordered" 1 "$(events healed health-restart)"

say "one is restarted in vain, and then there is a pause"
touch "$ill.hopeless"
wait_for 60 service_moved hopeless "$hopeless"
ctl wait -t 60 hopeless ready || die "hopeless is not ready"
hopeless=$(service hopeless pid)
expect "health" failing "$(service hopeless health)"
# It goes on being asked: well, and ill again.
rm "$ill.hopeless"
wait_for 60 service_is hopeless health ok
touch "$ill.hopeless"
wait_for 60 service_is hopeless health failing
expect "pid" "$hopeless" "$(service hopeless pid)"
expect "restarts ordered" 1 "$(events hopeless health-restart)"

say "the one that flaps is left alone"
expect "pid" "$flapping" "$(service flapping pid)"
expect "events" 0 "$(events flapping failing)"

say "a dead prober is no failure"
prober=$(room_pid prober)
for _i in 1 2 3; do
	prober_is_there() {
		prober=$(room_pid prober)
		[ -n "$prober" ] && [ "$prober" != null ]
	}
	wait_for 60 prober_is_there
	kill -KILL "$prober"
done
expect "events" 1 "$(events reported failing)"
expect "healed" "$healed" "$(service healed pid)"

say "a reload ends what is no longer wanted, and begins what is"
fake_service reported "unwell-if $ill.reported" "ready: http URL/"
fake_service unasked "listen-ms 0" "ready: tcp ADDR
health: {$often}"
ctl reload >/dev/null || die "reload"
wait_for 60 service_is unasked health ok
expect "reported" null "$(service reported health)"
expect "pid" "$reported" "$(service reported pid)"
ctl stop hopeless >/dev/null || die "stop"
stop_daemon
