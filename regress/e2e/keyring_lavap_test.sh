#!/bin/sh
#
# The fake lavap asks for the passphrase of its keyring as the real one does:
# when, how often, what it says and its exit code.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/keyring.sh"

FAKE=$TOP/regress/bin/fakelavap
RIGHT="right pass 1"
MANY="Error: too many failed passphrase attempts"
HOME=$REGRESS_DIR/home
export HOME
mkdir -p "$HOME/.lava"
# Exit code 2: it came as far as its config; 1 otherwise.
UNLOCKED=2
echo "# fake: crash-early" >"$HOME/.lava/p.yml"

# lavap [ARGUMENT...]: with a file keyring, from what comes in by the pipe.
lavap() {
	"$FAKE" rpcprovider p.yml --from servicer1 --keyring-backend file "$@" \
	    >out 2>err
}

# was WHAT EXIT_CODE WANTED_CODE [LINE...]: of standard error, without the
# usage text.
was() {
	expect "$1: exit code" "$3" "$2"
	_what=$1
	shift 3
	: >wanted
	[ $# -eq 0 ] || printf '%s\n' "$@" >wanted
	sed '/^Usage:$/,$d' err >said
	cmp -s wanted said || die "$_what: says $(cat said)"
	has_line out "Process Started" || die "$_what: started"
	! grep -q "right pass" out err || die "$_what: shows the passphrase"
}

# typed WHAT FORMAT CODE [LINE...]: FORMAT is for printf, its end is the end
# of the pipe.
typed() {
	# shellcheck disable=SC2059
	printf "$2" | lavap
	_code=$?
	_format=$1
	shift 2
	was "$_format" "$_code" "$@"
}

existing_keyring() {
	_bad="incorrect passphrase"
	_short="password must be at least 8 characters"
	keyring_make "$HOME/.lava" "$RIGHT"
	typed right "$RIGHT\n" $UNLOCKED
	typed "no newline" "$RIGHT" $UNLOCKED
	typed CRLF "$RIGHT\r\n" $UNLOCKED
	typed blanks " \t$RIGHT \n" $UNLOCKED
	typed "more lines" "$RIGHT\n$RIGHT\nthird\n" $UNLOCKED
	typed second "wrong pass\n$RIGHT\n" $UNLOCKED "$_bad"
	typed third "wrong pass\nshort\n$RIGHT" $UNLOCKED "$_bad" "$_short"
	typed fourth "wrong pass\n\nwrong pass\n$RIGHT\n" 1 "$_bad" "$_short" \
	    "$_bad" "$MANY"
	typed wrong "wrong pass\n" 1 "$_bad" EOF EOF "$MANY"
	typed "the first half" "right pa\n" 1 "$_bad" EOF EOF "$MANY"
	typed "more than it" "${RIGHT}2" 1 "$_bad" EOF EOF "$MANY"
	typed nothing "" 1 EOF EOF EOF "$MANY"
	has_line err '^Usage:$' || die "no usage text"
	lavap </dev/null
	was /dev/null $? 1 EOF EOF EOF "$MANY"
	lavap <&-
	was closed $? 1 EOF EOF EOF "$MANY"
}

# Without its hash it takes anything, twice, and what it took stays.
new_keyring() {
	_ring=$(keyring_dir "$HOME/.lava")
	rm -f "$_ring/keyhash"
	typed "once only" "$RIGHT\n" 1 EOF EOF EOF "$MANY"
	[ ! -e "$_ring/keyhash" ] || die "a hash after one line"
	typed "not the same" "$RIGHT\nother pass\n$RIGHT\n$RIGHT\n" $UNLOCKED \
	    "passphrase do not match"
	typed "known now" "$RIGHT\n" $UNLOCKED
	rm -f "$_ring/keyhash"
	typed "wrong twice" "wrong pass\nwrong pass\n" 1 \
	    "Error: aes.KeyUnwrap(): integrity check failed."
	typed "right too late" "$RIGHT\n" 1 "incorrect passphrase" EOF EOF \
	    "$MANY"
}

# Where the keyring is, and when there is none to ask for.
places() {
	keyring_make "$HOME/.lava" "$RIGHT"
	printf '%s\n' "$RIGHT" >pass
	keyring_make ring "other pass"
	lavap --keyring-dir ring <pass
	was --keyring-dir $? 1 "incorrect passphrase" EOF EOF "$MANY"
	lavap --home=ring <pass
	was --home= $? 1 "incorrect passphrase" EOF EOF "$MANY"
	keyring_make os "$RIGHT" os
	[ -f os/keyhash ] || die "os: not in the directory itself"
	lavap --keyring-backend os --keyring-dir os <pass
	was os $? $UNLOCKED
	lavap --from other </dev/null
	was "no such key" $? 1 "Error: other.info: key not found"
	lavap --keyring-backend test </dev/null
	was test $? $UNLOCKED
	lavap --keyring-backend=test --from other </dev/null
	was test= $? $UNLOCKED
	# Its config is looked for only then.
	printf '%s\n' "$RIGHT" | "$FAKE" rpcconsumer none.yml --from \
	    servicer1 --keyring-backend file >out 2>err
	was "no config" $? 1
	has_line out "Config File Not Found" || die "no config: not said"
}


# Wrong, and the pipe stays open: it waits for another attempt.
open_pipe() {
	mkfifo pipe
	lavap <pipe &
	_lavap=$!
	on_exit_end $_lavap
	exec 3>pipe
	wait_for 20 has_line out "Process Started"
	printf 'wrong pass\n' >&3
	wait_for 20 has_line err "incorrect passphrase"
	alive $_lavap || die "has not waited for another attempt"
	printf '%s\n' "$RIGHT" >&3
	wait_for 20 gone $_lavap
	wait $_lavap
	was "open pipe" $? $UNLOCKED "incorrect passphrase"
	exec 3>&-
}

# A lavap that asks twice, from one buffer and from two.
asks_twice() {
	echo "# fake: crash-early, keyring-asks 2" >"$HOME/.lava/p.yml"
	typed "two lines" "$RIGHT\n$RIGHT\n" $UNLOCKED
	typed "one line" "$RIGHT\n" 1 EOF EOF EOF "$MANY"
	echo "# fake: crash-early, keyring-asks 2 own" >"$HOME/.lava/p.yml"
	typed "lost" "$RIGHT\n$RIGHT\n" 1 EOF EOF EOF "$MANY"
}

existing_keyring
new_keyring
places
open_pipe
asks_twice
