#!/bin/sh
#
# ready: log: a line in two writes, in the run before, over a rotation, over
# the death of supervisor and parent.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"
. "$TOP/regress/e2e/fakes.sh"

plain_begin
fake_service split "line-split 300" "ready: log now serving"
fake_service other "line-split 10" "ready: log now swerving"
# Says it once, and not again in its second life.
plain_service once "ready: log I am up
backoff: 100ms" <<'END'
if ! [ -e second ]; then
	touch second
	echo "before it: I am up"
	while ! [ -e die ]; do sleep 0.05; done
	# Unread when the next one starts
	echo "I am up I am up"
	exit 1
fi
while ! [ -e go ]; do sleep 0.05; done
echo "I am I am up after all"
while :; do sleep 0.1; done
END
# A log that is rotated many times before the line comes.
plain_service rotated "ready: log the end of it
log: {size: 4K, count: 2}" <<'END'
n=0
while ! [ -e go ]; do
	n=$((n + 1))
	echo "line $n of many that say nothing of the sort"
done
echo "this is the end of it"
while :; do sleep 0.1; done
END
plain_service slow "ready: log up at last" <<'END'
echo "up at"
while ! [ -e go ]; do sleep 0.05; done
echo "up at last"
while :; do sleep 0.1; done
END
plain_config
start_daemon
plain_up

say "a line that comes in two writes"
ctl wait -t 60 split ready || die "split is not ready"
wait_for 60 reason_has other "has not come yet"
expect "other" false "$(service other ready)"

say "what an earlier run has said says nothing"
ctl wait -t 60 once ready || die "once is not ready"
before=$(service once pid)
touch "$(home once die)"
wait_for 60 service_moved once "$before"
expect "once" false "$(service once ready)"
touch "$(home once go)"
ctl wait -t 60 once ready || die "once is not ready again"

say "the line comes after many rotations"
rotated_twice() {
	[ -e "$(service_log rotated).2" ]
}
wait_for 60 rotated_twice
expect "rotated" false "$(service rotated ready)"
touch "$(home rotated go)"
ctl wait -t 60 rotated ready || die "rotated is not ready"

say "the supervisor dies meanwhile"
supervisor=$(room_pid supervisor)
kill -KILL "$supervisor"
supervisor_is_new() {
	_new=$(room_pid supervisor)
	[ -n "$_new" ] && [ "$_new" != null ] && [ "$_new" != "$supervisor" ]
}
wait_for 60 supervisor_is_new
expect "slow" false "$(service slow ready)"

say "the parent dies, and the line comes while there is none"
slow=$(service slow pid)
kill_daemon
touch "$(home slow go)"
wait_for 60 has_line "$(service_log slow)" "up at last"
start_daemon
ctl wait -t 60 slow ready || die "slow is not ready"
expect "slow" "$slow" "$(service slow pid)"

say "who was ready is so for the next parent"
for name in split once rotated; do
	ctl wait -t 60 "$name" ready || die "$name is not ready any more"
done
expect "other" false "$(service other ready)"
ctl reexec >/dev/null || die "reexec"
for name in split once rotated slow; do
	# Nobody may answer for a moment.
	wait_for 60 service_is "$name" ready true
done
expect "slow" "$slow" "$(service slow pid)"
stop_daemon
