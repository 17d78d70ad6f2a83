# `lavavisor init': a directory, its configuration and the first lavap, from
# the network through the daemon's own rooms or from what lies there; a second
# time it changes nothing; what is not ours is left alone.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

OUT=$REGRESS_DIR/init.out
BIN=$REGRESS_DIR/bin
world_start
mkdir "$BIN"
HOME=$REGRESS_DIR/h
export HOME
mkdir "$HOME"
STATE=$HOME/.lavavisor
CURRENT=$STATE/upgrades/current

# init CODE WORD [ARGUMENT...]: the exit code, and a word of what is said.
init() {
	_want=$1
	_word=$2
	shift 2
	"$SBIN/lavavisor" init --link "$BIN" "$@" >"$OUT" 2>&1 </dev/null
	_code=$?
	say "init $*: $_code"
	sed 's/^/  /' "$OUT"
	expect "exit code of init $*" "$_want" "$_code"
	grep -q -F -- "$_word" "$OUT" || die "no \"$_word\" in what init says"
	[ ! -S "$STATE/run/admin.sock" ] ||
	    ! "$SBIN/lavavisorctl" --directory "$STATE" show nodes \
	    >/dev/null 2>&1 || [ -n "${RUNS:-}" ] || die "a daemon is left"
}

said() {
	grep -q -F -- "$1" "$OUT" || die "no \"$1\" in what init says"
}

# Its releases come from the world's server.
config() {
	mkdir -p "$STATE"
	cat >"$STATE/config.yml" <<-END
	# mine
	chain-id: lava-mainnet-1
	nodes:
	  - url: $CHAIN_URL
	ca-file: $RELEASE_CA
	releases:
	  trust: $TRUST
	  sources: ["$RELEASE_SOURCE"]
	  keys: [$RELEASE_SIGNIFY_PUB]
	  ca-file: $RELEASE_CA
	services: ${1:-[]}
	END
}

# place VERSION: a lavap that somebody put there by hand.
place() {
	mkdir -p "$STATE/upgrades/v$1"
	cp "$RELEASE/www/v$1/lavap-v$1-$RELEASE_OS-$RELEASE_ARCH" \
	    "$STATE/upgrades/v$1/lavap"
}

everything() {
	find "$STATE/config.yml" "$STATE/upgrades" "$BIN" -ls
}

how() {
	sed -n 's/^how //p' "$STATE/upgrades/v$1/manifest"
}

say "a new one: the chain is asked, nothing is there, and what to do is said"
init 0 "no lavap for this chain" --chain-id lava-mainnet-1 --node "$CHAIN_URL"
said "v6.2.4/lavap"
said "next: lavavisor create-service"
cmp - "$STATE/config.yml" <<END || die "$(cat "$STATE/config.yml")"
# lavavisord's configuration, see lavavisord.yml(5).
chain-id: lava-mainnet-1
nodes:
  - url: $CHAIN_URL
services: []
END
[ ! -e "$BIN/lavap" ] || die "a link to nothing"

say "one that was put there is imported: it is in the range"
release_publish 6.2.5
release_publish 6.2.6
chain_versions 6.2.5 6.2.4
place 6.2.4
place 6.2.6
init 0 "v6.2.4 is installed"
said "only the operator vouches"
expect "how" imported "$(how 6.2.4)"
[ ! -e "$STATE/upgrades/v6.2.6/manifest" ] || die "6.2.6 is out of range"
expect "current" v6.2.4 "$(readlink "$CURRENT")"
expect "link" "$CURRENT/lavap" "$(readlink "$BIN/lavap")"
expect "it runs" 6.2.4 "$("$BIN/lavap" version)"
said "note: PATH does not name"

say "once more changes nothing; what contradicts it is named with its line"
before=$(everything)
init 0 "is kept"
init 0 "leads to the current lavap already" --chain-id lava-mainnet-1 \
    --node "$CHAIN_URL" --grpc-addr localhost:9090
said "--grpc-addr is not used"
init 1 "config.yml:2: chain-id is lava-mainnet-1" --chain-id lava-testnet-2
init 1 "config.yml:4: it names other nodes" --node http://localhost:1
expect "what is there" "$before" \
    "$(everything)"

say "what init does not take"
for bad in "--node ftp://x" "--node http://user:pass@x" "--chain-id a/b" \
    "--link here"; do
	"$SBIN/lavavisor" init $bad >"$OUT" 2>&1 && die "it took $bad"
	say "$(cat "$OUT")"
	! has_line "$OUT" "pass@" || die "a password is shown"
done
for bad in "--auto-dowload" "--log_level debug" "there" "-- x" "--node"; do
	"$SBIN/lavavisor" init $bad >"$OUT" 2>&1
	expect "exit code for $bad: $(cat "$OUT")" 2 $?
done
expect "what is there" "$before" \
    "$(everything)"

say "offline: the newest that is there, and nothing of a daemon is left"
rm -rf "$STATE"
place 6.2.4
place 6.2.5
init 0 "the newest that is there is taken: v6.2.5" --auto-download \
    --node http://127.0.0.1:1
said "the chain cannot be asked: http://127.0.0.1:1: "
expect "current" v6.2.5 "$(readlink "$CURRENT")"
rm -rf "$STATE"
init 1 "the chain cannot be asked" --auto-download --node http://127.0.0.1:1
init 0 "tcp://localhost:26657 (no --node was given)" --directory \
    "$REGRESS_DIR/other"
grep -q "tcp://localhost:26657" "$REGRESS_DIR/other/.lavavisor/config.yml" ||
    die "another node"

