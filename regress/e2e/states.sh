# Brings an upgrade into each of its states and keeps it there; after world.sh
# and upgrades.sh.
#
#	PREPARING		the states in which nothing moves
#	states_begin		the world, at 6.2.4, with two services
#	state_reach STATE VERSION
#	state_release		goes on from there
#	state_over STATE VERSION	waits until all is as it should be then
#
# The daemon is started with start_slow_daemon, as its disk can be held up.

need cc
[ -d /proc/self ] || skip "needs /proc"
[ -z "${REGRESS_SANITIZED:-}" ] || skip "a sanitizer must be loaded first"
PREPARING="fetching verifying installing probing asking"
HELD=$REGRESS_DIR/held
SLOWRENAME=$REGRESS_DIR/slowrename
export SLOWRENAME

states_begin() {
	cc -shared -fPIC -O1 -o "$REGRESS_DIR/slowrename.so" \
	    "$TOP/regress/world/slowrename.c" || die "slowrename.so"
	mkdir -m 755 "$HELD" "$REGRESS_DIR/rooms"
	ln -s "$LIBEXEC"/* "$REGRESS_DIR/rooms"
	rm "$REGRESS_DIR/rooms/verifier"
	cat >"$REGRESS_DIR/rooms/verifier" <<-END
		#!/bin/sh
		while [ -e "$HELD/verifier" ]; do sleep 0.05; done
		exec "$LIBEXEC/verifier" "\$@"
	END
	chmod 755 "$REGRESS_DIR/rooms/verifier"
	LIBEXEC=$REGRESS_DIR/rooms
	# The hook and the drains of services that serve wait for a file.
	cat >"$REGRESS_DIR/wait.sh" <<-'END'
		#!/bin/sh
		[ "${LAVAVISORD_DRAIN:-on}" = on ] || exit 0
		while [ -e "$1/$LAVAVISORD_HOOK" ]; do sleep 0.05; done
	END
	chmod 755 "$REGRESS_DIR/wait.sh"
	PROBATION=0s
	POLICY="  per-day: 99
  retry: 1s"
	CONFIG="hooks:
  pre-upgrade: [$REGRESS_DIR/wait.sh, $HELD]"
	[ "$(id -u)" -ne 0 ] || CONFIG="$CONFIG
  user: nobody"
	SERVICE="drain: [$REGRESS_DIR/wait.sh, $HELD]
backoff: 100ms"
	WORLD_SERVICES="provider1 provider2"
	world_start
	start_slow_daemon
	upgraded_to 6.2.4
}

start_slow_daemon() {
	DAEMON_LOG=$REGRESS_DIR/daemon.log
	DAEMON_LOGS=$DAEMON_LOG
	LD_PRELOAD=$REGRESS_DIR/slowrename.so "$SBIN/lavavisord" -d -v \
	    -D "$STATE" -L "$LIBEXEC" >>"$DAEMON_LOG" 2>&1 </dev/null &
	DAEMON_PID=$!
	on_exit_end "$DAEMON_PID"
	wait_for 60 daemon_answers
}

journal_state() {
	_is=$(sed -n 's/^upgrade [0-9]* \([a-z-]*\) .*/\1/p' "$STATE/journal")
	echo "${_is:-idle}"
}

state_is() {
	[ "$(journal_state)" = "$1" ]
}

# rolled STATE VERSION [COUNT]
rolled() {
	[ "$(event_count ".event == \"roll\" and .state == \"$1\" and
	    .version == \"$2\"")" -ge "${3:-1}" ]
}

draining() {
	event_seen '.event == "roll" and .state == "draining"'
}

probation() {
	PROBATION=$1
	world_config
	ctl reload >/dev/null || die "reload"
}

state_reach() {
	_padding=0
	_brand=
	events_mark
	OLD_VERSION=$(service provider1 version)
	KEPT=$(pids)
	case $1 in
	fetching)
		_padding=600000
		echo "location /v$2/ { limit_rate 200k; }" \
		    >"$RELEASE/conf.d/slow.conf"
		release_reload ;;
	verifying)
		touch "$HELD/verifier" ;;
	installing)
		echo "v$2" >"$SLOWRENAME" ;;
	probing)
		touch "$HELD/version"
		_brand="version-waits $HELD/version" ;;
	asking)
		touch "$HELD/pre-upgrade" ;;
	rolling|roll-held)
		touch "$HELD/drain" ;;
	probation|rolling-back)
		probation 2s ;;
	committing)
		echo current >"$SLOWRENAME" ;;
	esac
	release_publish "$2" good "$_brand" "$_padding"
	chain_versions "$2"
	# The nodes are asked at once.
	ctl upgrade check >/dev/null
	case $1 in
	rolling)
		wait_for 60 draining ;;
	roll-held)
		wait_for 60 draining
		ctl hold >/dev/null || die "hold" ;;
	rolling-back)
		# One that is down goes first, one that serves is drained.
		wait_for 60 rolled ready "$2" 2
		events_mark
		touch "$HELD/drain"
		kill -KILL "$(service provider2 pid)"
		wait_for 60 draining ;;
	installing|committing)
		wait_for 60 test -e "$SLOWRENAME.waits" ;;
	esac
	wait_for 60 state_is "$1"
	say "$1"
}

state_release() {
	[ ! -e "$RELEASE/conf.d/slow.conf" ] || {
		rm "$RELEASE/conf.d/slow.conf"
		release_reload
	}
	rm -f "$HELD"/* "$SLOWRENAME"
}

state_over() {
	[ "$1" != roll-held ] || {
		expect "it is held" roll-held "$(journal_state)"
		ctl resume >/dev/null || die "resume"
	}
	if [ "$1" = rolling-back ]; then
		world_at "$OLD_VERSION"
		wait_for 60 idle
		[ -n "$(bad_reason "$2")" ] || die "$2 is not marked bad"
		expect "current" "v$OLD_VERSION" \
		    "$(readlink "$STATE/upgrades/current")"
	else
		upgraded_to "$2"
		expect "$2 is bad" "" "$(bad_reason "$2")"
	fi
	wait_for 30 no_doubles
	expect "services" 2 "$(strays | wc -l)"
	expect "leftovers" "" "$(find "$STATE/upgrades" -mindepth 1 \
	    -maxdepth 1 -name '.*')"
	case $1 in
	probation|rolling-back)
		probation 0s ;;
	esac
}
