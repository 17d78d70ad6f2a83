# A daemon whose services are shell scripts: no chain, no releases.
#
#	. "${TOP:-.}/regress/lib.sh"
#	. "$TOP/regress/e2e/plain.sh"
#	plain_begin
#	plain_service web [YAML] <<'END'
#	echo hello
#	END
#	plain_config [YAML]
#	start_daemon
#
# YAML is more lines of services/NAME.yml or config.yml.  The scripts run with
# their directory, $REGRESS_DIR/home/NAME, as the working directory.

plain_begin() {
	need jq
	STATE=$REGRESS_DIR/s
	PLAIN_SERVICES=
	# Its own copy, so that strays() knows what is a service.
	PLAIN_SH=$REGRESS_DIR/sh
	cp "$(command -v dash || echo /bin/sh)" "$PLAIN_SH"
	chmod 755 "$PLAIN_SH"
	mkdir -p "$STATE/services"
	PLAIN_USER=
	if [ "$(id -u)" -eq 0 ]; then
		sh "$TOP/etc/accounts.sh"
		PLAIN_USER=nobody
	fi
}

plain_service() {
	_home=$REGRESS_DIR/home/$1
	mkdir -p "$_home"
	[ -z "$PLAIN_USER" ] || chown "$PLAIN_USER" "$_home"
	cat >"$REGRESS_DIR/$1.sh"
	{
		echo "role: other"
		echo "command: [$PLAIN_SH, $REGRESS_DIR/$1.sh]"
		echo "directory: $_home"
		[ -z "$PLAIN_USER" ] || echo "user: $PLAIN_USER"
		[ -z "${2:-}" ] || echo "$2"
	} >"$STATE/services/$1.yml"
	case " $PLAIN_SERVICES " in
	*" $1 "*)	;;
	*)		PLAIN_SERVICES="$PLAIN_SERVICES $1" ;;
	esac
}

plain_config() {
	{
		echo "nodes: [${PLAIN_NODE:-http://127.0.0.1:1}]"
		[ -z "${1:-}" ] || echo "$1"
		echo "services:"
		for _name in $PLAIN_SERVICES; do
			echo "  - $_name"
		done
	} >"$STATE/config.yml"
}

# home NAME FILE: what a script left in its directory.
home() {
	echo "$REGRESS_DIR/home/$1/$2"
}

service_log() {
	echo "$STATE/services/logs/$1.log"
}

# Until all services have a process.
plain_up() {
	wait_for 30 services_all '.pid != null and .state == "running"'
}

# kill_daemon: by SIGKILL; services and the supervisor stay.
kill_daemon() {
	kill -KILL "$DAEMON_PID"
	wait_for 30 gone "$DAEMON_PID"
	wait "$DAEMON_PID" 2>/dev/null
}

# Its pid is another than OLD: service_moved NAME OLD
service_moved() {
	_now=$(service "$1" pid)
	[ -n "$_now" ] && [ "$_now" != null ] && [ "$_now" != "$2" ]
}

# Lines `WORD N` of the log count up from 1 to LAST, none missing or twice.
numbered() {
	awk -v word="$2" -v last="$3" '
	    $1 == word && $2 != ++n { print "line " NR ": " $0 \
		", not " n; bad = 1; exit }
	    END { if (!bad && n < last) print "only " n " of " last
		exit bad || n < last }' "$1"
}
