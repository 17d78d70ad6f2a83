#!/bin/sh
#
# `lavavisorctl unlock' and `lock' as people use them: typed on a terminal, from
# a script, from a file that was wrong; and what is refused.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

KEYRING="file"
PASSPHRASE="right pass 1"
SERVICE="passphrase: prompt"
WORLD_SERVICES="provider1 provider2"
TYPIST=$TOP/regress/rooms/typist.py
CTL=$SBIN/lavavisorctl
export PATIENCE
world_start

# provider2 has it from a file, which is wrong at first.
FILE=$REGRESS_DIR/passphrase
put_file() {
	(umask 077 && echo "$1" >"$FILE.new")
	[ -z "$WORLD_USER" ] || chown "$WORLD_USER" "$FILE.new"
	mv "$FILE.new" "$FILE"
}
put_file "bad guess 9"
sed "s,^passphrase: .*,passphrase: file $FILE," \
    "$STATE/services/provider2.yml" >new
cat new >"$STATE/services/provider2.yml"
echo "$PASSPHRASE" >right
echo "bad guess 9" >wrong
echo "Passphrase for provider1: " >prompt

# types CODE KEYS-FILE WORD...: an unlock on a terminal; its output in `out'.
types() {
	_want=$1
	_keys=$2
	shift 2
	_unseen=$_keys
	[ "$_keys" != /dev/null ] || _unseen=right
	"$PYTHON" "$TYPIST" --out out --unseen "$_unseen" \
	    "Passphrase for provider1: " "$_keys" \
	    "$CTL" --directory "$STATE" "$@" 2>err
	_have=$?
	[ "$_have" -eq "$_want" ] ||
	    die "$*: $_have, not $_want: $(cat out err)"
}

# refuses CODE TEXT COMMAND...: one line; standard input is the caller's.
refuses() {
	_want=$1
	_text=$2
	shift 2
	setsid "$@" >out 2>&1
	_have=$?
	expect "exit code of $* ($(cat out))" "$_want" "$_have"
	expect "lines of $*" 1 "$(wc -l <out | tr -d ' ')"
	grep -q -F -- "$_text" out || die "$*: $(cat out)"
}

# locked_for NAME TEXT: is it locked, and why
locked_for() {
	service_is "$1" state locked && case $(service "$1" reason) in
	*"$2"*)	;;
	*)	return 1 ;;
	esac
}

starts() {
	grep -c "service $1: started" "$DAEMON_LOG"
}

start_daemon
wait_for 60 locked_for provider1 "lavavisorctl unlock provider1"
wait_for 60 locked_for provider2 "wrong passphrase: it asked 3 times"
expect "starts" 0 "$(starts provider1)"
expect "starts" 1 "$(starts provider2)"
ctl show service provider1 >out
grep -q "^passphrase:$" out || die "$(cat out)"
grep -q "source: *prompt$" out || die "$(cat out)"

say "wrong: locked, and no further start"
types 0 wrong unlock provider1
grep -q "1 service is unlocked" out || die "$(cat out)"
wait_for 60 locked_for provider1 "wrong passphrase: it asked 3 times"
expect "starts" 1 "$(starts provider1)"

say "^C: nothing is sent, the terminal is as it was"
types 130 /dev/null unlock provider1
locked_for provider1 "wrong passphrase" || die "what has become of it?"

say "what is no passphrase"
: >empty
types 1 empty unlock provider1
has_line out "the passphrase is empty: nothing was sent" || die "$(cat out)"
printf '%01024d\n' 0 >long
types 1 long unlock provider1
has_line out "is longer than 1023 bytes" || die "$(cat out)"
refuses 1 "is longer than 1023 bytes" "$CTL" --directory "$STATE" unlock \
    --stdin provider1 <long
refuses 1 "the passphrase is empty" "$CTL" --directory "$STATE" unlock \
    --stdin provider1 </dev/null
printf 'a\0b\n' >nul
refuses 1 "has a NUL in it" "$CTL" --directory "$STATE" unlock --stdin \
    provider1 <nul
"$PYTHON" -c 'open("typed-nul", "wb").write(b"a\x16\x00b\n")'
types 1 typed-nul unlock provider1
has_line out "has a NUL in it" || die "$(cat out)"

say "without a terminal"
refuses 2 "--stdin reads it from standard input" "$CTL" --directory "$STATE" \
    unlock provider1 </dev/null
