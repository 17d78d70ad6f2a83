# kill -9 of all rooms at once in each state of an upgrade that prepares it: no
# service dies, and it goes on to its end.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/states.sh"

rooms() {
	pgrep -P "$DAEMON_PID" -f -- ' -k' | xargs
}

states_begin
version=5
for state in ${STATES:-$PREPARING}; do
	# One that has died so often stays down for a while.
	if [ "$version" -eq 8 ]; then
		kill -KILL "$DAEMON_PID"
		wait_for 30 gone "$DAEMON_PID"
		start_slow_daemon
	fi
	state_reach $state 6.2.$version
	lived=$(strays | xargs)
	rooms=$(rooms)
	expect "rooms in $state" true "$([ "$(echo "$rooms" | wc -w)" -ge 4 ] &&
	    echo true)"
	# shellcheck disable=SC2086
	kill -KILL $rooms
	for pid in $rooms; do
		wait_for 30 gone "$pid"
	done
	for pid in $lived; do
		# The probe ends by itself.
		alive "$pid" || [ $state = probing ] ||
		    die "$state: $pid died with the rooms"
	done
	state_release
	wait_for 60 daemon_answers
	state_over $state 6.2.$version
	version=$((version + 1))
done
stop_daemon
