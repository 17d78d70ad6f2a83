# kill -9 of the daemon in each state of an upgrade that prepares it: services
# live on, the next daemon goes on with it, none runs twice.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/states.sh"

states_begin
version=5
for state in ${STATES:-$PREPARING}; do
	state_reach $state 6.2.$version
	lived=$(strays | sort | xargs)
	kill -KILL "$DAEMON_PID"
	wait_for 30 gone "$DAEMON_PID"
	for pid in $lived; do
		# The probe is one of ours, and ends with us at the latest.
		alive "$pid" || [ $state = probing ] ||
		    die "$state: $pid died with the daemon"
	done
	state_release
	start_slow_daemon
	state_over $state 6.2.$version
	version=$((version + 1))
done
stop_daemon
