# Redirects of a release server that lead where nobody may be led to: each is
# one clear line, is not followed, and harms nothing else.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# listen_at ADDRESS PORT: tells in a file that somebody came.
listen_at() {
	"$PYTHON" - "$1" "$2" "$REGRESS_DIR/came" <<'END' &
import socket, sys
six = ':' in sys.argv[1]
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], int(sys.argv[2])))
s.listen(8)
open(sys.argv[3] + '.ready', 'a').close()
while True:
    s.accept()[0].close()
    open(sys.argv[3], 'a').write(sys.argv[1] + '\n')
END
	on_exit_end $!
	wait_for 30 test -f "$REGRESS_DIR/came.ready"
	rm "$REGRESS_DIR/came.ready"
}

world_start
start_daemon
upgraded_to 6.2.4
kept=$(pids)
before=$(ls -A "$STATE/upgrades")
inside=$(free_port)
listen_at 127.0.0.1 "$inside"
release_publish 6.2.5
name=lavap-v6.2.5-$RELEASE_OS-$RELEASE_ARCH

# Where the binary of 6.2.5 is redirected to is said by a file, as a server
# that is told to read its configuration again may answer by the old one.
CASES=0
location() {
	CASES=$((CASES + 1))
	echo "if (-f \$document_root/case-$CASES) { return 302 $1; }"
}

# refused WORD...: all of the words are in the one reason of the next case.
refused() {
	rm -f "$RELEASE/www/case-$CASES"
	CASES=$((CASES + 1))
	touch "$RELEASE/www/case-$CASES"
	events_mark
	_log=$(wc -l <"$DAEMON_LOG")
	upgrade_now 1
	_reason=$(events | jq -r 'select(.event == "abandon" and
	    .outcome == "abandoned") | .reason')
	say "case $CASES: $_reason"
	for _word in "$@"; do
		case $_reason in
		*"$_word"*)	;;
		*)		die "no \"$_word\" in: $_reason" ;;
		esac
	done
	expect "lines of case $CASES" 1 "$(echo "$_reason" | wc -l)"
	tail -n +"$((_log + 1))" "$DAEMON_LOG" | grep -v ": event {" \
	    >"$REGRESS_DIR/since.log"
	has_line "$REGRESS_DIR/since.log" "abandoned: lavap-v6.2.5" ||
	    die "case $CASES: nothing in the log"
	expect "case $CASES: services" "$kept" "$(pids)"
	expect "case $CASES: upgrades/" "$before" "$(ls -A "$STATE/upgrades")"
}

{
	echo "location = /v6.2.5/$name {"
	location gopher://localhost:$inside/
	location https://169.254.169.254/latest/meta-data
	location https://127.0.0.1/
	location 'https://[::1]/'
	location 'https://[::ffff:127.0.0.1]/'
	location 'https://[64:ff9b::7f00:1]/'
	location https://localhost/
	location https://localhost:$inside/
	location http://localhost:$RELEASE_PORT/up
	location file:///etc/passwd
	location https://localhost:$RELEASE_PORT/v6.2.5/$name
	location https://localhost:$RELEASE_PORT/elsewhere/$name
	echo "return 302 gopher://localhost/;"
	echo "}"
} >"$RELEASE/conf.d/v6.2.5.conf"
mkdir -p "$RELEASE/www/elsewhere"
mv "$RELEASE/www/v6.2.5/$name" "$RELEASE/www/elsewhere/"
release_reload
one_worker() {
	[ "$(ps -eo ppid= | grep -c "^ *$RELEASE_PID\$")" -eq 1 ]
}
wait_for 30 one_worker

CASES=0
# Redirected from the beginning, so that no poll installs it meanwhile.
chain_versions 6.2.5
wait_for 60 upgrade_done 6.2.5 abandoned
wait_for 30 idle

refused "redirect to localhost:$inside" "not an http or https URL"
refused 169.254.169.254 "a link-local address"
refused 127.0.0.1 "a loopback address"
refused ::1 "a loopback address"
refused ::ffff:127.0.0.1 "a loopback address"
refused 64:ff9b::7f00:1 "a loopback address"
# The host is one of the config, the port is not.
refused localhost "a loopback address"
refused "localhost port $inside" "the config does not name it"
refused "from https to http"
refused "not an http or https URL"
refused "loop"

[ ! -e "$REGRESS_DIR/came" ] || die "a redirect was followed to an inner port"

say "to another place on the host of the config it is followed"
rm "$RELEASE/www/case-$CASES"
touch "$RELEASE/www/case-$((CASES + 1))"
upgrade_now 0
upgraded_to 6.2.5
[ "$(release_requests "/elsewhere/$name")" -ge 1 ] || die "not followed"
stop_daemon
