#!/bin/sh
#
# Nothing that runs is stopped before it is known that it could be started
# again: while its passphrase is still being read, and when a new definition
# asks for one.  And what is said of services that are locked.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

KEYRING="file"
PASSPHRASE="right pass 1"
WORLD_SERVICES="provider1 consumer1 consumer2"
world_start
echo "$PASSPHRASE" >right

# provider1 has it from a command, which can be made to wait, or to fail.
cat >give <<END
#!/bin/sh
while [ -e $REGRESS_DIR/waits ]; do sleep 0.1; done
[ ! -e $REGRESS_DIR/fails ] || exit 7
cat $REGRESS_DIR/right
END
chmod 755 give
echo "passphrase: command $REGRESS_DIR/give" >>"$STATE/services/provider1.yml"
echo "passphrase: prompt" >>"$STATE/services/consumer2.yml"

# becomes NAME KEYRING-BACKEND: with `passphrase: prompt' unless it is `test'
becomes() {
	sed "s/^keyring-backend:.*/keyring-backend: $2/; /^passphrase:/d" \
	    "$STATE/services/$1.yml" >new
	[ "$2" = test ] || echo "passphrase: prompt" >>new
	cat new >"$STATE/services/$1.yml"
}
becomes consumer1 test

is_locked() {
	[ "$(ctl_json .passphrase.state show service "$1")" = locked ]
}

is_other() {
	services_all "(.name != \"$1\") or (.pid != null and .pid != $2 and
	    .ready == true)"
}

secret_is() {
	[ "$(ctl_json .passphrase.state show service provider1)" = "$1" ]
}

keeper_dies() {
	kill -KILL "$(room_pid keeper)"
}

# unlocks NAME
unlocks() {
	ctl unlock --stdin "$1" <right >out 2>&1 || die "$(cat out)"
}

start_daemon
ctl wait -t 90 provider1 ready >out 2>&1 || die "$(cat out)"
ctl wait -t 90 consumer1 ready >out 2>&1 || die "$(cat out)"
wait_for 60 is_locked consumer2

say "stopped while it is locked: nothing is in its way"
ctl stop consumer2 || die "stop"
expect "state" stopped "$(service consumer2 state)"
expect "reason" null "$(service consumer2 reason)"
unlocks all
expect "state" stopped "$(service consumer2 state)"
ctl start consumer2 || die "start"
ctl wait -t 90 consumer2 ready >out 2>&1 || die "$(cat out)"

say "no restart while it is being read, which fails then"
pid=$(service provider1 pid)
: >waits
keeper_dies
wait_for 60 secret_is "being read"
ctl restart provider1 >out 2>&1
expect "exit code" 1 $?
has_line out "its passphrase is being read" || die "$(cat out)"
: >fails
rm waits
wait_for 60 secret_is locked
expect "pid" "$pid" "$(service provider1 pid)"

say "no upgrade either, until it is there"
: >waits
rm fails
ctl unlock --again provider1 >out 2>&1 &
again=$!
wait_for 60 secret_is "being read"
unlocks consumer2
ctl lock consumer2 >out || die "$(cat out)"
locked=$(service consumer2 pid)
release_publish 6.2.5
chain_versions 6.2.5
wait_for 90 service_is consumer1 version 6.2.5
wait_for 60 has_line "$DAEMON_LOG" \
    '"provider1","state":"waiting","reason":"its passphrase is being read"'
expect "pid" "$pid" "$(service provider1 pid)"
rm waits
wait $again
expect "exit code of unlock" 0 $?
wait_for 90 service_is provider1 version 6.2.5

say "one that is locked is behind, and the role says so"
role_says() {
	ctl show upgrades | grep -q "^consumer services: locked: consumer2 "
}
wait_for 60 role_says
expect "pid" "$locked" "$(service consumer2 pid)"
unlocks consumer2
wait_for 90 world_is_at 6.2.5

say "a new definition that asks for one stops nothing"
pid=$(service consumer1 pid)
becomes consumer1 file
ctl reload >out 2>&1 || die "$(cat out)"
has_line out "consumer1 *changed *.unlock consumer1" || die "$(cat out)"
wait_for 60 is_locked consumer1
expect "pid" "$pid" "$(service consumer1 pid)"
unlocks consumer1
wait_for 90 is_other consumer1 "$pid"

say "one that asks for none any more ends the wait"
pid=$(service consumer1 pid)
ctl lock consumer1 >out || die "$(cat out)"
becomes consumer1 test
ctl reload >out 2>&1 || die "$(cat out)"
wait_for 90 is_other consumer1 "$pid"
stop_daemon
