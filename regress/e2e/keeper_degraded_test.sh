#!/bin/sh
#
# A keeper that keeps dying stays down for a while: what runs goes on and is
# locked, with the reason; nobody waits for it; without a need for it others are
# started as ever.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
(umask 077 && echo "a pass phrase" >"$REGRESS_DIR/secret")
[ -z "$PLAIN_USER" ] || chown "$PLAIN_USER" "$REGRESS_DIR/secret"
for name in filed spare; do
	plain_service $name "passphrase: file $REGRESS_DIR/secret" <<-'END'
	read -r line
	exec sleep 1000
	END
done
plain_service typed "passphrase: prompt" <<-'END'
read -r line
exec sleep 1000
END
plain_service free <<-'END'
exec sleep 1000
END
plain_config
start_daemon
running() {
	for _name in filed spare free; do
		service_is "$_name" state running || return 1
	done
}
wait_for 60 running
ctl unlock --stdin typed <"$REGRESS_DIR/secret" >out || die "$(cat out)"
wait_for 60 service_is typed state running
filed=$(service filed pid)

say "five deaths"
degraded() {
	grep -q "keeper: died 5 times" "$DAEMON_LOG" && return 0
	_now=$(room_pid keeper)
	case $_now in
	""|null)	;;
	*)	kill -KILL "$_now" ;;
	esac
	return 1
}
wait_for 120 degraded

locked_for() {
	case $(service "$1" reason) in
	*"$2"*)	;;
	*)	return 1 ;;
	esac
}
wait_for 60 locked_for filed "locked: the keeper of passphrases keeps dying"
wait_for 60 locked_for typed "locked: its passphrase is gone"
expect "filed" "$filed running" "$(service filed '| "\(.pid) \(.state)"')"

say "one that ends is locked; others are restarted"
kill -KILL "$filed" "$(service free pid)"
wait_for 60 service_is filed state locked
wait_for 60 service_is free state running
locked_for filed "keeps dying" || die "why: $(service filed reason)"

say "and nobody waits"
answers() {
	_begin=$(date +%s)
	timeout 60 "$SBIN/lavavisorctl" --directory "$STATE" "$@" \
	    <"$REGRESS_DIR/secret" >out 2>&1
	_code=$?
	[ $_code -ne 124 ] || die "$* waits"
	echo "$_code: $(cat out)"
	[ $_code -eq 1 ] || die "$*: exit code $_code"
	grep -q "keeps dying" out || die "$*: why: $(cat out)"
}
answers unlock --again filed
answers unlock --stdin typed
ctl start filed >out 2>&1 && die "it could be started: $(cat out)"
service_is filed state locked || die "it is $(service filed state)"
ctl lock typed >out 2>&1 || die "it cannot be locked: $(cat out)"
expect "spare" running "$(service spare state)"
stop_daemon
