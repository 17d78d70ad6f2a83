# --help of everything: each command has a line, its own help and examples,
# and the examples are commands.

. "${TOP:-.}/regress/lib.sh"

PROGRAM=$SBIN/lavavisorctl

# words LINE: the words of a command before its arguments and its description
words() {
	echo "$1" | sed 's/^  //; s/  .*//; s/ [[A-Z-].*//'
}

# The lines of a part of the help, from its title to an empty line
part() {
	sed -n "/^$1/,/^\$/p" help | grep '^  [a-z]'
}

"$PROGRAM" --help >help || die "--help"
"$PROGRAM" help >help2 || die "help"
cmp -s help help2 || die "help is not --help"
"$PROGRAM" -h | cmp -s help - || die "-h is not --help"
if "$PROGRAM" >said 2>said.err; then
	die "no command is no error"
fi
has_line said.err "no command" || die "$(cat said.err)"
expect "lines of an error" 1 "$(wc -l <said.err | tr -d ' ')"
has_line said.err "(see .lavavisorctl --help')" || die "$(cat said.err)"
"$PROGRAM" upgrade to 2>said.err
expect "exit code" 2 $?
has_line said.err "(see .lavavisorctl upgrade to --help')" ||
    die "$(cat said.err)"
for word in wrap pod; do
	"$PROGRAM" "$word" --cmd "lavap rpcprovider a.yml" 2>said.err
	expect "exit code of $word" 2 $?
	has_line said.err "^lavavisorctl: wrap and pod are commands of" ||
	    die "$(cat said.err)"
done
[ -s said ] && die "an error on standard output"

say "each command"
part commands >commands
[ "$(wc -l <commands)" -gt 20 ] || die "commands: $(cat commands)"
while IFS= read -r line; do
	command=$(words "$line")
	# shellcheck disable=SC2086
	"$PROGRAM" $command --help >one </dev/null || die "$command --help"
	has_line one "^usage: lavavisorctl .*$command" || die "$(cat one)"
	has_line one "^examples:" || die "$command has no examples"
	has_line one "^  lavavisorctl $command" ||
	    die "$command has no example: $(cat one)"
	# shellcheck disable=SC2086
	"$PROGRAM" help $command </dev/null | cmp -s one - ||
	    die "help $command is not $command --help"
	first=${command%% *}
	if [ "$first" != "$command" ]; then
		"$PROGRAM" "$first" --help >group </dev/null ||
		    die "$first --help"
		has_line group "^  $command " || die "$(cat group)"
	fi
done <commands

say "each command without a daemon"
part "on this machine" | grep -v '^   ' >commands
while IFS= read -r line; do
	command=$(words "$line")
	command=${command%% *}
	"$PROGRAM" "$command" --help >one </dev/null || die "$command --help"
	has_line one "^usage: lavavisorctl $command" || die "$(cat one)"
	has_line one "^example" || die "$command has no example"
done <commands

say "each example"
# Of those without a daemon other tests know.
local_ones=$(sed 's/^  //; s/ .*//' commands)
sed -n 's/^  lavavisorctl //p' help >examples
[ "$(wc -l <examples)" -gt 20 ] || die "examples: $(cat examples)"
while IFS= read -r line; do
	line=${line%% | *}
	echo "$local_ones" | grep -qx -- "${line%% *}" && continue
	eval "set -- $line"
	"$PROGRAM" --directory "$REGRESS_DIR/none" "$@" >said 2>&1 </dev/null
	case $?:$1 in
	4:*|1:install|2:check)	;;
	*)	die "lavavisorctl $line: $(cat said)" ;;
	esac
done <examples

say "wrong words"
wrong() {
	_text=$1
	shift
	"$PROGRAM" "$@" >said 2>said.err
	expect "exit code of $*" 2 $?
	has_line said.err "$_text" || die "$*: $(cat said.err)"
}
wrong 'unknown word "shwo": did you mean "show"?' shwo
wrong 'unknown word "servces": did you mean "services"?' show servces
wrong 'unknown word "rolback": did you mean "rollback"?' upgrade rolback
wrong 'unknown word "shwo": did you mean "show"?' help shwo
wrong 'unknown word "vresion": did you mean "version"?' vresion
wrong 'unknown option --jsno: did you mean --json?' show --jsno nodes
wrong '"re" could be: .*restart, .*reload' re
wrong '"s" could be: services, service, sandbox' show s
wrong 'upgrade what? There are: check, now' upgrade
wrong 'start needs NAME' start

say "each example of the manual"
sed -n 's/^\.Dl [$#] lavavisorctl //p' "$TOP/man/lavavisorctl.8" >examples
[ "$(wc -l <examples)" -gt 20 ] || die "examples: $(cat examples)"
while IFS= read -r line; do
	line=${line%% | *}
	line=${line%% && *}
	case $line in
	--directory*)	continue ;;
	esac
	eval "set -- $line"
	"$PROGRAM" --directory "$REGRESS_DIR/none" "$@" >said 2>&1 </dev/null
	case $?:$1 in
	4:*|1:install|2:check)	;;
	*)	die "lavavisorctl $line: $(cat said)" ;;
	esac
done <examples
# Every command is in it.
part commands | while IFS= read -r line; do
	words "$line"
done >commands
while IFS= read -r command; do
	grep -q "lavavisorctl \(-j \)\{0,1\}$command" \
	    "$TOP/man/lavavisorctl.8" || die "no example of $command"
done <commands

say "the time that a start takes"
if command -v ldd >/dev/null; then
	ldd "$PROGRAM" >libraries 2>&1
	if grep -E 'curl|ssl|crypto|ncurses' libraries; then
		die "lavavisorctl links what it does not need"
	fi
fi
# The best of many, less what any program takes: load makes no difference.
cat >best.py <<'END'
import os
import shutil
import sys
import time


def best(*command):
    least = 1e9
    for _ in range(100):
        begin = time.perf_counter()
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)])
        os.waitpid(pid, 0)
        least = min(least, time.perf_counter() - begin)
    return least


took = best(sys.argv[1], '--version') - best(shutil.which('true'))
print('a start takes %.3f ms' % (took * 1000))
sys.exit(took > 0.001)
END
if [ -z "${REGRESS_SANITIZED:-}" ]; then
	"$PYTHON" best.py "$PROGRAM" || "$PYTHON" best.py "$PROGRAM" ||
	    die "a start takes more than 1 ms"
fi
