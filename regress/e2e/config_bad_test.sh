#!/bin/sh
#
# What is wrong in a configuration is one line `file:line:col: text`, and
# nothing is started or changed.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
plain_service sleeper <<'END'
while :; do sleep 0.1; done
END
plain_config
MAIN=$STATE/config.yml
SERVICE=$STATE/services/sleeper.yml
cp "$MAIN" "$REGRESS_DIR/main.good"
cp "$SERVICE" "$REGRESS_DIR/service.good"

restore() {
	cat "$REGRESS_DIR/main.good" >"$MAIN"
	cat "$REGRESS_DIR/service.good" >"$SERVICE"
	chmod 644 "$MAIN" "$SERVICE"
}

# refused WHAT PATTERN: by -n, and by a start.
refused() {
	for _how in -n -d; do
		"$SBIN/lavavisord" "$_how" -D "$STATE" -L "$LIBEXEC" \
		    >"$REGRESS_DIR/out" 2>&1 </dev/null
		expect "exit code of $_how: $1" 1 $?
		expect "lines of $_how: $1" 1 \
		    "$(wc -l <"$REGRESS_DIR/out" | tr -d ' ')"
		grep -Eq -- "$2" "$REGRESS_DIR/out" ||
		    die "$1, $_how: $(cat "$REGRESS_DIR/out")"
	done
	! [ -e "$STATE/run" ] || die "$1: something was made"
	restore
}

# main WHAT PATTERN TEXT: with a config.yml of this text (printf's).
main() {
	# shellcheck disable=SC2059
	printf "$3" >"$MAIN"
	refused "$1" "$MAIN:$2"
}

# of_service WHAT PATTERN TEXT: with these lines more in the service's file.
of_service() {
	# shellcheck disable=SC2059
	printf "$3" >>"$SERVICE"
	refused "$1" "$SERVICE:$2"
}

S='services: [sleeper]\n'
END_OF=$(wc -l <"$SERVICE")
NEXT=$((END_OF + 1))

say "config.yml"
main "unknown key" '2:1: .*colour' "${S}colour: red\\n"
main "unknown key below" '3:3: .*colour' \
    "${S}policy:\\n  colour: red\\n"
main "duplicate key" '3:1: .*poll-interval' \
    "${S}poll-interval: 5s\\npoll-interval: 6s\\n"
main "anchor" '2:[0-9]+: .*' "${S}nodes: &a [http://127.0.0.1:1]\\n"
main "alias" '2:[0-9]+: .*' "${S}nodes: *a\\n"
main "tag" '2:[0-9]+: .*' "${S}quorum: !!int 1\\n"
main "second document" '2:[0-9]+: .*' "${S}---\\n${S}"
main "syntax" '[23]:[0-9]+: .*' "${S}nodes: [\\n"
main "NUL" '[0-9]+:[0-9]+: .*' "${S}chain-id: \"a\\\\0b\"\\n"
main "control character" '[0-9]+:[0-9]+: .*' "${S}chain-id: a\\001b\\n"
main "depth" '2:[0-9]+: .*' \
    "${S}nodes: [[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]\\n"
main "duration" '2:16: .*' "${S}poll-interval: 15\\n"
main "out of range" '2:16: .*' "${S}poll-interval: 1ms\\n"
main "choice" '2:10: .*' "${S}sandbox: maybe\\n"
main "URL" '2:[0-9]+: .*' "${S}nodes: [ftp://127.0.0.1]\\n"
main "no services" '[0-9]+:[0-9]+: .*services' 'quorum: 1\n'
main "service twice" '1:[0-9]+: .*' 'services: [sleeper, sleeper]\n'
main "bad name" '1:[0-9]+: .*' 'services: ["../sleeper"]\n'
main "quorum" "2:9: .*can never be reached" "${S}quorum: 2\\n"
head -c 300000 /dev/zero | tr '\0' '#' >>"$MAIN"
refused "size" "$MAIN:.*"
rm "$MAIN"
refused "no file" "$MAIN.*No such file.*lavavisorctl init. makes it"

say "the command line"
# wrong PATTERN WORD...
wrong() {
	_pattern=$1
	shift
	"$SBIN/lavavisord" "$@" >"$REGRESS_DIR/out" 2>&1 </dev/null
	expect "exit code of $*" 2 $?
	expect "lines of $*" 1 "$(wc -l <"$REGRESS_DIR/out" | tr -d ' ')"
	grep -q -- "^lavavisord: $_pattern.*lavavisord --help" \
	    "$REGRESS_DIR/out" || die "$*: $(cat "$REGRESS_DIR/out")"
}
wrong "unknown option -x" -x
wrong "unknown option --" --hepl
wrong "there is no value behind -D" -n -D
wrong "it takes options only" -n extra
"$SBIN/lavavisord" --help | grep -q "^usage: lavavisord " || die "--help"
"$SBIN/lavavisord" --version | grep -q "^lavavisord [0-9]" || die "--version"

say "services/NAME.yml"
of_service "unknown key" "$NEXT:1: .*colour" 'colour: red\n'
of_service "signal" "$NEXT:14: .*" 'stop-signal: WINK\n'
of_service "limit" "$NEXT:[0-9]+: .*" 'rlimits: {files: 3}\n'
of_service "environment" "$NEXT:[0-9]+: .*" 'env: {"A=B": c}\n'
of_service "group" " group: .*" 'group: no-such-group-here\n'
of_service "pieces and command" "[0-9]+:[0-9]+: .*" 'geolocation: 1\n'
rm "$SERVICE"
refused "no file" "$MAIN:[0-9]+:[0-9]+: .*$SERVICE"

say "files that others could write"
chmod 666 "$MAIN"
refused "mode of config.yml" "$MAIN.*write"
chmod 666 "$SERVICE"
refused "mode of a service's file" "$SERVICE.*write"

say "the good ones"
"$SBIN/lavavisord" -n -D "$STATE" -L "$LIBEXEC" >"$REGRESS_DIR/out" 2>&1
expect "exit code of -n" 0 $?

say "a running daemon is not moved by a bad one"
start_daemon
plain_up
pid=$(service sleeper pid)
printf 'services: [sleeper]\nsandbox: maybe\n' >"$MAIN"
ctl reload >"$REGRESS_DIR/out" 2>&1
expect "exit code of reload" 1 $?
grep -q "config.yml:2:10: " "$REGRESS_DIR/out" ||
    die "reload says: $(cat "$REGRESS_DIR/out")"
expect "pid" "$pid" "$(service sleeper pid)"
stop_daemon
