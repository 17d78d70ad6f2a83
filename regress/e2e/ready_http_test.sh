#!/bin/sh
#
# ready: http and tcp, over what services may answer; the prober is there only
# while it is needed, and its death tells nothing of a service.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"

plain_begin
unwell=$REGRESS_DIR/unwell
touch "$unwell"
fake_service late "unwell-if $unwell" "ready: http URL/lava/health"
fake_service never "never-listens" "ready: http URL/"
fake_service refuses "never-listens" "ready: tcp ADDR"
fake_service status "status 404" "ready: {check: http URL/, status: 400-499}"
fake_service moved "status 302" "ready: http URL/"
fake_service body "body all is fine here" \
    "ready: {check: 'http URL/', body: is fine h}"
fake_service nomatch "http no-match" "ready: {check: 'http URL/', body: fine}"
fake_service drip "http drip" "ready: {check: http URL/, timeout: 300ms}"
fake_service silent "http silent" "ready: {check: http URL/, timeout: 300ms}"
fake_service headers "http headers" "ready: http URL/"
fake_service endless "http body" "ready: http URL/"
fake_service looked "http body" "ready: {check: 'http URL/', body: fine}"
fake_service junk "http junk" "ready: http URL/"
fake_service named "status 200" \
    "ready: {check: 'http http://some.example/', address: ADDR}"
plain_config
start_daemon
plain_up

say "which ones are ready"
for name in status body endless named; do
	ctl wait -t 60 "$name" ready || die "$name is not ready"
	expect "$name" true "$(service "$name" ready)"
	expect "reason of $name" null "$(service "$name" reason)"
done

say "and why the others are not"
while read -r name why; do
	wait_for 60 reason_has "$name" "$why"
	expect "$name" false "$(service "$name" ready)"
	expect "state of $name" running "$(service "$name" state)"
done <<END
late it answers with status 503
never refused
refuses refused
moved it answers with status 302
nomatch its answer does not have the text "fine"
drip within 300 ms
silent within 300 ms
headers more than 32 KB of headers
looked in the first 256 KB
junk HTTP
END

say "a wait in vain says why as well"
said=$(ctl wait -t 1 moved ready 2>&1) && die "moved is ready"
expect "said" "lavavisorctl: moved: not ready in time, it is running: it \
answers with status 302" "$said"
said=$(ctl wait -t 1 moved stopped 2>&1) && die "moved is stopped"
expect "said" "lavavisorctl: moved: not stopped in time, it is running" "$said"

say "the walls of the prober"
if [ "$(uname)" = Linux ]; then
	expect "seccomp" on "$(ctl_json '.[] | select(.room == "prober") |
	    .mechanisms.seccomp' show sandbox)"
fi

say "it dies, and comes back when it is needed"
for _i in 1 2 3; do
	prober=$(room_pid prober)
	[ -n "$prober" ] || die "there is no prober"
	kill -KILL "$prober"
	prober_is_new() {
		_new=$(room_pid prober)
		[ -n "$_new" ] && [ "$_new" != null ] &&
		    [ "$_new" != "$prober" ]
	}
	wait_for 60 prober_is_new
done
expect "late" false "$(service late ready)"
ctl wait -t 1 late ready && die "late is ready"

say "one becomes well"
rm "$unwell"
ctl wait -t 60 late ready || die "late is not ready"
expect "reason of late" null "$(service late reason)"

say "a reload asks by the new rule"
fake_service moved "status 302" "ready: {check: http URL/, status: 302}"
ctl reload >/dev/null || die "reload"
ctl wait -t 60 moved ready || die "moved is not ready"

say "with nothing more to ask the prober goes"
for name in never refuses nomatch drip silent headers looked junk; do
	ctl stop "$name" >/dev/null || die "stop $name"
done
prober_is_gone() {
	[ -z "$(ctl_json '.[] | select(.room == "prober" or
	    .room == "prober-dialer") | .pid // empty' show sandbox)" ]
}
wait_for 60 prober_is_gone
stop_daemon
