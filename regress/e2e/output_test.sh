#!/bin/sh
#
# What services write is in their logs, every byte once, in order, whatever it
# is; logs are rotated at line ends; `log` shows and follows them.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
LINES=60000
plain_service flooder "log: {size: 64K, count: 99}" <<END
seq 1 $LINES | sed 's/^/flood /'
touch finished
while :; do sleep 0.1; done
END
plain_service bytes "log: {size: 0}" <<END
cat "$REGRESS_DIR/blob"
touch finished
while :; do sleep 0.1; done
END
plain_service both "log: {size: 0}" <<'END'
echo to stdout
echo to stderr >&2
echo reopened >/dev/stdout
while :; do sleep 0.1; done
END
plain_service follow "log: {size: 16K, count: 99}" <<'END'
while ! [ -e go ]; do sleep 0.05; done
while [ "${n:-0}" -lt 4000 ]; do n=$((n + 1)); echo "follow $n of many"; done
touch finished
while :; do sleep 0.1; done
END
plain_service few "log: {size: 4K, count: 2}" <<'END'
seq 1 5000
touch finished
while :; do sleep 0.1; done
END
# Every byte value, a line longer than a pipe, no line end at the end.
"$PYTHON" - "$REGRESS_DIR/blob" <<'END'
import sys
with open(sys.argv[1], 'wb') as f:
    f.write(bytes(range(256)) * 10 + b'\n' + b'x' * 300000 + b'\n')
    f.write(bytes(255 - i for i in range(256)) * 2000 + b'the end')
END
plain_config
start_daemon
plain_up
for name in flooder bytes few; do
	wait_for 60 test -e "$(home "$name" finished)"
done

LOGS=$STATE/services/logs

# pieces NAME: all of its log files, the oldest first.
pieces() {
	_i=199
	while [ "$_i" -gt 0 ]; do
		[ ! -e "$LOGS/$1.log.$_i" ] || echo "$LOGS/$1.log.$_i"
		_i=$((_i - 1))
	done
	echo "$LOGS/$1.log"
}

all_of() {
	# shellcheck disable=SC2046
	cat $(pieces "$1")
}

is_whole() {
	all_of "$1" >"$REGRESS_DIR/all"
	[ "$(wc -l <"$REGRESS_DIR/all")" -eq "$2" ]
}

say "rotated by size at line ends, no line lost or twice"
wait_for 30 is_whole flooder "$LINES"
numbered "$REGRESS_DIR/all" flood "$LINES" || die "lines are missing"
n=$(pieces flooder | wc -l)
[ "$n" -ge 5 ] || die "only $n files"
for file in $(pieces flooder); do
	[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] ||
	    die "$file ends in the middle of a line"
	size=$(wc -c <"$file")
	[ "$size" -le 131072 ] || die "$file has $size bytes"
	case $(stat -c %a "$file" 2>/dev/null || echo 640) in
	640)	;;
	*)	die "$file may be read by others" ;;
	esac
done

say "no more files than configured"
expect "files of few" 3 "$(pieces few | wc -l | tr -d ' ')"
few_ends() {
	[ "$(all_of few | tail -n 1)" = 5000 ]
}
wait_for 30 few_ends

say "any bytes, lines of any length"
same_bytes() {
	cmp "$REGRESS_DIR/blob" "$LOGS/bytes.log"
}
wait_for 30 same_bytes

say "both outputs, and reopened"
expect "log" "to stdout to stderr reopened " "$(tr '\n' ' ' <"$LOGS/both.log")"

say "log: the last lines"
expect "log" "to stdout to stderr reopened " "$(ctl log both | tr '\n' ' ')"
expect "log -n 1" "reopened" "$(ctl log -n 1 both)"
expect "log -n 2" 2 "$(ctl log -n 2 both | wc -l | tr -d ' ')"
expect "log -n all" 3 "$(ctl log -n all both | wc -l | tr -d ' ')"
ctl log -n all bytes >"$REGRESS_DIR/shown" || die "log"
cmp "$REGRESS_DIR/shown" "$REGRESS_DIR/blob" || die "log changes bytes"
ctl log nobody-knows 2>/dev/null
expect "exit code of log" 1 $?

say "log -f across rotations"
ctl log -f -n 0 follow >"$REGRESS_DIR/followed" &
follower=$!
on_exit_end "$follower"
# It follows once its first line is there.
first_seen() {
	grep -q . "$REGRESS_DIR/followed" || {
		echo "probe" >"$STATE/run/fifo/follow"
		return 1
	}
}
wait_for 30 first_seen
touch "$(home follow go)"
wait_for 60 test -e "$(home follow finished)"
last_seen() {
	grep -q '^follow 4000 of' "$REGRESS_DIR/followed"
}
wait_for 60 last_seen
grep '^follow' "$REGRESS_DIR/followed" >"$REGRESS_DIR/lines"
expect "followed lines" 4000 "$(wc -l <"$REGRESS_DIR/lines" | tr -d ' ')"
numbered "$REGRESS_DIR/lines" follow 4000 || die "log -f has lost lines"
[ "$(pieces follow | wc -l)" -ge 3 ] || die "it was not rotated"
alive "$follower" || die "log -f has ended"
stop_daemon
