# The simulated node answers as the recorded one, and the release server and
# the fake lavap do what the other tests count on.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"

for set in 01-before 03-after-legacy; do
	VECTORS=$TOP/regress/vectors/lava-node/$set
	chain_start "$set" '{"frozen": true}'
	"$PYTHON" "$TOP/regress/world/compare.py" "$VECTORS" "$CHAIN_URL" ||
	    die "$set: another answer than the recorded one"
done

say "world"
CHAIN_TLS=1
world_start
status() {
	fetch --cacert "$RELEASE_CA" -f "$CHAIN_URL/status"
}
expect "chain id" lava-mainnet-1 \
    "$(status | jq -r .result.node_info.network)"
chain_versions 6.2.5
expect "target" 6.2.5 "$(fetch --cacert "$RELEASE_CA" \
    "$CHAIN_URL/lavanet/lava/protocol/params" |
    jq -r .params.version.provider_target)"
before=$(chain_state .height)
chain_set '{"frozen": true, "offset_s": -3600}'
sleep 1.1
after=$(chain_state .height)
sleep 1.1
expect "frozen height" "$after" "$(chain_state .height)"
[ "$after" -ge "$before" ] || die "height fell from $before to $after"

say "modes"
for mode in down close garbage cut; do
	chain_mode "$mode"
	! status >/dev/null || [ "$mode" = garbage ] || die "mode $mode"
done
chain_mode limit
expect "limit" 429 "$(fetch --cacert "$RELEASE_CA" -o /dev/null \
    -w '%{http_code}' "$CHAIN_URL/status")"
chain_mode normal
status >/dev/null || die "back to normal"

say "releases"
file=lavap-v6.2.4-$RELEASE_OS-$RELEASE_ARCH
get() {
	fetch --cacert "$RELEASE_CA" -f -o got "$RELEASE_URL/$1"
}
get "v6.2.4/$file" || die "no binary"
cp got "$file"
chmod 755 "$file"
expect "lavap version" 6.2.4 "$("./$file" version)"
get v6.2.4/sha256sum.txt || die "no list"
cp got sha256sum.txt
sha256 "$file" | cmp - sha256sum.txt || die "the list is wrong"
get v6.2.4/sha256sum.txt.sig || die "no signature"
"$SIGNIFY" -V -q -p "$RELEASE_SIGNIFY_PUB" -m sha256sum.txt -x got ||
    die "signature"
if command -v minisign >/dev/null; then
	get v6.2.4/sha256sum.txt.minisig || die "no minisig"
	minisign -V -q -p "$RELEASE_MINISIGN_PUB" -m sha256sum.txt -x got ||
	    die "minisign signature"
fi
for kind in wrong-hash wrong-signature not-listed list-missing \
    signature-missing binary-missing truncated other-machine script endless \
    to-http crash-early crash-late never-listens version-fails; do
	release_publish 6.2.5 "$kind"
done
release_publish 6.2.5 good "" 1000000
get "v6.2.5/lavap-v6.2.5-$RELEASE_OS-$RELEASE_ARCH"
[ "$(wc -c <got)" -gt 1000000 ] || die "no padding"

say "fake lavap"
cd "$REGRESS_DIR/home/provider1" || die "no home"
cp "$STATE/services/service_configs/provider1.yml" .
"$REGRESS_DIR/$file" rpcprovider provider1.yml >log 2>&1 &
pid=$!
on_exit_end $pid
listens() {
	[ "$(service_version provider1)" = 6.2.4 ]
}
wait_for 30 listens
expect "second on one directory" 2 \
    "$("$REGRESS_DIR/$file" rpcprovider provider1.yml >/dev/null 2>&1; echo $?)"
kill -INT $pid
wait $pid
expect "exit code of INT" 0 $?
"$REGRESS_DIR/$file" rpcprovider "$PWD/provider1.yml" >/dev/null 2>&1
expect "absolute path" 1 $?
"$REGRESS_DIR/$file" rpcprovider provider1.yml >log 2>&1 &
pid=$!
on_exit_end $pid
wait_for 30 listens
kill -TERM $pid
wait $pid
expect "wait status of TERM" 143 $?
say "done"
