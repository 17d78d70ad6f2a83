# Containers of a failed test: unshare ignores TERM, and its --kill-child is
# lost on a process 1 that has become another user.  UNSHARES: pids of unshare.
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
