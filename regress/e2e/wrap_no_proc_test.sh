#!/bin/sh
#
# `lavavisor wrap' as pid 1 of a container without a /proc, which may be mounted
# later: everything works but what cannot be known then, which is said.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/container.sh"

NO_PROC=1
UNKNOWN=18446744073709551615

# The pid that a process of the container has out here
outside() {
	for _pid in $(ps -o pid= --ppid "$INIT"); do
		[ "$(awk '/^NSpid:/ { print $NF }' "/proc/$_pid/status")" \
		    = "$1" ] && echo "$_pid"
	done
}

parent_lacks() {
	ctl_json '.[0].missing' show sandbox
}

# The start that run/services has for the service last
start_recorded() {
	in_container sed -n "s/^service $1 //p" "$STATE/run/services" |
	    awk 'END { print $4 }'
}

started_again() {
	[ "$(grep -c "lavavisord [^ ]* started, pid 1," "$1.err")" -eq 2 ] &&
	    ctl show services
}

moved() {
	_now=$(service "$1" pid)
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$2" ]
}

said_times() {
	[ "$(grep -c "^$2\$" "$1")" -eq "$3" ]
}

cat >talker.sh <<'END'
trap 'echo got TERM; exit 7' TERM
# It is in our session and is left behind by a kill.
("$1" "$2" &)
echo up
while :; do sleep 0.1; done
END
cat >left.sh <<'END'
trap '' HUP
while :; do sleep 0.1; done
END
lefts() {
	[ "$(pgrep -c -f "^$SHELL_COPY $REGRESS_DIR/left.sh")" -eq "$1" ]
}
TALKER="$SHELL_COPY $REGRESS_DIR/talker.sh $SHELL_COPY $REGRESS_DIR/left.sh"

say "no /proc: it starts, and says once what it cannot know"
printf 'nodes: [http://127.0.0.1:1]\nservices: []\n' >config.yml
KEEP=$REGRESS_DIR/kept
mkdir "$KEEP"
container talker --cmd "$TALKER"
wait_for 60 has_line talker.out up
wait_for 60 ctl show services
in_container test ! -e /proc/self || die "there is a /proc"
expect "lines that tell of it" 1 "$(grep -c '/proc is not mounted' talker.err)"
parent_lacks | grep -q "/proc is not mounted: not known are CPU time" ||
    die "show sandbox: $(parent_lacks)"
expect "cpu_ms" null "$(ctl_json '.[0].cpu_ms' show services -v)"
ctl show services talker | grep -q running || die "not running"
ctl check >checked 2>&1
cat checked
grep -q proc checked && die "it is checked for a /proc"

say "a reexec keeps the service"
pid=$(service talker pid)
ctl reexec >/dev/null || die "no reexec"
wait_for 60 started_again talker
expect "pid" "$pid" "$(service talker pid)"

say "a restart by itself; what the service leaves in its session is ended"
wait_for 60 lefts 1
kill -KILL "$(outside "$pid")"
wait_for 60 moved talker "$pid"
wait_for 60 said_times talker.out up 2
wait_for 60 lefts 1
wait_for 60 has_line talker.err "left [1-9] process[es]* behind: ended"
expect "start" "$UNKNOWN" "$(start_recorded talker)"

say "the next container has the same numbers and adopts nothing"
kill -KILL "$INIT"
wait_for 60 gone "$UNSHARE"
wait "$UNSHARE"
container talker --cmd "$TALKER"
wait_for 60 said_times talker.out up 1
wait_for 60 ctl show services
has_line talker.err 'kept\|adopted\|no lavavisord ran' && die "adopted"

say "a /proc that comes later is used from then on"
in_container umount /proc || die "umount"
expect "missing" null "$(parent_lacks)"
[ "$(ctl_json '.[0].cpu_ms' show services -v)" != null ] ||
    die "no CPU time"
pid=$(service talker pid)
kill -KILL "$(outside "$pid")"
wait_for 60 moved talker "$pid"
wait_for 60 said_times talker.out up 2
[ "$(start_recorded talker | wc -c)" -lt "${#UNKNOWN}" ] ||
    die "start: $(start_recorded talker)"
kill -TERM "$INIT"
container_ends 7

say "with an old seccomp profile besides: upgrades and a reexec in place"
KEEP=
PROBATION=0s
WORLD_SERVICES=consumer1
world_start
cp "$STATE/config.yml" .
mkdir -p work/config
cp "$STATE/services/service_configs/consumer1.yml" work/config/
cd work || exit 1
WITH="$PYTHON $OLD_PROFILE"
container consumer1 --cmd "lavap rpcconsumer consumer1.yml --from servicer1 \
--geolocation 1 --chain-id lava-mainnet-1 --keyring-backend test" \
    --ready "tcp 127.0.0.1:$(service_port consumer1)"
cd "$REGRESS_DIR" || exit 1
world_at 6.2.4
ctl reexec >/dev/null || die "no reexec"
wait_for 60 started_again consumer1
release_publish 6.2.5
chain_versions 6.2.5
world_at 6.2.5
expect "version that answers" 6.2.5 "$(service_version consumer1)"
kill -TERM "$INIT"
container_ends 0

say "as any other process, without -W, it needs one"
# shellcheck disable=SC2086
unshare $SPACES --mount-proc sh -c \
    'mount -t tmpfs none /proc; "$@"; exit $?' sh \
    "$SBIN/lavavisord" -D "$REGRESS_DIR/plain" -L "$LIBEXEC" >out 2>&1
expect "exit code" 1 $?
has_line out "/proc is not mounted: when a process was started is read" ||
    die "not said: $(cat out)"
expect "lines" 1 "$(wc -l <out)"
