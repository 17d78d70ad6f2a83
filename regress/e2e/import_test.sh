#!/bin/sh
#
# lavavisorctl import: LavaVisor's directory and units, cosmovisor's tree; what
# is taken and what is not, the source left as it is, once more, and in place.

# shellcheck source=regress/lib.sh
. "${TOP:-.}/regress/lib.sh"

need jq
HOME=$REGRESS_DIR/home
export HOME
FROM=$HOME/.lavavisor
UNITS=$REGRESS_DIR/units
BIN=$HOME/bin
OUT=$REGRESS_DIR/out
STATE=$REGRESS_DIR/s
RUNS_AS=$(id -un)
mkdir -p "$HOME" "$UNITS" "$BIN"
if [ "$(id -u)" -eq 0 ]; then
	sh "$TOP/etc/accounts.sh"
	RUNS_AS=nobody
	chown nobody "$BIN"
fi

# picture DIR: every file in it, with owner, mode, size, time, and what it says
picture() {
	(cd "$1" && find . -path ./run -prune -o -exec ls -ldn --full-time {} +
	find . -path ./run -prune -o -type f -exec cksum {} +)
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

says() {
	grep -qF -- "$1" "$OUT" || die "no \"$1\" in: $(cat "$OUT")"
}

import() {
	run "$1" "import $2" "$SBIN/lavavisorctl" import --units "$UNITS" \
	    --directory "$STATE" --from "$2"
}

# A program that is a lavap, and another one of the same version each time
lavap() {
	mkdir -p "$FROM/upgrades/v$1"
	cp "$TOP/regress/bin/fakelavap" "$FROM/upgrades/v$1/lavap"
	printf '%s' "$1" >>"$FROM/upgrades/v$1/lavap"
	chmod 755 "$FROM/upgrades/v$1/lavap"
}

config() {
	PORT=$(free_port)
	echo "# fake: listen-ms 10"
	echo "endpoints:"
	echo "  - {api-interface: jsonrpc, chain-id: ETH1,"
	if [ "$1" = provider ]; then
		echo "     network-address: {address: '127.0.0.1:$PORT'},"
		echo "     node-urls: [{url: 'http://u:s3cret@127.0.0.1:1'}]}"
	else
		echo "     network-address: '127.0.0.1:$PORT'}"
	fi
}

# LavaVisor's own unit, byte for byte
unit() {
	cat <<-END
	[Unit]
	  Description=$1 daemon
	  After=network-online.target
	[Service]
	  WorkingDirectory=$BIN/
	  ExecStart=$BIN/lavap $2
	  User=$RUNS_AS
	  Restart=always
	  RestartSec=180
	  LimitNOFILE=infinity
	  LimitNPROC=infinity
	[Install]
	  WantedBy=multi-user.target
	END
}

CONFIGS=$FROM/services/protocol_yml_configs
mkdir -p "$FROM/upgrades" "$FROM/services/logs" "$CONFIGS"
lavap 6.2.3
lavap 6.2.4
lavap 6.2.5
mkdir -p "$FROM/upgrades/v6.1.0" "$FROM/upgrades/tmp"
ln -s "$FROM/upgrades/v6.2.4/lavap" "$BIN/lavap"
config provider >"$CONFIGS/prov.yml"
config consumer >"$CONFIGS/cons.yml"
echo "endpoints: nonsense" >"$CONFIGS/bad.yml"
SAID="--from servicer1 --keyring-backend test --parallel-connections 1 \
--chain-id lava-mainnet-1 --geolocation 1 --log_level debug \
--node http://127.0.0.1:1"
unit servicer1-ETH1 "rpcprovider .lavavisor/services/protocol_yml_configs/\
prov.yml $SAID" >"$FROM/services/servicer1-ETH1.service"
ln -s "$FROM/services/servicer1-ETH1.service" "$UNITS/"
# With an editor's hand in it
unit cons "rpcconsumer $CONFIGS/cons.yml \\
	--from='servicer 1' --geolocation=2 \\
	# a comment
	--shared-state --metrics \":7779\"" >"$UNITS/cons.service"
mkdir "$UNITS/cons.service.d"
cat >"$UNITS/cons.service.d/10-more.conf" <<'END'
[Service]
Environment=A=1 "B=two words"
EnvironmentFile=/etc/default/lava
LimitNOFILE=1024:2048
Restart=on-failure
TimeoutStopSec=1min 30s
KillSignal=SIGINT
ExecStartPre=/bin/true
END
unit bare "rpcprovider 127.0.0.1:2221 ETH1 jsonrpc --from a" \
    >"$UNITS/bare.service"
unit bad "rpcprovider x/bad.yml $SAID" >"$UNITS/bad.service"
unit gone "rpcprovider x/gone.yml $SAID" >"$UNITS/gone.service"
unit home "rpcprovider %h/prov.yml $SAID" >"$UNITS/home.service"
unit var "rpcprovider prov.yml \$ARGS" >"$UNITS/var.service"
unit cache "cache 127.0.0.1:1" >"$UNITS/cache.service"
unit one "rpcprovider prov.yml $SAID" | sed 's/User=.*/Type=oneshot/' \
    >"$UNITS/one.service"
echo "User=x" >"$UNITS/torn.service"
printf '[Service]\nExecStart=/bin/sleep 1000\nUser=%s\n' "$RUNS_AS" \
    >"$UNITS/sleep.service"
cat >"$FROM/config.yml" <<'END'
services:
  - servicer1-ETH1.service
  - cons.service
  - bare.service
  - bad.service
  - gone.service
  - home.service
  - var.service
  - cache.service
  - one.service
  - torn.service
  - missing.service
  - sleep.service
  - ../x.service
END

say "-n: what would be taken, what not and why; nothing is written"
picture "$FROM" >before
import_n() {
	run "$1" "import -n" "$SBIN/lavavisorctl" import -n --units "$UNITS" \
	    --directory "$STATE" --from "$FROM"
}
import_n 0
says "service servicer1-ETH1, as $RUNS_AS, from $UNITS/servicer1-ETH1.service"
says "with $CONFIGS/prov.yml"
says "service cons, as $RUNS_AS"
says "version 6.2.4, which runs: imported"
says "version 6.2.5: imported"
says "upgrades/v6.1.0: lavap: No such file"
says "upgrades/tmp: no version"
says "servicer1-ETH1: RestartSec=180:"
says "cons: EnvironmentFile=/etc/default/lava: put what it sets under env:"
says "cons: ExecStartPre=/bin/true: a service has one command"
says "bad: $CONFIGS/bad.yml:1:12:"
says "gone: its config x/gone.yml is not there"
says "home: $UNITS/home.service:6: ExecStart=: a specifier"
says "var: $UNITS/var.service:6: ExecStart=: a variable"
says "cache: lavap cache is neither rpcprovider nor rpcconsumer"
says "one: Type=oneshot"
says "torn.service: $UNITS/torn.service: line 1: it is in no [Section]"
says "missing.service: $FROM/services/missing.service: No such file"
says "../x.service: no name for a service"
[ ! -e "$STATE" ] || die "-n has made $STATE"

say "taken over"
import 0 "$FROM"
says "version 6.2.3: installed"
says "version 6.2.4 is what ran: the services begin on it"
says "systemctl disable --now servicer1-ETH1.service cons.service bare.service"
says "next: lavavisor start --directory $STATE"
picture "$FROM" >after
cmp -s before after || die "the source is changed: $(diff before after)"
expect "current" v6.2.4 "$(readlink "$STATE/upgrades/current")"
for version in 6.2.3 6.2.4 6.2.5; do
	cmp -s "$FROM/upgrades/v$version/lavap" \
	    "$STATE/upgrades/v$version/lavap" || die "$version differs"
	has_line "$STATE/upgrades/v$version/manifest" imported ||
	    die "$version: not imported: \
$(cat "$STATE/upgrades/v$version/manifest")"
done
cmp -s "$CONFIGS/prov.yml" \
    "$STATE/services/service_configs/servicer1-ETH1.yml" || die "no config"
expect "mode of a config" 640 \
    "$(stat -c %a "$STATE/services/service_configs/servicer1-ETH1.yml")"
"$PYTHON" - "$STATE/config.yml" <<'END' >names
import re, sys
print(' '.join(re.findall(r'^  - ([\w.-]+)$', open(sys.argv[1]).read(), re.M)))
END
expect "services" "servicer1-ETH1 cons bare sleep" "$(cat names)"
for line in "role: provider" "config: servicer1-ETH1.yml" "from: servicer1" \
    "geolocation: 1" "chain-id: lava-mainnet-1" "keyring-backend: test" \
    "node: http://127.0.0.1:1" "directory: $BIN" "restart: always" \
    'arguments: ["--parallel-connections", "1", "--log_level", debug]'; do
	grep -qxF -- "$line" "$STATE/services/servicer1-ETH1.yml" ||
	    die "no $line in: $(cat "$STATE/services/servicer1-ETH1.yml")"
done
for line in "role: consumer" 'from: "servicer 1"' "geolocation: 2" \
    '  B: "two words"' "  nofile: [1024, 2048]" "restart: on-failure" \
    "stop-grace: 90s" "stop-signal: INT" \
    'arguments: ["--shared-state", "--metrics", ":7779"]'; do
	grep -qxF -- "$line" "$STATE/services/cons.yml" ||
	    die "no $line in: $(cat "$STATE/services/cons.yml")"
done
has_line "$STATE/services/bare.yml" "command: \[lavap, rpcprovider, " ||
    die "bare: $(cat "$STATE/services/bare.yml")"
has_line "$STATE/services/sleep.yml" "command: \[/bin/sleep, \"1000\"\]" ||
    die "sleep: $(cat "$STATE/services/sleep.yml")"

say "once more: nothing to do"
picture "$STATE" >once
import 3 "$FROM"
says "all of it was there already"
picture "$STATE" >twice
cmp -s once twice || die "it is changed again: $(diff once twice)"

say "what the operator has changed since stays"
echo "canary: true" >>"$STATE/services/cons.yml"
import 3 "$FROM"
says "cons: $STATE/services/cons.yml is there and says otherwise: it stays"
has_line "$STATE/services/cons.yml" "canary: true" || die "it is gone"
sed -i '/canary/d' "$STATE/services/cons.yml"

say "they run, on the version that ran, with their files where they were"
run 0 "remove-service" "$SBIN/lavavisorctl" remove-service bare \
    --directory "$STATE"
start_daemon
up() {
	services_all '.pid != null and .state == "running" and
	    (.role == "other" or .version == "6.2.4")'
}
wait_for 60 up
expect "the consumer's environment" "two words" \
    "$(tr '\0' '\n' <"/proc/$(service cons pid)/environ" | sed -n 's/^B=//p')"
expect "how" imported \
    "$(ctl_json '.installed[] | select(.version == "6.2.4") | .how' \
    show versions)"

say "a version that comes later, with the daemon running"
lavap 6.2.6
import 0 "$FROM"
says "version 6.2.6: installed"
expect "how" imported \
    "$(ctl_json '.installed[] | select(.version == "6.2.6") | .how' \
    show versions)"
stop_daemon
END_PIDS=

say "in place: LavaVisor's own directory"
STATE=$FROM
sed -i '/^  - \.\./d' "$FROM/config.yml"
cp "$FROM/config.yml" old.yml
run 1 "lavavisord -n" "$SBIN/lavavisord" -n -D "$FROM" -L "$LIBEXEC"
says 'is a systemd unit of LavaVisor'
says 'take its directory over with "lavavisorctl import"'
expect "lines" 1 "$(wc -l <"$OUT")"
import 0 "$FROM"
cmp -s old.yml "$FROM/config.yml.lavavisor" || die "the old one is not kept"
! grep -q '\.service' "$FROM/config.yml" ||
    die "units are listed: $(cat "$FROM/config.yml")"
run 0 "lavavisord -n" "$SBIN/lavavisord" -n -D "$FROM" -L "$LIBEXEC"
[ -f "$FROM/services/servicer1-ETH1.service" ] || die "a unit is gone"
has_line "$FROM/upgrades/v6.2.4/manifest" imported || die "no manifest"
import 3 "$FROM"

say "cosmovisor"
STATE=$REGRESS_DIR/c
NODE=$REGRESS_DIR/node
mkdir -p "$NODE/cosmovisor/genesis/bin" "$NODE/cosmovisor/upgrades/v2/bin"
cp "$(command -v sleep)" "$NODE/cosmovisor/genesis/bin/lavad"
cp "$(command -v sleep)" "$NODE/cosmovisor/upgrades/v2/bin/lavad"
ln -s upgrades/v2 "$NODE/cosmovisor/current"
cat >"$UNITS/node.service" <<END
[Service]
Environment="DAEMON_NAME=lavad"
Environment="DAEMON_HOME=$NODE"
Environment=DAEMON_RESTART_AFTER_UPGRADE=true X=some
ExecStart=/usr/local/bin/cosmovisor run 1000
User=$RUNS_AS
Restart=on-failure
END
picture "$NODE" >before
import 0 "$NODE"
says "service lavad, as $RUNS_AS, from $UNITS/node.service"
says "upgrades/v2: lavavisord follows no upgrade plan"
picture "$NODE" >after
cmp -s before after || die "the source is changed: $(diff before after)"
for line in "role: other" "  X: some" "restart: on-failure" \
    "command: [$NODE/cosmovisor/current/bin/lavad, \"1000\"]"; do
	grep -qxF -- "$line" "$STATE/services/lavad.yml" ||
	    die "no $line in: $(cat "$STATE/services/lavad.yml")"
done
! grep -q DAEMON_ "$STATE/services/lavad.yml" || die "cosmovisor's settings"
import 3 "$NODE/cosmovisor"
start_daemon
running() {
	service_is lavad state running
}
wait_for 60 running
stop_daemon

say "a tree without a unit"
rm "$UNITS/node.service"
STATE=$REGRESS_DIR/c2
import 0 "$NODE"
says "arguments (start --home) are a guess"
has_line "$STATE/services/lavad.yml" "bin/lavad, start, \"--home\", $NODE\]" ||
    die "$(cat "$STATE/services/lavad.yml")"

if [ "$(id -u)" -eq 0 ]; then
	say "what would run as root on another's word is not taken"
	STATE=$REGRESS_DIR/r
	mkdir -p "$REGRESS_DIR/r1"
	echo "services: [rooted.service, owned.service]" \
	    >"$REGRESS_DIR/r1/config.yml"
	for name in rooted owned; do
		printf '[Service]\nExecStart=/bin/sleep 1000\n' \
		    >"$UNITS/$name.service"
	done
	chown nobody "$UNITS/owned.service"
	import 0 "$REGRESS_DIR/r1"
	says "owned: it would run as root, and $UNITS/owned.service is"
	says "rooted: it runs as root, as before: give it an account of its own"
	has_line "$STATE/services/rooted.yml" "allow-root: true" ||
	    die "$(cat "$STATE/services/rooted.yml")"
	[ ! -e "$STATE/services/owned.yml" ] || die "it is taken"
fi

say "what is none"
STATE=$REGRESS_DIR/none
mkdir empty
import 1 "$REGRESS_DIR/empty"
says "neither config.yml nor upgrades/"
import 1 "$REGRESS_DIR/nowhere"
says "No such file"
run 2 "a word" "$SBIN/lavavisorctl" import "$FROM"
run 2 "an option" "$SBIN/lavavisorctl" import --form "$FROM"
says "did you mean --from?"
run 0 "--help" "$SBIN/lavavisorctl" import --help
says "example:"
[ ! -e "$STATE" ] || die "it has made $STATE"