refuses 1 'there is no service "provider9"' "$CTL" --directory "$STATE" \
    unlock provider9 </dev/null
refuses 1 "can only be typed" "$CTL" --directory "$STATE" unlock --again \
    provider1
refuses 2 "not both" "$CTL" --directory "$STATE" unlock --stdin --again \
    provider1
expect "starts" 1 "$(starts provider1)"

say "nothing is left of it in the client's memory"
mkfifo keys
"$PYTHON" "$TYPIST" --out out --pid pid --unseen right \
    "Passphrase for provider1: " keys \
    "$CTL" --directory "$STATE" unlock provider1 2>err &
typist=$!
on_exit_end $typist
wait_for 60 has_line out "Passphrase for provider1"
client=$(cat pid)
if [ -r "/proc/$client/limits" ]; then
	grep -q '^Max core file size *0 ' "/proc/$client/limits" ||
	    die "it may dump core"
fi
# It gets no answer yet.
kill -STOP "$DAEMON_PID"
cat right >keys
was_typed() {
	[ "$(tr -d '\r' <out | wc -l)" -ge 1 ]
}
wait_for 60 was_typed
left() {
	"$PYTHON" "$TOP/regress/rooms/secret_search.py" right "$client"
}
gone_from_memory() {
	case $(left | awk '{ print $3 }') in
	0|refused)	;;
	*)		return 1 ;;
	esac
}
if [ -d "/proc/$client" ]; then
	wait_for 20 gone_from_memory
fi
alive "$client" || die "it did not wait for an answer: $(cat out err)"
kill -CONT "$DAEMON_PID"
wait_for 60 gone $typist
wait $typist
expect "exit code" 0 $?

say "right"
ctl wait -t 90 provider1 ready >out 2>&1 || die "$(cat out)"
expect "proven" true "$(ctl_json .passphrase.proven show service provider1)"
expect "state" held "$(ctl_json .passphrase.state show service provider1)"

say "the file is another one now"
refuses 0 "1 service is unlocked" "$CTL" --directory "$STATE" unlock --again \
    provider2
wait_for 60 locked_for provider2 "wrong passphrase: it asked 3 times"
put_file "$PASSPHRASE"
ctl -j unlock --again provider2 >out || die "$(cat out)"
expect "answer" '0 1 service is unlocked' "$(jq -r '"\(.code) \(.text)"' out)"
ctl wait -t 90 provider2 ready >out 2>&1 || die "$(cat out)"

say "one that cannot be read does not take the good one away"
mv "$FILE" "$FILE.away"
refuses 1 "No such file" "$CTL" --directory "$STATE" unlock --again provider2
expect "state" held "$(ctl_json .passphrase.state show service provider2)"
mv "$FILE.away" "$FILE"
ctl restart provider2 >out 2>&1 || die "$(cat out)"
ctl wait -t 90 provider2 ready >out 2>&1 || die "$(cat out)"

say "locked: what runs goes on, and is not started again"
pid=$(service provider1 pid)
ctl lock provider1 >out || die "$(cat out)"
has_line out "1 service is locked" || die "$(cat out)"
ctl lock provider1 >out
expect "a second time" 3 $?
expect "pid" "$pid" "$(service provider1 pid)"
kill -KILL "$pid"
wait_for 60 locked_for provider1 "locked by order"
started=$(starts provider1)

say "from a script, of which only one line is taken; all of them"
ctl lock all >out || die "$(cat out)"
printf '%s\nmore' "$PASSPHRASE" | {
	ctl unlock --stdin all >out || die "$(cat out)"
	expect "the rest" more "$(cat)"
} || exit 1
has_line out "2 services are unlocked" || die "$(cat out)"
ctl wait -t 90 all ready >out 2>&1 || die "$(cat out)"
expect "starts" $((started + 1)) "$(starts provider1)"

say "ended while it asks"
"$PYTHON" "$TYPIST" --out out --pid pid "Passphrase for provider1: " - \
    "$CTL" --directory "$STATE" unlock provider1 2>err &
typist=$!
on_exit_end $typist
wait_for 60 has_line out "Passphrase for provider1"
kill -TERM "$(cat pid)"
wait $typist
expect "exit code ($(cat err))" 143 $?

say "not in the log, and in no file but its own"
! grep -r -l -F "$PASSPHRASE" "$STATE" "$DAEMON_LOG" "$REGRESS_DIR/home" ||
    die "there it is"
stop_daemon
