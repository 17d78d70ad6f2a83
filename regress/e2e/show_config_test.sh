#!/bin/sh
#
# show config: which daemon this is, and its configuration in effect as YAML
# that, written down in place of the files, changes nothing; without secrets.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/plain.sh"

plain_begin
SLEEP='while :; do sleep 0.1; done'
plain_service plain <<-END
$SLEEP
END
plain_service full "env:
  COLOUR: 'yes'
  EMPTY: ''
  WORD: \"ünïcode # : \\\"x\\\"\"
umask: 027
nice: 3
no-new-privs: false
rlimits: {core: 0, fsize: unlimited, data: [512M, 1G]}
stop-signal: USR1
stop-grace: 1500ms
restart: unless-exit 0 75 255
stable: 90s
backoff: 2s
backoff-max: 2m
limit: 0
retry: 1h
ready: {check: 'http http://127.0.0.1:1/x?a=b', status: 200-299, body: fine,
  address: '127.0.0.1:1', timeout: 700ms}
health: {check: 'command /bin/true one two', interval: 24h, threshold: 5,
  action: report}
canary: true
drain: [/bin/true, --for, 1s]
drain-timeout: 5s
log: {size: 1000, count: 3}" <<-END
$SLEEP
END
plain_service other "ready: log up and running
drain: 2s
groups: []" <<-END
$SLEEP
END
plain_config "chain-id: lava-testnet-2
policy: {auto: minor, settle: 0s, splay: 90s, per-day: 7, probation: 10s,
  window: ['Mon-Fri 22:00-06:00 local', '02:00-04:00'], version-check: strict}
releases: {trust: pinned, sources: ['https://a.example/v{version}',
  'http://b.example/{os}/{arch}'], proxy: 'http://127.0.0.1:3128',
  pins: {6.2.4: $(printf %064d 7)}, max-size: 100M, keep: 5}
hooks: {user: ${PLAIN_USER:-$(id -un)}, pre-upgrade: [/bin/true, a b, '']}"
start_daemon
plain_up

say "which daemon it is"
ctl show config >"$REGRESS_DIR/config" || die "show config"
for want in "pid: $DAEMON_PID" "directory: $STATE" \
    "config: $STATE/config.yml" "sockets admin: $STATE/run/admin.sock" \
    "sockets show: $STATE/run/show.sock" "version: [0-9]" "since: 20"; do
	grep -q "^# $want" "$REGRESS_DIR/config" ||
	    die "no '$want' in: $(cat "$REGRESS_DIR/config")"
done
expect "pid in JSON" "$DAEMON_PID" "$(ctl_json .daemon.pid show config)"

say "what was not written has its default"
for want in "poll-interval: 15s" "stall-timeout: 30s" "per-day: 7" \
    "soak: 10s"; do
	grep -q "^ *$want\$" "$REGRESS_DIR/config" ||
	    die "no '$want' in: $(cat "$REGRESS_DIR/config")"
done
expect "services in JSON" "full other plain" \
    "$(ctl_json '.services | keys | join(" ")' show config)"
expect "stop-grace" 30s "$(ctl_json .services.plain.'"stop-grace"' show config)"
expect "stop-grace" 1500ms \
    "$(ctl_json .services.full.'"stop-grace"' show config full)"

say "once written down it changes nothing"
pids=$(ctl_json '[.[].pid] | join(" ")' show services)
for name in plain full other; do
	ctl show config "$name" >"$REGRESS_DIR/$name.shown" ||
	    die "show config $name"
done
for name in plain full other; do
	cat "$REGRESS_DIR/$name.shown" >"$STATE/services/$name.yml"
done
cat "$REGRESS_DIR/config" >"$STATE/config.yml"
"$SBIN/lavavisord" -n -D "$STATE" -L "$LIBEXEC" || die "lavavisord -n"
ctl reload -n >"$REGRESS_DIR/out" 2>&1
code=$?
[ "$code" -eq 3 ] || die "reload -n: $code, $(cat "$REGRESS_DIR/out")"
ctl reload >"$REGRESS_DIR/out" 2>&1
expect "exit code of reload" 3 $?
expect "pids" "$pids" "$(ctl_json '[.[].pid] | join(" ")' show services)"
for name in plain full other; do
	ctl show config "$name" >"$REGRESS_DIR/again" || die "again"
	cmp "$REGRESS_DIR/$name.shown" "$REGRESS_DIR/again" ||
	    die "$name is shown otherwise than it was written"
done

say "all of it at once"
ctl show config all >"$REGRESS_DIR/all" || die "show config all"
expect "documents" 3 "$(grep -c '^---$' "$REGRESS_DIR/all")"

say "no secret is shown"
plain_service secret "env: {API_KEY: s3cret, DB: 'http://u:s3cret@h/x',
  Q: 'https://h/?token=s3cret&a=1', HOME: /}
drain: [/bin/true, --password, s3cret, --token=s3cret, 'PASS=s3cret',
  'tcp://me:s3cret@h:1', --keyring-backend, test]" <<-END
$SLEEP
END
plain_config
ctl reload >/dev/null || die "reload"
for option in "" -j; do
	# shellcheck disable=SC2086
	ctl $option show config secret >"$REGRESS_DIR/out" || die "secret"
	! grep s3cret "$REGRESS_DIR/out" || die "a secret is shown"
	expect "masked with '$option'" 7 \
	    "$(grep -o MASKED "$REGRESS_DIR/out" | wc -l | tr -d ' ')"
done
ctl -j show config secret | jq -e '.services.secret |
    .env.HOME == "/" and (.drain | index("test") != null)' >/dev/null ||
    die "masked too much: $(ctl show config secret)"
ctl show config secret >"$STATE/services/secret.yml"
"$SBIN/lavavisord" -n -D "$STATE" -L "$LIBEXEC" ||
    die "masked text is not understood"

say "one that is not there"
ctl show config nobody >"$REGRESS_DIR/out" 2>&1
expect "exit code" 1 $?
expect "lines" 1 "$(wc -l <"$REGRESS_DIR/out" | tr -d ' ')"
stop_daemon
