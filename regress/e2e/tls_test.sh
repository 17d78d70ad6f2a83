#!/bin/sh
#
# Sources that are not who they should be, and redirects away from https: one
# clear line each, nothing changed, and it heals by itself.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"
. "$TOP/regress/e2e/source_world.sh"

WORLD_SERVICES=provider1
# The environment of who starts it is nobody's order.
https_proxy=http://127.0.0.1:9
ALL_PROXY=$https_proxy
export https_proxy ALL_PROXY
sources_begin a
wanted 6.2.5

fails '{"tls": "unknown"}' "sha256sum.txt $(from a)" \
    "unable to get local issuer certificate"
fails '{"tls": "expired"}' "certificate has expired"
fails '{"tls": "name"}' "target host name 'localhost'"
fails '{"tls": "old"}' "$(from a)" "protocol"
fails '{"tls": "none"}' "$(from a)" "SSL"
expect "asked over it" 0 "$(source_requests a v6.2.5)"

plain=http://localhost:$(cat "$REGRESS_DIR/source-a/port")
fails "{\"redirect\": \"$plain/x\"}" "$(file 6.2.5) $(from a)" \
    "leads from https to http"
fails '{"redirect": "https://localhost:1/x"}' "localhost:1" "not allowed"
fails '{"redirect": "https://169.254.169.254/x"}' "169.254.169.254"
fails '{"redirect": "file:///etc/passwd"}' "not an http or https URL"
_loop=https://localhost:$(cat "$REGRESS_DIR/source-a/port")/v6.2.5/$(file 6.2.5)
fails "{\"redirect\": \"$_loop\"}" "loop"

say "without the certificates that it is checked with"
mv "$RELEASE_CA" "$RELEASE_CA.aside"
fails '{}' "$RELEASE_CA" "No such file"
mv "$RELEASE_CA.aside" "$RELEASE_CA"

source_mode a '{"tls": "unknown"}'
heals 6.2.5 '{}'

say "through the proxy of the config"
mkdir proxy
"$PYTHON" "$TOP/regress/world/proxy_sim.py" "$PWD/proxy" >proxy/log 2>&1 &
on_exit_end $!
wait_for 60 test -f proxy/port
RELEASES="  proxy: http://localhost:$(cat proxy/port)"
soon
release_publish 6.2.6
chain_versions 6.2.6
upgraded_to 6.2.6
has_line proxy/requests "^CONNECT localhost:$(cat \
    "$REGRESS_DIR/source-a/port")\$" || die "the proxy was not asked"

say "http, where the config says so"
RELEASES=
RELEASE_SOURCE="$plain/v{version}"
soon
source_mode a "{\"tls\": \"plain\", \"redirect\": \"http://localhost:1/x\"}"
release_publish 6.2.7
events_mark
chain_versions 6.2.7
wait_for 60 upgrade_done 6.2.7 abandoned
case $(last_reason) in
*"does not name this host"*)	;;
*)	die "reason: $(last_reason)" ;;
esac
source_mode a '{"tls": "plain"}'
upgraded_to 6.2.7
stop_daemon
