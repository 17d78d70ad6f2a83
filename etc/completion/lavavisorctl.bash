# Completion of lavavisorctl and lavavisor for bash(1): source this file, or
# leave it to bash-completion.  What fits is asked of the program itself.

_lavavisorctl() {
	local IFS=$'\n'

	COMPREPLY=($("${COMP_WORDS[0]}" complete \
	    "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _lavavisorctl lavavisorctl lavavisor
