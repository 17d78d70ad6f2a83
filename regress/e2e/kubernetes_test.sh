#!/bin/sh
#
# etc/kubernetes: valid, and run as the kubelet would, but without one: command,
# probes, rights and volumes come out of the manifests; a pod is namespaces with
# a read-only root of their own.  All are in a network of their own, so that
# ports can be those of the manifests, with a /dev/shm of their own, which has
# the Secrets.  The pods' keyrings ask for a passphrase.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

need jq unshare nsenter setpriv pivot_root ip hostname
"$PYTHON" -c 'import yaml, jsonschema' 2>/dev/null ||
    skip "needs python3-yaml and python3-jsonschema"
MANIFESTS=$TOP/etc/kubernetes
SCHEMAS=$TOP/regress/vectors/kubernetes

# kubernetes VERB ARGUMENT...
kubernetes() {
	"$PYTHON" "$TOP/regress/world/kubernetes.py" "$@"
}

if [ -z "${OWN_NETWORK:-}" ]; then
	say "the schemas of the oldest and the newest Kubernetes"
	kubernetes validate "$MANIFESTS" "$SCHEMAS"/*.json ||
	    die "not valid"
	kubernetes sense "$MANIFESTS" || die "not sensible"

	say "what is misspelt or of another type is found"
	cp -R "$MANIFESTS" wrong
	chmod -R u+w wrong
	sed 's/readOnlyRootFilesystem/readonlyRootFilesystem/
	    s/replicas: 3/replicas: three/' wrong/consumers.yaml >wrong/new
	mv wrong/new wrong/consumers.yaml
	! kubernetes validate wrong "$SCHEMAS"/*.json >out || die "it is taken"
	expect "errors" 4 "$(grep -c -e readonlyRootFilesystem \
	    -e "'three' is not of type" out)"
	rm -rf wrong

	[ -d /proc/self/ns ] || skip "needs namespaces"
	[ -d /dev/shm ] || skip "needs /dev/shm"
	OWN_NETWORK="--net --mount"
	[ "$(id -u)" -eq 0 ] ||
	    OWN_NETWORK="--user --map-current-user --keep-caps --net --mount"
	BEGIN="ip link set lo up && mount -t tmpfs -o mode=0755 none /dev/shm"
	# shellcheck disable=SC2086
	unshare $OWN_NETWORK sh -c "$BEGIN"' && unshare --mount \
	    --uts '"$([ "$(id -u)" -eq 0 ] || echo --user --map-root-user)"' \
	    true' 2>/dev/null ||
	    skip "this kernel does not let $(id -un) make namespaces"
	export OWN_NETWORK OWN_DIR="${OWN_DIR:-}" TOP
	# shellcheck disable=SC2086
	exec unshare $OWN_NETWORK sh -c "$BEGIN"' && exec setpriv \
	    --ambient-caps=-all sh "$0"' "$TOP/regress/e2e/kubernetes_test.sh"
fi

SPACES="--mount --pid --uts --fork --kill-child"
ENTER="-m -p -u"
[ "$(id -u)" -eq 0 ] || {
	SPACES="--user --map-root-user $SPACES"
	ENTER="-U --preserve-credentials $ENTER"
}

# pod_rights POD: what the engine runs its processes with.  A user can have no
# other user than itself.
pod_rights() {
	_as=
	[ "$(id -u)" -ne 0 ] || _as="--reuid=$(cat "$1/uid") \
--regid=$(cat "$1/gid") --groups=$(cat "$1/fsgroup")"
	echo "setpriv $_as --inh-caps=-all --bounding-set=-all --no-new-privs"
}

# Makes the root of pod $POD and executes what is given.
cat >inner.sh <<'END'
root=$POD/root
mount -t tmpfs -o mode=0755 none "$root" || exit 120
for d in /*; do
	case $d in
	/bin|/sbin|/lib*|/usr)
		if [ -h "$d" ]; then
			cp -P "$d" "$root"
		else
			mkdir "$root$d" && mount --rbind "$d" "$root$d"
		fi || exit 120 ;;
	esac
done
mkdir -p "$root/proc" "$root/dev" "$root/etc" "$root/old" "$root$STAGE" \
    "$root$CA_DIR"
mount --rbind /dev "$root/dev" && mount -t tmpfs none "$root/dev/shm" &&
    mount --rbind "$STAGE" "$root$STAGE" &&
    mount --bind "$CA_DIR" "$root$CA_DIR" || exit 120
mkdir -p "$root${PROFILE%/*}"
cp "$PROFILE" "$root$PROFILE"
echo root:x:0:0::/:/bin/sh >"$root/etc/passwd"
echo 127.0.0.1 localhost >"$root/etc/hosts"
while read -r name path how; do
	mkdir -p "$root$path" &&
	    mount --bind "$POD/$name" "$root$path" || exit 120
	[ "$how" = rw ] || mount -o "remount,bind,ro" "$root$path" || exit 120
done <"$POD/mounts"
cd "$root" && pivot_root . old && cd / && mount -t proc proc /proc || exit 120
hostname "$(cat /old"$POD/hostname")" || exit 120
directory=$(cat /old"$POD/directory")
umount -l /old && rmdir /old || exit 120
while read -r _ _ _ _ at options _; do
	case $at in
	/proc*|/dev*|/data)	continue ;;
	esac
	options=$(echo ",$options" | sed 's/,rw//; s/,ro//; s/,relatime//')
	mount -o "remount,bind,ro$options" "$at" 2>/dev/null
done </proc/self/mountinfo
if (: >/written) 2>/dev/null || (: >/data/config/written) 2>/dev/null ||
    (: >/keyring/keyring-file/written) 2>/dev/null ||
    (: >/passphrase/written) 2>/dev/null; then
	echo "it can be written to"
	exit 121
fi
cd "$directory" || exit 120
exec "$@"
END
STAGE=$TOP/stage
PROFILE=$TOP/regress/world/old_profile.py
export STAGE PROFILE

# What an image has in its environment
in_pod_path=$SBIN:/usr/sbin:/usr/bin:/sbin:/bin

# After a failure: unshare ignores TERM, and its end is not that of a process 1
# which has become another user.
pods_end() {
	_failed=$?
	for _file in "$REGRESS_DIR"/pods/*/unshare; do
		_unshare=$(cat "$_file" 2>/dev/null) &&
		    [ "$(cat "/proc/$_unshare/comm" 2>/dev/null)" = unshare ] &&
		    for _pid in $(ps -o pid= --ppid "$_unshare") "$_unshare"
		    do
			    kill -KILL "$_pid"
		    done
	done
	return $_failed
}
trap 'pods_end; cleanup' EXIT

