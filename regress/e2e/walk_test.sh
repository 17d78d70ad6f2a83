#!/bin/sh
#
# The walk of LavaVisor's documentation, step by step, as its readers type it:
# a chain, init, three services, a look at the files, start, a proposal that
# passes, and what is said and seen of it.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

say "1. a node of a running chain"
need jq curl openssl
OWN=$REGRESS_DIR/ubuntu
HOME=$OWN
LAVAVISOR=$SBIN/lavavisor
STATE=$OWN/.lavavisor
export HOME
mkdir -p "$OWN/config" "$STATE"
chmod 755 "$OWN" "$STATE"
# Root has others run the services: who called sudo(8).
if [ "$(id -u)" -eq 0 ]; then
	sh "$TOP/etc/accounts.sh"
	SUDO_USER=nobody
	export SUDO_USER
fi
release_start
chain_start chain '{"chain_id": "lava"}'
release_publish 0.22.0
chain_versions 0.22.0 0.22.0
# Where an operator says where releases come from, and that on a chain of his
# own nothing is waited for.
cat >"$STATE/config.yml" <<END
chain-id: lava
nodes:
  - url: $CHAIN_URL
ca-file: $RELEASE_CA
poll-interval: 1s
policy:
  settle: 0s
  splay: 0s
  probation: 1s
releases:
  trust: signed
  sources: ["$RELEASE_SOURCE"]
  keys: [$RELEASE_SIGNIFY_PUB]
  ca-file: $RELEASE_CA

services:
END

say "2. lavavisor init --auto-download"
# The link to lavap would go to /usr/local/bin for root.
mkdir "$OWN/bin"
"$LAVAVISOR" init --auto-download --link "$OWN/bin" \
    >"$REGRESS_DIR/init" 2>&1 </dev/null ||
    die "init: $? $(cat "$REGRESS_DIR/init")"
expect "current" v0.22.0 "$(readlink "$STATE/upgrades/current")"
expect "lavap" 0.22.0 "$("$OWN/bin/lavap" version)"

say "3. three services"
# config NAME KIND CHAIN
config() {
	free_port >"$REGRESS_DIR/$1.port"
	_port=$(cat "$REGRESS_DIR/$1.port")
	{
		echo "# fake: listen-ms 100"
		echo "endpoints:"
		echo "  - api-interface: jsonrpc"
		echo "    chain-id: $3"
		if [ "$2" = provider ]; then
			echo "    network-address:"
			echo "      address: 127.0.0.1:$_port"
			echo "    node-urls:"
			echo "      - url: wss://user:secret@node.example/ws/"
		else
			echo "    network-address: 127.0.0.1:$_port"
			echo "metrics-listen-address: \":7779\""
		fi
	} >"$OWN/config/$1.yml"
}
config consumer-ETH1 consumer ETH1
config provider1-ETH1 provider ETH1
config provider1-LAV1 provider LAV1
create() {
	"$LAVAVISOR" create-service "$@" --log_level info \
	    --keyring-backend test --chain-id lava --node "$CHAIN_URL" \
	    >"$REGRESS_DIR/create" 2>&1 ||
	    die "create-service $*: $? $(cat "$REGRESS_DIR/create")"
}
create consumer "$OWN/config/consumer-ETH1.yml" --geolocation 1 --from user1
create provider "$OWN/config/provider1-ETH1.yml" --geolocation 1 \
    --from servicer1
create provider "$OWN/config/provider1-LAV1.yml" --geolocation 1 \
    --from servicer2

say "4. the directory and config.yml"
expect "the list" "  - consumer-ETH1
  - provider1-ETH1
  - provider1-LAV1" "$(sed -n '/^services:/,$p' "$STATE/config.yml" |
    tail -n +2 | sed 's/  *$//')"

say "5. the copied configurations"
for name in consumer-ETH1 provider1-ETH1 provider1-LAV1; do
	cmp "$OWN/config/$name.yml" \
	    "$STATE/services/service_configs/$name.yml" || die "$name differs"
	expect "mode of $name.yml" 640 "$(stat -c %a \
	    "$STATE/services/service_configs/$name.yml" 2>/dev/null ||
	    stat -f %Lp "$STATE/services/service_configs/$name.yml")"
done

say "6. lavavisor start"
"$LAVAVISOR" start >"$REGRESS_DIR/start" 2>&1 </dev/null &
DAEMON_PID=$!
on_exit_end "$DAEMON_PID"
DAEMON_LOG=$REGRESS_DIR/start
DAEMON_LOGS=$DAEMON_LOG
wait_for 60 daemon_answers
wait_for 60 world_is_at 0.22.0
expect "services" 3 "$(ctl_json length show services)"
for name in consumer-ETH1 provider1-ETH1 provider1-LAV1; do
	expect "$name answers as" 0.22.0 "$(service_version "$name")"
done
before=$(ctl_json '.[] | "\(.name) \(.pid)"' show services)

say "7. a proposal: 0.23.2, at least 0.22.0"
release_publish 0.23.2
chain_versions 0.23.2 0.22.0

say "8. it is detected, all are restarted, and it is said to be successful"
wait_for 90 world_is_at 0.23.2
wait_for 60 grep -q "upgrade successful: " "$DAEMON_LOG"
grep -q "update detected: .*0\.23\.2" "$DAEMON_LOG" ||
    die "no \"update detected\" in the log"
expect "current" v0.23.2 "$(readlink "$STATE/upgrades/current")"
for name in consumer-ETH1 provider1-ETH1 provider1-LAV1; do
	expect "$name answers as" 0.23.2 "$(service_version "$name")"
	! echo "$before" | grep -q -x "$name $(service "$name" pid)" ||
	    die "$name was not restarted"
done
grep -q secret "$DAEMON_LOG" && die "the log has a password"

say "once more: start, with a daemon that runs, and create-service"
"$LAVAVISOR" start >"$REGRESS_DIR/again" 2>&1 </dev/null
expect "nothing to do" 3 $?
create consumer "$OWN/config/consumer-ETH1.yml" --geolocation 1 --from user1
expect "services" 3 "$(ctl_json length show services)"
stop_daemon
