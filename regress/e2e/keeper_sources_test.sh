#!/bin/sh
#
# Where passphrases come from: files that others can read or exchange, commands
# that fail, hang and complain, descriptors that are none.  Each is one line and
# a locked service; none holds the daemon or another service up.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
PASS="a pass phrase"
DIR=$REGRESS_DIR/secrets
mkdir "$DIR"
chmod 755 "$DIR"

# put NAME TEXT [MODE [OWNER:GROUP]]: a file for the service's user alone
put() {
	printf '%s' "$2" >"$DIR/$1"
	[ -z "$PLAIN_USER" ] || chown "$PLAIN_USER" "$DIR/$1"
	[ -z "${4:-}" ] || chown "$4" "$DIR/$1"
	chmod "${3:-600}" "$DIR/$1"
}

# asks NAME SOURCE: a service that reads one line and runs
asks() {
	plain_service "$1" "passphrase: $2" <<-'END'
	echo started >>starts
	IFS= read -r line
	printf '%s' "$line" >got.new
	mv got.new got
	exec sleep 1000
	END
}

# bad NAME SOURCE REASON
BAD=
bad() {
	asks "$1" "$2"
	BAD="$BAD $1"
	echo "$3" >"$REGRESS_DIR/$1.why"
}

GOOD=
good() {
	asks "$1" "$2"
	GOOD="$GOOD $1"
}

# program NAME: from standard input, for `command'
program() {
	{ echo "#!$PLAIN_SH"; cat; } >"$DIR/$1"
	chmod 755 "$DIR/$1"
}

put p0600 "$PASS"
put p0644 "$PASS" 644
put p0660 "$PASS" 660
put p0602 "$PASS" 602
put empty ""
put newline "
"
put two "$PASS
$PASS"
put long "$(head -c 1024 /dev/zero | tr '\0' x)"
put changes "$PASS"
ln -s p0600 "$DIR/link"
ln -s p0644 "$DIR/badlink"
mkfifo -m 600 "$DIR/fifo"
mkdir -m 700 "$DIR/dir"

good own "file $DIR/p0600"
good linked "file $DIR/link"
good changes "file $DIR/changes"
bad others "file $DIR/p0644" "p0644 (mode 0644): others can read it"
bad others-write "file $DIR/p0602" "others can read it or write to it"
bad group-write "file $DIR/p0660" "its group can write to it"
bad bad-link "file $DIR/badlink" "others can read it"
bad missing "file $DIR/missing" "No such file or directory"
bad fifo "file $DIR/fifo" "it is no regular file"
bad directory "file $DIR/dir" "it is no regular file"
bad empty "file $DIR/empty" "file $DIR/empty: it is empty"
bad newline "file $DIR/newline" "it is empty"
bad two "file $DIR/two" "it is more than one line"
bad long "file $DIR/long" "it is longer than 1023 bytes"
if [ "$(id -u)" -eq 0 ]; then
	put of-group "$PASS" 640 0:60001
	put own-group "$PASS" 640 0:0
	put of-user "$PASS" 600 60001:0
	mkdir -m 777 "$DIR/open"
	chmod 777 "$DIR/open"
	put open/it "$PASS" 600 0:0
	bad foreign-group "file $DIR/of-group" \
	    "a group that is not the service's"
	bad foreign-user "file $DIR/of-user" "it belongs to another user"
	bad exchangeable "file $DIR/open/it" "$DIR/open"
fi

program right <<-END
	echo "what may nobody see" >&2
	id -un >as
	echo "$PASS"
END
program fails <<-END
	echo "what may nobody see" >&2
	exit 3
END
program late-failure <<-END
	echo "$PASS"
	exit 4
END
program nothing <<-END
	exit 0
END
program complains <<-END
	echo "what may nobody see" >&2
END
program lines <<-END
	echo "$PASS"
	echo "$PASS"
END
program killed <<-END
	kill -9 \$\$
END
program endless <<-END
	exec cat /dev/zero
END
program hangs <<-END
	exec sleep 1000
END
program leaves <<-END
	echo "$PASS"
	sleep 1000 &
END
good right "command $DIR/right"
# What it leaves behind is ended with it, so its end comes.
good leaves "command $DIR/leaves"
bad fails "command $DIR/fails" "the command ended with code 3"
bad late-failure "command $DIR/late-failure" "the command ended with code 4"
bad nothing "command $DIR/nothing" "it is empty"
bad complains "command $DIR/complains" "it is empty"
bad lines "command $DIR/lines" "it is more than one line"
bad killed "command $DIR/killed" "killed by signal 9"
bad endless "command $DIR/endless" "it is longer than 1023 bytes"
bad no-command "command $DIR/none" "cannot be executed"
bad no-program "command $DIR/p0600" "cannot be executed"
asks hangs "command $DIR/hangs"

bad no-descriptor "fd 30" "descriptor 30 was not open"
bad device "fd 9" "descriptor 9 is neither a pipe nor a file"
bad prompt "prompt" "lavavisorctl unlock prompt"
good descriptor "fd 8"
plain_config

