# Orders about versions in the middle of things: a second one, a rollback, ^C,
# a hold; and the bar on a terminal.

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

PROBATION=5s
POLICY="  per-day: 9"
world_start
start_daemon
upgraded_to 6.2.4

say "rollback in the middle of a roll takes it back; a second one joins"
release_publish 6.2.8
events_mark
chain_versions 6.2.8
first_ready() {
	event_seen '.event == "roll" and .state == "ready" and
	    .version == "6.2.8"'
}
wait_for 60 first_ready
ctl upgrade rollback >second.out 2>&1 &
second=$!
expect "rollback" 0 "$(code upgrade rollback)"
wait "$second" || die "the second one: $(cat second.out)"
both_at 6.2.4
expect "outcome" rolled-back "$(ctl_json '.[0].outcome' show upgrades)"
expect "not marked" "" "$(bad_reason 6.2.8)"
expect "pins" "6.2.4 6.2.4" "$(ctl_json '.pins |
    "\(.provider.version) \(.consumer.version)"' show versions)"
PROBATION=1s
world_config
ctl reload >/dev/null || die "reload"

say "another version in the middle of a fetch: only that one"
release_publish 6.2.9
echo "location /v6.2.9/ { limit_rate 50k; }" >"$RELEASE/conf.d/slow.conf"
release_reload
events_mark
ctl upgrade to 6.2.9 >first.out 2>&1 &
first=$!
fetching() {
	[ "$(release_requests '/v6.2.9/sha256sum.txt.sig')" -gt 0 ]
}
wait_for 60 fetching
expect "to" 0 "$(code upgrade to 6.2.8)"
wait_for 30 gone "$first"
both_at 6.2.8
expect "rolled" 6.2.8 "$(events | jq -r 'select(.event == "commit").to' |
    xargs)"
rm "$RELEASE/conf.d/slow.conf"
release_reload

say "^C leaves it to itself"
release_publish 6.2.10
"$PYTHON" - "$SBIN/lavavisorctl" "$STATE" <<-'END' || die "^C"
	import signal, subprocess, sys
	p = subprocess.Popen([sys.argv[1], '--directory', sys.argv[2],
	    'upgrade', 'to', '6.2.10'], stdout=subprocess.PIPE,
	    stderr=subprocess.PIPE, text=True)
	p.stdout.readline()
	p.send_signal(signal.SIGINT)
	out, err = p.communicate(timeout=60)
	sys.exit(0 if p.returncode == 0 and 'detached' in err else
	    'exit %d: %s%s' % (p.returncode, out, err))
END
upgraded_to 6.2.10

say "on a terminal there is a bar"
"$PYTHON" - "$SBIN/lavavisorctl" "$STATE" >tty.out <<-'END' || die "tty"
	import os, pty, sys
	os.environ['TERM'] = 'xterm'
	code = pty.spawn([sys.argv[1], '--directory', sys.argv[2],
	    'upgrade', 'to', '6.2.9'])
	sys.exit(os.waitstatus_to_exitcode(code))
END
both_at 6.2.9
grep -q 'roll to 6.2.9 \[#*-*\] *[0-9]*% 1/2' tty.out ||
    die "no bar: $(cat -v tty.out)"
grep -q 'roll to 6.2.9 \[#*\] 100% 2/2' tty.out ||
    die "no full bar: $(cat -v tty.out)"

say "pin alone; hold wins over it"
expect "hold" 0 "$(code hold "an audit")"
expect "to, held" 1 "$(code upgrade to 6.2.10)"
said "held: resume first"
expect "pin, held" 0 "$(code pin 6.2.10)"
said "pinned to 6.2.10"
both_at 6.2.9
expect "hold" "by uid $(id -u): an audit" "$(ctl_json .hold.reason \
    show versions)"
expect "resume" 0 "$(code resume)"
said "the upgrade is done"
both_at 6.2.10

say "a pin of what cannot be had stops nothing"
kept=$(pids)
expect "to nowhere" 1 "$(code upgrade to 6.3.99)"
said "no such release\|404"
expect "services" "$kept" "$(pids)"
expect "why" no-release "$(why_of provider1 why)"
expect "pin back" 0 "$(code pin 6.2.10)"
stop_daemon
