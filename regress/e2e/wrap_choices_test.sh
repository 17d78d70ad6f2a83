#!/bin/sh
#
# `lavavisor wrap': when it ends, who finds it, which of two with one name wins,
# and as whom it runs.

. "${TOP:-.}/regress/lib.sh"

HOME=$REGRESS_DIR/h
export HOME
mkdir "$HOME"
# Its own copy, so that strays() knows what is a service.
SHELL_COPY=$REGRESS_DIR/sh
cp "$(command -v dash || echo /bin/sh)" "$SHELL_COPY"
chmod 755 "$SHELL_COPY" "$REGRESS_DIR"
LOOP='while :; do sleep 0.1; done'

# wrapped NAME OPTION...: sets WRAP_PID; output in NAME.out and NAME.err.
wrapped() {
	_name=$1
	shift
	DAEMON_LOGS="${DAEMON_LOGS:-} $REGRESS_DIR/$_name.err"
	"$SBIN/lavavisor" wrap --name "$_name" --node http://127.0.0.1:1 \
	    "$@" >"$_name.out" 2>"$_name.err" </dev/null &
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

# found CODE TEXT OPTION...: lavavisorctl show services, all by itself
found() {
	_want=$1
	_text=$2
	shift 2
	"$SBIN/lavavisorctl" "$@" show services >found 2>&1
	expect "exit code" "$_want" $?
	has_line found "$_text" || die "not said: $_text: $(cat found)"
}

say "at its limit of failures it ends with the status of the service"
wrapped twice --limit 2 --cmd "$SHELL_COPY -c 'echo up; exit 9'"
wrap_ends 9
expect "starts" 2 "$(grep -c '^up$' twice.out)"
wrapped killed --limit 1 --cmd "$SHELL_COPY -c 'kill -KILL \$\$'"
wrap_ends 137

say "unless it is to try again"
wrapped again --limit 1 --retry 1h --cmd "$SHELL_COPY -c 'exit 9'"
is_failed() {
	service_is again state failed
}
wait_for 60 is_failed
alive "$WRAP_PID" || die "it has ended"
kill -TERM "$WRAP_PID"
wrap_ends 9

say "notes are no output of the service"
wrapped noted --output json --restart never --cmd "$SHELL_COPY -c 'echo up'"
wrap_ends 0
expect "output" up "$(cat noted.out)"
has_line noted.err "^note: --output is not used" || die "no note"

say "lavavisorctl finds the only one; of two it names both"
wrapped one --cmd "$SHELL_COPY -c '$LOOP'"
one=$WRAP_PID
wait_for 60 ctl show services
found 0 "^one .*running"
found 0 "^one .*running" --directory "$HOME/.lavavisor"
wrapped two --cmd "$SHELL_COPY -c '$LOOP'"
two=$WRAP_PID
wait_for 60 ctl show services
found 2 "several are wrapped here, so say which: --directory $HOME/"
expect "lines" 1 "$(wc -l <found)"
for _name in one two; do
	has_line found "--directory $HOME/.lavavisor/wrap/$_name" ||
	    die "$_name is not named: $(cat found)"
done
for _name in one two; do
	found 0 "^$_name .*running" --directory \
	    "$HOME/.lavavisor/wrap/$_name"
done
kill -TERM "$one"
wait_for 60 gone "$one"
found 0 "^two .*running"
kill -TERM "$two"
wait_for 60 gone "$two"
found 4 "no daemon answers at"

say "of many with one name that start at once one wins, and keeps its own"
racers=
i=0
while [ "$i" -lt 8 ]; do
	"$SBIN/lavavisor" wrap --name race --node http://127.0.0.1:1 \
	    --cmd "$SHELL_COPY -c 'echo $i; $LOOP'" \
	    >"race.$i.out" 2>"race.$i.err" </dev/null &
	racers="$racers $!"
	on_exit_end $!
	DAEMON_LOGS="$DAEMON_LOGS $REGRESS_DIR/race.$i.err"
	i=$((i + 1))
done
one_is_left() {
	_n=0
	for _pid in $racers; do
		! alive "$_pid" || _n=$((_n + 1))
	done
	[ "$_n" -eq 1 ]
}
wait_for 60 one_is_left
i=0
for pid in $racers; do
	if alive "$pid"; then
		winner=$i
		WRAP_PID=$pid
	else
		wait "$pid"
		expect "exit code of $i" 1 $?
		expect "lines of $i" 1 "$(wc -l <"race.$i.err")"
		has_line "race.$i.err" "race runs in .* already" ||
		    die "$i: $(cat "race.$i.err")"
	fi
	i=$((i + 1))
done
wait_for 60 test -s "race.$winner.out"
expect "service" "$winner" "$(cat "race.$winner.out")"
STATE=$HOME/.lavavisor/wrap/race
grep -q "echo $winner;" "$STATE/services/race.yml" ||
    die "not the winner's: $(cat "$STATE/services/race.yml")"
wait_for 60 ctl show services
ctl reexec >/dev/null || die "no reexec"
started_again() {
	[ "$(grep -c "lavavisord [^ ]* started, pid" "race.$winner.err")" \
	    -eq 2 ] && ctl show services
}
wait_for 60 started_again
"$SBIN/lavavisor" wrap --name race --cmd "$SHELL_COPY -c :" >out 2>&1
expect "exit code after a reexec" 1 $?
kill -TERM "$WRAP_PID"
wrap_ends 143

say "as whom it runs"
"$SBIN/lavavisor" wrap --user nobody-of-this-name --cmd "$SHELL_COPY" \
    >out 2>&1
expect "exit code" 1 $?
has_line out "user nobody-of-this-name: there is no such account" ||
    die "$(cat out)"
wrapped who --restart never --cmd "$SHELL_COPY -c 'id -u; echo \$HOME'"
wrap_ends 0
expect "user" "$(id -u) $HOME" "$(tr '\n' ' ' <who.out | sed 's/ $//')"
if [ "$(id -u)" -eq 0 ]; then
	expect "warnings" 1 "$(grep -c 'root runs this, and so the service' \
	    who.err)"
	mkdir nobodys
	chown nobody nobodys
	wrapped who --user nobody --directory "$REGRESS_DIR/nobodys" \
	    --restart never --cmd "$SHELL_COPY -c 'id -u; id -g; echo \$HOME'"
	wrap_ends 0
	expect "user" "$(id -u nobody) $(id -g nobody) $(getent passwd \
	    nobody | cut -d: -f6) " "$(tr '\n' ' ' <who.out)"
	has_line who.err "root runs this" && die "it is warned of"
	expect "owner" nobody "$(stat -c %U nobodys/.lavavisor/wrap/who)"
else
	has_line who.err "root runs this" && die "it is warned of"
	"$SBIN/lavavisor" wrap --user root --cmd "$SHELL_COPY" >out 2>&1
	expect "exit code" 1 $?
	has_line out "user root: only root can become" || die "$(cat out)"
fi
