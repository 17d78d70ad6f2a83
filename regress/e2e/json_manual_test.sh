#!/bin/sh
#
# Each answer in JSON has the members that the manual page says, and no others:
# after an upgrade with hooks, a rollback of it, a hold, and a damaged file.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

PROBATION=0s
CONFIG="hooks:
  pre-upgrade: [/bin/sh, -c, exit 0]"
[ "$(id -u)" -ne 0 ] || CONFIG="$CONFIG
  user: nobody"
# One service has no version.
world_is_at() {
	services_all ".role == \"other\" or (.state == \"running\" and
	    .version == \"$1\" and .ready == true)"
}

world_start
cat >"$STATE/services/other.yml" <<-END
role: other
command: [$(command -v sleep), "600"]
directory: $REGRESS_DIR
stop-signal: TERM
$([ "$(id -u)" -ne 0 ] || echo "user: nobody")
END
echo "  - other" >>"$STATE/config.yml"
mkdir -p "$STATE/upgrades/v6.1.0"

# reads SECTION OPTIONAL WORD...
reads() {
	_section=$1
	_optional=$2
	shift 2
	ctl -j "$@" >answer
	[ -s answer ] || die "$*: no answer"
	"$PYTHON" "$TOP/regress/rooms/json_manual.py" \
	    "$TOP/man/lavavisorctl.8" "$_section" "$_optional" <answer \
	    >faults 2>&1 || die "$*: $(cat faults) in $(cat answer)"
}

start_daemon
world_at 6.2.4
release_publish 6.2.5
chain_versions 6.2.5
upgraded_to 6.2.5

MORE="down,sources,first_id"
say "after an upgrade"
reads "show services" "" show services -v
reads "show services" cpu_ms,memory_kb show services
reads "show services+show service" "" show service provider1
reads "show services+show service" "" show service other
reads "check" "" check
reads "show versions" "" show versions
reads "show config" "" show config
reads "show config" config show config provider1
reads "show nodes" "" show nodes
reads "show upgrades" "$MORE" show upgrades
reads "show upgrades+show upgrades id" "$MORE" show upgrades 2
expect "hooks" pre-upgrade "$(ctl_json '.hooks[0].name' show upgrades 2)"
expect "services of it" 2 "$(ctl_json '.services | length' show upgrades 2)"
# The parent has walls on OpenBSD only.
reads "show sandbox" chroot,user,seccomp,landlock,pledge show sandbox
reads "monitor" "" show history -n all
ctl -j monitor --from 0 >answer 2>&1 &
monitor=$!
on_exit_end "$monitor"
wait_for 60 has_line answer '"event":"commit"'
end "$monitor"

say "held, rolled back, pinned, damaged"
ctl upgrade rollback >out 2>&1 || die "rollback: $(cat out)"
ctl hold 'an audit' >out || die "hold"
chmod 755 "$STATE/upgrades/v6.2.5/lavap" 2>/dev/null
echo more >>"$STATE/upgrades/v6.2.5/lavap"
ctl show versions -v >out
expect "damage" 1 $?
reads "show versions" "" show versions
expect "a pin" 6.2.4 "$(ctl_json .pins.provider.version show versions)"
expect "a hold" "by uid $(id -u): an audit" \
    "$(ctl_json .hold.reason show versions)"
expect "not used" v6.1.0 "$(ctl_json '.unused[0].name' show versions)"
reads "show upgrades" "$MORE" show upgrades
reads "show upgrades+show upgrades id" "$MORE" show upgrades 3
reads "show services+show service" "" show service provider1
stop_daemon
