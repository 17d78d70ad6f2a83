# A local file through the same verifier: with list and signature, by any
# configured key, by a pinned hash; what is no good leaves nothing behind.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
RELEASES="  max-size: 64M"
world_start
WWW=$RELEASE/www
LOCAL=$REGRESS_DIR/local
OUT=$REGRESS_DIR/install
mkdir "$LOCAL"

# made VERSION [KIND]: a release in $LOCAL/vVERSION, and not on the server;
# sets FILE, SUMS, SIG, MINISIG.
made() {
	release_publish "$@"
	rm -rf "${LOCAL:?}/v$1"
	mv "$WWW/v$1" "$LOCAL/v$1"
	FILE=$LOCAL/v$1/lavap-v$1-$RELEASE_OS-$RELEASE_ARCH
	SUMS=$LOCAL/v$1/sha256sum.txt
	SIG=$SUMS.sig
	MINISIG=$SUMS.minisig
}

# install CODE WORD ARGUMENT...: the exit code, and a word of what is said.
install() {
	_want=$1
	_word=$2
	shift 2
	ctl install "$@" >"$OUT" 2>&1 </dev/null
	_code=$?
	say "install: $_code $(tail -n 1 "$OUT")"
	expect "exit code of install $*: $(cat "$OUT")" "$_want" "$_code"
	grep -q -F -- "$_word" "$OUT" || die "no \"$_word\" in $(cat "$OUT")"
}

# refused WORD ARGUMENT...: nothing is different afterwards.
refused() {
	_before=$(ls -A "$STATE/upgrades" "$STATE/staging")
	install 1 "$@"
	expect "upgrades/" "$_before" \
	    "$(ls -A "$STATE/upgrades" "$STATE/staging")"
}

nothing_left() {
	for _left in "$STATE"/upgrades/.new-* "$STATE/upgrades/v$1"; do
		[ ! -e "$_left" ] || die "$_left is left"
	done
}

installed_how() {
	ctl_json ".installed[] | select(.version == \"$1\") | .how" \
	    show versions
}

hash_of() {
	sha256 "$1" | cut -d ' ' -f 1
}

mode_of() {
	"$PYTHON" -c 'import os, sys
print(oct(os.stat(sys.argv[1]).st_mode & 0o7777)[2:])' "$1"
}

start_daemon
upgraded_to 6.2.4
kept=$(pids)

say "signed: list and signature are needed"
made 6.2.5
refused "trust is signed" "$FILE"
refused "trust is signed" "$FILE" --sums "$SUMS"
refused "checksum list" "$FILE" --sig "$SIG"
install 0 "signed by release.pub" "$FILE" --sums "$SUMS" --sig "$SIG"
expect "how" signed "$(installed_how 6.2.5)"
cmp "$FILE" "$STATE/upgrades/v6.2.5/lavap" || die "another file"
expect "mode" 555 "$(mode_of "$STATE/upgrades/v6.2.5/lavap")"
install 3 "installed already" "$FILE" --sums "$SUMS" --sig "$SIG"
expect "services" "$kept" "$(pids)"

say "it is what an upgrade takes: nothing is on the server"
chain_versions 6.2.5
upgraded_to 6.2.5
expect "asked for" 0 "$(release_requests /v6.2.5/)"
kept=$(pids)

say "while an upgrade fetches the same version, slowly"
made 6.2.20
release_publish 6.2.20
echo "location /v6.2.20/lavap { limit_rate 250k; }" \
    >"$RELEASE/conf.d/slow.conf"
release_reload
events_mark
chain_versions 6.2.20
wait_for 60 test -s "$STATE/staging/v6.2.20"
install 0 "signed by release.pub" "$FILE" --sums "$SUMS" --sig "$SIG"
upgraded_to 6.2.20
rm "$RELEASE/conf.d/slow.conf"
kept=$(pids)

say "another name with --version; -j"
made 6.2.6
cp "$FILE" "$LOCAL/lavap"
install 2 "say --version" "$LOCAL/lavap" --sums "$SUMS" --sig "$SIG"
install 2 "not v6.2.7" "$FILE" --version 6.2.7 --sums "$SUMS" --sig "$SIG"
install 2 "like 6.2.5" "$FILE" --version six --sums "$SUMS" --sig "$SIG"
refused "does not name" "$LOCAL/lavap" --version 6.2.7 --sums "$SUMS" \
    --sig "$SIG"
ctl -j install "$LOCAL/lavap" --version 6.2.6 --sums "$SUMS" --sig "$SIG" \
    >"$OUT" 2>"$OUT.err" || die "install -j: $(cat "$OUT" "$OUT.err")"
expect "its event" "6.2.6 signed $(hash_of "$FILE")" "$(jq -r 'select(
    .event == "install") | "\(.version) \(.how) \(.sha256)"' "$OUT")"

