# `lavavisor start' and `init --auto-start': the daemon in the foreground, or
# an order to the one that runs there.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
OUT=$REGRESS_DIR/start.out
world_start
mkdir "$REGRESS_DIR/h"
HOME=$REGRESS_DIR/h
export HOME
WORLD=$STATE
STATE=$HOME/.lavavisor

# foreground WORD...: lavavisor in the background of this shell, as DAEMON_PID.
foreground() {
	DAEMON_LOG=$REGRESS_DIR/daemon.log
	DAEMON_LOGS=$DAEMON_LOG
	"$SBIN/lavavisor" "$@" >"$DAEMON_LOG" 2>&1 </dev/null &
	DAEMON_PID=$!
	on_exit_end "$DAEMON_PID"
	wait_for 60 is_daemon
	wait_for 60 daemon_answers
}

# The process of this shell itself, not one that it has started for a while.
is_daemon() {
	alive "$DAEMON_PID" || die "lavavisor has ended"
	[ "$(cat "$STATE/run/lock")" = "$DAEMON_PID" ]
}

# refused CODE WORD ARGUMENT...
refused() {
	_want=$1
	_word=$2
	shift 2
	"$SBIN/lavavisor" "$@" >"$OUT" 2>&1 </dev/null
	_code=$?
	say "$*: $_code $(tail -n 1 "$OUT")"
	expect "exit code of $*: $(cat "$OUT")" "$_want" "$_code"
	grep -q -F -- "$_word" "$OUT" || die "no \"$_word\" in $(cat "$OUT")"
}

say "nothing is there: init first"
refused 1 "config.yml: \`lavavisor init' makes it" start
refused 1 "\`lavavisor init --directory $HOME/x' makes it" \
    start --directory "$HOME/x"
expect "what was made" "" "$(ls -A "$HOME")"

say "it is this very process that becomes the daemon, its log on the terminal"
mv "$WORLD" "$STATE"
foreground start --auto-download --chain-id lava-mainnet-1 --node "$CHAIN_URL"
upgraded_to 6.2.4
expect "pid" "$DAEMON_PID" "$(cat "$STATE/run/lock")"
has_line "$DAEMON_LOG" "service provider1: started" || die "no log"

say "where one runs, all are started"
refused 3 "runs for $STATE already" start
ctl stop provider1 >/dev/null || die "stop"
service_is provider1 state stopped || die "not stopped"
refused 0 "all services are started" start
wait_for 60 service_is provider1 ready true
expect "pid" "$DAEMON_PID" "$(cat "$STATE/run/lock")"

say "what start does not take; lavavisorctl's own start is another"
refused 1 "config.yml:1: chain-id is lava-mainnet-1" \
    start --chain-id lava-testnet-2
refused 1 "it names other nodes" start --node tcp://localhost:26657
refused 2 "\`lavavisorctl start provider1' starts one" start provider1
refused 2 "lavap's own option" start --from servicer1
refused 2 "did you mean --directory" start --directry x
refused 0 "usage: lavavisor start" start --help
ctl start provider1 >"$OUT" 2>&1
expect "lavavisorctl start: $(cat "$OUT")" 3 $?

say "^C ends it and its services"
kill -INT "$DAEMON_PID"
wait_for 60 gone "$DAEMON_PID"
wait "$DAEMON_PID"
expect "exit code" 0 $?
no_strays || die "services left: $(strays)"

say "init --auto-start goes on as it does; the new version is there first"
release_publish 6.2.5
chain_versions 6.2.5
foreground init --link none --auto-download --auto-start
expect "pid" "$DAEMON_PID" "$(cat "$STATE/run/lock")"
upgraded_to 6.2.5
has_line "$DAEMON_LOG" "v6.2.5 is installed: sha256" || die "not fetched first"
expect "fetched once" 1 "$(release_requests "v6.2.5/lavap-[^ ]*$RELEASE_ARCH ")"
stop_daemon

say "killed with its services left running: init does not touch them"
foreground start
world_at 6.2.5
kept=$(pids)
kill -KILL "$DAEMON_PID"
wait_for 60 gone "$DAEMON_PID"
# Its control room goes a moment later.
no_answer() {
	! ctl show services
}
wait_for 60 no_answer
refused 1 "runs without a lavavisord" init --link none --auto-download
foreground start
world_at 6.2.5
expect "services" "$kept" "$(pids)"

say "an idle daemon ends with its standard input"
stop_daemon
mkfifo life
"$SBIN/lavavisord" -d -I -D "$STATE" -L "$LIBEXEC" <life \
    >"$DAEMON_LOG" 2>&1 &
DAEMON_PID=$!
on_exit_end "$DAEMON_PID"
exec 9>life
wait_for 60 daemon_answers
service_is provider1 state stopped || die "it has started a service"
chain_versions 6.2.6
ctl upgrade prepare -n >"$OUT" 2>&1 || die "prepare: $(cat "$OUT")"
ctl -t 60 upgrade now >"$OUT" 2>&1
expect "upgrade now: $(cat "$OUT")" 1 $?
say "$(cat "$OUT")"
expect "version" 6.2.5 "$(readlink "$STATE/upgrades/current" | cut -c 2-)"
exec 9>&-
wait_for 60 gone "$DAEMON_PID"
wait "$DAEMON_PID"
expect "exit code" 0 $?