say "one descriptor for two"
asks twin "fd 8"
plain_config
"$SBIN/lavavisord" -n -D "$STATE" -L "$LIBEXEC" >out 2>&1 &&
    die "one descriptor for two services is fine"
expect "lines of it" 1 "$(wc -l <out | tr -d ' ')"
grep -q "twin.yml:.*fd 8 is descriptor's" out || die "$(cat out)"
PLAIN_SERVICES=$(echo "$PLAIN_SERVICES" | sed 's/ twin//')
plain_config

say "start"
echo "$PASS" >"$REGRESS_DIR/eight"
start_daemon 8<"$REGRESS_DIR/eight" 9</dev/null

# locked_for NAME: as it is to be
locked_for() {
	case $(service "$1" '| "\(.state) \(.reason)"' 2>/dev/null) in
	"locked "*"$(cat "$REGRESS_DIR/$1.why")"*)	;;
	*)	return 1 ;;
	esac
}

# all that are locked, as they are to be, by one question
all_locked() {
	ctl -j show services >states || return 1
	for _name in $BAD; do
		_why=$(cat "$REGRESS_DIR/$_name.why")
		jq -e --arg n "$_name" --arg w "$_why" \
		    '.[] | select(.name == $n) | .state == "locked" and
		    (.reason | contains($w)) and .pid == null and
		    .restarts == 0' states >/dev/null || {
			jq -c --arg n "$_name" '.[] | select(.name == $n)' \
			    states
			return 1
		}
	done
}

has_it() {
	for _name in $GOOD; do
		[ -f "$(home "$_name" got)" ] || {
			echo "$_name"
			return 1
		}
	done
}
wait_for 60 has_it
wait_for 60 all_locked

say "each once, and none was tried"
for name in $GOOD; do
	expect "$name got" "$PASS" "$(cat "$(home "$name" got)")"
	expect "starts of $name" 1 "$(wc -l <"$(home "$name" starts)")"
done
for name in $BAD; do
	expect "log lines of $name" 1 \
	    "$(grep -c "service $name: locked" "$DAEMON_LOG")"
	[ ! -e "$(home "$name" starts)" ] || die "$name was started"
done
! grep -q "what may nobody see" "$DAEMON_LOG" || die "a complaint was logged"
! grep -q "$PASS" "$DAEMON_LOG" || die "it was logged"
[ -z "$PLAIN_USER" ] ||
    expect "the command's user" "$PLAIN_USER" "$(cat "$(home right as)")"

say "one that hangs is waited for, by itself"
[ ! -e "$(home hangs starts)" ] || die "it was started without"
expect "its passphrase" "being read" \
    "$(ctl_json .passphrase.state show service hangs)"
ctl restart own >/dev/null || die "another cannot be restarted"

say "again, with what cannot be read at all"
ctl unlock --again missing >out 2>&1
expect "exit code" 1 $?
grep -q "missing: its passphrase file .*: No such file" out || die "$(cat out)"
ctl unlock --stdin empty <"$DIR/empty" >out 2>&1
expect "exit code" 1 $?
ctl unlock --again prompt >out 2>&1
expect "exit code" 1 $?
alive "$DAEMON_PID" || die "the daemon is gone"

say "what is held is not read again"
put changes "another one"
rm "$(home changes got)"
kill -KILL "$(service changes pid)"
wait_for 60 has_it
expect "after a crash" "$PASS" "$(cat "$(home changes got)")"

say "a source that is mended, and a service that asks no more"
sed -i "s,^passphrase:.*,passphrase: file $DIR/p0600," \
    "$STATE/services/others.yml" "$STATE/services/two.yml"
sed -i '/^passphrase:/d' "$STATE/services/hangs.yml" \
    "$STATE/services/empty.yml"
sed -i '/^passphrase:/d' "$STATE/services/linked.yml"
linked=$(service linked pid)
ctl reload >/dev/null || die "it does not reload"
GOOD="others two hangs empty"
wait_for 60 has_it
for name in others two; do
	expect "$name got" "$PASS" "$(cat "$(home "$name" got)")"
done
for name in hangs empty; do
	expect "$name got" "" "$(cat "$(home "$name" got)")"
done
expect "no passphrase" null "$(ctl_json .passphrase show service linked)"

say "one that runs is asked for one"
sed -i "\$a passphrase: file $DIR/p0600" "$STATE/services/hangs.yml"
sed -i "\$a passphrase: file $DIR/missing" "$STATE/services/linked.yml"
ctl reload >/dev/null || die "it does not reload"
held() {
	[ "$(ctl_json .passphrase.state show service "$1")" = "$2" ]
}
wait_for 60 held hangs held
wait_for 60 held linked locked
service_is linked state running || die "it was stopped: $linked"
for name in $PLAIN_SERVICES; do
	case $(service "$name" state) in
	running|locked)	;;
	*)	die "$name: $(service "$name" state)" ;;
	esac
done
stop_daemon
