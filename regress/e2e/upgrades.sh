# What the tests of upgrades share; after world.sh.
#
#	events_mark		what follows looks at later events only
#	event_seen FILTER	one of them matches, by jq
#	event_count FILTER
#	upgrades_done VERSION OUTCOME
#	pids			of all services, by name
#	bad_reason VERSION	"" when it is not marked bad
#	no_doubles		no service runs twice, none that is unknown
#	upgrade_now CODE	its exit code; its lines in now.json
#
# Events are read from the daemon's history, which has all but progress; with
# EVENTS=file from there.

EVENTS_FROM=0

events_mark() {
	EVENTS_FROM=$(wc -l <"${EVENTS:-$STATE/history}")
}

# A last line that is still being written is left for the next look.
events() {
	tail -n +"$((EVENTS_FROM + 1))" "${EVENTS:-$STATE/history}" |
	    jq -R -c 'fromjson? // empty'
}

event_count() {
	events | jq -c "select($1)" | wc -l | tr -d ' '
}

event_seen() {
	[ "$(event_count "$1")" -gt 0 ]
}

# The last upgrade to this version has ended so.
upgrade_done() {
	event_seen "(.event == \"commit\" or .event == \"rollback\" or
	    .event == \"abandon\") and .to == \"$1\" and
	    .outcome == \"$2\""
}

idle() {
	[ "$(ctl_json 'all(.[]; .ended != null)' show upgrades)" = true ]
}

# Services run VERSION, its upgrade is over, and `current` points there.
upgraded_to() {
	world_at "$1"
	wait_for 60 idle
	expect "current" "v$1" "$(readlink "$STATE/upgrades/current")"
}

pids() {
	ctl_json '.[] | "\(.name) \(.pid)"' show services
}

bad_reason() {
	ctl_json ".installed[] | select(.version == \"$1\") |
	    .bad.reason // \"\"" show versions
}

why_of() {
	ctl_json ".services[] | select(.name == \"$1\") | .$2" show versions
}

why_is() {
	[ "$(why_of "$1" "$2")" = "$3" ]
}

# Every process of a service is one that `show services` knows.
no_doubles() {
	strays | sort >"$REGRESS_DIR/found"
	ctl_json '.[].pid | select(. != null)' show services | sort \
	    >"$REGRESS_DIR/known"
	cmp -s "$REGRESS_DIR/found" "$REGRESS_DIR/known"
}

upgrade_now() {
	ctl -j upgrade now >"$REGRESS_DIR/now.json" 2>"$REGRESS_DIR/now.err"
	_code=$?
	[ "$_code" -eq "$1" ] || die "upgrade now: exit code $_code, not $1:" \
	    "$(cat "$REGRESS_DIR/now.json" "$REGRESS_DIR/now.err")"
}
