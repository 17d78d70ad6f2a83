#!/bin/sh
#
# `lavavisor wrap' and `pod' as plain processes: output and environment as they
# are, signals passed on, its end becomes ours; and what is refused.

. "${TOP:-.}/regress/lib.sh"

HOME=$REGRESS_DIR/h
export HOME
mkdir "$HOME"
# Its own copy, so that strays() knows what is a service.
SHELL_COPY=$REGRESS_DIR/sh
cp "$(command -v dash || echo /bin/sh)" "$SHELL_COPY"
chmod 755 "$SHELL_COPY"

# wrapped NAME OPTION...: sets WRAP_PID; output in NAME.out and NAME.err.
wrapped() {
	_name=$1
	shift
	DAEMON_LOG=$REGRESS_DIR/$_name.err
	DAEMON_LOGS="${DAEMON_LOGS:-} $DAEMON_LOG"
	"$SBIN/lavavisor" "$@" --name "$_name" >>"$_name.out" 2>>"$_name.err" \
	    </dev/null &
	WRAP_PID=$!
	on_exit_end "$WRAP_PID"
	STATE=$HOME/.lavavisor/wrap/$_name
}

# wrap_ends CODE
wrap_ends() {
	wait_for 60 gone "$WRAP_PID"
	wait "$WRAP_PID"
	expect "exit code" "$1" $?
	no_strays || die "processes left: $(strays)"
}

# signals NAME WORD...: each, and the output that it brings
signals() {
	_out=$REGRESS_DIR/$1.out
	shift
	for _signal in "$@"; do
		kill -"$_signal" "$WRAP_PID"
		wait_for 30 has_line "$_out" "^got $_signal\$"
	done
}

cat >talker.sh <<'END'
for s in HUP USR1 USR2 WINCH; do
	trap "echo got $s" $s
done
trap 'echo got TERM; exit 7' TERM
printf 'no newline \001\377'
sleep 0.1
printf '\nFACT=%s at %s, [%s]\n' "$FACT" "$PWD" "$1"
echo 'to stderr' >&2
while :; do sleep 0.1; done
END

say "output, environment, directory, words; signals; exit code"
FACT='a  b' wrapped talker wrap --node http://127.0.0.1:1 \
    --cmd "$SHELL_COPY $REGRESS_DIR/talker.sh 'it is \$1'"
wait_for 60 has_line talker.err '^to stderr$'
printf 'no newline \001\377\nFACT=a  b at %s, [it is $1]\n' "$REGRESS_DIR" \
    >talker.want
cmp talker.out talker.want || die "the output is another one"
wait_for 60 ctl show services
expect "state" running "$(service talker state)"
signals talker HUP USR1 USR2 WINCH
[ "$(service talker restarts)" = 0 ] || die "it was restarted"

say "the same name a second time"
"$SBIN/lavavisor" wrap --name talker --cmd "$SHELL_COPY -c :" \
    --node http://127.0.0.1:1 >out 2>&1
expect "exit code" 1 $?
has_line out "talker runs in $HOME/.lavavisor already" || die "$(cat out)"
expect "lines" 1 "$(wc -l <out)"

say "a reexec, and a restart by itself"
pid=$(service talker pid)
ctl reexec >/dev/null || die "no reexec"
started_again() {
	[ "$(grep -c "lavavisord [^ ]* started, pid $WRAP_PID," talker.err)" \
	    -eq 2 ] && ctl show services
}
wait_for 60 started_again
expect "pid" "$pid" "$(service talker pid)"
kill -KILL "$pid"
again() {
	_now=$(service talker pid)
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$pid" ]
}
wait_for 60 again
begun() {
	[ "$(grep -c FACT= talker.out)" -eq 2 ]
}
wait_for 60 begun
kill -TERM "$WRAP_PID"
wrap_ends 7
has_line talker.out '^got TERM$' || die "no grace"

say "a signal is 128 + n; what was stopped runs again at the next start"
wrapped steady wrap --node http://127.0.0.1:1 \
    --cmd "$SHELL_COPY -c 'echo up; while :; do sleep 0.1; done'"
wait_for 60 has_line steady.out up
wait_for 60 ctl show services
ctl stop steady >/dev/null || die "no stop"
alive "$WRAP_PID" || die "a stop by order has ended it"
kill -TERM "$WRAP_PID"
wrap_ends 143
: >steady.out
wrapped steady wrap --node http://127.0.0.1:1 \
    --cmd "$SHELL_COPY -c 'echo up; while :; do sleep 0.1; done'"
