# A world for a daemon to live in: a simulated chain, a release server and a
# state directory with one provider and one consumer.
#
#	. "${TOP:-.}/regress/lib.sh"
#	. "$TOP/regress/e2e/world.sh"
#	world_start
#	start_daemon
#	chain_versions 6.2.5
#
# Before world_start a test may set TRUST (checksum, signed, pinned),
# RELEASE_KEYS (paths, with commas), POLICY
# (more lines of `policy:`, indented), CONFIG (more lines of config.yml),
# SERVICE (more lines of each services/NAME.yml), CHAIN_TLS=1,
# FAKE (behaviours of the fake lavap, by its config), CHAIN_NODES (nodes of the
# simulated chain, each of its own operator op1, op2 ...), OPERATORS (their
# names instead), KEYRING (test, file or os) and PASSPHRASE (of the keyring that
# is then made for each service, in the `.lava` of its HOME).

. "$TOP/regress/world/release.sh"
. "$TOP/regress/e2e/keyring.sh"

TRUST=${TRUST:-signed}
VECTORS=$TOP/regress/vectors/lava-node/01-before
FAKE=${FAKE:-listen-ms 100}

# chain_start [NAME [JSON]]: a node; the first is `chain`.  Sets CHAIN_URL of
# the last one started.
chain_start() {
	_node=${1:-chain}
	_set=${2:-'{"chain_id": "lava-mainnet-1"}'}
	_dir=$REGRESS_DIR/$_node
	mkdir -p "$_dir"
	rm -f "$_dir/control-port"
	set -- --vectors "$VECTORS" --state "$_dir" --set "$_set" \
	    --nodes "${CHAIN_NODES:-1}"
	_scheme=http
	if [ -n "${CHAIN_TLS:-}" ]; then
		set -- "$@" --tls "$RELEASE/tls/server.pem" \
		    "$RELEASE/tls/server.key"
		_scheme=https
	fi
	"$PYTHON" "$TOP/regress/world/chain_sim.py" "$@" \
	    >"$_dir/log" 2>&1 &
	on_exit_end $!
	wait_for 60 test -f "$_dir/control-port"
	CHAIN_URL=$_scheme://localhost:$(cat "$_dir/port")
}

# chain_url N: the N-th node of `chain`, from 1.
chain_url() {
	case $1 in
	1)	echo "${CHAIN_URL%:*}:$(cat "$REGRESS_DIR/chain/port")" ;;
	*)	echo "${CHAIN_URL%:*}:$(cat "$REGRESS_DIR/chain/port-$1")" ;;
	esac
}

chain_control() {
	echo "http://127.0.0.1:$(cat "$REGRESS_DIR/$1/control-port")/"
}

# chain_set JSON [NAME]; see chain_sim.py for what can be set.
chain_set() {
	fetch -f -o /dev/null -d "$1" "$(chain_control "${2:-chain}")" ||
	    die "the simulated chain refuses $1"
}

chain_mode() {
	chain_set "{\"mode\": \"$1\"}" "${2:-chain}"
}

# chain_versions TARGET [MIN [CONSUMER_TARGET [CONSUMER_MIN]]]
chain_versions() {
	_min=${2:-6.2.4}
	chain_set "{\"versions\": [\"$1\", \"$_min\", \"${3:-$1}\", \
\"${4:-$_min}\"]}"
}

# chain_state FILTER [NAME]
chain_state() {
	fetch "$(chain_control "${2:-chain}")" | jq -r "$1"
}

# The accounts the services run as: as root not root.
world_accounts() {
	if [ "$(id -u)" -eq 0 ]; then
		sh "$TOP/etc/accounts.sh"
		WORLD_USER=nobody
		WORLD_GROUP=$(id -gn nobody)
	else
		WORLD_USER=
	fi
}

