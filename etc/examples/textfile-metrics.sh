#!/bin/sh
#
# What lavavisord says of itself, as metrics in the text format of Prometheus,
# for the textfile collector of node_exporter; from cron(8), each minute say:
#
#	* * * * * sh textfile-metrics.sh /var/lib/node_exporter/lavavisord.prom
#
# The file is put in place whole.  Needs jq and the right to ask show.sock.
#
# usage: textfile-metrics.sh FILE [option of lavavisorctl ...]

set -u
[ $# -ge 1 ] || {
	echo "usage: textfile-metrics.sh FILE [option of lavavisorctl ...]" >&2
	exit 2
}
file=$1
shift
new=$(mktemp "$file.XXXXXX") || exit 1
trap 'rm -f "$new" "$new.json"' EXIT
trap 'exit 1' INT TERM HUP

# ask COMMAND...: the answer, or null
ask() {
	# shellcheck disable=SC2086
	lavavisorctl -t 10s $options -j "$@" 2>/dev/null || echo null
}

options=$*
{
	ask show services
	ask show versions
	ask show nodes
	ask check
} >"$new.json"

jq -rs '
def labels: to_entries | map("\(.key)=\(.value // "" | tostring | tojson)") |
    join(",");
def number: if . == true then 1 elif . then . else 0 end;
def metric($name; $type; $help; values):
    "# HELP lavavisord_\($name) \($help)",
    "# TYPE lavavisord_\($name) \($type)",
    (values | "lavavisord_\($name)" + (if .[0] == {} then "" else
	"{\(.[0] | labels)}" end) + " \(.[1] | number)");

.[0] as $services | .[1] as $versions | .[2] as $nodes | .[-1] as $check |
metric("up"; "gauge"; "Whether lavavisord answers."; [{}, $services != null]),
if $services == null then empty else
metric("check"; "gauge"; "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";
    [{}, ({OK: 0, WARNING: 1, CRITICAL: 2}[$check.status // ""] // 3)]),
metric("service_running"; "gauge"; "Whether it runs, and on which version.";
    $services[] | [{name, role, version}, .state == "running"]),
metric("service_ready"; "gauge"; "Whether it is ready, where that is checked.";
    $services[] | select(.ready != null) | [{name, role}, .ready]),
metric("service_healthy"; "gauge"; "Whether its health check is well.";
    $services[] | select(.health == "ok" or .health == "failing") |
    [{name, role}, .health == "ok"]),
metric("service_restarts_total"; "counter"; "Restarts that nobody ordered.";
    $services[] | [{name, role}, .restarts]),
if $versions == null then empty else
metric("chain_height"; "gauge"; "Of the block that was agreed on last.";
    [{}, $versions.chain.height]),
metric("nodes_agree"; "gauge"; "Whether a quorum says the same.";
    [{}, $versions.agreement.state == "yes"]),
metric("role_behind"; "gauge"; "Whether it is not yet what the chain wants.";
    $versions.roles[] | [{role, have, want, why}, .why != "up-to-date"]),
metric("held"; "gauge"; "Whether upgrades are on hold.";
    [{}, $versions.hold != null])
end,
metric("node_ok"; "gauge"; "Whether a node of the chain is well.";
    ($nodes // [])[] | [{url, operator}, .state == "ok"])
end' "$new.json" >"$new" || exit 1
chmod 644 "$new"
mv "$new" "$file"
