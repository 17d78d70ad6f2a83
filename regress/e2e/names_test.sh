# NAME may be a shell pattern or a role: start, stop, restart, wait, show
# services; log takes one service only.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

# code COMMAND...: the exit code; what it says is in said.
code() {
	ctl "$@" >"$REGRESS_DIR/said" 2>&1
	echo $?
}

said() {
	has_line "$REGRESS_DIR/said" "$1" || die "no \"$1\" in: $(cat said)"
}

named() {
	ctl_json '[.[].name] | join(" ")' show services "$1"
}

running() {
	ctl_json '[.[] | select(.state == "running").name] | join(" ")' \
	    show services
}

pids_of() {
	ctl_json '[.[].pid] | join(" ")' show services "$1"
}

WORLD_SERVICES="provider1 provider2 consumer1"
world_start
start_daemon
world_at 6.2.4

say "show services"
expect "all" "provider1 provider2 consumer1" "$(named all)"
expect "pattern" "provider1 provider2" "$(named 'provider*')"
expect "set" "provider2" "$(named 'provider[2-9]')"
expect "?" "provider1 provider2 consumer1" "$(named '*er?')"
expect "role" "provider1 provider2" "$(named providers)"
expect "role" "consumer1" "$(named role:consumer)"
expect "none fits" 1 "$(code show services 'x*')"
said 'no service fits "x\*"'
expect "no such role" 1 "$(code show services other)"
said 'no service has the role of "other"'
expect "no name" 1 "$(code show services provder1)"
said 'there is no service "provder1": did you mean "provider1"?'

say "stop, start, restart"
consumer=$(pids_of consumer1)
expect "stop" 0 "$(code stop 'provider*')"
expect "left" "consumer1" "$(running)"
expect "stop again" 3 "$(code stop providers)"
expect "wait" 0 "$(code wait providers stopped)"
expect "wait for all" 1 "$(code wait -t 1 all stopped)"
said "all: not stopped in time, consumer1 is running"
expect "start" 0 "$(code start role:provider)"
expect "wait" 0 "$(code wait -t 60 '*' ready)"
before=$(pids_of provider1)
expect "restart" 0 "$(code restart 'provider[2]')"
expect "provider1" "$before" "$(pids_of provider1)"
expect "consumer1" "$consumer" "$(pids_of consumer1)"
for verb in start stop restart; do
	expect "$verb" 1 "$(code "$verb" 'nobody*')"
	said 'no service fits "nobody\*"'
done
expect "wait" 1 "$(code wait 'nobody*' running)"

say "log of one"
expect "one" 0 "$(code log 'consumer*')"
expect "several" 1 "$(code log 'provider*')"
said "more than one service, name one of: provider1, provider2"

stop_daemon
