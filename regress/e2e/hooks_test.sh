# The operator's hooks: pre-upgrade has a veto, post-upgrade and on-failure are
# told how it ended; one that hangs is killed with its group, one that floods
# does not fill the log, and neither keeps anybody from anything.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
POLICY="  per-day: 9
  retry: 1h
  ready-timeout: 10s"
WORLD_SERVICES="provider1"
HOOKS=$REGRESS_DIR/hooks
mkdir -m 777 "$HOOKS"
cat >"$HOOKS/hook.sh" <<-'END'
	#!/bin/sh
	# What it is to do is in the file `do`.
	dir=${0%/*}
	{
		id -un
		env | grep '^LAVAVISORD_' | sort
	} >"$dir/$LAVAVISORD_HOOK.new"
	mv "$dir/$LAVAVISORD_HOOK.new" "$dir/$LAVAVISORD_HOOK"
	echo "this is $LAVAVISORD_HOOK"
	case $(cat "$dir/do" 2>/dev/null) in
	veto)	exit 7 ;;
	hang)	sleep 300 & echo $! >"$dir/pid"; wait ;;
	daemon)	[ "$LAVAVISORD_HOOK" != pre-upgrade ] ||
		    "$(cat "$dir/python")" "$dir/daemon.py" "$dir/daemon" ;;
	closed)	exec <&- >&- 2>&-; exit 4 ;;
	flood)	yes "a line of a flood" | head -c 1000000 ;;
	esac
END
chmod 755 "$HOOKS/hook.sh"
echo "$PYTHON" >"$HOOKS/python"
cat >"$HOOKS/daemon.py" <<-'END'
	# Holds its output open.
	import os, sys, time
	if os.fork() == 0:
	    os.setsid()
	    with open(sys.argv[1] + '.new', 'w') as f:
	        print(os.getpid(), file=f)
	    os.rename(sys.argv[1] + '.new', sys.argv[1])
	    time.sleep(300)
END
CONFIG="hooks:
  timeout: 2s
  pre-upgrade: [$HOOKS/hook.sh]
  post-upgrade: [$HOOKS/hook.sh, now]
  on-failure: [$HOOKS/hook.sh]"
[ "$(id -u)" -ne 0 ] || CONFIG="$CONFIG
  user: nobody"
world_start
start_daemon
upgraded_to 6.2.4
[ ! -e "$HOOKS/pre-upgrade" ] || die "a first start is no upgrade"

has_run() {
	[ -e "$HOOKS/$1" ]
}

# fact HOOK NAME
fact() {
	sed -n "s/^LAVAVISORD_$2=//p" "$HOOKS/$1"
}

vetoed() {
	upgrade_done "$1" abandoned
}

say "a veto: nothing is moved, and it is not asked again at once"
echo veto >"$HOOKS/do"
pid=$(service provider1 pid)
release_publish 6.2.5
events_mark
chain_versions 6.2.5
wait_for 60 vetoed 6.2.5
expect "its user" "${WORLD_USER:-$(id -un)}" "$(sed -n 1p "$HOOKS/pre-upgrade")"
expect "facts" "6.2.4 6.2.5 provider chain provider1" \
    "$(for _f in FROM TO ROLES BY SERVICES; do
	fact pre-upgrade $_f; done | xargs)"
expect "reason" "hook pre-upgrade: it ended with exit code 7" \
    "$(ctl_json '.[0].reason' show upgrades)"
expect "bad" "" "$(bad_reason 6.2.5)"
_height=$(ctl_json .chain.height show versions)
blocks_later() {
	[ "$(ctl_json .chain.height show versions)" -ge $((_height + 2)) ]
}
wait_for 60 blocks_later
expect "asked" 1 "$(event_count '.event == "hook" and .state == "started"')"
expect "the service" "$pid" "$(service provider1 pid)"

say "one that hangs is a veto, and leaves nothing; the operator asks again"
echo hang >"$HOOKS/do"
ctl upgrade now >/dev/null 2>&1 && die "upgrade now succeeds"
expect "reason" "hook pre-upgrade: it did not end within 2 s, and was killed" \
    "$(ctl_json '.[0].reason' show upgrades)"
wait_for 10 gone "$(cat "$HOOKS/pid")"

# refuses REASON: an upgrade is asked for, and is refused so.
refuses() {
	ctl upgrade now >/dev/null 2>&1 && die "upgrade now succeeds"
	expect "reason" "hook pre-upgrade: $1" \
	    "$(ctl_json '.[0].reason' show upgrades)"
}

say "one that closes all, and what is no program"
echo closed >"$HOOKS/do"
refuses "it ended with exit code 4"
chmod 644 "$HOOKS/hook.sh"
refuses "$HOOKS/hook.sh cannot be executed: Permission denied"
mv "$HOOKS/hook.sh" "$HOOKS/hook.away"
refuses "$HOOKS/hook.sh cannot be executed: No such file or directory"
expect "exit" null "$(ctl_json '.hooks[0].exit' show upgrades \
    "$(ctl_json '.[0].id' show upgrades)")"
mkdir "$HOOKS/hook.sh"
refuses "$HOOKS/hook.sh cannot be executed: Permission denied"
rmdir "$HOOKS/hook.sh"
mv "$HOOKS/hook.away" "$HOOKS/hook.sh"
chmod 755 "$HOOKS/hook.sh"
expect "what waits" "6.2.4 is behind the target 6.2.5: to 6.2.5; the \
pre-upgrade hook said no, \`upgrade now\` asks the hook again, true" \
    "$(ctl_json '.services[0] | "\(.text), \(.unblock), \(.next != null)"' \
    show versions)"

say "one that floods: the log stays small, the upgrade goes on"
echo flood >"$HOOKS/do"
sed -i.old 's/timeout: 2s/timeout: 60s/' "$STATE/config.yml"
ctl reload >/dev/null || die "reload"
before=$(wc -c <"$DAEMON_LOG")
ctl upgrade now >/dev/null || die "upgrade now"
upgraded_to 6.2.5
wait_for 60 has_run post-upgrade
expect "outcome" committed "$(fact post-upgrade OUTCOME)"
over() {
	event_seen '.event == "hook" and .name == "post-upgrade" and
	    .state == "done"'
}
wait_for 60 over
[ $(($(wc -c <"$DAEMON_LOG") - before)) -lt 200000 ] ||
    die "the log has grown by $(($(wc -c <"$DAEMON_LOG") - before)) bytes"
grep -q "hook post-upgrade: .* bytes more of its output are left out" \
    "$DAEMON_LOG" || die "the log does not say that lines are missing"

say "a failure is told; a daemon that a hook has left keeps nobody"
echo daemon >"$HOOKS/do"
release_publish 6.2.6 crash-early
events_mark
chain_versions 6.2.6
wait_for 90 upgrade_done 6.2.6 rolled-back
wait_for 60 has_run on-failure
expect "facts" "rolled-back 6.2.5 6.2.6" "$(for _f in OUTCOME FROM TO; do
	fact on-failure $_f; done | xargs)"
case $(fact on-failure REASON) in
"provider1: it died before it was ready"*)	;;
*)	die "its reason is $(fact on-failure REASON)" ;;
esac
wait_for 60 test -s "$HOOKS/daemon"
on_exit_end "$(cat "$HOOKS/daemon")"
alive "$(cat "$HOOKS/daemon")" || die "the daemon is gone"
stop_daemon
