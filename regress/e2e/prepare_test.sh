# `upgrade prepare`: what the chain wants is there before anything moves, by
# the same rules as in an upgrade; and `install --imported`.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
OUT=$REGRESS_DIR/prepare.out
world_start
POLICY="  auto: none"
world_config

# prepare CODE WORD [ARGUMENT...]: the exit code, and a word of what is said.
prepare() {
	_want=$1
	_word=$2
	shift 2
	ctl upgrade prepare "$@" >"$OUT" 2>&1 </dev/null
	_code=$?
	say "prepare $*: $_code $(tail -n 1 "$OUT")"
	expect "exit code of prepare $*: $(cat "$OUT")" "$_want" "$_code"
	grep -q -F -- "$_word" "$OUT" || die "no \"$_word\" in $(cat "$OUT")"
}

installed() {
	ctl_json '[.installed[] | .version + " " + .how] | sort | join(",")' \
	    show versions
}

start_daemon
upgraded_to 6.2.4
kept=$(pids)

say "what the chain wants is there already"
prepare 3 "v6.2.4 is installed already"
prepare 3 "6.2.4" -n

say "a target that must be approved is fetched ahead; nothing moves"
release_publish 6.2.5
chain_versions 6.2.5
prepare 0 "the chain wants 6.2.5" -n
prepare 0 "signed by release.pub"
grep -q "fetch .*6.2.5" "$OUT" || die "no progress: $(cat "$OUT")"
expect "installed" "6.2.4 signed,6.2.5 signed" "$(installed)"
expect "current" v6.2.4 "$(readlink "$STATE/upgrades/current")"
expect "services" "$kept" "$(pids)"
prepare 3 "v6.2.5 is installed already"
ctl -j upgrade prepare -n >"$OUT" || [ $? -eq 3 ] || die "-j -n"
expect "-j" "provider 6.2.5 6.2.4 6.2.5" "$(jq -r 'select(.roles) |
    .roles[0] | "\(.role) \(.target) \(.min) \(.installed)"' "$OUT")"

say "each role its own, and a target without a release"
release_publish 6.2.6
chain_versions 6.2.6 6.2.4 6.2.7 6.2.5
prepare 0 "v6.2.7 has no release, v6.2.6 is in the chain's range"
has_line "$OUT" "v6.2.6 is installed" || die "$(cat "$OUT")"

say "a version by its name; what is no good leaves nothing behind"
release_publish 6.2.8 wrong-signature
prepare 1 "not configured" 6.2.8
release_publish 6.2.9 version-fails
prepare 1 "does not run here" 6.2.9
prepare 1 "no such release" 6.3.0
ctl upgrade prepare six >"$OUT" 2>&1
expect "no version" 2 $?
ctl upgrade now -n >"$OUT" 2>&1
expect "-n elsewhere" 2 $?
[ ! -e "$STATE/upgrades/v6.2.8" ] || die "v6.2.8 is there"
for _left in "$STATE"/staging/*6.2.8*; do
	[ ! -e "$_left" ] || die "$_left is left"
done
expect "services" "$kept" "$(pids)"

say "who leaves calls it off; the next one goes on with what there is"
release_publish 6.2.10
echo "location /v6.2.10/lavap { limit_rate 250k; }" \
    >"$RELEASE/conf.d/slow.conf"
release_reload
"$SBIN/lavavisorctl" --directory "$STATE" upgrade prepare 6.2.10 \
    >"$OUT" 2>&1 &
client=$!
wait_for 60 test -s "$STATE/staging/v6.2.10"
prepare 1 "under way already" 6.2.4
kill -INT "$client"
wait "$client"
expect "interrupted" 1 $?
wait_for 30 has_line "$DAEMON_LOG" "called off: lavavisorctl has left"

prepare_runs() {
	event_seen '.event == "fetch" and .version == "6.2.10" and
	    .state == "started"'
}

say "an upgrade goes first, and the preparation after it"
events_mark
"$SBIN/lavavisorctl" --directory "$STATE" upgrade prepare 6.2.10 \
    >"$OUT" 2>&1 &
client=$!
wait_for 30 prepare_runs
ctl upgrade to 6.2.6 >/dev/null || die "upgrade to 6.2.6"
rm "$RELEASE/conf.d/slow.conf"
release_reload
wait "$client"
expect "prepared: $(cat "$OUT")" 0 $?
upgraded_to 6.2.6
has_line "$DAEMON_LOG" "its preparation waits" || die "it did not wait"

say "no chain: why, and at once"
chain_mode down
unreachable() {
	ctl_json '.[0].state' show nodes | grep -q -x unreachable
}
wait_for 60 unreachable
prepare 1 "the chain cannot be asked"
stop_daemon

say "imported: on the operator's word, where the trust lets it"
file=$RELEASE/www/v6.2.10/lavap-v6.2.10-$RELEASE_OS-$RELEASE_ARCH
cp "$RELEASE/www/v6.2.5/lavap-v6.2.5-$RELEASE_OS-$RELEASE_ARCH" lavap
start_daemon
import() {
	ctl install --imported "$@" >"$OUT" 2>&1
	_code=$?
	say "$(cat "$OUT")"
	return $_code
}
import --version 6.2.30 lavap && die "signed, and imported"
has_line "$OUT" "trust is signed" || die "$(cat "$OUT")"
TRUST=checksum world_config
ctl reload >/dev/null || die "reload"
import --sums "$RELEASE/www/v6.2.10/sha256sum.txt" "$file" &&
    die "with a list, and imported"
import --version 6.2.30 lavap || die "not imported"
has_line "$OUT" "only the operator vouches" || die "$(cat "$OUT")"
has_line "$DAEMON_LOG" "imported on the word of uid $(id -u)" ||
    die "nothing in the log"
installed | grep -q "6.2.30 imported" || die "$(installed)"
printf 'x' >>lavap
import --version 6.2.30 lavap && die "another file of the same version"
has_line "$OUT" "another hash than before" || die "$(cat "$OUT")"
stop_daemon
