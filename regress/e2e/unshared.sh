# Containers made by unshare(1): their process 1, and the end of those that a
# failed test leaves.

# Of the one whose unshare is UNSHARE: sets INIT.
find_init() {
	alive "$UNSHARE" || die "the container has ended"
	INIT=$(ps -o pid= --ppid "$UNSHARE" | tr -d ' ')
	[ -n "$INIT" ] && [ "$(cat "/proc/$INIT/comm")" = lavavisord ]
}

# unshare ignores TERM, and its --kill-child is lost on a process 1 that has
# become another user.  UNSHARES: pids of unshare.
UNSHARES=

containers_end() {
	_failed=$?
	for _unshare in $UNSHARES; do
		[ "$(cat "/proc/$_unshare/comm" 2>/dev/null)" = unshare ] ||
		    continue
		for _pid in $(ps -o pid= --ppid "$_unshare"); do
			kill -KILL "$_pid"
		done
	done
	return $_failed
}
trap 'containers_end; cleanup' EXIT
