#!/bin/sh
#
# The show room was taken over: it orders, claims to be root, speaks as other
# rooms do, floods, and does not listen.  Nothing changes, and admin is served.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service web <<-END
while :; do sleep 0.1; done
END
plain_config
FALSE=$REGRESS_DIR/libexec
mkdir "$FALSE"
for room in "$LIBEXEC"/*; do
	[ "${room##*/}" = control ] || ln -s "$room" "$FALSE/${room##*/}"
done
# The whole of its life is the room's: no privilege is given up.
cat >"$FALSE/control" <<-END
#!/bin/sh
case "\$*" in
*show*)	;;
*)	exec "$LIBEXEC/control" "\$@" ;;
esac
[ -f "$FALSE/cases" ] || exec "$LIBEXEC/control" "\$@"
export TOP="$TOP"
exec "$PYTHON" "$FALSE/enemy.py" "\$@"
END
chmod 755 "$FALSE/control"
cp "$TOP/regress/rooms/enemy_show.py" "$FALSE/enemy.py"

# By admin's socket, as show is not to be had.
admin() {
	"$SBIN/lavavisorctl" -s "$STATE/run/admin.sock" "$@"
}

state() {
	admin -j show services | jq -cS '[.[] | {name, state, pid}]'
	grep -v '^generation\|^order\|^end' "$STATE/journal"
	ls -A "$STATE/upgrades" "$STATE/staging" "$STATE/services"
}

show_pid() {
	admin -j show sandbox | jq '.[] | select(.room == "show") | .pid'
}

# It says nothing but that it was killed, and it has gone.
ended_by_parent() {
	_said=$(sed -n "s/^$1 //p" "$FALSE/result")
	case $_said in
	*[0-9]" killed")	gone "${_said%% *}" ;;
	*)			die "$1: $_said" ;;
	esac
}

# attack CASE...: each in a life of the room of its own, which the parent ends,
# or not where a word behind a colon is what it has to say.  Three at most: a
# room that dies five times stays down.
attack() {
	: >"$FALSE/result"
	rm -f "$FALSE/cases"
	LIBEXEC=$FALSE start_daemon
	plain_up
	wait_for 30 has_line "$STATE/journal" "^service web up ran"
	before=$(state)
	for _case in "$@"; do
		echo "${_case%:*}"
	done >"$FALSE/cases.new"
	mv "$FALSE/cases.new" "$FALSE/cases"
	kill -KILL "$(show_pid)"
	for _case in "$@"; do
		_want=killed
		case $_case in
		*:*)	_want=${_case#*:} ;;
		esac
		_case=${_case%:*}
		say "$_case: $_want"
		wait_for 60 has_line "$FALSE/result" "^$_case "
		if [ "$_want" = killed ]; then
			wait_for 60 ended_by_parent "$_case"
		else
			wait_for 60 has_line "$FALSE/result" "^$_case $_want\$"
			kill -KILL "$(show_pid)"
		fi
		expect "$_case: state" "$before" "$(state)"
	done
	alive "$DAEMON_PID" || die "the daemon has ended"
	rss=$(ps -o rss= -p "$DAEMON_PID")
	[ "$rss" -lt 150000 ] || [ -n "${REGRESS_SANITIZED:-}" ] ||
	    die "the daemon has grown to $rss KB"
	stop_daemon
}

attack every_verb:refused crowd_that_stays:bounded never_reading
attack same_id file_of_a_request garbage
attack no_such_verb other_ORDER_START other_VERSIONS
attack other_DIAL other_LISTEN other_HELLO
