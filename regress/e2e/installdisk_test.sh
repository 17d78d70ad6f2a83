# upgrades/ has no room at each step of an install, and is read-only: one line
# says what could not be made, nothing changes, and it heals.  Inodes are
# what runs out, as they do so one by one.

if [ "$(id -u)" -eq 0 ] && [ -z "${INSTALLDISK_ALONE:-}" ]; then
	if ! unshare -m true 2>/dev/null; then
		echo "needs a mount namespace"
		exit 77
	fi
	INSTALLDISK_ALONE=1
	export INSTALLDISK_ALONE
	exec unshare -m sh "$0"
fi

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

need_root
WORLD_SERVICES=provider1
world_start
installed=$STATE/upgrades
mkdir "$installed"
mount -t tmpfs -o size=64m,mode=755 installdisk "$installed" ||
    skip "needs to mount"
start_daemon
world_at 6.2.4
wait_for 60 idle

free_inodes() {
	_used=$(df --output=iused "$installed" | tail -n 1)
	mount -o remount,nr_inodes=$((_used + $1)) "$installed" ||
	    die "remount: $?"
}

provider=$(service provider1 pid)

unchanged() {
	expect "provider1" "$provider" "$(service provider1 pid)"
	expect "upgrades/" "current v6.2.4" \
	    "$(ls -A "$installed" | paste -sd' ' -)"
}

# failed_by TEXT: the last upgrade has ended, for this reason.
failed_by() {
	ctl_json '.[0] | select(.ended != null) | .reason // ""' \
	    show upgrades >reason
	has_line reason "$1"
}

fails() {
	events_mark
	ctl upgrade now >now.out 2>&1 && die "it is said to have worked"
	wait_for 30 failed_by "$1"
	unchanged
}

release_publish 6.2.5
free_inodes 0
events_mark
chain_versions 6.2.5
say "no room for the directory"
wait_for 60 failed_by "upgrades/.new-v6.2.5: cannot be made: No space left"
unchanged
say "no room for the file"
free_inodes 1
fails "upgrades/.new-v6.2.5: lavap cannot be made: No space left"
say "no room for the manifest"
free_inodes 2
fails "upgrades/.new-v6.2.5: the manifest cannot be written: No space left"
say "read-only"
mount -o remount,ro "$installed" || die "remount: $?"
fails "upgrades/.new-v6.2.5: cannot be made: Read-only file system"
mount -o remount,rw "$installed" || die "remount: $?"

say "no room for the link: services stay moved, and it is tried again"
free_inodes 3
ctl upgrade now >now.out 2>&1 &
now=$!
link_fails() {
	has_line "$DAEMON_LOG" "upgrades/.current.new: symlink: No space left"
}
wait_for 60 link_fails
world_at 6.2.5
expect "current" v6.2.4 "$(readlink "$installed/current")"
expect "state" committing "$(ctl_json '.[0].outcome' show upgrades)"
free_inodes 20
wait "$now" || die "upgrade now: $? $(cat now.out)"
upgraded_to 6.2.5
stop_daemon
