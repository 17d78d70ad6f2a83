#!/bin/sh
#
# lavavisor create-service and remove-service: the documentation's own lines
# as typed, what they leave, and that nothing is changed by what is refused.

. "${TOP:-.}/regress/lib.sh"

need jq
LAVAVISOR=$SBIN/lavavisor
HOME=$REGRESS_DIR
export HOME
unset SUDO_USER
STATE=$HOME/.lavavisor
MAIN=$STATE/config.yml
OUT=$REGRESS_DIR/out
USERS=
RUNS_AS=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
	sh "$TOP/etc/accounts.sh"
	RUNS_AS=nobody
	USERS="--user nobody"
fi
mkdir -p "$STATE" "$REGRESS_DIR/config" "$REGRESS_DIR/work"
cd "$REGRESS_DIR/work" || exit 1

main() {
	cat >"$MAIN" <<-END
	# by hand
	nodes: [http://127.0.0.1:1]
	services:   # these
	END
}

provider() {
	cat <<-END
	endpoints:
	  - api-interface: jsonrpc
	    chain-id: ${1:-ETH1}
	    network-address:
	      address: 127.0.0.1:$(free_port)
	    node-urls:
	      - url: wss://kololo8ex9:s3cret@node.example/eth/ws/
	END
}

consumer() {
	cat <<-END
	endpoints:
	    - chain-id: ETH1
	      api-interface: jsonrpc
	      network-address: 127.0.0.1:$(free_port)
	metrics-listen-address: ":7779"
	END
}

# Everything below the directory, with modes and what is in it.
picture() {
	(cd "$STATE" && find . -path ./run -prune -o -type f \
	    -exec ls -ln {} + | awk '{ print $1, $3, $4, $NF }'
	cd "$STATE" && find . -path ./run -prune -o -type f -exec cksum {} +)
}

# run CODE WHAT COMMAND...: with what it says in $OUT
run() {
	_want=$1
	_what=$2
	shift 2
	"$@" >"$OUT" 2>&1 </dev/null
	_have=$?
	[ "$_have" -eq "$_want" ] ||
	    die "$_what: exit code $_have, not $_want: $(cat "$OUT")"
}

# refused CODE PATTERN COMMAND...: one line, and nothing is changed
refused() {
	_code=$1
	_pattern=$2
	shift 2
	picture >"$REGRESS_DIR/before"
	run "$_code" "$*" "$@"
	grep -Eq -- "$_pattern" "$OUT" || die "$*: $(cat "$OUT")"
	expect "lines of $*" 1 "$(wc -l <"$OUT" | tr -d ' ')"
	picture >"$REGRESS_DIR/after"
	cmp -s "$REGRESS_DIR/before" "$REGRESS_DIR/after" ||
	    die "$*: changed $(diff "$REGRESS_DIR/before" \
	    "$REGRESS_DIR/after")"
}

create() {
	# shellcheck disable=SC2086
	"$LAVAVISOR" create-service $USERS "$@"
}

names() {
	sed -n 's/^  - //p' "$MAIN" | tr '\n' ' '
}

say "the documentation's walk"
consumer >"$REGRESS_DIR/config/consumer-ETH1.yml"
provider >"$REGRESS_DIR/config/provider1-ETH1.yml"
provider LAV1 >"$REGRESS_DIR/config/provider1-LAV1.yml"
C=$REGRESS_DIR/config
refused 1 "there is no $MAIN: .lavavisor init' makes it" create provider \
    "$C/provider1-ETH1.yml" --geolocation 1 --from user
main
run 0 consumer create consumer "$C/consumer-ETH1.yml" --geolocation 1 \
    --from user1 --log_level info --keyring-backend test --chain-id lava \
    --node http://127.0.0.1:26657
run 0 provider create provider "$C/provider1-ETH1.yml" --geolocation 1 \
    --from servicer1 --log_level info --keyring-backend test --chain-id lava \
    --node http://127.0.0.1:26657
grep -q "^provider1-ETH1: a provider of ETH1 jsonrpc on 127.0.0.1:.*as user \
$RUNS_AS" "$OUT" || die "it says: $(cat "$OUT")"
grep -q "note: there is no key \"servicer1\" in .*/.lava/keyring-test yet" \
    "$OUT" || die "it says: $(cat "$OUT")"
grep -q "^next: lavavisor start$" "$OUT" || die "it says: $(cat "$OUT")"
! grep -q s3cret "$OUT" || die "it tells a password"
run 0 provider create provider "$C/provider1-LAV1.yml" --geolocation 1 \
    --from servicer2 --log_level info --keyring-backend test --chain-id lava \
    --node http://127.0.0.1:26657
expect "config.yml" "# by hand
nodes: [http://127.0.0.1:1]
services:   # these
  - consumer-ETH1
  - provider1-ETH1
  - provider1-LAV1" "$(cat "$MAIN")"
cmp "$C/provider1-ETH1.yml" \
    "$STATE/services/service_configs/provider1-ETH1.yml" || die "no copy"
expect "mode of the copy" "-rw-r-----" "$(find \
    "$STATE/services/service_configs/provider1-ETH1.yml" -ls |
    awk '{ print $3 }')"
if [ "$(id -u)" -eq 0 ]; then
	expect "group of the copy" "root $(id -gn nobody)" "$(find \
	    "$STATE/services/service_configs/provider1-ETH1.yml" -ls |
	    awk '{ print $5, $6 }')"
