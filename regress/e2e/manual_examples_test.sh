#!/bin/sh
#
# The examples of lavavisor(1) as they are typed, one after the other; but the
# one that asks public nodes.  The system's directory is one of this test.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

need jq
unset SUDO_USER
HOME=$REGRESS_DIR/home
PATH=$SBIN:$PATH
export HOME PATH
STATE=$HOME/.lavavisor
mkdir "$HOME" work
cd work || exit 1
AS=
if [ "$(id -u)" -eq 0 ]; then
	sh "$TOP/etc/accounts.sh"
	AS=" --user nobody"
fi

# As a line each, without prompt; \e is the manual's backslash.
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/p' "$TOP/man/lavavisor.1" |
    sed 's/\\e$/\\/' | awk '
	/^[$#] / { on = 1; line = "" }
	on {
		more = sub(/\\$/, "")
		line = line $0
		if (!more) { print substr(line, 3); on = 0 }
	}' >lines
[ "$(wc -l <lines)" -ge 9 ] || die "examples: $(cat lines)"

cat >provider1-ETH1.yml <<END
endpoints:
  - api-interface: jsonrpc
    chain-id: ETH1
    network-address:
      address: 127.0.0.1:$(free_port)
    node-urls:
      - url: http://127.0.0.1:1
END
"$PYTHON" "$TOP/regress/world/brand.py" "$TOP/regress/bin/fakelavap" lavap \
    6.2.5 || die "brand.py"
chmod 755 lavap
mkdir -p "$REGRESS_DIR/lava/.lavavisor"
echo "services: []" >"$REGRESS_DIR/lava/.lavavisor/config.yml"
seen=

while IFS= read -r line <&3; do
	want=0
	case $line in
	"lavavisor start")
		DAEMON_LOG=$REGRESS_DIR/daemon.log
		DAEMON_LOGS=$DAEMON_LOG
		eval "exec $line" >"$DAEMON_LOG" 2>&1 </dev/null 3<&- &
		DAEMON_PID=$!
		on_exit_end "$DAEMON_PID"
		wait_for 60 daemon_answers
		seen="$seen start"
		continue ;;
	*testnet-2*)
		# Nobody out there is asked.
		eval "$line --help" >said 2>&1 || die "$line: $(cat said)"
		continue ;;
	"lavavisor init "*)
		line="$line --link none" ;;
	"lavavisor create-service"*)
		line="$line$AS" ;;
	lavavisorctl*)
		line=$(echo "$line" | sed \
		    -e "s, --user lava,$AS --name second," \
		    -e "s,/home/lava/,$REGRESS_DIR/lava/," \
		    -e "s,^\([^ ]* [^ ]*\),\1 --directory $REGRESS_DIR/sys,")
		case $line in
		*create-service*)
			mkdir -p "$REGRESS_DIR/sys"
			sed '/^services:/,$d' "$STATE/config.yml" \
			    >"$REGRESS_DIR/sys/config.yml" ;;
		*import*)
			want=3 ;;
		esac ;;
	esac
	eval "$line" >said 2>&1 </dev/null
	code=$?
	say "$line: $code"
	[ "$code" -eq "$want" ] || [ "$code" -eq 0 ] ||
	    die "$line: $code: $(cat said)"
	case $line in
	*create-service*--reload*)
		grep -q "^reloaded: " said || die "$(cat said)"
		expect "it is there" provider "$(service provider1-ETH1 role)"
		seen="$seen create" ;;
	*5000ulava*)
		grep -q '5000ulava' "$REGRESS_DIR/sys/services/second.yml" ||
		    die "no fees"
		seen="$seen fees" ;;
	*remove-service*)
		expect "it is gone" "" "$(service provider1-ETH1 name)"
		[ -e "$STATE/services/service_configs/provider1-ETH1.yml" ] ||
		    die "its config is gone"
		seen="$seen remove" ;;
	esac
done 3<lines
expect "what was tried" " start create fees remove" "$seen"
stop_daemon

say "lavavisord(8)"
sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE/s/^\$ //p' "$TOP/man/lavavisord.8" >lines
expect "examples" 4 "$(wc -l <lines | tr -d ' ')"
cp "$STATE/config.yml" config.new
mkdir -p try stage/libexec stage/sbin
ln -s "$SBIN/lavavisord" stage/sbin/lavavisord
ln -s "$LIBEXEC" stage/libexec/lavavisord
echo "services: []" >try/config.yml
own=$STATE
while IFS= read -r line <&3; do
	# What is installed knows where its rooms are; root's directory is the
	# system's.
	line=$(echo "$line" | sed \
	    -e "/ -L /!s,lavavisord ,lavavisord -L $LIBEXEC ," \
	    -e "/ -D /!s,lavavisord ,lavavisord -D $STATE ,")
	say "$line"
	case $line in
	*" -n "*)
		eval "$line" >said 2>&1 || die "$line: $(cat said)"
		grep -q "config.new: configuration ok" said || die "$(cat said)"
		continue ;;
	*" -D try "*)
		STATE=$REGRESS_DIR/work/try ;;
	esac
	# Its input has an end once nobody writes there any more.
	mkfifo input
	DAEMON_LOG=$REGRESS_DIR/daemon.log
	DAEMON_LOGS=$DAEMON_LOG
	case $line in
	"cat | "*)
		# cat(1) is the shell's here, and the daemon our child.
		line=${line#cat | } ;;
	esac
	eval "exec $line" >"$DAEMON_LOG" 2>&1 <input 3<&- &
	DAEMON_PID=$!
	on_exit_end "$DAEMON_PID"
	exec 4>input
	wait_for 60 daemon_answers
	case $line in
	*" -I"*)
		exec 4>&-
		wait_for 60 gone "$DAEMON_PID"
		wait "$DAEMON_PID"
		expect "exit code" 0 $? ;;
	*)
		stop_daemon
		exec 4>&- ;;
	esac
	rm input
	STATE=$own
done 3<lines
