# A world whose releases come from scripted sources; after world.sh and
# upgrades.sh.
#
#	sources_begin NAME...	the world with these sources, at 6.2.4
#	fails JSON WORD...	source `a` does so: `upgrade now` fails, each
#				word is in its reason, and nothing has changed
#	heals VERSION JSON	`a` does so instead: it goes through by itself
#	file VERSION		the name of the binary
#
# Until `heals` nothing is tried again but by order.

sources_begin() {
	PROBATION=0s
	POLICY="  retry: 1h
  per-day: 99"
	world_start
	_list=
	for _source in "$@"; do
		source_start "$_source"
		_list="$_list${_list:+\", \"}$SOURCE_URL/v{version}"
	done
	RELEASE_SOURCE=$_list
	world_config
	start_daemon
	upgraded_to 6.2.4
	SERVICES_KEPT=$(pids)
	UPGRADES_KEPT=$(ls -A "$STATE/upgrades")
	CURRENT_KEPT=v6.2.4
}

from() {
	echo "from localhost:$(cat "$REGRESS_DIR/source-$1/port")"
}

file() {
	echo "lavap-v$1-$RELEASE_OS-$RELEASE_ARCH"
}

# The chain wants it, and the first try, without the source, is over.
wanted() {
	release_publish "$1"
	events_mark
	source_mode a '{"close": true}'
	chain_versions "$1"
	wait_for 60 upgrade_done "$1" abandoned
}

last_reason() {
	ctl_json '.[0].reason' show upgrades
}

unchanged() {
	expect "$1: services" "$SERVICES_KEPT" "$(pids)"
	expect "$1: upgrades/" "$UPGRADES_KEPT" "$(ls -A "$STATE/upgrades")"
	expect "$1: current" "$CURRENT_KEPT" \
	    "$(readlink "$STATE/upgrades/current")"
}

reason_has() {
	_reason=$(last_reason)
	say "${1:-}: $_reason"
	_what=$1
	shift
	for _word in "$@"; do
		case $_reason in
		*"$_word"*)	;;
		*)		die "$_what: no \"$_word\" in: $_reason" ;;
		esac
		grep -v ": event {" "$DAEMON_LOG" | grep -q -F -- "$_word" ||
		    die "$_what: no \"$_word\" in the log"
	done
}

fails() {
	source_mode a "$1"
	upgrade_now 1
	reason_has "$@"
	unchanged "$1"
}

# From now on it is tried again after a second, then two, then four.
soon() {
	POLICY="  retry: 1s
  per-day: 99"
	world_config
	ctl reload >reload.out 2>&1 || die "reload: $(cat reload.out)"
}

heals() {
	soon
	upgrade_now 1
	source_mode a "$2"
	upgraded_to "$1"
}
