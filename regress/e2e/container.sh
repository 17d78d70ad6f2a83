# `lavavisor wrap' in a container, made of namespaces: no root, no capabilities,
# a read-only root file system with one tmpfs, $DATA, that can be written to.
# Comes after lib.sh.  When they are not empty: NO_PROC hides /proc, KEEP is a
# directory that $DATA is instead of the tmpfs, so that it is there next time.

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
if [ -n "$KEEP" ]; then
	mount --bind "$KEEP" "$DATA" || exit 120
else
	mount -t tmpfs -o mode=0755 none "$DATA" || exit 120
fi
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
KEEP=
export BECOME NO_PROC KEEP

. "$TOP/regress/e2e/unshared.sh"

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
	UNSHARES="$UNSHARES $UNSHARE"
	on_exit_end "$UNSHARE"
}

container_ends() {
	wait_for 60 gone "$UNSHARE"
	wait "$UNSHARE"
	expect "exit code of the container" "$1" $?
	no_strays || die "processes left: $(strays)"
}

# in_container COMMAND...: as `docker exec' would, but as its root.
in_container() {
	# shellcheck disable=SC2086
	nsenter -t "$INIT" $ENTER "$@"
}

# lavavisorctl is run inside.
ctl() {
	in_container "$SBIN/lavavisorctl" --directory "$STATE" "$@"
}

no_zombies() {
	! ps -o stat= --ppid "$INIT" | grep -q '^Z'
}

status_of() {
	sed -n "s/^$2:[^0-9a-f]*//p" "/proc/$1/status"
}
