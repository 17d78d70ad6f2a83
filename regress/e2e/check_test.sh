# `check' as a monitoring plugin and as a probe, and `show service NAME'.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# checked CODE TEXT [ARGUMENT...]: its exit code and its line are so.
checked() {
	_want=$1
	_text=$2
	shift 2
	ctl check "$@" >"$REGRESS_DIR/said" 2>"$REGRESS_DIR/said.err"
	_code=$?
	[ "$_code" -eq "$_want" ] && has_line "$REGRESS_DIR/said" "$_text" &&
	    [ "$(wc -l <"$REGRESS_DIR/said")" -eq 1 ] &&
	    [ ! -s "$REGRESS_DIR/said.err" ]
}

# check CODE TEXT [ARGUMENT...]: and if not, the test has failed.
check() {
	checked "$@" || die "check: expected $1, \"$2\"; $_code, $(cat \
	    "$REGRESS_DIR/said" "$REGRESS_DIR/said.err")"
}

# label NAME LABEL: the value in `show service'
label() {
	ctl show service "$1" | sed -n "s/^$2: *//p"
}

POLICY="  auto: patch"
SERVICE="health: {check: tcp, interval: 1s}
backoff: 60s
arguments: [--token, hidden, '--log level=it''s']"
CONFIG=
STATE=$REGRESS_DIR/s
WORLD_SERVICES="provider1 consumer1"
check_no_daemon() {
	check 2 '^LAVAVISORD CRITICAL - no daemon answers at '
	expect "-j" CRITICAL "$(ctl -j check | jq -r .status)"
}
check_no_daemon
world_start
start_daemon
world_at 6.2.4
wait_for 60 idle

say "all is well"
wait_for 30 checked 0 '^LAVAVISORD OK - 2 of 2 services run, 2 are ready |'
for data in 'services=2;;;0 ' 'running=2;;;0;2 ' 'ready=2;;;0;2 ' \
    'restarts=0c;;;0 ' 'nodes=1;;;0 ' 'nodes_well=1;;;0;1 ' \
    'disk_free=[0-9]*B;;;0;[0-9]*$'; do
	has_line said "$data" || die "no $data: $(cat said)"
done
check 0 "^LAVAVISORD OK - 1 of 1 services run" provider1
check 0 "OK - 1 of 1" 'prov*'
expect "-j" "OK 0" "$(ctl -j check | jq -r '"\(.status) \(.problems)"')"

say "wrong words are unknown, not critical"
check 3 '^LAVAVISORD UNKNOWN - unknown option -x' -x
check 3 '^LAVAVISORD UNKNOWN - check takes \[NAME\], not "b"' a b
check 3 '^LAVAVISORD UNKNOWN - there is no service "provider2": did you' \
    provider2
ctl -s "$REGRESS_DIR/none" check >said
expect "no socket" 2 $?
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	setpriv --reuid 65534 --regid 65534 --clear-groups \
	    "$SBIN/lavavisorctl" --directory "$STATE" check >said
	expect "not allowed" 3 $?
	has_line said "UNKNOWN - not allowed" || die "$(cat said)"
fi

say "show service"
expect "state" running "$(label provider1 state)"
is_well() {
	[ "$(label provider1 health)" = ok ]
}
wait_for 30 is_well
expect "ready" yes "$(label provider1 ready)"
expect "pid" "$(service provider1 pid)" "$(label provider1 pid)"
expect "program" "$STATE/upgrades/v6.2.4/lavap" "$(label provider1 program)"
expect "sha256" "$(sed -n 's/^sha256 //p' "$STATE/upgrades/v6.2.4/manifest")" \
    "$(label provider1 sha256)"
expect "directory" "$REGRESS_DIR/home/provider1" \
    "$(label provider1 directory)"
expect "log" "$STATE/services/logs/provider1.log" "$(label provider1 log)"
label provider1 command >said
has_line said "^lavap rpcprovider provider1.yml --from servicer1 " ||
    die "$(cat said)"
has_line said "--token MASKED '--log level=it'.''s'$" || die "$(cat said)"
expect "definition" "1m 5s" "$(ctl_json '.definition |
    "\(.backoff) \(.["stop-grace"])"' show service provider1)"
ctl -j show service provider1 | grep -q hidden && die "a secret is shown"
expect "members" "" "$(ctl_json '["wanted", "started", "next_start",
    "failures", "restart_pending", "exits", "command", "program", "sha256",
    "how", "key", "installed", "ready_after_ms", "ready_error",
    "health_error", "user", "group", "directory", "log", "file",
    "definition", "name", "role", "state", "pid", "version", "restarts",
    "since", "exit", "ready", "health", "reason", "output_lost"] - keys |
    join(" ")' show service provider1)"
expect "several" 1 "$(ctl show service '*1' >said 2>&1; echo $?)"
has_line said "more than one service" || die "$(cat said)"

say "examples of the manual for who only looks"
sed -n 's/^\.Dl \$ lavavisorctl //p' "$TOP/man/lavavisorctl.8" |
    sed 's/provider1-ETH1/provider1/g' >examples
grep -q "show service provider1" examples || die "$(cat examples)"
while IFS= read -r line; do
	case $line in
	--directory*)	continue ;;
	esac
	eval "ctl $line" >said 2>&1 </dev/null ||
	    die "lavavisorctl $line: $(cat said)"
	[ -s said ] || case $line in
	wait*)	;;
	*)	die "lavavisorctl $line says nothing" ;;
	esac
done <examples

say "down, and should be up"
# One that had been up a second is started again at once.
killed_down() {
	_pid=$(service provider1 pid)
	[ "$_pid" = null ] || kill -KILL "$_pid"
	service_is provider1 state backoff
}
wait_for 30 killed_down
check 2 "^LAVAVISORD CRITICAL - provider1 waits for another start"
check 2 "^LAVAVISORD CRITICAL - provider1 is backoff" provider1
check 0 "^LAVAVISORD OK" consumer1
expect "exit" "9" "$(ctl_json '.exits[0].exit.signal' show service \
    provider1)"
ctl show service provider1 | grep -q '^    ended .*exit signal 9$' ||
    die "no exit: $(ctl show service provider1)"
[ -n "$(ctl_json '.next_start // ""' show service provider1)" ] ||
    die "no next start"

say "stopped by an order is as it should be, but not ready"
ctl stop provider1 || die "stop"
check 0 "1 of 2 services run, 1 are ready, the others are stopped"
check 2 "provider1 is stopped" provider1
ctl start provider1 || die "start"
wait_for 30 checked 0 "^LAVAVISORD OK - 2 of 2"

say "a target that waits for approval"
release_publish 7.0.0
chain_versions 7.0.0
wait_for 30 checked 1 "^LAVAVISORD WARNING - provider services: approval"
chain_versions 7.0.0 7.0.0
wait_for 30 checked 2 "^LAVAVISORD CRITICAL - .* below the chain's min"
chain_versions 6.2.4
wait_for 30 checked 0 "^LAVAVISORD OK"

say "nodes that do not answer"
chain_mode down
wait_for 30 checked 1 "^LAVAVISORD WARNING - nodes"
chain_mode normal
wait_for 60 checked 0 "^LAVAVISORD OK"

stop_daemon
check_no_daemon