# pod_start WORKLOAD ORDINAL [WRAPPER...]
pod_start() {
	_workload=$1
	POD=$REGRESS_DIR/pods/$1-$2
	export POD
	mkdir -p "$POD/root" "/dev/shm/$1-$2"
	ln -sf -n "/dev/shm/$1-$2" "$POD/memory"
	kubernetes pod "${FROM:-$MANIFESTS}" "$1" "$2" "$POD" "$SECRETS" \
	    "$CONFIG_JSON" || die "no pod"
	shift 2
	: >"$POD/init"
	eval "exec unshare $SPACES sh '$REGRESS_DIR/inner.sh' \
	    $(pod_rights "$POD") env -i 'PATH=$in_pod_path' \
	    $(cat "$POD/env") $* $(cat "$POD/argv")" \
	    >"$POD/log" 2>&1 </dev/null &
	echo $! >"$POD/unshare"
	on_exit_end $!
	DAEMON_LOGS="${DAEMON_LOGS:-} $POD/log"
}

in_pod() {
	POD=$REGRESS_DIR/pods/$1
}

# Its pid 1 by the number that it has out here
find_init() {
	[ ! -s "$POD/init" ] || return 0
	_unshare=$(cat "$POD/unshare")
	alive "$_unshare" || die "$POD has ended"
	_init=$(ps -o pid= --ppid "$_unshare" | tr -d ' ')
	[ -n "$_init" ] && [ "$(cat "/proc/$_init/comm")" = lavavisord ] &&
	    echo "$_init" >"$POD/init"
}

