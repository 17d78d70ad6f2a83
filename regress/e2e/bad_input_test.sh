#!/bin/sh
#
# What people mistype, as a table: of each one clear line, exit code 1, 2 (or 4
# where no daemon answers), and nothing is changed.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

OUT=$REGRESS_DIR/out
CTL=$SBIN/lavavisorctl
LV=$SBIN/lavavisor
HOME=$REGRESS_DIR/h
export HOME
mkdir "$HOME"
unset SUDO_USER
LONG=$(printf '%0300d' 0)
LINES2=$(printf 'a\nb')

plain_begin
for name in web api; do
	plain_service "$name" <<-END
	while :; do sleep 0.1; done
	END
done
plain_config
start_daemon
plain_up
# It is written down soon after.
for name in web api; do
	wait_for 60 has_line "$STATE/journal" "^service $name "
done

# What must be as before: files, and how the services and upgrades do.
picture() {
	(cd "$STATE" && find . -path ./run -prune -o -path ./services/logs \
	    -prune -o -type f ! -name history -exec cksum {} + | sort)
	find "$HOME" | sort
	ctl_json '.[] | "\(.name) \(.state) \(.pid) \(.restarts)"' \
	    show services
	ctl_json '.hold, .pins' show versions
}

# bad CODE PATTERN COMMAND...
bad() {
	_want=$1
	_pattern=$2
	shift 2
	"$@" >"$OUT" 2>&1 </dev/null
	_have=$?
	[ "$_have" -eq "$_want" ] ||
	    die "$*: exit code $_have, not $_want: $(cat "$OUT")"
	expect "lines of $* ($(cat "$OUT"))" 1 "$(wc -l <"$OUT" | tr -d ' ')"
	grep -Eq -- "^lavavisor(ctl)?: .*$_pattern" "$OUT" ||
	    die "$*: not '$_pattern': $(cat "$OUT")"
	if LC_ALL=C grep -q '[^ -~]' "$OUT"; then
		die "$*: control characters: $(cat -v "$OUT")"
	fi
}

# order CODE PATTERN WORD...: to the daemon
order() {
	_code=$1
	_text=$2
	shift 2
	bad "$_code" "$_text" "$CTL" --directory "$STATE" "$@"
}

picture >"$REGRESS_DIR/before"

say "words"
order 2 'unknown word "shwo": did you mean "show"' shwo services
order 2 'unknown word "servics": did you mean "services"' show servics
order 2 'could be: start, stop' st web
order 2 'show what\? There are: services' show
order 2 'upgrade what\?' upgrade
order 2 'no command .*--help'
order 2 'start needs NAME' start
order 2 'takes NAME|takes no' show service web api
order 2 'takes no argument, not "now"' shutdown now
order 2 'takes no argument, not "x"' reexec x
order 2 'takes no argument, not "x"' upgrade rollback x
order 2 'unknown word "sleepy"; there are: stopped' wait web sleepy
order 2 'wait web version needs VERSION' wait web version
order 2 'takes no "now"' wait web running now
order 2 'lavavisorctl upgrade to --help' upgrade to

say "options"
order 2 'unknown option --verbos' show services --verbos
order 2 'unknown option -z' -z
order 2 'unknown option --gas' show services --gas 1
order 2 'not "abc"' -t abc show services
order 2 'not "-1"' -t -1 show services
order 2 'not "99999999999999999999"' -t 99999999999999999999 show services
order 2 'not "2d"' wait -t 2d web running
order 2 '-t needs a value' show services -t
order 2 '-n takes a number' log -n x web
order 2 '-n takes a number' log -n -5 web
order 2 '-n takes 1 line or more' show history -n 0
order 2 'only show history' show services -n 3
order 2 'only show versions and services' show nodes -v
order 2 'takes the number' monitor --from x
order 2 'takes the number' monitor --from -1
order 2 'takes the number' monitor --from 99999999999999999999
order 2 'only upgrade prepare takes -n' upgrade now -n

say "passphrases"
order 2 'unlock needs NAME' unlock
order 2 'unlock takes --stdin or --again, not both' unlock --again --stdin web
order 2 'unknown option --again' lock --again web
order 1 'web: there is no .passphrase:. in its definition' lock web
order 1 'web: there is no .passphrase:. in its definition' unlock --again web
order 1 'the passphrase is empty: nothing was sent' unlock --stdin web
bad 2 'no terminal to ask.*web: --stdin reads it' setsid "$CTL" --directory \
    "$STATE" unlock web

