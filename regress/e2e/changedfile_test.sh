# A file in upgrades/ that is no longer what was verified is never executed:
# running services stay on, the alarm names the file, a service that has to
# start waits, and goes on when the file is there again.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

POLICY="  auto: none"
world_start
start_daemon
world_at 6.2.4
lavap=$STATE/upgrades/v6.2.4/lavap
good=$REGRESS_DIR/good
cp -p "$lavap" "$good"
release_withdraw 6.2.4

# Bytes are changed in place, by one who is careful with the time of it.
flip() {
	touch -r "$lavap" mark
	chmod u+w "$lavap"
	printf damaged | dd of="$lavap" bs=1 seek=200000 conv=notrunc \
	    2>/dev/null || die "it cannot be written"
	chmod u-w "$lavap"
	touch -r mark "$lavap"
}

# While a service executes it, no one can write to it: another file comes.
swap() {
	cp -p "$lavap" next
	mv next "$STATE/upgrades/v6.2.4/next"
	mv -f "$STATE/upgrades/v6.2.4/next" "$lavap"
}

alarm() {
	event_seen '.event == "verify" and .state == "failed" and
	    .version == "6.2.4"'
}

exe_hashes() {
	for _pid in $(strays); do
		sha256 "/proc/$_pid/exe" | cut -d' ' -f1
	done | sort -u
}

waits_spoiled() {
	service provider1 reason | grep -q \
	    "upgrades/v6.2.4/lavap is not the file that was verified"
}

provider_dies() {
	died=$(service provider1 pid)
	kill -KILL "$died" || die "provider1 does not run"
}

runs_again() {
	_pid=$(service provider1 pid)
	[ "$_pid" != null ] && [ "$_pid" != "$died" ]
}

say "as long as nothing has changed, no hash is in the way of a restart"
verifiers=$(grep -c "verifier: started" "$DAEMON_LOG")
provider_dies
wait_for 60 runs_again
world_at 6.2.4
expect "verifiers" "$verifiers" "$(grep -c "verifier: started" "$DAEMON_LOG")"

say "bytes flipped, size and time of change kept: found at the next start"
verified=$(sha256 "$good" | cut -d' ' -f1)
swap
flip
events_mark
before=$(pids)
provider_dies
wait_for 60 alarm
wait_for 60 waits_spoiled
has_line "$DAEMON_LOG" "upgrades/v6.2.4/lavap is not run: .*sha256" ||
    die "the alarm names no file"
expect "consumer1 runs on" "$(echo "$before" | grep consumer1)" \
    "$(pids | grep consumer1)"
expect "what runs" "$verified" "$(exe_hashes)"
ctl show versions >table
has_line table "sha256 is" || die "not in show versions: $(cat table)"
ctl show versions -v >out 2>err && die "-v finds nothing"
has_line err "upgrades/v6.2.4/lavap: .*sha256 is" || die "-v: $(cat err)"

say "the good file is put back: the service starts by itself"
cp -p "$good" back
mv back "$STATE/upgrades/v6.2.4/back"
mv -f "$STATE/upgrades/v6.2.4/back" "$lavap"
world_at 6.2.4

say "the same bytes in another file are hashed before they run"
swap
events_mark
provider_dies
wait_for 60 runs_again
world_at 6.2.4
alarm && die "alarm for the right bytes"

say "shorter, gone: not executed either"
for how in shorter gone; do
	rm -f "$lavap"
	[ $how = gone ] || head -c 100000 "$good" >"$lavap"
	events_mark
	provider_dies
	wait_for 60 alarm
	wait_for 60 waits_spoiled
	expect "what runs" "$verified" "$(exe_hashes)"
	cp -p "$good" back
	mv back "$lavap"
	# Sooner than the look that it takes from time to time.
	ctl show versions -v >out || die "-v after the file was put back"
	world_at 6.2.4
done

say "found while hashing at the start of the daemon"
ctl shutdown --keep-services >/dev/null || die "shutdown --keep-services"
wait_for 60 gone "$DAEMON_PID"
swap
flip
events_mark
start_daemon
wait_for 60 alarm
services_all '.state == "running"' || die "a running service was touched"
expect "what runs" "$verified" "$(exe_hashes)"

say "the release is there again: it is fetched and replaces the file"
release_publish 6.2.4
provider_dies
wait_for 60 runs_again
world_at 6.2.4
expect "on disk" "$verified" "$(sha256 "$lavap" | cut -d' ' -f1)"
stop_daemon
