#!/bin/sh
#
# One upgrade from end to end on this machine: a simulated chain and a release
# server on loopback, lavavisord with a provider and a consumer.  The version on
# the chain moves; what happens then is shown.  Nothing is left running.

# shellcheck disable=SC2034
FAKE="listen-ms 700"
CHAIN_TLS=1
TRUST=signed
. "$(dirname "$0")/../lib.sh"
. "$TOP/regress/e2e/world.sh"

if [ -t 1 ]; then
	BOLD=$(printf '\033[1m')
	PLAIN=$(printf '\033[0m')
else
	BOLD=
	PLAIN=
fi

title() {
	printf '\n%s== %s%s\n' "$BOLD" "$*" "$PLAIN"
}

shown() {
	echo "$ lavavisorctl $*"
	ctl "$@"
}

title "A chain that asks for lavap 6.2.4, and a release server that has it"
world_start
echo "chain node      $CHAIN_URL (recorded answers of a real node)"
echo "release server  $RELEASE_SOURCE"
echo "state           $STATE"

title "lavavisord starts: it asks the chain, fetches, verifies, runs"
start_daemon
world_at 6.2.4
shown show services
shown show sandbox

title "6.2.5 is released, and the chain's governance asks for it"
"$SBIN/lavavisorctl" --directory "$STATE" monitor &
monitor=$!
on_exit_end $monitor
release_publish 6.2.5 good "" 30000000
begin=$(date +%s)
chain_versions 6.2.5 6.2.5
world_at 6.2.5
echo "every service runs 6.2.5 after $(($(date +%s) - begin)) s"
committed() {
	[ "$(readlink "$STATE/upgrades/current")" = v6.2.5 ]
}
wait_for 30 committed
end $monitor

title "Afterwards"
shown show services
shown show versions
shown show upgrades
for name in $WORLD_SERVICES; do
	echo "$name answers on port $(service_port "$name"):" \
	    "version $(service_version "$name")"
done

title "lavavisord stops: every service with it"
stop_daemon
echo "done"