# pod_exec COMMAND...: as kubectl exec.
pod_exec() {
	# shellcheck disable=SC2046,SC2086
	nsenter -t "$(cat "$POD/init")" $ENTER $(pod_rights "$POD") \
	    env -i "PATH=$in_pod_path" "$@"
}

# probe NAME: one of the three, as it is written.
probe() {
	find_init && eval "pod_exec $(cat "$POD/$1")"
}

# pod_ctl COMMAND...
pod_ctl() {
	pod_exec lavavisorctl --directory "/data/.lavavisor/wrap/$NAME" "$@"
}

pod_json() {
	_filter=$1
	shift
	pod_ctl -j "$@" | jq -r "$_filter"
}

# pod_ends CODE: within its grace, of which lavap needs nothing.
pod_ends() {
	_unshare=$(cat "$POD/unshare")
	wait_for "$(cat "$POD/grace")" gone "$_unshare"
	wait "$_unshare"
	expect "exit code of $POD" "$1" $?
}

status_of() {
	sed -n "s/^$2:[^0-9a-f]*//p" "/proc/$1/status"
}

# The pids of all that runs in a pod, out here
pod_pids() {
	_all=$(cat "$POD/init")
	_new=$_all
	while [ -n "$_new" ]; do
		_new=$(ps -o pid= --ppid "$(echo $_new | tr ' ' ,)")
		_all="$_all $_new"
	done
	echo $_all
}

# unseen PASSPHRASE: nobody has it in an argument or in the environment, and it
# is neither in the log nor in a file that was written.
unseen() {
	_read=0
	for _pid in $(pod_pids); do
		for _what in cmdline environ; do
			tr '\0' '\n' 2>/dev/null <"/proc/$_pid/$_what" >seen &&
			    _read=$((_read + 1))
			! grep -F -e "$1" seen || die "$_what has it"
		done
	done
	[ "$_read" -ge 8 ] || die "only $_read could be read: $(pod_pids)"
	! grep -r -l -F -e "$1" "$POD/log" "$POD/volumes" "$POD/argv" \
	    "$POD/env" || die "a file has it"
}

# is_private PATH: in the pod, as the kubelet makes a Secret's file
is_private() {
	pod_exec test -h "$1" || die "$1 is no link"
	expect "type of file system" tmpfs "$(pod_exec stat -f -c %T "$1")"
	expect "mode" 440 "$(pod_exec stat -L -c %a "$1")"
	[ "$(id -u)" -ne 0 ] || expect "owner" "0:$(cat "$POD/fsgroup")" \
	    "$(pod_exec stat -L -c %u:%g "$1")"
}

# has_state STATE
has_state() {
	[ "$(pod_json '.[0].state' show services)" = "$1" ]
}

# answers PORT VERSION
answers() {
	[ "$(fetch "http://127.0.0.1:$1/lava/health" |
	    sed -n 's/^version //p')" = "$2" ]
}

