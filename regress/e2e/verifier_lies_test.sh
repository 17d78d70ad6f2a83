# A verifier that was taken over is believed no further than what the parent
# knows: the wanted hash, the size of the new file, the configured keys.  And it
# does not live longer than its answer.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

WORLD_SERVICES=provider1
PROBATION=0s
world_start
export TOP
FALSE=$REGRESS_DIR/libexec
mkdir "$FALSE"
for room in "$LIBEXEC"/*; do
	[ "${room##*/}" = verifier ] || ln -s "$room" "$FALSE/${room##*/}"
done
cat >"$FALSE/verifier" <<-END
#!/bin/sh
[ -f "$FALSE/lie" ] || exec "$LIBEXEC/verifier" "\$@"
export TOP="$TOP"
exec "$PYTHON" "$FALSE/verifier.py"
END
chmod 755 "$FALSE/verifier"
cp "$TOP/regress/rooms/lying_verifier.py" "$FALSE/verifier.py"

release_publish 6.2.5
DIR=$RELEASE/www/v6.2.5
FILE=$DIR/lavap-v6.2.5-$RELEASE_OS-$RELEASE_ARCH
LIBEXEC=$FALSE start_daemon
upgraded_to 6.2.4
before=$(ls -A "$STATE/upgrades")

# lies LIE WORD: nothing is installed, and the word is in the reason.
lies() {
	echo "$1" >"$FALSE/lie.new"
	mv "$FALSE/lie.new" "$FALSE/lie"
	ctl install "$FILE" --sums "$DIR/sha256sum.txt" \
	    --sig "$DIR/sha256sum.txt.sig" >"$REGRESS_DIR/out" 2>&1 </dev/null
	_code=$?
	say "$1: $(tail -n 1 "$REGRESS_DIR/out")"
	expect "$1: exit code" 1 "$_code"
	grep -q -F -- "$2" "$REGRESS_DIR/out" || die "no \"$2\""
	expect "$1: upgrades/" "$before" "$(ls -A "$STATE/upgrades")"
}

cannot="the verifier's answer cannot be true"
lies no-hash "$cannot: a hash that is none"
lies word-for-hash "$cannot: a hash that is none"
lies larger "$cannot: another size"
lies smaller "$cannot: another size"
lies huge "$cannot: a size that cannot be"
lies nothing-written "$cannot: another size"
lies stranger "$cannot: signed by a key that is not configured"
lies unsigned "$cannot: signed by a key that is not configured"
lies no-reason "$cannot: no reason"
lies dies "the verifier died"
lies garbage "the verifier died"
lies other-message "the verifier died"

say "another hash than the operator settled"
ctl upgrade approve 6.2.5 "$(sha256 "$FILE" | cut -d ' ' -f 1)" >/dev/null ||
    die "approve"
lies another-hash "$cannot: right, with another hash"

say "another hash, which the operator settles while it is at work"
release_publish 6.2.7
DIR=$RELEASE/www/v6.2.7
FILE=$DIR/lavap-v6.2.7-$RELEASE_OS-$RELEASE_ARCH
order_comes() {
	wait_for 60 test -e "$FALSE/waiting"
	ctl upgrade approve 6.2.7 "$(sha256 "$FILE" | cut -d ' ' -f 1)" \
	    >/dev/null
	: >"$FALSE/go"
}
order_comes &
lies waits "approved is"
wait $! || die "approve"
DIR=$RELEASE/www/v6.2.5
FILE=$DIR/lavap-v6.2.5-$RELEASE_OS-$RELEASE_ARCH

say "one that stays is ended before its answer is used"
rm "$FALSE/lie"
ctl install "$FILE" --sums "$DIR/sha256sum.txt" \
    --sig "$DIR/sha256sum.txt.sig" || die "the real one does not work"
release_publish 6.2.6
DIR=$RELEASE/www/v6.2.6
FILE=$DIR/lavap-v6.2.6-$RELEASE_OS-$RELEASE_ARCH
before=$(ls -A "$STATE/upgrades")
echo lingers >"$FALSE/lie"
ctl install "$FILE" --sums "$DIR/sha256sum.txt" \
    --sig "$DIR/sha256sum.txt.sig" >"$REGRESS_DIR/out" 2>&1 </dev/null
say "lingers: $(tail -n 1 "$REGRESS_DIR/out")"
room_gone() {
	[ "$(room_pid verifier)" = null ] || [ -z "$(room_pid verifier)" ]
}
wait_for 60 room_gone
stop_daemon
