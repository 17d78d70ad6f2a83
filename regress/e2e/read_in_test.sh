# The pages of the new lavap are in memory before the first service is stopped,
# though none of them was when the roll began.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

need fincore dd

# Both wait at their place until the file `go-on` is there.
cat >"$REGRESS_DIR/wait.sh" <<-'END'
	#!/bin/sh
	[ "${LAVAVISORD_DRAIN:-on}" = on ] || exit 0
	while [ ! -e "$1/go-on-$LAVAVISORD_HOOK" ]; do sleep 0.05; done
END
chmod 755 "$REGRESS_DIR/wait.sh"
PROBATION=0s
CONFIG="hooks:
  pre-upgrade: [$REGRESS_DIR/wait.sh, $REGRESS_DIR]"
[ "$(id -u)" -ne 0 ] || CONFIG="$CONFIG
  user: nobody"
SERVICE="drain: [$REGRESS_DIR/wait.sh, $REGRESS_DIR]"
WORLD_SERVICES="provider1"
world_start
touch "$REGRESS_DIR/go-on-pre-upgrade"
start_daemon
upgraded_to 6.2.4
rm -f "$REGRESS_DIR/go-on-pre-upgrade"

lavap=$STATE/upgrades/v6.2.5/lavap

in_memory() {
	fincore -b -n -r -o PAGES "$lavap" | tr -d ' '
}

# Not on a file system that is memory itself.
thrown_out() {
	dd if="$lavap" iflag=nocache count=0 2>/dev/null
	[ "$(in_memory)" -lt $((pages / 2)) ]
}

release_publish 6.2.5 good "" 20000000
events_mark
chain_versions 6.2.5
asked() {
	event_seen '.event == "hook" and .state == "started"'
}
wait_for 60 asked
pages=$((($(wc -c <"$lavap") + 4095) / 4096))
pid=$(service provider1 pid)
tries=50
while ! thrown_out; do
	tries=$((tries - 1))
	[ "$tries" -gt 0 ] || skip "pages cannot be thrown out here"
	sleep 0.1
done
say "$(in_memory) of $pages pages are in memory"
touch "$REGRESS_DIR/go-on-pre-upgrade"

draining() {
	event_seen '.event == "roll" and .state == "draining"'
}
wait_for 60 draining
expect "it still runs" "$pid 6.2.4" \
    "$(service provider1 pid) $(service provider1 version)"
expect "pages in memory" "$pages" "$(in_memory)"
touch "$REGRESS_DIR/go-on-drain"
upgraded_to 6.2.5
stop_daemon