WORLD_SERVICES=
TRUST=checksum
world_start
mkdir pods
# As README.md tells to make them
SECRETS=/dev/shm/secrets
PROVIDER="correct horse 1"
CONSUMER="battery staple 2"
mkdir -p "$SECRETS/lavavisor-keyring-passphrase"
printf '%s\n' "$PROVIDER" >"$SECRETS/lavavisor-keyring-passphrase/provider"
printf '%s\n' "$CONSUMER" >"$SECRETS/lavavisor-keyring-passphrase/consumer"
keyring_make providers "$PROVIDER" file lava-provider-0
keyring_make providers "$PROVIDER" file lava-provider-1
keyring_make consumers "$CONSUMER" file consumer
mv providers/keyring-file "$SECRETS/lava-provider-keyring"
mv consumers/keyring-file "$SECRETS/lava-consumer-keyring"
cp -R "$SECRETS" /dev/shm/wrong
cd /dev/shm/wrong/lavavisor-keyring-passphrase || die "no Secret"
printf '%s\n' "bad guess 3" >provider
cd "$REGRESS_DIR" || die "no $REGRESS_DIR"
CA_DIR=$(dirname "$RELEASE_CA")
export CA_DIR
# What cannot be as it is shipped: who is asked, and how long a version has to
# stand; its splay is what is shipped.
CONFIG_JSON=$(jq -nc --arg node "$CHAIN_URL" --arg ca "$RELEASE_CA" \
    --arg source "$RELEASE_SOURCE" '{nodes: [$node], "ca-file": $ca,
	"poll-interval": "1s", policy: {settle: "0s", probation: "1s"},
	releases: {sources: [$source], "ca-file": $ca}}')

# Two cannot listen on one port here, as they can in a cluster.
cp -R "$MANIFESTS" second
chmod -R u+w second
sed 's/2220/2221/' second/providers.yaml >second/new
mv second/new second/providers.yaml

say "two providers and a consumer, below an old seccomp profile"
pod_start lava-provider 0
FROM=$REGRESS_DIR/second SECRETS=/dev/shm/wrong pod_start lava-provider 1
pod_start lava-consumer x "$PYTHON" "$PROFILE"

say "a wrong passphrase: locked and alive, not ready, until the Secret is right"
NAME=provider
in_pod lava-provider-1
wait_for 60 probe startup
wait_for 90 has_state locked
case $(pod_json '.[0].reason' show services) in
"wrong passphrase: "*)	;;
*)	die "$(pod_ctl show services)" ;;
esac
probe liveness || die "it is not alive"
probe readiness >said && die "it is ready"
has_line said "wrong passphrase" || die "$(cat said)"
is_private /passphrase/passphrase
kubernetes rotate "$MANIFESTS" lava-provider 1 "$POD" "$SECRETS" ||
    die "not rotated"
is_private /passphrase/passphrase
pod_ctl unlock --again provider >said || die "$(cat said)"
wait_for 90 probe readiness
expect "starts" 2 "$(grep -c "service provider: started" "$POD/log")"
unseen "bad guess 3"

say "all answer, with no rights and a passphrase that nobody sees"
for pod in lava-provider-0 lava-provider-1 lava-consumer-x; do
	in_pod "$pod"
	wait_for 60 probe startup
	wait_for 60 probe liveness
	wait_for 90 probe readiness
	INIT=$(cat "$POD/init")
	for _set in CapEff CapPrm CapBnd CapAmb; do
		expect "$_set" 0000000000000000 "$(status_of "$INIT" $_set)"
	done
	expect "no_new_privs" 1 "$(status_of "$INIT" NoNewPrivs)"
	[ "$(id -u)" -ne 0 ] || expect "uid" "$(cat "$POD/uid")" \
	    "$(ps -o uid= -p "$INIT" | tr -d ' ')"
	has_line "$POD/log" "started, pid 1," || die "it is not pid 1"
	is_private /passphrase/passphrase
	is_private /keyring/keyring-file/keyhash
	unseen "$PROVIDER"
	unseen "$CONSUMER"
done
answers 2220 6.2.4 && answers 2221 6.2.4 && answers 3333 6.2.4 ||
    die "one does not answer"

