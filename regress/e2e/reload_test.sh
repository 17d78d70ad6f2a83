#!/bin/sh
#
# A new configuration: what is the same runs on, the rest is restarted, added,
# removed; what is wrong changes nothing and is said to who asked.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
SLEEP='echo "${COLOUR:-none}" >colour
while :; do sleep 0.1; done'
for name in same policy changed leaves; do
	plain_service "$name" <<-END
	$SLEEP
	END
done
plain_config
start_daemon
plain_up

pid_of() {
	service "$1" pid
}

change() {
	plain_service policy "stop-grace: 7s
restart: never" <<-END
	$SLEEP
	END
	plain_service changed "env: {COLOUR: $1}" <<-END
	$SLEEP
	END
	PLAIN_SERVICES=
	for _name in same policy changed arrives; do
		[ "$_name" = arrives ] ||
		    PLAIN_SERVICES="$PLAIN_SERVICES $_name"
	done
	plain_service arrives <<-END
	$SLEEP
	END
	plain_config
}

say "nothing has changed"
ctl reload >"$REGRESS_DIR/out" 2>&1
expect "exit code" 3 $?
same=$(pid_of same)
policy=$(pid_of policy)
changed=$(pid_of changed)
leaves=$(pid_of leaves)

say "-n only says what would happen"
change red
ctl -j reload -n >"$REGRESS_DIR/out" || die "reload -n"
for want in "changed restarted" "leaves removed" "arrives added" \
    "policy changed"; do
	jq -e --arg s "${want% *}" --arg c "${want#* }" \
	    '.. | objects | select(.service == $s and .change == $c)' \
	    "$REGRESS_DIR/out" >/dev/null ||
	    die "not '$want' in: $(cat "$REGRESS_DIR/out")"
done
! grep -q '"same"' "$REGRESS_DIR/out" || die "same has changed"
expect "pid" "$changed" "$(pid_of changed)"
alive "$leaves" || die "reload -n has stopped a service"

say "reload does it"
ctl reload >"$REGRESS_DIR/out" || die "reload: $(cat "$REGRESS_DIR/out")"
settled() {
	[ "$(ctl_json '[.[].name] | sort | join(" ")' show services)" = \
	    "arrives changed policy same" ] &&
	    services_all '.state == "running"' &&
	    service_moved changed "$changed"
}
wait_for 30 settled
expect "pid of what is the same" "$same" "$(pid_of same)"
expect "pid of what has another policy" "$policy" "$(pid_of policy)"
gone "$leaves" || die "what was removed still runs"
colour_is() {
	[ "$(cat "$(home changed colour)")" = "$1" ]
}
wait_for 30 colour_is red

say "the policy is the new one"
kill -TERM "$policy"
wait_for 30 service_is policy state stopped
ctl start policy || die "start"
policy=$(pid_of policy)

say "SIGHUP is a reload"
changed=$(pid_of changed)
change blue
kill -HUP "$DAEMON_PID"
wait_for 30 settled
wait_for 30 colour_is blue
expect "pid of what is the same" "$same" "$(pid_of same)"
expect "pid" "$policy" "$(pid_of policy)"

say "what is wrong is refused to who asked"
changed=$(pid_of changed)
sed 's/blue/green/' "$STATE/services/changed.yml" >"$STATE/new"
cat "$STATE/new" >"$STATE/services/changed.yml"
echo "colour: red" >>"$STATE/services/same.yml"
line=$(grep -n colour: "$STATE/services/same.yml" | cut -d: -f1)
for option in -n ""; do
	# shellcheck disable=SC2086
	ctl reload $option >"$REGRESS_DIR/out" 2>&1
	expect "exit code of reload $option" 1 $?
	grep -q "services/same.yml:$line:[0-9]*: .*colour" \
	    "$REGRESS_DIR/out" ||
	    die "reload $option says: $(cat "$REGRESS_DIR/out")"
done
kill -HUP "$DAEMON_PID"
refused() {
	grep -q "reload refused.*services/same.yml:$line:" "$DAEMON_LOG"
}
wait_for 30 refused
expect "pid" "$changed" "$(pid_of changed)"
expect "pid" "$same" "$(pid_of same)"
alive "$DAEMON_PID" || die "the daemon has ended"

say "a service that left comes back"
sed "/^colour:/d" "$STATE/services/same.yml" >"$STATE/new"
cat "$STATE/new" >"$STATE/services/same.yml"
PLAIN_SERVICES="$PLAIN_SERVICES leaves"
plain_config
ctl reload >/dev/null || die "reload"
ctl wait -t 30 leaves running || die "it did not come back"
wait_for 30 colour_is green
expect "pid" "$same" "$(pid_of same)"

