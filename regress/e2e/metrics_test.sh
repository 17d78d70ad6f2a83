#!/bin/sh
#
# etc/examples/textfile-metrics.sh: what it writes is what lavavisord says, in
# the text format of Prometheus.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

need jq
PATH=$SBIN:$PATH
export PATH
METRICS=$TOP/etc/examples/textfile-metrics.sh

metrics() {
	sh "$METRICS" "$REGRESS_DIR/lavavisord.prom" --directory "$STATE" ||
	    die "exit code $?"
	# name{label="...",...} number; or a comment
	_name='lavavisord_[a-z_]+'
	_label='[a-z]+="[^"]*"'
	! grep -v -E -e "^# (HELP|TYPE) $_name .+\$" \
	    -e "^$_name(\\{$_label(,$_label)*\\})? -?[0-9.]+\$" \
	    lavavisord.prom || die "not the text format"
	[ -z "$(sed -n 's/ [^ ]*$//; /^#/!p' lavavisord.prom | sort |
	    uniq -d)" ] || die "one is there twice"
	expect "files" lavavisord.prom "$(echo lavavisord.prom*)"
}

# value METRIC
value() {
	awk -v name="$1" 'index($0, name " ") == 1 { print $NF }' \
	    lavavisord.prom
}

say "no daemon"
world_start
metrics
expect "up" 0 "$(value lavavisord_up)"
expect "values" 1 "$(grep -c -v '^#' lavavisord.prom)"

say "all is well"
start_daemon
world_at 6.2.4
settled() {
	metrics
	[ "$(value lavavisord_check)" = 0 ]
}
wait_for 60 settled
expect "up" 1 "$(value lavavisord_up)"
running='lavavisord_service_running{name="NAME1",role="NAME",version="6.2.4"}'
expect "provider" 1 "$(value "$(echo "$running" | sed 's/NAME/provider/g')")"
expect "ready" 1 \
    "$(value 'lavavisord_service_ready{name="consumer1",role="consumer"}')"
expect "restarts" 0 "$(value \
    'lavavisord_service_restarts_total{name="consumer1",role="consumer"}')"
# role WANT WHY
role() {
	value "lavavisord_role_behind{role=\"provider\",have=\"6.2.4\",\
want=\"$1\",why=\"$2\"}"
}
expect "behind" 0 "$(role 6.2.4 up-to-date)"
expect "agree" 1 "$(value lavavisord_nodes_agree)"
expect "node" 1 \
    "$(value "lavavisord_node_ok{url=\"$CHAIN_URL\",operator=\"op1\"}")"
[ "$(value lavavisord_chain_height)" -gt 0 ] || die "no height"

say "held, behind, and one down"
ctl hold 'an audit' >/dev/null
chain_versions 6.2.5
ctl stop consumer1 >/dev/null
behind() {
	metrics
	[ "$(role 6.2.5 hold)" = 1 ]
}
wait_for 60 behind
expect "held" 1 "$(value lavavisord_held)"
expect "consumer" 0 "$(value "$(echo "$running" | sed 's/NAME/consumer/g')")"
stop_daemon