say "fetched, through the same rooms, signed"
rm -rf "$STATE"
config
init 0 "signed by release.pub" --auto-download
expect "how" signed "$(how 6.2.5)"
expect "current" v6.2.5 "$(readlink "$CURRENT")"
has_line "$STATE/config.yml" "^# mine" || die "config.yml was written over"
init 0 "v6.2.5 is installed already" --auto-download

say "fetched, by checksum; and what cannot be verified is not there"
rm -rf "$STATE"
TRUST=checksum config
init 0 "integrity only" --auto-download
expect "how" checksum "$(how 6.2.5)"
rm -rf "$STATE"
TRUST=signed config
release_publish 6.2.5 wrong-signature
place 6.2.6
init 1 "which is not configured" --auto-download
[ ! -e "$CURRENT" ] || die "current leads to $(readlink "$CURRENT")"
place 6.2.5
init 1 "releases.trust is signed"
[ ! -e "$STATE/upgrades/v6.2.5/manifest" ] || die "it was imported"
release_publish 6.2.5

say "nothing to be had: what to do is said"
rm -rf "$STATE"
init 1 "the same line again goes on" --auto-download \
    --node "http://127.0.0.1:$(free_port)"
rm -rf "$STATE"
TRUST=signed config

say "a lavap of the operator's own is never touched"
rm -rf "$STATE" "$BIN/lavap"
config
echo mine >"$BIN/lavap"
init 0 "is there and is no link of ours: it is left alone" --auto-download
expect "it" mine "$(cat "$BIN/lavap")"
rm "$BIN/lavap"
ln -s /somewhere/lavap "$BIN/lavap"
init 0 "leads to /somewhere/lavap: it is left alone"
expect "it" /somewhere/lavap "$(readlink "$BIN/lavap")"
ln -sf "$REGRESS_DIR/old/.lavavisor/upgrades/v6.1.0/lavap" "$BIN/lavap"
init 0 "leads to the current lavap now"
expect "link" "$CURRENT/lavap" "$(readlink "$BIN/lavap")"
expect "no other file" lavap "$(ls -A "$BIN")"

say "without --link it goes where programs of one's own go"
if [ "$(id -u)" -ne 0 ]; then
	"$SBIN/lavavisor" init >"$OUT" 2>&1 </dev/null || die "$(cat "$OUT")"
	expect "link" "$CURRENT/lavap" "$(readlink "$HOME/.local/bin/lavap")"
fi

say "services that are configured are not started by it"
rm -rf "$STATE"
config "[provider1]"
mkdir -p "$STATE/services/service_configs"
cp "$REGRESS_DIR/s/services/provider1.yml" "$STATE/services/"
cp "$REGRESS_DIR/s/services/service_configs/provider1.yml" \
    "$STATE/services/service_configs/"
chmod 755 "$HOME"
init 0 "next: lavavisor start" --auto-download
! grep -q '"event":"service"' "$STATE/history" ||
    die "it was started: $(cat "$STATE/history")"

say "a daemon that runs there is asked, and runs on"
start_daemon
wait_for 60 service_is provider1 ready true
RUNS=1
init 0 "the lavavisord that runs there is asked" --auto-download
expect "pid" "$DAEMON_PID" "$(cat "$STATE/run/lock")"
stop_daemon
RUNS=

say "killed half way, its daemon goes as well; the next one goes on"
rm -rf "$STATE"
config
echo "location /v6.2.5/lavap { limit_rate 200k; }" \
    >"$RELEASE/conf.d/slow.conf"
release_reload
"$SBIN/lavavisor" init --link "$BIN" --auto-download >"$OUT" 2>&1 \
    </dev/null &
INIT_PID=$!
wait_for 60 test -s "$STATE/staging/v6.2.5"
DAEMON_PID=$(cat "$STATE/run/lock")
alive "$DAEMON_PID" || die "no daemon"
kill -KILL "$INIT_PID"
wait "$INIT_PID" 2>/dev/null
wait_for 60 gone "$DAEMON_PID"
rm "$RELEASE/conf.d/slow.conf"
release_reload
init 0 "signed by release.pub" --auto-download

say "a directory too deep for a socket"
deep=$(printf '%090d' 0)
"$SBIN/lavavisor" init --directory "$REGRESS_DIR/$deep" >"$OUT" 2>&1 \
    </dev/null && die "a path too long: $(cat "$OUT")"
say "$(cat "$OUT")"
[ ! -e "$REGRESS_DIR/$deep" ] || die "it was made"

say "on a terminal it asks once, and no is no"
rm -rf "$STATE"
"$PYTHON" - "$SBIN/lavavisor" >"$OUT" 2>&1 <<'END' || die "$(cat "$OUT")"
import os, pty, sys

def run(answer, *words):
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], ['lavavisor', 'init', '--node',
                               'http://127.0.0.1:1', *words])
    said = b''
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if answer and said.rstrip().endswith(b'[y/N]'):
            os.write(fd, answer)
            answer = None
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(code, said.decode())
    return code, said

there = os.environ['HOME'] + '/.lavavisor'
code, said = run(b'n\n')
assert code == 3 and b'nothing is changed' in said
assert not os.path.exists(there)
code, said = run(b'y\n')
assert code == 0 and os.path.exists(there)
code, said = run(None, '-y')
assert code == 0 and b'[y/N]' not in said
END

say "a directory of another, or that others can write, is refused"
chmod 775 "$STATE"
init 1 "chmod go-w it"
chmod 755 "$STATE"
if [ "$(id -u)" -eq 0 ]; then
	chown nobody "$STATE"
	init 1 "belongs to nobody: run this as nobody"
fi
