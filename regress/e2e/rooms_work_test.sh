#!/bin/sh
#
# The rooms that are there for a job die while they do it: services run on, and
# the upgrade is done in the end.

# shellcheck disable=SC2034
. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
need pgrep
POLICY="  per-day: 20"

world_start
start_daemon
world_at 6.2.4

# Slow enough to be met at work; large enough to be copied for a while.
echo "location ~ /v6.2.6/lavap- { limit_rate 2m; }" \
    >"$RELEASE/conf.d/slow.conf"
release_reload
release_publish 6.2.6 good "" 6000000
release_publish 6.2.7 good "" 160000000

pids() {
	ctl_json '[.[].pid | tostring] | join(" ")' show services
}

# meet NAME: its pid, as soon as it is there.
meet() {
	_patience=$((30 * PATIENCE))
	_end=$(($(date +%s) + _patience))
	while ! MET=$(pgrep -P "$DAEMON_PID" -f "^$1 -k" | head -n 1) ||
	    [ -z "$MET" ]; do
		[ "$(date +%s)" -lt "$_end" ] || die "no $1 came"
	done
}

is_at_work() {
	[ -n "$(find "$STATE/staging" -size +1000k 2>/dev/null)" ]
}

say "the downloader is killed in the middle of a file"
before=$(pids)
chain_versions 6.2.6
wait_for 60 is_at_work
meet downloader
kill -KILL "$MET"
expect "pids" "$before" "$(pids)"
world_at 6.2.6

say "the dialer and the monitor are killed meanwhile"
# Three samples with little between them: it is only about the services.
before=$(pids)
kill -KILL "$(room_pid dialer)" "$(room_pid monitor)"
expect "pids" "$before" "$(pids)"

say "the verifier is killed while it copies"
chain_versions 6.2.7
meet verifier
kill -KILL "$MET"
expect "pids" "$before" "$(pids)"
world_at 6.2.7

say "the supervisor is killed in the middle of a roll"
release_publish 6.2.8 good "listen-ms 1500"
chain_versions 6.2.8
rolls() {
	ctl -j show services | grep -q '"version":"6.2.8"'
}
wait_for 60 rolls
kill -KILL "$(room_pid supervisor)"
one_version() {
	services_all '.state == "running" and .ready == true' &&
	    [ "$(ctl_json '[.[].version] | unique | length' \
	    show services)" = 1 ]
}
wait_for 60 one_version
world_at 6.2.8
stop_daemon
