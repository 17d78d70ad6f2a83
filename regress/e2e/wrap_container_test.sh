#!/bin/sh
#
# `lavavisor wrap' as pid 1 of a container, made of namespaces: no root, no
# capabilities, a read-only root file system with one tmpfs that can be written
# to.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/container.sh"

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

say "lavavisorctl asks process 1 when it is told nothing"
in_container "$SBIN/lavavisorctl" show services >found 2>&1 ||
    die "not found: $(cat found)"
has_line found "^talker .*running" || die "$(cat found)"

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
