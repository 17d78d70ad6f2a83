#!/bin/sh
#
# `lavavisor wrap' of a lavap that asks for a passphrase: typed at the start, or
# from a file; right, wrong, and where nobody can be asked.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

KEYRING="file"
PASSPHRASE="right pass 1"
WORLD_SERVICES=consumer1
TYPIST=$TOP/regress/rooms/typist.py
export PATIENCE
world_start
SHARED=$STATE
STATE=$SHARED/wrap/consumer1
DAEMON_LOGS="$REGRESS_DIR/out $REGRESS_DIR/err"
HOME=$REGRESS_DIR/home/consumer1
export HOME
# A service of wrap runs as who starts it.
chown -R "$(id -u)" "$HOME"
cp "$SHARED/services/service_configs/consumer1.yml" "$HOME/.lava"
echo "$PASSPHRASE" >right
echo "bad guess 9" >wrong

# in_place COMMAND...: what wrap is to do, with options behind it.
in_place() {
	"$@" "$SBIN/lavavisor" wrap --directory "$SHARED" --chain-id \
	    lava-mainnet-1 --node "$CHAIN_URL" --ready \
	    "tcp 127.0.0.1:$(service_port consumer1)" --cmd \
	    "lavap rpcconsumer consumer1.yml --from servicer1 --geolocation 1 \
	    --keyring-backend $KEYRING" $OPTIONS
}

# typed KEYS-FILE: on a terminal
typed() {
	_unseen=$1
	[ "$1" != /dev/null ] || _unseen=right
	OPTIONS="--enter-keyring-password --name consumer1" in_place \
	    "$PYTHON" "$TYPIST" --out out --pid pid --unseen "$_unseen" \
	    "Passphrase for consumer1: " "$1" 2>err
}

is_ready() {
	services_all ".state == \"running\" and .ready == true and
	    .pid != ${old:-0}"
}

# dies: it is killed and comes up again, as its passphrase is kept.
dies() {
	old=$(service consumer1 pid)
	kill -KILL "$old"
	wait_for 90 is_ready
}

# nowhere PASSPHRASE: in no file of the directory
nowhere() {
	! grep -r -l -F "$1" "$SHARED" "$REGRESS_DIR/out" || die "there it is"
}

ended() {
	wait_for 60 gone "$1"
	wait "$1"
	expect "exit code" "$2" $?
	no_strays || die "processes left: $(strays)"
}

locked() {
	service_is consumer1 state locked
}

say "typed: it is kept for later starts, also over a reexec"
typed right &
typist=$!
on_exit_end $typist
wait_for 90 is_ready
grep -Eq '^passphrase: "?fd [0-9]+"?$' "$STATE/services/consumer1.yml" ||
    die "$(cat "$STATE/services/consumer1.yml")"
ctl reexec >/dev/null || die "no reexec"
# It has begun anew, and answers.
begun_anew() {
	[ "$(grep -c "lavavisord [^ ]* started, pid" out)" -eq 2 ] &&
	    ctl show services
}
wait_for 60 begun_anew
dies
nowhere "$PASSPHRASE"

say "locked and unlocked inside"
ctl lock consumer1 >said || die "$(cat said)"
kill -KILL "$(service consumer1 pid)"
wait_for 60 locked
alive "$(cat pid)" || die "an order to lock has ended it"
ctl unlock --stdin all <right >said || die "$(cat said)"
wait_for 90 is_ready
kill -TERM "$(cat pid)"
ended $typist 0

say "typed wrong: that is the end"
typed wrong
expect "exit code" 1 $?
expect "starts" 1 "$(grep -c "service consumer1: started" out)"
has_line out "the passphrase that was typed is wrong" || die "$(cat out)"
nowhere "bad guess 9"
no_strays || die "processes left: $(strays)"

say "^C"
typed /dev/null
expect "exit code" 130 $?
expect "starts" 0 "$(grep -c "service consumer1: started" out)"

say "nobody to ask"
OPTIONS="--enter-keyring-password --name other" in_place setsid \
    >out 2>&1 </dev/null
expect "exit code" 2 $?
expect "lines" 1 "$(wc -l <out | tr -d ' ')"
has_line out "no terminal to ask on; --passphrase-file" || die "$(cat out)"

# in_background OPTION...
in_background() {
	OPTIONS="$* --name consumer1" in_place exec >out 2>err </dev/null &
	wrap=$!
	on_exit_end $wrap
}

say "nobody asked for: it is told, and lavap ends with its own code"
in_background --restart never
ended $wrap 1
has_line err "note: with --keyring-backend file lavap will ask" ||
    die "$(cat err)"

say "a file: wrong it stays locked, until it is right"
(umask 077 && echo "bad guess 9" >pass)
in_background --passphrase-file pass
wait_for 90 locked
grep -q "^passphrase: \"\{0,1\}file $REGRESS_DIR/pass\"\{0,1\}\$" \
    "$STATE/services/consumer1.yml" ||
    die "$(cat "$STATE/services/consumer1.yml")"
ctl check >said
expect "check" 2 $?
has_line said "wrong passphrase" || has_line said locked || die "$(cat said)"
alive $wrap || die "it has ended"
expect "starts" 1 "$(grep -c "service consumer1: started" err)"
echo "$PASSPHRASE" >pass
ctl unlock --again consumer1 >said || die "$(cat said)"
wait_for 90 is_ready
kill -TERM $wrap
ended $wrap 0

say "a file that others can read"
chmod 644 pass
in_background --passphrase-file "$REGRESS_DIR/pass"
wait_for 90 locked
case $(service consumer1 reason) in
*"pass (mode 0644): others can read it"*)	;;
*)	die "$(ctl show services)" ;;
esac
kill -TERM $wrap
wait_for 60 gone $wrap
nowhere "$PASSPHRASE"
