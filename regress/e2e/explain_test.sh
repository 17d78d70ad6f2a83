# `show versions` and `show upgrades` say what is wanted, what is there, why
# not yet, what would unblock it, when it is tried next, what failed last and
# who decided: in words and in JSON.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

# shown WHAT TEXT...: each is in the answer for people.
shown() {
	_show=$1
	shift
	ctl show "$_show" >said 2>&1 || return 1
	for _text in "$@"; do
		grep -qF -- "$_text" said && continue
		echo "show $_show without \"$_text\":"
		cat said
		return 1
	done
}

# What is tried again has moments in which it is being tried.
says() {
	wait_for 30 shown "$@"
}

# role FILTER: of the provider's in `roles`.
role() {
	ctl_json ".roles[] | select(.role == \"provider\") | $1" show versions
}

POLICY="  per-day: 9
  auto: patch
  retry: 1s"
world_start
start_daemon
upgraded_to 6.2.4
says versions "provider services: up-to-date: 6.2.4 is the target" \
    "have 6.2.4, want 6.2.4, decided by the chain"
expect "nothing to unblock" "null null null" \
    "$(role '"\(.unblock) \(.next) \(.failure)"')"

say "approval"
release_publish 6.3.0 version-fails
chain_versions 6.3.0
wait_for 30 why_is provider1 why approval
says versions "provider services: approval: 6.2.4 to 6.3.0 is a minor step" \
    "have 6.2.4, want 6.3.0, decided by the chain" \
    'to unblock: `upgrade approve 6.3.0`, or `upgrade now`'
says upgrades "Now:" "provider services: approval:"
expect "role" "6.2.4 6.3.0 approval chain" \
    "$(role '"\(.have) \(.want) \(.why) \(.by)"')"
expect "service" '`upgrade approve 6.3.0`, or `upgrade now`' \
    "$(why_of consumer1 unblock)"
expect "check" 6.2.4 "$(ctl_json '.[0].have' upgrade check)"

say "a bad one: the last failure, and until when"
ctl upgrade approve >/dev/null || die "approve"
wait_for 60 upgrade_done 6.3.0 failed
wait_for 30 why_is provider1 why bad
expect "failure" "failed 2" "$(role '"\(.failure.outcome) \(.failure.id)"')"
[ "$(role .next)" != null ] || die "until when it is bad"
says versions "provider services: bad: 6.3.0 is marked bad" \
    "last failure: upgrade 2, failed at" "ended with exit code 1" \
    "to unblock: another target, time, or \`upgrade approve 6.3.0\`"

say "no release: when it is tried next, and how often it was"
chain_versions 6.2.9
tried() {
	[ "$(role .failure.tries)" -ge 2 ] 2>/dev/null
}
wait_for 60 tried
says upgrades "provider services: no-release: no verified release of 6.2.9" \
    "next: " "times): " "6.2.9 at the sources, verified"

say "held, and pinned, by whom"
ctl hold "an audit" >/dev/null || die "hold"
wait_for 30 why_is provider1 why hold
says versions "by uid $(id -u): an audit; \`resume\` ends it" \
    'to unblock: `resume`'
ctl pin 6.2.4 >/dev/null || die "pin"
says versions "provider services are pinned to 6.2.4 since" \
    "\`pin 6.2.4\` by uid $(id -u); \`unpin\` ends it" \
    "provider services: pinned: 6.2.4 is the operator's pin; the target is" \
    "decided by the operator"
expect "pin" "6.2.4 operator" "$(role '"\(.want) \(.by)"')"
ctl resume >/dev/null || die "resume"
ctl unpin >/dev/null || die "unpin"

say "after a start: the newest first, whatever became of them"
release_publish 6.2.5
chain_versions 6.2.5
upgraded_to 6.2.5
ctl_json '[.[] | "\(.id)\(.to)\(.outcome)"] | join(" ")' show upgrades >before
stop_daemon
start_daemon
world_at 6.2.5
ctl_json '[.[] | "\(.id)\(.to)\(.outcome)"] | join(" ")' show upgrades >after
cmp -s before after || die "before: $(cat before)
after: $(cat after)"
expect "order" true "$(ctl_json '[.[].id] | . == (sort | reverse)' \
    show upgrades)"
expect "events" "abandon commit" "$(jq -r 'select(.outcome != null).event' \
    "$STATE/history" | sort -u | xargs)"
stop_daemon
