#!/bin/sh
#
# A disk that is full, read-only or swept clean while a release is fetched and
# installed: one clear line, nothing changed, and it heals by itself.

# With a file system of its own to fill up, which is gone with the test.
if [ "$(id -u)" -eq 0 ] && [ -z "${DISKFULL_ALONE:-}" ] &&
    unshare -m true 2>/dev/null; then
	DISKFULL_ALONE=1
	export DISKFULL_ALONE
	exec unshare -m sh "$0"
fi

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/source_world.sh"

WORLD_SERVICES=provider1
OWN_DISK=
if [ -n "${DISKFULL_ALONE:-}" ]; then
	mkdir -p "$REGRESS_DIR/s"
	mount -t tmpfs -o size=24m,mode=755 diskfull "$REGRESS_DIR/s" \
	    2>/dev/null && OWN_DISK=1
fi
sources_begin a
staging=$STATE/staging
release_publish 6.2.5 good "" 3000000
whole=$(wc -c <"$RELEASE/www/v6.2.5/$(file 6.2.5)")
events_mark
source_mode a '{"close": true}'
chain_versions 6.2.5
wait_for 60 upgrade_done 6.2.5 abandoned

# leave BYTES: so much is free.
leave() {
	rm -f "$STATE/filler"
	_free=$(df -B 4096 --output=avail "$STATE" | tail -n 1)
	dd if=/dev/zero of="$STATE/filler" bs=4096 \
	    count=$((_free - ($1 + 4095) / 4096)) 2>/dev/null || die "dd"
}

if [ -n "$OWN_DISK" ]; then
	say "no room for two copies: known before it comes"
	leave $((whole * 2 - 8192))
	: >"$REGRESS_DIR/source-a/requests"
	fails '{}' "$staging: too little space for two copies of $whole bytes"
	expect "staging is empty" "" "$(ls -A "$staging")"
	say "nor for one, of a length that nobody said"
	leave 2000000
	fails '{"chunked": true, "drip": 4000000, "etag": ""}' \
	    "$staging: too little space"
	expect "staging is empty" "" "$(ls -A "$staging")"
	leave $((whole + 1000000))
	fails '{"chunked": true, "etag": ""}' " space"
	expect "staging is empty" "" "$(ls -A "$staging")"
	say "not even for the journal, not even for the list"
	leave 0
	fails '{}' " space"
	leave $((whole * 3))
	mount -t tmpfs -o size=4k,mode=700 staging "$staging" || die "mount"
	head -c 4096 /dev/zero >"$staging/filler"
	fails '{}' "$staging: sha256sum.txt cannot be written: No space left"
	umount "$staging"
	say "page by page, until it is enough"
	pages=-2
	while :; do
		leave $((whole * 2 + pages * 4096))
		source_mode a '{}'
		ctl -j upgrade now >"$REGRESS_DIR/now.json" 2>&1
		code=$?
		# Where only the journal had no room, it goes on by itself.
		if [ "$code" -eq 0 ] || [ -d "$STATE/upgrades/v6.2.5" ]; then
			break
		fi
		reason_has "$pages pages" " space"
		unchanged "$pages pages"
		pages=$((pages + 1))
		[ "$pages" -lt 20 ] || die "never enough"
	done
	rm -f "$STATE/filler"
	upgraded_to 6.2.5
else
	source_mode a '{}'
	upgrade_now 0
	upgraded_to 6.2.5
fi

# version VERSION: it is wanted, and has been tried once.
version() {
	SERVICES_KEPT=$(pids)
	UPGRADES_KEPT=$(ls -A "$STATE/upgrades")
	CURRENT_KEPT=$(readlink "$STATE/upgrades/current")
	release_publish "$1"
	events_mark
	chain_versions "$1"
	wait_for 60 upgrade_done "$1" abandoned
}

say "staging cannot be written"
if [ "$(id -u)" -ne 0 ]; then
	chmod 500 "$staging"
	why="Permission denied"
elif [ -n "$OWN_DISK" ] && mount --bind "$staging" "$staging" &&
    mount -o remount,bind,ro "$staging"; then
	why="Read-only file system"
else
	why=
fi
if [ -n "$why" ]; then
	version 6.2.6
	fails '{}' "$staging/v6.2.6.list: $why"
	soon
	upgrade_now 1
	if [ "$(id -u)" -ne 0 ]; then
		chmod 700 "$staging"
	else
		umount "$staging"
	fi
	upgraded_to 6.2.6
fi

say "something else in its place"
rmdir "$staging"
: >"$staging"
version 6.2.7
fails '{}' "$staging/v6.2.7.list: Not a directory"
rm "$staging"
upgraded_to 6.2.7
grep -q "$staging had gone and is made again" "$DAEMON_LOG" ||
    die "it is not told that staging had gone"
expect "mode of staging" 700 "$(stat -c %a "$staging")"

say "it goes while a file comes"
release_publish 6.2.8 good "" 3000000
source_mode a '{"drip": 2000000}'
chain_versions 6.2.8
comes() {
	[ -s "$staging/v6.2.8" ]
}
wait_for 60 comes
rm -rf "$staging"
upgraded_to 6.2.8
stop_daemon
