# A version that does not run puts every service back, and is not tried again.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

POLICY="  ready-timeout: 3s
  per-day: 9"
world_start
start_daemon
upgraded_to 6.2.4

# put_back VERSION MIN WORD: all is as before, and the version is bad by WORD.
put_back() {
	chain_versions "$1" "$2"
	wait_for 90 upgrade_done "$1" "${4:-rolled-back}"
	world_at 6.2.4
	say "$1: $(bad_reason "$1")"
	case $(bad_reason "$1") in
	*"$3"*)	;;
	*)	die "$1 is bad because \"$(bad_reason "$1")\", not \"$3\"" ;;
	esac
	wait_for 30 why_is provider1 why bad
	expect "current" v6.2.4 "$(readlink "$STATE/upgrades/current")"
	wait_for 10 no_doubles
	# Not tried again: the chain's next answers change nothing.
	_pids=$(pids)
	_height=$(ctl_json .chain.height show versions)
	_now=$_height
	events_mark
	wait_for 60 blocks_later
	expect "$1: tried again" 0 "$(event_count '.event == "roll" or
	    .event == "fetch"')"
	expect "$1: services" "$_pids" "$(pids)"
}

blocks_later() {
	[ "$(ctl_json .chain.height show versions)" -ge $((_height + 3)) ]
}

say "crashes at once; below min it goes back all the same"
release_publish 6.2.5 crash-early
events_mark
other=$(service consumer1 pid)
put_back 6.2.5 6.2.5 "provider1: it died before it was ready"
expect "the other service was never touched" "$other" \
    "$(service consumer1 pid)"
grep -q "is rolled back: provider1: it died" "$DAEMON_LOG" ||
    die "the log does not say why"
grep -q "BELOW MIN" "$DAEMON_LOG" || die "below min is not said loudly"
expect "record" "6.2.4 6.2.5 rolled-back" "$(ctl_json \
    '.[0] | "\(.from) \(.to) \(.outcome)"' show upgrades)"

say "never listens"
release_publish 6.2.6 never-listens
put_back 6.2.6 6.2.4 "not ready within 3 s"

say "its probe fails: nothing is moved at all"
kept=$(pids)
release_publish 6.2.7 version-fails
put_back 6.2.7 6.2.4 "\`lavap version\` ended with exit code 1" failed
expect "services" "$kept" "$(pids)"

say "the operator clears a mark: it is tried again, and works this time"
rm "$STATE"/../home/provider1/once 2>/dev/null
release_publish 6.2.8 good "crash-once once"
put_back 6.2.8 6.2.4 "it died"
events_mark
ctl upgrade approve 6.2.8 || die "upgrade approve"
wait_for 90 upgrade_done 6.2.8 rolled-back
wait_for 30 why_is provider1 why bad
ctl upgrade approve 6.2.8 || die "upgrade approve"
upgraded_to 6.2.8
stop_daemon
