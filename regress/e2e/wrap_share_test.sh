#!/bin/sh
#
# `lavavisor wrap' of lavap: two on one directory, upgraded in place.  What one
# has fetched the other takes, and a holder of the lock that is dead frees it.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

PROBATION=0s
world_start
SHARED=$STATE
DAEMON_LOGS=

# wrapped NAME COMMAND: of lavap, on the world's config; sets NAME.pid.
wrapped() {
	mkdir -p "$REGRESS_DIR/work/$1/config"
	cp "$SHARED/services/service_configs/$1.yml" \
	    "$REGRESS_DIR/work/$1/config"
	(cd "$REGRESS_DIR/work/$1" && exec "$SBIN/lavavisor" wrap \
	    --directory "$SHARED" --auto-download --cmd "lavap $2 $1.yml \
	    --from 'servicer1' --geolocation 1 --keyring-backend test" \
	    --chain-id lava-mainnet-1 --node "$CHAIN_URL" --ready \
	    "tcp 127.0.0.1:$(service_port "$1")") \
	    >"$1.out" 2>"$1.err" </dev/null &
	echo $! >"$1.pid"
	on_exit_end $!
	DAEMON_LOGS="$DAEMON_LOGS $REGRESS_DIR/$1.err"
}

both_at() {
	for _s in $WORLD_SERVICES; do
		STATE=$SHARED/wrap/$_s
		alive "$(cat "$_s.pid")" || die "$_s has ended"
		[ "$(service_version "$_s")" = "$1" ] || return 1
		services_all ".state == \"running\" and .version == \"$1\"
		    and .ready == true" || return 1
		[ "$(ctl_json 'all(.[]; .ended != null)' \
		    show upgrades)" = true ] || return 1
	done
}

# fetched VERSION: how often
fetched() {
	grep -c "GET /v$1/lavap-v$1-" "$RELEASE/access.log"
}

# How often one found what the other had installed
found() {
	cat ./*.err | grep -c "v$1: another lavavisord has installed it"
}

say "the first start of both at once"
wrapped provider1 rpcprovider
wrapped consumer1 rpcconsumer
wait_for 90 both_at 6.2.4
expect "downloads of 6.2.4" 1 "$(fetched 6.2.4)"
expect "times it was found" 1 "$(found 6.2.4)"

say "an upgrade in place"
release_publish 6.2.5
chain_versions 6.2.5
wait_for 90 both_at 6.2.5
expect "downloads of 6.2.5" 1 "$(fetched 6.2.5)"
expect "times it was found" 1 "$(found 6.2.5)"

say "the lock is of one that dies"
release_publish 6.2.6
"$PYTHON" -c 'import fcntl, sys, time
f = open(sys.argv[1], "r+")
fcntl.lockf(f, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)' "$SHARED/wrap/lock" >holder.out &
holder=$!
on_exit_end "$holder"
wait_for 60 has_line holder.out held
chain_versions 6.2.6
for _s in $WORLD_SERVICES; do
	wait_for 60 has_line "$_s.err" "v6.2.6: another lavavisord fetches"
done
expect "downloads of 6.2.6 meanwhile" 0 "$(fetched 6.2.6)"
kill -KILL "$holder"
wait_for 90 both_at 6.2.6
expect "downloads of 6.2.6" 1 "$(fetched 6.2.6)"
expect "times it was found" 1 "$(found 6.2.6)"

say "each has its own end"
for _s in $WORLD_SERVICES; do
	_pid=$(cat "$_s.pid")
	kill -TERM "$_pid"
	wait_for 60 gone "$_pid"
	wait "$_pid"
	expect "exit code of $_s" 0 $?
done
no_strays || die "processes left: $(strays)"