say "one that was stopped and left comes back stopped, and it is said"
with=$PLAIN_SERVICES
ctl stop leaves || die "stop"
PLAIN_SERVICES=${with% leaves}
plain_config
ctl reload >/dev/null || die "reload"
PLAIN_SERVICES=$with
plain_config
ctl reload >"$REGRESS_DIR/out" || die "reload"
grep -q 'leaves.*added.*`start`: it was stopped by an order' \
    "$REGRESS_DIR/out" || die "said: $(cat "$REGRESS_DIR/out")"
expect "state" stopped "$(service leaves state)"
ctl start leaves || die "start"

# foretold: `reload -n` and `reload` say the same.
foretold() {
	ctl -j reload -n >"$REGRESS_DIR/said" || die "reload -n"
	ctl -j reload >"$REGRESS_DIR/done" || die "reload"
	cmp "$REGRESS_DIR/said" "$REGRESS_DIR/done" ||
	    die "foretold: $(cat "$REGRESS_DIR/said"), done: \
$(cat "$REGRESS_DIR/done")"
}

says() {
	jq -e "$1" "$REGRESS_DIR/done" >/dev/null ||
	    die "not $1: $(cat "$REGRESS_DIR/done")"
}

say "what does not run is not restarted"
ctl stop changed >/dev/null || die "stop"
change yellow
PLAIN_SERVICES="$PLAIN_SERVICES leaves"
plain_config "policy: {settle: 3m}
sandbox: off"
foretold
says '.[] | select(.service == "changed" and .change == "changed")'
says '.[] | select(.change == "policy" and .service == null)'
says '.[] | select(.change == "sandbox" and (.needs | test("restart")))'
expect "state" stopped "$(service changed state)"
ctl start changed >/dev/null || die "start"
wait_for 30 colour_is yellow

say "sandbox goes on as it is, and is said until it does not"
foretold
says 'length == 1 and .[0].change == "sandbox"'
ctl show config | grep -q "^sandbox: auto" || die "it says it is in effect"
plain_config "policy: {settle: 3m}"

say "files that are half written"
changed=$(pid_of changed)
policy=$(pid_of policy)
ctl reload >/dev/null
cp "$STATE/services/changed.yml" "$STATE/whole"

# half WORD: refused in one line that names the file, nothing changes.
half() {
	for _option in -n ""; do
		# shellcheck disable=SC2086
		ctl reload $_option >"$REGRESS_DIR/out" 2>&1
		expect "half written ($1): exit code" 1 $?
		expect "half written ($1): lines" 1 \
		    "$(wc -l <"$REGRESS_DIR/out" | tr -d ' ')"
		grep -q "services/changed.yml" "$REGRESS_DIR/out" ||
		    die "half written ($1): $(cat "$REGRESS_DIR/out")"
	done
	expect "half written ($1): pids" "$same $changed $policy" \
	    "$(pid_of same) $(pid_of changed) $(pid_of policy)"
}

: >"$STATE/services/changed.yml"
half nothing
head -c 9 "$STATE/whole" >"$STATE/services/changed.yml"
half "9 bytes"
size=$(wc -c <"$STATE/whole" | tr -d ' ')
for cut in 20 40 60; do
	head -c $((size * cut / 100)) "$STATE/whole" \
	    >"$STATE/services/changed.yml"
	ctl reload -n >"$REGRESS_DIR/out" 2>&1 || [ $? -eq 1 ] ||
	    die "cut at $cut %: $(cat "$REGRESS_DIR/out")"
done
sed '/^env:/s/}$//' "$STATE/whole" >"$STATE/services/changed.yml"
half "an open bracket"
{ head -n 1 "$STATE/whole"; head -c 100 /dev/zero; } \
    >"$STATE/services/changed.yml"
half "zeros, as after a power cut"
{ cat "$STATE/whole"; cat "$STATE/whole"; } >"$STATE/services/changed.yml"
half twice
rm "$STATE/services/changed.yml"
half removed
mkdir "$STATE/services/changed.yml"
half "a directory"
rmdir "$STATE/services/changed.yml"
mkfifo "$STATE/services/changed.yml"
half "a fifo"
rm "$STATE/services/changed.yml"
cp "$STATE/whole" "$STATE/services/changed.yml"
chmod 666 "$STATE/services/changed.yml"
half "others may write to it"
chmod 644 "$STATE/services/changed.yml"
ctl reload >"$REGRESS_DIR/out" 2>&1
expect "whole again: exit code" 3 $?
expect "pids" "$same $changed" "$(pid_of same) $(pid_of changed)"
stop_daemon
