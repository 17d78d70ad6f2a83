# What lies in upgrades/: show versions lists it, -v hashes it again, what is
# not ours is named and left alone, what is half is not used, `keep` holds.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

RELEASES="  keep: 2"
world_start
start_daemon
world_at 6.2.4
installed=$STATE/upgrades

# version_is VERSION FIELD: its value
version_is() {
	ctl_json ".installed[] | select(.version == \"$1\") | .$2" \
	    show versions
}

say "one installed version, all about it"
hash=$(sha256 "$installed/v6.2.4/lavap" | cut -d' ' -f1)
expect "sha256" "$hash" "$(version_is 6.2.4 sha256)"
expect "size" "$(wc -c <"$installed/v6.2.4/lavap" | tr -d ' ')" \
    "$(version_is 6.2.4 size)"
expect "how" signed "$(version_is 6.2.4 how)"
case $(version_is 6.2.4 key) in
*release.pub*)	;;
*)		die "key: $(version_is 6.2.4 key)" ;;
esac
expect "times" "true true true" "$(ctl_json '.installed[0] |
    (now - (.installed[0:19] + "Z" | fromdateiso8601)) as $i |
    (now - (.verified[0:19] + "Z" | fromdateiso8601)) as $v |
    "\($i < 1000) \($v < 1000) \(.damaged == null)"' show versions)"

say "hashed again"
at=$(version_is 6.2.4 verified)
sleep 1.1
ctl -j show versions -v >v.json || die "show versions -v: exit code $?"
expect "verified later" true "$(jq --arg at "$at" \
    '.installed[0].verified > $at' v.json)"
ctl show versions -v >v.text || die "show versions -v as a table"
has_line v.text "release.pub" || die "no key in the table: $(cat v.text)"
for _i in 1 2 3 4 5; do
	ctl -j show versions -v >"v$_i.json" &
	eval "p$_i=$!"
done
for _i in 1 2 3 4 5; do
	eval "wait \$p$_i" || die "five at once: exit code $?"
	expect "answer $_i" 6.2.4 "$(jq -r '.installed[0].version' "v$_i.json")"
done
ctl show nodes -v >out 2>&1 && die "show nodes takes -v"
has_line out "only show versions and services take -v" || die "said: $(cat out)"

say "what is not ours, and what is half"
before=$(pids)
end "$DAEMON_PID"
mkdir "$installed/mine" "$installed/v6.1.0" "$installed/v6.1.1" \
    "$installed/v6.1.2" "$installed/v6.1.3"
echo notes >"$installed/notes.txt"
echo file >"$installed/v6.0.0"
cp "$installed/v6.2.4/lavap" "$installed/v6.1.0/lavap"
for _v in 6.1.1 6.1.3; do
	cp "$installed/v6.2.4/lavap" "$installed/v$_v/lavap"
done
sed 's/^version .*/version 6.1.1/' "$installed/v6.2.4/manifest" |
    head -n 4 >"$installed/v6.1.1/manifest"
sed 's/^version .*/version 6.1.2/' "$installed/v6.2.4/manifest" \
    >"$installed/v6.1.2/manifest"
cp "$installed/v6.2.4/manifest" "$installed/v6.1.3/manifest"
mkdir "$installed/.new-v6.1.9"
echo half >"$installed/.new-v6.1.9/lavap"
ln -s v6.2.4 "$installed/.current.new"
echo part >"$STATE/staging/v6.1.9"
# One was made room for, and the new one never came; another was going.
mv "$installed/v6.2.4" "$installed/.old-v6.2.4"
mkdir "$installed/.gone-v6.1.8"
echo half >"$installed/.gone-v6.1.8/lavap"
start_daemon
world_at 6.2.4
expect "unused" "mine notes.txt v6.0.0 v6.1.0 v6.1.1 v6.1.2 v6.1.3" \
    "$(ctl_json '[.unused[].name] | sort | join(" ")' show versions)"
expect "only one is installed" 6.2.4 \
    "$(ctl_json '[.installed[].version] | join(" ")' show versions)"
# why NAME TEXT
why() {
	ctl_json ".unused[] | select(.name == \"$1\") | .why" \
	    show versions >why
	has_line why "$2" || die "$1: $(cat why)"
}
why mine "nothing of lavavisord's"
why v6.0.0 "Not a directory"
why v6.1.0 "manifest cannot be read: No such file"
why v6.1.1 "ends before its line 5"
why v6.1.2 "it has no lavap"
why v6.1.3 "manifest is of another version"
ctl show versions >table
has_line table "^notes.txt" || die "not in the table: $(cat table)"
expect "left over" "" "$(find "$installed" -name '.*' ! -path "$installed"; \
    ls "$STATE/staging")"
expect "not touched" "file notes" \
    "$(cat "$installed/v6.0.0" "$installed/notes.txt" | paste -sd' ' -)"

say "a half one is replaced by its release; keep: 2"
release_publish 6.2.5
chain_versions 6.2.5
upgraded_to 6.2.5
release_publish 6.2.6
chain_versions 6.2.6
upgraded_to 6.2.6
expect "kept" "6.2.6 6.2.5" \
    "$(ctl_json '[.installed[].version] | join(" ")' show versions)"
[ -d "$installed/mine" ] || die "a stranger's directory is gone"
stop_daemon
