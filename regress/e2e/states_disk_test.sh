# The disk is full in each state of an upgrade that prepares it: services run
# on, it is said, and when there is room again it goes on by itself.

# With a file system of its own to fill up, which is gone with the test.
if [ "$(id -u)" -eq 0 ] && [ -z "${STATES_ALONE:-}" ] &&
    unshare -m true 2>/dev/null; then
	STATES_ALONE=1
	export STATES_ALONE
	exec unshare -m sh "$0"
fi

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/states.sh"

OWN_DISK=
if [ -n "${STATES_ALONE:-}" ]; then
	mkdir -p "$REGRESS_DIR/s"
	mount -t tmpfs -o size=24m,mode=755 states "$REGRESS_DIR/s" \
	    2>/dev/null && OWN_DISK=1
fi

# Without a disk of our own only the journal cannot be written.
disk_full() {
	FULL_FROM=$(wc -l <"$DAEMON_LOG")
	if [ -n "$OWN_DISK" ]; then
		cat /dev/zero >"$STATE/filler" 2>/dev/null
		: 2>/dev/null >"$STATE/none" && rm -f "$STATE/none"
	else
		mkdir "$STATE/.journal.new"
	fi
}

disk_free() {
	if [ -n "$OWN_DISK" ]; then
		rm "$STATE/filler"
	else
		rmdir "$STATE/.journal.new"
	fi
}

# The daemon has met its limits and says so; what a commit removes may be room
# enough.
is_said() {
	[ $state = committing ] && state_is idle && return
	tail -n +"$FULL_FROM" "$DAEMON_LOG" | grep -v '"event":' |
	    grep -q "No space\|too little space\|cannot be written\|disk-full"
}

all_up() {
	services_all '.state == "running" and .ready == true'
}

states_begin
version=5
for state in ${STATES:-$PREPARING}; do
	state_reach $state 6.2.$version
	disk_full
	if [ $state = roll-held ]; then
		ctl resume >said 2>&1 && die "resume goes through"
		has_line said "the journal cannot be written" ||
		    die "resume: $(cat said)"
	fi
	state_release
	wait_for 60 is_said
	wait_for 60 all_up
	services_all ".version == \"$OLD_VERSION\" or
	    .version == \"6.2.$version\"" || die "$(ctl show services)"
	disk_free
	state_over $state 6.2.$version
	version=$((version + 1))
done
stop_daemon
