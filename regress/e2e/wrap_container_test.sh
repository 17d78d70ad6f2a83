#!/bin/sh
#
# `lavavisor wrap' as pid 1 of a container, made of namespaces: no root, no
# capabilities, a read-only root file system with one tmpfs that can be written
# to.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

need jq unshare nsenter setpriv
[ -d /proc/self/ns ] || skip "needs namespaces"
SPACES="--mount --pid --fork --kill-child"
ENTER="-m -p"
BECOME=
if [ "$(id -u)" -ne 0 ]; then
	SPACES="--user --map-root-user $SPACES"
	ENTER="-U --preserve-credentials $ENTER"
else
	BECOME="--reuid=nobody --regid=$(id -gn nobody) --clear-groups"
fi
# shellcheck disable=SC2086
unshare $SPACES --mount-proc true 2>/dev/null ||
    skip "this kernel does not let $(id -un) make namespaces"

DATA=$REGRESS_DIR/data
mkdir "$DATA" "$REGRESS_DIR/home"
HOME=$REGRESS_DIR/home
export DATA HOME
SHELL_COPY=$REGRESS_DIR/sh
cp "$(command -v dash || echo /bin/sh)" "$SHELL_COPY"
chmod 755 "$SHELL_COPY" "$REGRESS_DIR"

# The container is made in here: everything that can be written to is closed
# but for $DATA, which config.yml is put into.
cat >inner.sh <<'END'
umount -l /sys/fs/cgroup 2>/dev/null
mount -t tmpfs -o mode=0755 none "$DATA" || exit 120
[ ! -f "$REGRESS_DIR/config.yml" ] ||
    cp "$REGRESS_DIR/config.yml" "$DATA/" || exit 120
[ -z "$BECOME" ] || chown -R nobody "$DATA" || exit 120
while read -r _ _ _ _ at options _; do
	case $at in
	/proc*|/dev*|/sys*|"$DATA") continue ;;
	esac
	options=$(echo ",$options" | sed 's/,rw//; s/,ro//; s/,relatime//')
	mount -o "remount,bind,ro$options" "$at" 2>/dev/null
done </proc/self/mountinfo
if (: >"$REGRESS_DIR/written") 2>/dev/null; then
	echo "it can be written to"
	exit 121
fi
[ -z "$NO_PROC" ] || mount -t tmpfs none /proc || exit 120
# shellcheck disable=SC2086
exec setpriv $BECOME --inh-caps=-all --bounding-set=-all "$@"
END
OLD_PROFILE=$TOP/regress/world/old_profile.py
NO_PROC=
export BECOME NO_PROC

# container NAME ARGUMENT...: of lavavisor wrap; sets INIT, its pid out here.
container() {
	_name=$1
	shift
	# shellcheck disable=SC2086
	container_of "$_name" ${WITH:-} "$SBIN/lavavisor" wrap \
	    --directory "$DATA" --name "$_name" "$@"
	wait_for 60 find_init
	STATE=$DATA/wrap/$_name
}

# container_of NAME PROGRAM ARGUMENT...
container_of() {
	DAEMON_LOGS="${DAEMON_LOGS:-} $REGRESS_DIR/$1.err"
	_name=$1
	shift
	# shellcheck disable=SC2086
	unshare $SPACES --mount-proc sh "$REGRESS_DIR/inner.sh" "$@" \
	    >"$REGRESS_DIR/$_name.out" 2>"$REGRESS_DIR/$_name.err" \
	    </dev/null &
	UNSHARE=$!
	on_exit_end "$UNSHARE"
}

find_init() {
	alive "$UNSHARE" || die "the container has ended"
	INIT=$(ps -o pid= --ppid "$UNSHARE" | tr -d ' ')
	[ -n "$INIT" ] && [ "$(cat "/proc/$INIT/comm")" = lavavisord ]
}

container_ends() {
	wait_for 60 gone "$UNSHARE"
	wait "$UNSHARE"
	expect "exit code of the container" "$1" $?
	no_strays || die "processes left: $(strays)"
}

# lavavisorctl is run inside, as `docker exec' would.
ctl() {
	# shellcheck disable=SC2086
	nsenter -t "$INIT" $ENTER "$SBIN/lavavisorctl" --directory "$STATE" \
	    "$@"
}

no_zombies() {
	! ps -o stat= --ppid "$INIT" | grep -q '^Z'
}

status_of() {
	sed -n "s/^$2:[^0-9a-f]*//p" "/proc/$1/status"
}

cat >talker.sh <<'END'
for s in HUP USR1 USR2 WINCH; do
	trap "echo got $s" $s
done
trap 'echo got TERM; exit 7' TERM
(: >/written) 2>/dev/null && echo "it can write to /"
# Orphans that have left its session
n=0
while [ "$n" -lt 20 ]; do
	(setsid "$1" -c 'exit 3' &)
	n=$((n + 1))
done
echo made
while :; do sleep 0.1; done
END

say "pid 1 without any right"
printf 'nodes: [http://127.0.0.1:1]\nservices: []\n' >config.yml
container talker \
    --cmd "$SHELL_COPY $REGRESS_DIR/talker.sh $SHELL_COPY"
wait_for 60 has_line talker.out made
wait_for 60 ctl show services
has_line talker.err "started, pid 1," || die "it is not pid 1"
for _set in CapEff CapPrm CapBnd; do
	expect "$_set" 0000000000000000 "$(status_of "$INIT" $_set)"
done
has_line talker.out "can write" && die "it can write to /"
wait_for 30 no_zombies
ctl_json '.[] | "\(.room) \(.mechanisms.seccomp)"' show sandbox >sandbox
cat sandbox
[ -s sandbox ] || die "no sandbox is shown"

say "signals are passed on"
for _signal in HUP USR1 USR2 WINCH; do
	kill -"$_signal" "$INIT"
	wait_for 30 has_line talker.out "^got $_signal\$"
done
kill -TERM "$INIT"
container_ends 7

say "128 + n"
container plain \
    --cmd "$SHELL_COPY -c 'echo up; while :; do sleep 0.1; done'"
wait_for 60 has_line plain.out up
kill -INT "$INIT"
container_ends 143

say "an old seccomp profile: sandbox: require refuses"
printf 'nodes: [http://127.0.0.1:1]\nsandbox: require\nservices: []\n' \
    >config.yml
container_of strict "$PYTHON" "$OLD_PROFILE" "$SBIN/lavavisor" wrap \
    --directory "$DATA" --cmd "$SHELL_COPY -c :"
container_ends 1
has_line strict.err "the sandbox is required, and .* cannot have it here" ||
    die "no reason"

say "with the profile, sandbox: auto: upgrades in place"
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
release_publish 6.2.5
chain_versions 6.2.5
world_at 6.2.5
ctl_json '.[] | "\(.room) \(.missing)"' show sandbox | grep -q \
    'monitor .*landlock: Operation not permitted' || die "no walls are missed"
expect "version that answers" 6.2.5 "$(service_version consumer1)"
expect "starts of lavavisord" 1 \
    "$(grep -c 'lavavisord [^ ]* started, pid 1,' consumer1.err)"
kill -TERM "$INIT"
container_ends 0