say "another passphrase: what runs goes on, and has it for its next start"
NAME=consumer
in_pod lava-consumer-x
old=$(pod_json '.[0].pid' show services)
keyring_make consumers "another one 4" file consumer
rm -rf "$SECRETS/lava-consumer-keyring"
mv consumers/keyring-file "$SECRETS/lava-consumer-keyring"
cd "$SECRETS/lavavisor-keyring-passphrase" || die "no Secret"
printf '%s\n' "another one 4" >consumer
cd "$REGRESS_DIR" || die "no $REGRESS_DIR"
kubernetes rotate "$MANIFESTS" lava-consumer x "$POD" "$SECRETS" ||
    die "not rotated"
pod_ctl unlock --again consumer >said || die "$(cat said)"
expect "its pid" "$old" "$(pod_json '.[0].pid' show services)"
pod_exec sh -c "kill -KILL $old"
is_another() {
	probe readiness &&
	    [ "$(pod_json '.[0].pid' show services)" != "$old" ]
}
wait_for 60 is_another
unseen "another one 4"

say "not all in one block"
release_publish 6.2.5
chain_versions 6.2.5
turn() {
	[ "$(pod_json '.roles[] | select(.role == "provider").why' \
	    show versions)" = splay ]
}
NAME=provider
for n in 0 1; do
	in_pod "lava-provider-$n"
	wait_for 60 turn
	pod_json '.roles[] | select(.role == "provider").next' show versions \
	    >"turn-$n"
done
cat turn-0 turn-1
"$PYTHON" - "$(cat turn-0)" "$(cat turn-1)" <<'END' ||
import datetime, sys
a, b = [datetime.datetime.fromisoformat(t.replace("Z", "+00:00"))
        for t in sys.argv[1:]]
sys.exit(abs((a - b).total_seconds()) < 60)
END
    die "both have the same turn"

say "lavap fails: alive, not ready"
NAME=consumer
in_pod lava-consumer-x
pod_ctl stop consumer >/dev/null
probe liveness || die "it is not alive"
! probe readiness || die "it is ready"

say "a lavavisord that hangs is not alive"
kill -STOP "$(cat "$POD/init")"
probe liveness >hung.out 2>&1 &
hung=$!

say "an upgrade: the pod lives on, and is not ready meanwhile"
NAME=provider
in_pod lava-provider-0
(
while [ ! -e stop-asking ]; do
	probe liveness >/dev/null 2>&1 || echo dead
	probe readiness >/dev/null 2>&1 || echo unready
done >asked
) &
asking=$!
on_exit_end "$asking"
pod_ctl upgrade now >upgrade.out 2>&1 || die "$(cat upgrade.out)"
wait_for 60 probe readiness
touch stop-asking
wait "$asking"
answers 2220 6.2.5 || die "it is not the new version"
[ "$(grep -c 'lavavisord [^ ]* started, pid 1,' "$POD/log")" -eq 1 ] ||
    die "lavavisord was started again"
! grep -q dead asked || die "its liveness probe failed"
grep -q unready asked || die "it was ready all the time"

say "the chain is away: alive and ready"
chain_mode refuse
unreachable() {
	[ "$(pod_json '.[0].state' show nodes)" = unreachable ]
}
wait_for 60 unreachable
probe liveness && probe readiness || die "a probe fails"

say "TERM, and a start on the same volume while the chain is away"
in_pod lava-provider-1
kill -TERM "$(cat "$POD/init")"
pod_ends 0
in_pod lava-provider-0
kill -TERM "$(cat "$POD/init")"
pod_ends 0
! grep -r -l -F -e "$PROVIDER" "$POD/log" "$POD/volumes" ||
    die "a file has it"
rm -rf "$POD/volumes/lavavisord" "$POD/volumes/lava-provider"
pod_start lava-provider 0
wait_for 60 probe startup
wait_for 60 probe readiness
answers 2220 6.2.5 || die "it runs another version"
kill -TERM "$(cat "$POD/init")"
pod_ends 0

wait "$hung"
expect "exit code of the probe" 4 $?
in_pod lava-consumer-x
kill -CONT "$(cat "$POD/init")"
probe liveness || die "it is not alive again"
kill -TERM "$(cat "$POD/init")"
pod_ends 0