wait_for 60 has_line steady.out up
kill -INT "$WRAP_PID"
wrap_ends 143

say "the second TERM is quick"
cat >rock.sh <<'END'
trap 'echo got TERM' TERM
echo up
while :; do sleep 0.1; done
END
wrapped rock pod --node http://127.0.0.1:1 --stop-grace 10m --cmd \
    "$SHELL_COPY $REGRESS_DIR/rock.sh"
wait_for 60 has_line rock.out up
kill -TERM "$WRAP_PID"
wait_for 60 has_line rock.out 'got TERM'
alive "$WRAP_PID" || die "the grace was not kept"
kill -TERM "$WRAP_PID"
wrap_ends 137

say "an end that its policy leaves at that is ours"
wrapped once wrap --node http://127.0.0.1:1 --restart never \
    --cmd "$SHELL_COPY -c 'echo done; exit 5'"
wrap_ends 5
wrapped once wrap --node http://127.0.0.1:1 --restart on-failure \
    --cmd "$SHELL_COPY -c 'exit 0'"
wrap_ends 0

# refused CODE TEXT ARGUMENT...
refused() {
	_want=$1
	_text=$2
	shift 2
	"$SBIN/lavavisor" "$@" >out 2>&1 </dev/null
	_code=$?
	say "$*: $_code $(cat out)"
	expect "exit code" "$_want" "$_code"
	grep -q -F -- "$_text" out || die "not said: $_text"
	expect "lines" 1 "$(wc -l <out)"
}
say "what is refused"
refused 2 "what is to run?" wrap
refused 2 "--cmd: column 14: the quote ' is not closed" wrap \
    --cmd "lavap --home 'a b"
refused 2 "--cmd: column 7: nothing is expanded" wrap --cmd 'lavap $X'
refused 2 "--cmd: column 9: there is no shell" pod --cmd 'lavap x | tee y'
refused 2 "--cmd: column 1: there is no command" pod --cmd ''
refused 2 "consumer.sh: the program must be lavap, or have its full path" \
    wrap --cmd 'consumer.sh'
refused 2 "/nowhere/consumer: No such file" wrap --cmd /nowhere/consumer
refused 2 "/usr/bin/lavap: say just lavap" wrap --cmd '/usr/bin/lavap x'
refused 2 "--cmd: word 2, \"a\\x0ab\", has a character" wrap --cmd "lavap 'a
b'"
refused 2 "what --passphrase-file has: give one of them" wrap \
    --cmd 'lavap rpcconsumer c.yml' --enter-keyring-password \
    --passphrase-file pass
refused 2 '--passphrase-file: "" is no path' wrap --passphrase-file '' \
    --cmd 'lavap rpcconsumer c.yml'
refused 2 "--name \"a/b\" is no name" wrap --name a/b --cmd 'lavap x'
refused 2 "--ready \"log x\": it is" wrap --ready 'log x' --cmd 'lavap x'
refused 2 "wrap takes no \"rpcconsumer\"" wrap --cmd lavap rpcconsumer
refused 1 "restart: \"sometimes\"" wrap --restart sometimes --cmd 'lavap x' \
    --node http://127.0.0.1:1
refused 1 "--config nowhere.yml: there is no such file" wrap --cmd 'lavap x' \
    --config nowhere.yml
printf 'chain-id: lava-testnet-2\nservices: []\n' >other.yml
refused 1 "other.yml:1: chain-id is lava-testnet-2" wrap --cmd 'lavap x' \
    --config other.yml --chain-id lava-mainnet-1
mkdir "$REGRESS_DIR/locked"
chmod 777 "$REGRESS_DIR/locked"
mkdir "$REGRESS_DIR/locked/.lavavisor"
chmod 777 "$REGRESS_DIR/locked/.lavavisor"
refused 1 "others may write there" wrap --cmd 'lavap x' \
    --directory "$REGRESS_DIR/locked"
if [ "$(id -u)" -ne 0 ]; then
	chmod 555 "$REGRESS_DIR/locked"
	rmdir "$REGRESS_DIR/locked/.lavavisor" 2>/dev/null
	refused 1 "cannot be made: Permission denied" wrap --cmd 'lavap x' \
	    --directory "$REGRESS_DIR/locked/x"
fi
