#!/bin/sh
#
# Passphrases of keyrings: each start gets one, by crash, order, reexec and
# upgrade; nobody but the keeper has it; without the keeper nothing that runs is
# stopped.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

WORLD_SERVICES="provider1 consumer1"
KEYRING="file"
PASSPHRASE="the right one $$"
SERVICE="passphrase: fd 8"
SECRET=$REGRESS_DIR/secret
mkdir -m 700 "$SECRET"
printf '%s\n' "$PASSPHRASE" >"$SECRET/is"
world_start
sed -i 's/fd 8/fd 9/' "$STATE/services/provider1.yml"

all_ready() {
	services_all '.state == "running" and .ready'
}

# runs NAME: how often it was begun, by its own log
runs() {
	grep -c 'Process Started' "$STATE/services/logs/$1.log"
}

runs_are() {
	[ "$(runs "$1")" -eq "$2" ]
}

is_another() {
	_now=$(service "$1" pid)
	[ "$_now" != null ] && [ "$_now" != "$2" ] && all_ready
}

say "each is given its passphrase"
start_daemon 8<"$SECRET/is" 9<"$SECRET/is"
wait_for 60 all_ready
expect "runs of consumer1" 1 "$(runs consumer1)"
expect "held" held "$(ctl_json .passphrase.state show service consumer1)"
expect "proven" true "$(ctl_json .passphrase.proven show service consumer1)"
KEEPER=$(room_pid keeper)

say "nobody but the keeper has it"
pids=$(ctl_json '.[].pid' show sandbox)
"$PYTHON" "$TOP/regress/rooms/secret_search.py" "$SECRET/is" "$DAEMON_PID" \
    $pids >"$REGRESS_DIR/found"
cat "$REGRESS_DIR/found"
[ "$(wc -l <"$REGRESS_DIR/found")" -ge 7 ] || die "too few were searched"
if [ "$(id -u)" -eq 0 ]; then
	while read -r pid name count; do
		[ "$pid" != "$KEEPER" ] || continue
		expect "in the memory of $name" 0 "$count"
	done <"$REGRESS_DIR/found"
	grep -q "^$KEEPER keeper [1-9]" "$REGRESS_DIR/found" ||
	    die "the search does not find it where it is"
else
	while read -r pid name count; do
		[ "$count" = refused ] || expect "in $name" 0 "$count"
	done <"$REGRESS_DIR/found"
	grep -q "^$KEEPER keeper refused" "$REGRESS_DIR/found" ||
	    die "the memory of the keeper can be read"
fi
grep -q '^Max core file size *0 *0 ' "/proc/$KEEPER/limits" ||
    die "the keeper may dump core"
found=$(grep -rlaF -- "$PASSPHRASE" "$REGRESS_DIR" 2>/dev/null |
    grep -v "^$SECRET/is$" || :)
expect "files with it" "" "$found"

say "what a service did not ask for does not lie in its input"
for name in provider1 consumer1; do
	left=$("$PYTHON" -c 'import fcntl, sys, termios
print(int.from_bytes(fcntl.ioctl(open(sys.argv[1], "rb", 0),
    termios.FIONREAD, b"\0\0\0\0"), "little"))' \
	    "/proc/$(service $name pid)/fd/0" 2>/dev/null) || left=0
	expect "bytes in the input of $name" 0 "$left"
done

say "it comes back when it crashes, and by order"
pid=$(service consumer1 pid)
kill -KILL "$pid"
wait_for 60 is_another consumer1 "$pid"
expect "restart" 0 "$(ctl restart provider1 >/dev/null; echo $?)"
wait_for 60 all_ready

say "the keeper lives through a reexec, and so do they"
before=$(service provider1 pid),$(service consumer1 pid)
ctl reexec
wait_for 60 has_line "$DAEMON_LOG" "service consumer1.*: kept"
wait_for 60 all_ready
expect "the keeper" "$KEEPER" "$(room_pid keeper)"
expect "the services" "$before" \
    "$(service provider1 pid),$(service consumer1 pid)"
expect "held still" held "$(ctl_json .passphrase.state show service consumer1)"
pid=$(service consumer1 pid)
kill -KILL "$pid"
wait_for 60 is_another consumer1 "$pid"

say "an upgrade"
release_publish 6.2.5
chain_versions 6.2.5 6.2.5
wait_for 90 services_all '.version == "6.2.5" and .ready'
committed() {
	[ "$(ctl_json '.[0].outcome' show upgrades)" = committed ]
}
wait_for 60 committed

say "without the keeper they run on, and nothing stops them"
pid=$(service consumer1 pid)
other=$(service provider1 pid)
kill -KILL "$KEEPER"
locked_still() {
	service "$1" reason | grep -q '^locked: its passphrase is'
}
wait_for 60 locked_still consumer1
wait_for 60 locked_still provider1
expect "its state" running "$(service consumer1 state)"
ctl restart consumer1 >"$REGRESS_DIR/out" 2>&1 && die "it was restarted"
grep -q "could not be started again" "$REGRESS_DIR/out" ||
    die "why it is not restarted: $(cat "$REGRESS_DIR/out")"
ctl restart all >/dev/null 2>&1 && die "all were restarted"
release_publish 6.2.6
chain_versions 6.2.6 6.2.6
why_is_locked() {
	[ "$(ctl_json '[.services[].why] | unique | join(" ")' \
	    show versions)" = locked ]
}
wait_for 60 why_is_locked
expect "consumer1" "$pid" "$(service consumer1 pid)"
expect "provider1" "$other" "$(service provider1 pid)"

say "one that ends is locked, and is not tried"
count=$(runs consumer1)
kill -KILL "$pid"
wait_for 60 service_is consumer1 state locked
expect "check" 2 "$(ctl check >/dev/null 2>&1; echo $?)"
expect "start" 1 "$(ctl start consumer1 >/dev/null 2>&1; echo $?)"
expect "locked still" locked "$(service consumer1 state)"
expect "runs" "$count" "$(runs consumer1)"
expect "provider1" "$other" "$(service provider1 pid)"

say "and by reexec it stays so"
ctl reexec
reexecs_are() {
	[ "$(grep -c ' lavavisord [^ ]* started, pid' "$DAEMON_LOG")" -eq "$1" ]
}
wait_for 60 reexecs_are 3
wait_for 60 service_is consumer1 state locked
wait_for 60 locked_still provider1
expect "provider1" "$other" "$(service provider1 pid)"
expect "runs" "$count" "$(runs consumer1)"
stop_daemon
