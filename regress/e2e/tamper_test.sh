# Every way of tampering with a signed list, end to end: each is refused with
# one line, and nothing is in upgrades/ that was not there before.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

need minisign
world_start
KEYS=$RELEASE/keys
RELEASE_KEYS="$KEYS/release.pub, $KEYS/release.minisign.pub" world_config
release_publish 6.2.5
DIR=$RELEASE/www/v6.2.5
FILE=$DIR/lavap-v6.2.5-$RELEASE_OS-$RELEASE_ARCH
"$PYTHON" "$TOP/regress/rooms/tamper.py" "$KEYS" "$DIR/sha256sum.txt" ||
    die "tamper.py"
start_daemon
upgraded_to 6.2.4
before=$(ls -A "$STATE/upgrades")

# refused CASE: by install; its one line.
refused() {
	ctl install "$FILE" --sums "$1/sums" --sig "$1/sig" \
	    >"$REGRESS_DIR/out" 2>"$REGRESS_DIR/err" </dev/null
	_code=$?
	say "$(basename "$1"): $(cat "$REGRESS_DIR/err")"
	expect "$1: exit code" 1 "$_code"
	expect "$1: lines" 1 "$(wc -l <"$REGRESS_DIR/err" | tr -d ' ')"
	expect "$1: upgrades/" "$before" "$(ls -A "$STATE/upgrades")"
}

tried=0
for case in "$KEYS"/case-*; do
	[ "$(cat "$case/key")" != small.pub ] || continue
	refused "$case"
	tried=$((tried + 1))
done
[ "$tried" -ge 23 ] || die "only $tried cases"

say "a key that signs everything, once it is configured"
RELEASE_KEYS="$KEYS/small.pub" world_config
ctl reload >/dev/null || die "reload"
refused "$KEYS"/case-*-small-order-key

say "what they were made of is good"
RELEASE_KEYS="$KEYS/release.pub, $KEYS/release.minisign.pub" world_config
ctl reload >/dev/null || die "reload"
ctl install "$FILE" --sums "$DIR/sha256sum.txt" \
    --sig "$DIR/sha256sum.txt.minisig" || die "install"
stop_daemon
