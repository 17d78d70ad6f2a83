# policy: window: holds back what is only behind the target.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# A window that is open now, or will be in about twelve hours, in UTC.
window_of() {
	"$PYTHON" - "$1" <<-'END'
	import sys, time
	m = int(time.time()) // 60 % 1440 + (720 if sys.argv[1] == 'later'
	    else 0)
	c = ['%02d:%02d' % (x % 1440 // 60, x % 60) for x in
	    (m - 120, m + 120)]
	print('-'.join(c))
	END
}

reloaded() {
	POLICY="  per-day: 9
  window: $1"
	world_config
	ctl reload >reload.out 2>&1 || die "reload: $(cat reload.out)"
}

POLICY="  per-day: 9
  window: [\"$(window_of later)\"]"
world_start
start_daemon
say "a service that has never run waits for no window"
upgraded_to 6.2.4
kept=$(pids)

say "behind the target: when it opens"
release_publish 6.2.5
chain_versions 6.2.5
wait_for 30 why_is provider1 why window
expect "services" "$kept" "$(pids)"
expect "requests" 0 "$(release_requests /v6.2.5/)"
expect "open" false "$(ctl_json .window.open show versions)"
expect "next" "$(ctl_json .window.from show versions)" \
    "$(why_of provider1 next)"
case $(why_of provider1 text) in
*"6.2.4 to 6.2.5 in the next window"*)	;;
*)	die "text: $(why_of provider1 text)" ;;
esac
say "it opens"
reloaded "\"$(window_of now)\""
upgraded_to 6.2.5
expect "open" true "$(ctl_json .window.open show versions)"

say "below min it is not waited for"
reloaded "\"$(window_of later) utc\""
release_publish 6.2.6
chain_versions 6.2.6 6.2.6
upgraded_to 6.2.6

say "nor by an order"
release_publish 6.2.7
chain_versions 6.2.7 6.2.6
wait_for 30 why_is provider1 why window
upgrade_now 0
upgraded_to 6.2.7

say "a window that makes no sense is refused, and nothing changes"
POLICY='  window: "Mon-Fri 25:00-26:00"'
world_config
ctl reload >reload.out 2>&1 && die "it is taken"
has_line reload.out "config.yml:[0-9]*:[0-9]*: window: a window is like" ||
    die "reload: $(cat reload.out)"
expect "window" false "$(ctl_json .window.open show versions)"
stop_daemon