fi
expect "service" "role: provider
config: provider1-ETH1.yml
from: servicer1
geolocation: 1
chain-id: lava
keyring-backend: test
node: http://127.0.0.1:26657
arguments: [\"--log_level\", info]" "$(grep -v -e '^#' -e '^user: nobody$' \
    "$STATE/services/provider1-ETH1.yml")"

say "the same once more"
picture >"$REGRESS_DIR/before"
run 0 "the same" create provider "$C/provider1-ETH1.yml" --geolocation=1 \
    --from servicer1 --log-level info --keyring-backend test --chain-id lava \
    --node http://127.0.0.1:26657
grep -q "provider1-ETH1: it is all there already" "$OUT" ||
    die "it says: $(cat "$OUT")"
picture >"$REGRESS_DIR/after"
cmp "$REGRESS_DIR/before" "$REGRESS_DIR/after" || die "something changed"

say "./config for both"
provider >config.yml
run 0 ./config create provider ./config --geolocation 1 --from user \
    --log_level warn --create-link
grep -q "note: --create-link is not needed" "$OUT" ||
    die "it says: $(cat "$OUT")"
consumer >config.yml
run 0 ./config create consumer ./config --geolocation 1 --from user2 \
    --log_level info
expect "services" "consumer-ETH1 provider1-ETH1 provider1-LAV1 config \
config-consumer " "$(names)"
run 0 "./config again" create consumer ./config --geolocation 1 \
    --from user2 --log_level info
grep -q "config-consumer: it is all there" "$OUT" || die "$(cat "$OUT")"

say "lavap's own arguments"
run 0 rest create consumer ./config --name rest --geolocation 2 --from a \
    --parallel-connections 10 -- --fees "5 ulava" --cors-origin '*'
# shellcheck disable=SC2016
grep -q '^arguments: \["--parallel-connections", "10", "--fees", "5 ulava", '\
'"--cors-origin", "\*"\]$' "$STATE/services/rest.yml" ||
    die "$(cat "$STATE/services/rest.yml")"

grep -q "^note: config-consumer listens on 127.0.0.1:.* as well" "$OUT" ||
    die "it says: $(cat "$OUT")"

say "one that says otherwise"
G="--geolocation 1 --from servicer1"
K="--keyring-backend test --chain-id lava --node http://127.0.0.1:26657"
P=$C/provider1-ETH1.yml
# shellcheck disable=SC2086
{
	refused 1 "geolocation: 1 there, 2 here" create provider "$P" \
	    --geolocation 2 --from servicer1 --log_level info $K
	refused 1 "other arguments" create provider "$P" $G $K
	refused 1 "another node" create provider "$P" $G --log_level info \
	    --keyring-backend test --chain-id lava
	echo "canary: true" >>"$STATE/services/provider1-ETH1.yml"
	run 0 "what its owner added" create provider "$P" $G $K \
	    --log_level info
	cp "$P" "$REGRESS_DIR/good"
	provider COSMOSHUB >"$P"
	refused 1 "service_configs/provider1-ETH1.yml is there and is not" \
	    create provider "$P" $G $K --log_level info
	run 0 replace create provider "$P" $G $K --replace
	grep -q COSMOSHUB "$STATE/services/service_configs/\
provider1-ETH1.yml" || die "not replaced"
	cmp "$REGRESS_DIR/good" "$STATE/services/service_configs/\
provider1-ETH1.yml.old" || die "the old one is not kept"
	grep -q "canary: true" "$STATE/services/provider1-ETH1.yml.old" ||
	    die "the old service is not kept"
	echo "role: [" >"$STATE/services/provider1-ETH1.yml"
	refused 1 "provider1-ETH1.yml:2:1: .*--replace" create provider "$P" \
	    $G $K
	run 0 "replace half of one" create provider "$P" $G $K --replace
}

say "a keyring with a passphrase"
# shellcheck disable=SC2086
{
	K="--keyring-backend os --chain-id lava --node http://127.0.0.1:26657"
	run 0 "an os keyring" create consumer "$C/consumer-ETH1.yml" $G $K \
	    --name asks
	grep -q '"os" may ask for a passphrase.*--passphrase prompt' "$OUT" ||
	    die "$(cat "$OUT")"
	refused 1 "passphrase: none there, prompt here" create consumer \
	    "$C/consumer-ETH1.yml" $G $K --name asks --passphrase prompt
	run 0 "prompt" create consumer "$C/consumer-ETH1.yml" $G $K \
	    --name asks --passphrase prompt --replace
	grep -q "^note: .*.lavavisorctl unlock asks. asks for it" "$OUT" ||
	    die "$(cat "$OUT")"
	grep -q '^passphrase: prompt$' "$STATE/services/asks.yml" ||
	    die "$(cat "$STATE/services/asks.yml")"
	run 0 "a file" create consumer "$C/consumer-ETH1.yml" $G $K \
	    --name asks --passphrase 'file /etc/keys/my pass' --replace
	grep -q '^passphrase: "*file /etc/keys/my pass"*$' \
	    "$STATE/services/asks.yml" ||
	    die "$(cat "$STATE/services/asks.yml")"
	for word in hunter2 '' 'file pass' 'prompt me' 'fd 3'; do
		refused 2 "never the passphrase itself" create consumer \
		    "$C/consumer-ETH1.yml" $G $K --passphrase "$word"
		! grep -q hunter2 "$OUT" || die "it is shown"
	done
}

say "a config that lavap would not take"
bad() {
	_pattern=$1
	cat >bad.yml
	refused 1 "^lavavisor: ./bad.yml:$_pattern" create provider ./bad.yml \
	    --geolocation 1 --from a
}
echo "a: [" | bad "2:1: "
echo "a: b" | bad "1:1: .*endpoints"
echo "endpoints: []" | bad "1:12: "
provider | sed 's/jsonrpc/graphql/' | bad "2:20: api-interface"
provider | sed 's/ETH1/lava-mainnet-1/' | bad "3:15: chain-id"
provider | sed 's/127.0.0.1:.*/127.0.0.1:99999/' | bad "5:16: "
provider | sed '6,$d' | bad "2:5: .*node-urls"
consumer | bad "4:24: network-address: of a provider"
head -c 300000 /dev/zero | tr '\0' '#' >bad.yml
refused 1 "bad.yml: it is larger than" create provider bad.yml \
    --geolocation 1 --from a
rm bad.yml
refused 1 "bad.yml: No such file" create provider bad.yml --geolocation 1 \
    --from a
refused 1 "it is a directory" create provider "$REGRESS_DIR" \
    --geolocation 1 --from a
mkfifo fifo
refused 1 "no regular file" create provider fifo --geolocation 1 --from a
if [ "$(id -u)" -ne 0 ]; then
	provider >secret.yml
	chmod 0 secret.yml
	refused 1 "secret.yml: Permission denied" create provider \
	    secret.yml --geolocation 1 --from a
fi

say "a line that is wrong"
for name in a/b 'a b' 'a%b' .. a..b all -a "$(printf 'a\nb')" '' .a \
    "$(printf '%0300d' 0)"; do
	refused 2 "lavavisor: (--name|unknown)" create provider ./config \
	    --geolocation 1 --from a --name "$name"
done
provider >'my config.yml'
refused 2 "no name for a service.*--name" create provider 'my config.yml' \
    --geolocation 1 --from a
refused 2 "to be created" "$LAVAVISOR" create-service
refused 2 "did you mean provider" create provder ./config
refused 2 "config is missing" create provider
refused 2 "a word too many" create provider ./config b --geolocation 1 \
    --from a
refused 2 "geolocation N is missing" create provider ./config --from a
refused 2 "from USER is missing" create provider ./config --geolocation 1
refused 2 "needs a value|looks like an option" "$LAVAVISOR" create-service \
    provider ./config --geolocation 1 --from
for n in 0 -1 1x 65536 99999999999 '' ' 1'; do
	refused 2 "geolocation" create provider ./config --from a \
	    --geolocation "$n"
done
refused 2 "log_level.*is not one of" create provider ./config \
    --geolocation 1 --from a --log_level loud
refused 2 "chain-id" create provider ./config --geolocation 1 --from a \
    --chain-id "a b"
refused 2 "node: " create provider ./config --geolocation 1 --from a \
    --node localhost
refused 2 "gas-prices is lavap's own option: put it behind .--'" create \
    provider ./config --geolocation 1 --from a --gas-prices 1ulava
refused 2 "did you mean --geolocation" create provider ./config \
    --geolocaton 1 --from a
refused 2 "node is known here" "$LAVAVISOR" create-service provider ./config \
    --geolocation 1 --from a -- --node http://127.0.0.1:1
run 0 help "$LAVAVISOR" create-service --help
grep -q -- "--parallel-connections N" "$OUT" || die "$(cat "$OUT")"

say "users and directories"
if [ "$(id -u)" -eq 0 ]; then
	refused 2 "root.*--allow-root" "$LAVAVISOR" create-service provider \
	    ./config --geolocation 1 --from a --user root
	refused 2 "no such account" "$LAVAVISOR" create-service provider \
	    ./config --geolocation 1 --from a --user no-such-user-here
	refused 2 "lavavisord itself" "$LAVAVISOR" create-service provider \
	    ./config --geolocation 1 --from a --user _lavavisord
	getent passwd lava >/dev/null || refused 2 \
	    "which user is the service to run as.*--user" "$LAVAVISOR" \
	    create-service provider ./config --geolocation 1 --from a
	chmod 700 "$REGRESS_DIR"
	refused 1 "user nobody cannot enter $REGRESS_DIR .*0700" create \
	    consumer ./config --geolocation 1 --from a --name hidden
	chmod 755 "$REGRESS_DIR"
	mkdir "$REGRESS_DIR/theirs"
	echo "services:" >"$REGRESS_DIR/theirs/config.yml"
	chown -R nobody "$REGRESS_DIR/theirs"
	refused 1 "theirs belongs to nobody: run this as nobody" create \
	    consumer ./config --geolocation 1 --from a --directory \
	    "$REGRESS_DIR/theirs"
	run 0 "root, if it must be" "$LAVAVISOR" create-service consumer \
	    ./config --geolocation 1 --from a --allow-root --name as-root
	grep -q "^allow-root: true$" "$STATE/services/as-root.yml" ||
	    die "no allow-root"
	LOOK=/nonexistent
else
	refused 2 "runs every service as its own user" "$LAVAVISOR" \
	    create-service provider ./config --geolocation 1 --from a \
	    --user root
	LOOK=$HOME
fi
chmod 775 "$STATE"
refused 1 "others can write to it" create consumer ./config --geolocation 1 \
    --from a --name other
chmod 755 "$STATE"
if [ -d "$LOOK" ]; then
	mkdir -p "$HOME/.lava/config"
	echo "another" >"$HOME/.lava/config/seen.yml"
	refused 1 "/.lava/config/seen.yml is another config" create consumer \
	    ./config --geolocation 1 --from a --name seen
fi

say "a config.yml that lavavisord would not take"
cp "$MAIN" "$REGRESS_DIR/main.good"
echo "sandbox: maybe" >>"$MAIN"
refused 1 "nothing is changed: $MAIN:[0-9]+:10: sandbox" create consumer \
    ./config --geolocation 1 --from a --name more
sed 's/^  - config$/  - config.service/' "$REGRESS_DIR/main.good" >"$MAIN"
refused 1 "is a unit of LavaVisor" create consumer ./config --geolocation 1 \
    --from a --name more
cat "$REGRESS_DIR/main.good" >"$MAIN"

say "a daemon that runs"
# Scripts in the place of lavap, as no version of it is here
for name in config rest; do
	cat >"$STATE/services/$name.yml" <<-END
	role: other
	command: [$(command -v sleep), "600"]
	stop-signal: TERM
	directory: $REGRESS_DIR
	$([ -z "$USERS" ] || echo "user: nobody")
	END
done
printf 'nodes: [http://127.0.0.1:1]\nservices:\n  - config\n  - rest\n' \
    >"$MAIN"
start_daemon
wait_for 60 service_is rest state running
run 0 create create consumer ./config --geolocation 1 --from a --name late
grep -q "^next: lavavisorctl .*reload$" "$OUT" || die "$(cat "$OUT")"
expect "not told yet" "" "$(service late name)"
run 0 create create consumer ./config --geolocation 1 --from a \
    --name later --reload
grep -q "^reloaded: " "$OUT" || die "$(cat "$OUT")"
expect "told" "later" "$(service later name)"
echo "# more" >>config.yml
run 0 replace create consumer ./config --geolocation 1 --from a \
    --name later --replace --reload
grep -q "^next: lavavisorctl restart later, as" "$OUT" || die "$(cat "$OUT")"

say "remove-service"
refused 1 "rest runs: .lavavisorctl stop rest' first" "$LAVAVISOR" \
    remove-service rest
pid=$(service rest pid)
run 0 remove "$LAVAVISOR" remove-service rest --reload --keep-config
wait_for 60 gone "$pid"
[ ! -e "$STATE/services/rest.yml" ] || die "its file is there"
[ -e "$STATE/services/service_configs/rest.yml" ] || die "config is gone"
grep -q "service_configs/rest.yml.*is kept" "$OUT" || die "$(cat "$OUT")"
grep -q "logs/rest.log.*is kept" "$OUT" || die "$(cat "$OUT")"
expect "not there" "" "$(service rest name)"
ctl stop config >"$OUT" 2>&1 || die "$(cat "$OUT")"
run 0 "what is stopped" "$LAVAVISOR" remove-service config
[ ! -e "$STATE/services/service_configs/config.yml" ] || die "config is there"
expect "the rest of the list" "late later " "$(names)"
refused 3 "there is no service config" "$LAVAVISOR" remove-service config
for name in a/b '' ../x "$(printf 'a\nb')"; do
	refused 2 "no name of a service" "$LAVAVISOR" remove-service "$name"
done
refused 2 "which service" "$LAVAVISOR" remove-service
run 0 help "$LAVAVISOR" remove-service --help
stop_daemon

say "a config of two"
main
run 0 first create consumer ./config --geolocation 1 --from a --name first
sed 's/^from: .*/from: b/' "$STATE/services/first.yml" \
    >"$STATE/services/second.yml"
echo "  - second" >>"$MAIN"
run 0 "remove first" "$LAVAVISOR" remove-service first
grep -q "note: second has the same config" "$OUT" || die "$(cat "$OUT")"
run 0 "what second needs" "$SBIN/lavavisord" -n -D "$STATE" -L "$LIBEXEC"
[ -e "$STATE/services/service_configs/first.yml" ] || die "config is gone"

say "two at once"
main
i=0
while [ "$i" -lt 6 ]; do
	create consumer ./config --geolocation 1 --from a --name "at-once$i" \
	    >"$REGRESS_DIR/at-once$i" 2>&1 &
	eval "pid$i=$!"
	i=$((i + 1))
done
i=0
while [ "$i" -lt 6 ]; do
	eval "wait \$pid$i" || die "$(cat "$REGRESS_DIR/at-once$i")"
	i=$((i + 1))
done
expect "names" 6 "$(names | wc -w | tr -d ' ')"

say "killed anywhere"
main
i=0
while [ "$i" -lt 10 ]; do
	# shellcheck disable=SC2086
	"$LAVAVISOR" create-service $USERS consumer ./config \
	    --geolocation 1 --from a --name "killed$i" >"$OUT" 2>&1 &
	pid=$!
	sleep "0.0$i"
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	run 0 "a draft of a config" "$SBIN/lavavisord" -n -D "$STATE" \
	    -L "$LIBEXEC"
	run 0 "once more" create consumer ./config --geolocation 1 --from a \
	    --name "killed$i"
	i=$((i + 1))
done
expect "names" 10 "$(names | wc -w | tr -d ' ')"
