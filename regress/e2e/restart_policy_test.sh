#!/bin/sh
#
# What ended is started again as its policy says: at once, after a while, after
# a longer while, or not at all.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
# Each of them counts its starts, and ends as the file `end` says.
BODY='echo $$ >>starts
while ! [ -s end ]; do sleep 0.02; done
code=$(cat end)
rm end
case $code in
SEGV|KILL)	kill -$code $$; sleep 10 ;;
*)		exit $code ;;
esac'
service_of() {
	plain_service "$1" "$2
backoff: 100ms
backoff-max: 400ms" <<-END
	$BODY
	END
}
service_of always "restart: always"
service_of failure "restart: on-failure"
service_of never "restart: never"
service_of unless "restart: unless-exit 3 7"
plain_service loops "restart: always
backoff: 100ms
backoff-max: 200ms
limit: 4
retry: 2s" <<'END'
date +%s%N >>starts
if [ -e behave ]; then
	while :; do sleep 0.1; done
fi
exit 9
END
plain_service gone "limit: 2
backoff: 100ms
retry: 0s" <<'END'
echo $$ >>starts
exit 1
END
PLAIN_SERVICES="$PLAIN_SERVICES missing"
mkdir -p "$REGRESS_DIR/home/missing"
{
	echo "role: other"
	echo "command: [$REGRESS_DIR/not-there]"
	echo "directory: $REGRESS_DIR/home/missing"
	echo "backoff: 100ms"
	echo "limit: 2"
	[ -z "$PLAIN_USER" ] || echo "user: $PLAIN_USER"
} >"$STATE/services/missing.yml"
plain_config
start_daemon

starts_are() {
	[ "$(wc -l <"$(home "$1" starts)" 2>/dev/null)" -eq "$2" ]
}

# ends NAME HOW: the service ends itself.
ends() {
	echo "$2" >"$(home "$1" new)"
	mv "$(home "$1" new)" "$(home "$1" end)"
}

# again NAME HOW FIELD VALUE: it ends so and is started again.
again() {
	_old=$(service "$1" pid)
	_n=$(wc -l <"$(home "$1" starts)")
	ends "$1" "$2"
	wait_for 30 service_moved "$1" "$_old"
	wait_for 30 starts_are "$1" $((_n + 1))
	expect "exit of $1" "$4" "$(service "$1" "exit.$3")"
}

# By order; its start is counted when this returns.
begins() {
	_n=$(wc -l <"$(home "$1" starts)")
	ctl start "$1" || die "start $1"
	wait_for 30 starts_are "$1" $((_n + 1))
}

# stays NAME HOW FIELD VALUE: it ends so and is left so.
stays() {
	_n=$(wc -l <"$(home "$1" starts)")
	ends "$1" "$2"
	wait_for 30 service_is "$1" state stopped
	expect "exit of $1" "$4" "$(service "$1" "exit.$3")"
	expect "pid of $1" null "$(service "$1" pid)"
	starts_are "$1" "$_n" || die "$1 was started again"
}

for name in always failure never unless; do
	wait_for 30 starts_are "$name" 1
done

say "always"
again always 0 code 0
again always 1 code 1
again always KILL signal 9
expect "restarts" 3 "$(service always restarts)"

say "on-failure"
again failure 1 code 1
again failure SEGV signal 11
stays failure 0 code 0
begins failure
again failure 2 code 2

say "never"
stays never 1 code 1
begins never
stays never 0 code 0

say "unless-exit"
again unless 0 code 0
again unless 4 code 4
again unless KILL signal 9
stays unless 7 code 7
begins unless
stays unless 3 code 3

say "the limit: failed, and tried again slowly"
many_starts() {
	[ "$(wc -l <"$(home loops starts)")" -ge 5 ]
}
wait_for 30 many_starts
wait_for 30 service_is loops state failed
awk '{ at[NR] = $1 / 1e6 }
    END {
	# The wait doubles up to its most, with up to a quarter less.
	for (i = 2; i <= 4; i++)
		if (at[i] - at[i - 1] < 70)
			{ print "start " i " came too soon"; exit 1 }
	if (at[5] - at[4] < 1900)
		{ print "the retry came too soon"; exit 1 }
    }' "$(home loops starts)" || die "$(cat "$(home loops starts)")"
touch "$(home loops behave)"
wait_for 30 service_is loops state running

say "failed for good, until the operator says otherwise"
wait_for 30 service_is gone state failed
expect "starts" 2 "$(wc -l <"$(home gone starts)" | tr -d ' ')"
# It may be seen running for a moment, so the answer is either.
ctl start gone
gone_again() {
	[ "$(wc -l <"$(home gone starts)")" -eq 4 ]
}
wait_for 30 gone_again
wait_for 30 service_is gone state failed
ctl stop gone || die "stop"
expect "state" stopped "$(service gone state)"

say "what cannot be executed is named"
wait_for 30 service_is missing state failed
case $(service missing reason) in
*"$REGRESS_DIR/not-there"*"No such file"*)	;;
*)	die "the reason is: $(service missing reason)" ;;
esac
stop_daemon
