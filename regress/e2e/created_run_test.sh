#!/bin/sh
#
# What create-service made runs: lavap finds its config by name, under a
# daemon that was already there, and after a start.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

world_start
unset SUDO_USER
mkdir "$REGRESS_DIR/conf"
mv "$STATE"/services/service_configs/*.yml "$REGRESS_DIR/conf"
rm "$STATE"/services/*.yml
rm -r "$STATE/services"
sed -i.orig '/^  - provider1/d; /^  - consumer1/d' "$STATE/config.yml" ||
    die "sed"

create() {
	# shellcheck disable=SC2086
	"$SBIN/lavavisor" create-service "$1" "$REGRESS_DIR/conf/$2" \
	    --directory "$STATE" ${WORLD_USER:+--user $WORLD_USER} \
	    --geolocation 1 --from servicer1 --keyring-backend test \
	    --node "$CHAIN_URL" --reload >"$REGRESS_DIR/create.out" 2>&1 ||
	    die "create-service: $(cat "$REGRESS_DIR/create.out")"
}

say "before the daemon, and to a running one"
create provider provider1.yml
has_line "$REGRESS_DIR/create.out" "^next: lavavisor start --directory" ||
    die "$(cat "$REGRESS_DIR/create.out")"
start_daemon
create consumer consumer1
has_line "$REGRESS_DIR/create.out" "^reloaded: " ||
    die "$(cat "$REGRESS_DIR/create.out")"
world_at 6.2.4
expect "what each answers" "6.2.4 6.2.4" \
    "$(service_version provider1) $(service_version consumer1)"
pid=$(service provider1 pid)

say "the same line again changes nothing"
create provider provider1.yml
expect "pid" "$pid" "$(service provider1 pid)"

say "one goes, the other stays"
"$SBIN/lavavisor" remove-service consumer1 --directory "$STATE" --reload \
    >"$REGRESS_DIR/remove.out" 2>&1 || die "$(cat "$REGRESS_DIR/remove.out")"
expect "consumer1" "" "$(service consumer1 name)"
expect "pid" "$pid" "$(service provider1 pid)"
stop_daemon