say "names of services"
for verb in start stop restart log lock unlock 'unlock --again' \
    'show service' 'show config'; do
	# shellcheck disable=SC2086
	{
		order 1 'there is no service "nope".*show services' $verb nope
		order 1 'there is no service "../web"' $verb ../web
		order 1 'there is no service "a/b"' $verb a/b
		order 1 'there is no service "a b"' $verb 'a b'
		order 1 'there is no service "a%b"' $verb 'a%b'
		order 1 'there is no service "\.\."' $verb ..
		order 1 'no service "wbe": did you mean "web"' $verb wbe
		order 2 'name has a control character' $verb "$LINES2"
		order 2 'name is longer than' $verb "$LONG"
		order 2 'name must not be empty' $verb ''
	}
done
order 1 'there is no service "nope"' wait nope running
order 1 'no service fits "zz\*".*show services' stop 'zz*'
order 1 'no service has the role of "consumers"' stop consumers
order 1 'more than one service, name one of' log '*'

say "versions, upgrades, files"
for version in '' x 6.2.x v 6.2.4.1 7 6..2 ../../etc '6.2.5 ' -1 \
    "$LONG" "$LINES2"; do
	for verb in pin 'upgrade to' 'upgrade prepare' 'upgrade approve'; do
		# shellcheck disable=SC2086
		order 2 'no version|not a version|unknown option|VERSION' \
		    $verb "$version"
	done
done
order 2 'not a SHA-256' upgrade approve 9.9.9 xyz
order 2 'not the number of an upgrade' show upgrades x
order 2 'not the number of an upgrade' show upgrades -- -1
order 1 'there is no upgrade 99' show upgrades 99
order 2 'reason is longer' hold "$LONG"
order 2 'reason must not be empty' hold ''
order 1 'none: No such file' install "$REGRESS_DIR/none" --version 1.2.3
order 1 'is a directory' install "$REGRESS_DIR" --version 1.2.3
order 1 'not a regular file' install /dev/null --version 1.2.3
order 2 'does not say which version' install "$STATE/config.yml"
order 2 'no version like' install "$STATE/config.yml" --version 1.2
order 2 'takes FILE' install a b
order 1 'none: No such file' install "$STATE/config.yml" --version 1.2.3 \
    --sums "$REGRESS_DIR/none"

say "sockets and directories"
bad 4 'none.*No such file.*-s or --directory' "$CTL" -s "$REGRESS_DIR/none" \
    stop all
bad 4 'is no socket' "$CTL" -s "$STATE/config.yml" stop all
bad 4 'is no socket' "$CTL" -s /dev/null stop all
bad 4 'run/admin.sock' "$CTL" --directory "$REGRESS_DIR/none" stop all
bad 1 'directory.* empty' "$CTL" --directory '' stop all
bad 1 'more than the' "$CTL" -s "/$LONG" stop all
bad 4 "$HOME/.lavavisor/run/admin.sock .*.lavavisor start. runs one" \
    "$LV" hold
bad 4 "$HOME/.lavavisor/run/show.sock" "$LV" top
if [ "$(id -u)" -eq 0 ]; then
	need runuser
	chmod 755 "$REGRESS_DIR"
	chmod 600 "$STATE/config.yml"
	bad 4 'is no socket' runuser -u nobody -- "$CTL" -s \
	    "$STATE/config.yml" show services
	bad 5 "not allowed to use .*root or the daemon's owner" \
	    runuser -u nobody -- "$CTL" -s "$STATE/run/admin.sock" stop all
fi

say "without a daemon"
bad 2 "wrap and pod are commands of" "$CTL" pod --directory /tmp --cmd "lavap x"
bad 2 "pod: --cmd: column 7" "$LV" pod --directory /tmp --cmd "lavap \"x"
bad 2 'unknown word "crate-service": did you mean' "$LV" crate-service
for command in init start remove-service import top; do
	bad 2 'lavap.s own option, for a service.*create-service' "$LV" \
	    "$command" --gas-prices 1ulava
	bad 2 'unknown option --zzzzzz' "$LV" "$command" --zzzzzz
	bad 2 'needs a value' "$LV" "$command" --directory
	bad 2 'is given twice' "$LV" "$command" --directory a --directory b
done
bad 2 'put it behind .--' "$LV" create-service provider a.yml --gas 1
bad 2 'behind .--' "$LV" create-service provider a.yml --zzzzzz 1
bad 2 'version takes no argument' "$LV" version x
bad 1 'there is no .*config.yml.*lavavisor init. makes it' "$LV" start
bad 1 'none: No such file.*with and without .yml: .*rpcprovider' "$LV" \
    create-service provider "$REGRESS_DIR/none" --geolocation 1 --from a \
    ${PLAIN_USER:+--user "$PLAIN_USER"}
bad 1 'config.yml' "$LV" remove-service web

picture >"$REGRESS_DIR/after"
cmp -s "$REGRESS_DIR/before" "$REGRESS_DIR/after" ||
    die "changed: $(diff "$REGRESS_DIR/before" "$REGRESS_DIR/after")"
stop_daemon