world_nodes() {
	if [ -n "${WORLD_NODE:-}" ]; then
		echo "  - {url: $WORLD_NODE, operator: regress}"
		return
	fi
	_n=0
	while [ "$_n" -lt "${CHAIN_NODES:-1}" ]; do
		_n=$((_n + 1))
		_op=$(echo "${OPERATORS:-}" | cut -d ' ' -f "$_n")
		echo "  - {url: $(chain_url "$_n"), operator: ${_op:-op$_n}}"
	done
}

world_config() {
	cat >"$STATE/config.yml" <<-END
	chain-id: lava-mainnet-1
	nodes:
	$(world_nodes)
	ca-file: $RELEASE_CA
	poll-interval: 1s
	sandbox: auto
	policy:
	  settle: 0s
	  splay: 0s
	  probation: ${PROBATION:-1s}
	${POLICY:-}
	releases:
	  trust: $TRUST
	  sources: ["$RELEASE_SOURCE"]
	  keys: [${RELEASE_KEYS:-$RELEASE_SIGNIFY_PUB}]
	  ca-file: $RELEASE_CA
	${RELEASES:-}
	${CONFIG:-}
	services:
	$(for _s in $WORLD_SERVICES; do echo "  - $_s"; done)
	END
}

# world_service NAME ROLE [BEHAVIOURS]: writes its definition and its config,
# and sets its port in $REGRESS_DIR/NAME.port.
world_service() {
	_home=$REGRESS_DIR/home/$1
	mkdir -p "$_home" "$STATE/services/service_configs"
	[ -z "$WORLD_USER" ] || chown "$WORLD_USER:$WORLD_GROUP" "$_home"
	[ -z "${PASSPHRASE:-}" ] ||
	    keyring_make "$_home/.lava" "$PASSPHRASE" "${KEYRING:-test}"
	_port=$(free_port)
	echo "$_port" >"$REGRESS_DIR/$1.port"
	{
		echo "# fake: ${3:-$FAKE}"
		echo "endpoints:"
		echo "  - api-interface: jsonrpc"
		echo "    chain-id: ETH1"
		if [ "$2" = provider ]; then
			echo "    network-address:"
			echo "      address: \"127.0.0.1:$_port\""
			echo "    node-urls:"
			echo "      - url: http://127.0.0.1:1"
		else
			echo "    network-address: 127.0.0.1:$_port"
		fi
	} >"$STATE/services/service_configs/$1.yml"
	cat >"$STATE/services/$1.yml" <<-END
	role: $2
	config: $1.yml
	from: servicer1
	geolocation: 1
	keyring-backend: ${KEYRING:-test}
	node: $CHAIN_URL
	directory: $_home
	env: {HOME: $_home}
	$([ -z "$WORLD_USER" ] || echo "user: $WORLD_USER")
	$([ -z "$WORLD_USER" ] || echo "group: $WORLD_GROUP")
	stop-grace: 5s
	ready: tcp
	${SERVICE:-}
	END
	chmod 644 "$STATE/services/$1.yml"
}

service_port() {
	cat "$REGRESS_DIR/$1.port"
}

# What a service answers: its version, its pid.
service_version() {
	fetch "http://127.0.0.1:$(service_port "$1")/" |
	    sed -n 's/^version //p'
}

# world_start: everything but the daemon.  6.2.4 is published and on chain.
world_start() {
	need jq curl openssl
	STATE=$REGRESS_DIR/s
	WORLD_SERVICES=${WORLD_SERVICES:-"provider1 consumer1"}
	mkdir -p "$STATE"
	chmod 755 "$STATE"
	world_accounts
	release_start
	chain_start
	release_publish 6.2.4
	for _name in $WORLD_SERVICES; do
		world_service "$_name" "${_name%%[0-9]*}"
	done
	world_config
}

# Every service runs this version and is ready.
world_is_at() {
	services_all \
	    ".state == \"running\" and .version == \"$1\" and .ready == true"
}

world_at() {
	wait_for 90 world_is_at "$1"
}