say "bad signatures and files"
made 6.2.7
cp "$FILE" "$LOCAL/copy"
cp "$SUMS" "$LOCAL/sums"
echo x >>"$FILE"
refused "the checksum list says" "$FILE" --sums "$SUMS" --sig "$SIG"
cp "$LOCAL/copy" "$FILE"
echo >>"$SUMS"
refused "is wrong for key" "$FILE" --sums "$SUMS" --sig "$SIG"
cp "$LOCAL/sums" "$SUMS"
refused "not a signify signature" "$FILE" --sums "$SUMS" --sig "$SUMS"
refused "not configured" "$FILE" --sums "$SUMS" --sig "$MINISIG"
made 6.2.8 wrong-signature
refused "not configured" "$FILE" --sums "$SUMS" --sig "$SIG"
made 6.2.8 script
refused "script" "$FILE" --sums "$SUMS" --sig "$SIG"
made 6.2.8 other-machine
refused "machine" "$FILE" --sums "$SUMS" --sig "$SIG"

say "what is no file"
made 6.2.9
set -- --version 6.2.9 --sums "$SUMS" --sig "$SIG"
mkfifo "$LOCAL/fifo"
refused "not a regular file" "$LOCAL/fifo" "$@"
refused "a directory" "$LOCAL" "$@"
refused "not a regular file" /dev/zero "$@"
refused "No such file" "$LOCAL/none" "$@"
: >"$LOCAL/empty"
refused "is empty" "$LOCAL/empty" "$@"
truncate -s 64G "$LOCAL/huge"
refused "max-size" "$LOCAL/huge" "$@"
refused "not a regular file" "$FILE" --sums "$LOCAL/fifo" --sig "$SIG"
refused "over 1048576 bytes" "$FILE" --sums "$LOCAL/huge" --sig "$SIG"
refused "over 4096 bytes" "$FILE" --sums "$SUMS" --sig "$LOCAL/huge"

say "a client of its own making hands over the same things"
"$PYTHON" "$TOP/regress/rooms/install_client.py" \
    "$STATE/run/admin.sock" "$STATE/run/show.sock" "$LOCAL" \
    6.2.9 "$FILE" "$SUMS" "$SIG" || die "install_client.py"
nothing_left 6.2.9

cp "$FILE" "$LOCAL/copy"
say "a file that changes while it is read is refused, or is what was signed"
"$PYTHON" -c 'import sys, time
end = time.time() + 60
with open(sys.argv[1], "r+b") as f:
    while time.time() < end:
        f.seek(0, 2)
        f.write(b"x")
        f.flush()' "$FILE" &
writer=$!
on_exit_end "$writer"
changes() {
	! cmp -s "$FILE" "$LOCAL/copy"
}
wait_for 30 changes
install 1 "the checksum list says" "$FILE" --sums "$SUMS" --sig "$SIG"
end "$writer"
nothing_left 6.2.9

say "the same hash for good: another file of a version it had is refused"
ctl hold >/dev/null || die "hold"
made 6.2.6 good "" 4096
refused "has another hash than before" "$FILE" --sums "$SUMS" --sig "$SIG"
grep -q "another hash than before" "$DAEMON_LOG" || die "nothing in the log"
ctl upgrade approve 6.2.6 "$(hash_of "$FILE")" >/dev/null || die "approve"
install 0 "signed by release.pub" "$FILE" --sums "$SUMS" --sig "$SIG"
cmp "$FILE" "$STATE/upgrades/v6.2.6/lavap" || die "the old file is there"

say "checksum: the list will do, or a settled hash; it says which"
TRUST=checksum world_config
ctl reload >/dev/null || die "reload"
made 6.2.10
refused "nothing says what v6.2.10 is" "$FILE"
install 0 "nobody signed it" "$FILE" --sums "$SUMS"
expect "how" checksum "$(installed_how 6.2.10)"
install 3 "installed already" "$FILE" --sums "$SUMS"
chmod 755 "$STATE/upgrades/v6.2.10/lavap"
echo x >>"$STATE/upgrades/v6.2.10/lavap"
install 0 "nobody signed it" "$FILE" --sums "$SUMS"
cmp "$FILE" "$STATE/upgrades/v6.2.10/lavap" || die "it is still spoiled"
made 6.2.11
install 0 "signed by" "$FILE" --sums "$SUMS" --sig "$SIG"
made 6.2.12
ctl upgrade approve 6.2.12 "$(hash_of "$FILE")" >/dev/null || die "approve"
install 0 "pinned" "$FILE"
expect "how" pinned "$(installed_how 6.2.12)"

say "pinned: only what is pinned"
made 6.2.13
TRUST=pinned RELEASES="  pins: {6.2.13: $(hash_of "$FILE")}" world_config
ctl reload >/dev/null || die "reload"
install 0 "pinned" "$FILE"
made 6.2.14
refused "no hash is pinned" "$FILE" --sums "$SUMS" --sig "$SIG"
made 6.2.13 good "" 4096
refused "pinned in releases.pins" "$FILE"

expect "services" "$kept" "$(pids)"
stop_daemon
