# Completion: the hidden word, and real shells that use it.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

# fits WORD...: what may stand in place of the last one, in a line
fits() {
	"$SBIN/lavavisorctl" complete "$@" | sort | tr '\n' ' ' | sed 's/ $//'
}

# tab SETUP TYPED WANTED SHELL...: TAB behind TYPED brings WANTED.
tab() {
	HOME=$REGRESS_DIR PATH=$SBIN:$PATH "$PYTHON" \
	    "$TOP/regress/world/type_tab.py" "$@" >tab.out 2>&1 ||
	    die "$4: $(cat tab.out)"
}

say "words"
expect "first" "shutdown" "$(fits shu)"
expect "two" "pin" "$(fits pi)"
expect "none" "" "$(fits x)"
expect "second" "rollback" "$(fits upgrade r)"
expect "cut short" "rollback" "$(fits upg r)"
expect "all seconds" "forget" "$(fits nodes '')"
expect "help" "services service" "$("$SBIN/lavavisorctl" complete help show \
    serv | tr '\n' ' ' | sed 's/ $//')"
expect "options" "--lines" "$(fits log --li)"
expect "not its own" "" "$(fits start --li)"
expect "file" "" "$(fits install '')"
expect "value" "" "$(fits -s '')"
expect "no daemon" "all" "$(fits --directory "$REGRESS_DIR" stop '')"
expect "states" "stopped stopping" "$(fits wait x stop)"
expect "name twice" "" "$(fits stop x '')"

expect "of what needs no daemon" "--keep-config" \
    "$(fits remove-service x --k)"
expect "cut short" "--log-level --log_level" "$(fits cre --lo)"
expect "role" "consumer provider" "$(fits create-service '')"
expect "config" "" "$(fits create-service provider '')"
for command in create-service import init remove-service top; do
	expect "help of $command" "--help" "$(fits "$command" --hel)"
done
expect "none of start's" "" "$(fits start --auto)"
expect "as lavavisor" "--auto-download" \
    "$("$SBIN/lavavisor" complete start --auto)"

say "names"
world_start
start_daemon
world_at 6.2.4
expect "names" "all consumer1 provider1" \
    "$(fits --directory "$STATE" restart '')"
expect "name" "provider1" "$(fits -j --directory="$STATE" show services p)"
expect "to remove" "consumer1 provider1" \
    "$(fits --directory "$STATE" remove-service '')"
expect "socket" "consumer1" "$(fits -s "$STATE/run/show.sock" check con)"

say "ksh"
for shell in mksh ksh; do
	command -v "$shell" >/dev/null || continue
	expect "$shell" "rollback" "$(PATH=$SBIN:$PATH "$shell" -c ". \"$TOP\
/etc/completion/lavavisorctl.ksh\"; for w in \
\"\${complete_lavavisorctl_2[@]}\"; do echo \"\$w\"; done" |
	    grep '^rollback$')"
done

done_with=
say "bash"
if command -v bash >/dev/null; then
	done_with="$done_with bash"
	setup=". $TOP/etc/completion/lavavisorctl.bash"
	tab "$setup" "lavavisorctl sho" "lavavisorctl show " \
	    bash --norc --noprofile -i
	tab "$setup" "lavavisorctl --directory $STATE stop pro" \
	    "stop provider1 " bash --norc --noprofile -i
	tab "$setup" "lavavisorctl upgrade rol" "upgrade rollback " \
	    bash --norc --noprofile -i
fi
say "zsh"
if command -v zsh >/dev/null; then
	done_with="$done_with zsh"
	setup="fpath=($TOP/etc/completion \$fpath); autoload -U compinit;"
	setup="$setup compinit -u -D"
	tab "$setup" "lavavisorctl sho" "w " zsh -f -i
	tab "$setup" "lavavisorctl --directory $STATE stop pro" \
	    "vider1 " zsh -f -i
	tab "$setup" "lavavisorctl upgrade rol" "lback " zsh -f -i
fi
stop_daemon
[ -n "$done_with" ] || skip "words only: neither bash nor zsh is here"
