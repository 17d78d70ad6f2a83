# Who may sign a release: any configured key, of signify or minisign; a new key
# beside the old one, and then without it; a signature never makes one version
# another.

. "${TOP:-.}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/upgrades.sh"

need minisign
WORLD_SERVICES=provider1
PROBATION=0s
POLICY="  per-day: 50"
world_start
KEYS=$RELEASE/keys
WWW=$RELEASE/www
start_daemon
upgraded_to 6.2.4

key_of() {
	ctl_json ".installed[] | select(.version == \"$1\") | .key // \"\"" \
	    show versions
}

configure() {
	RELEASE_KEYS=$1 world_config
	ctl reload >/dev/null || die "reload"
}

# signed VERSION WHO TOOL: a release signed by WHO with nothing but TOOL
signed() {
	release_publish "$1"
	rm "$WWW/v$1"/sha256sum.txt.*
	if [ "$3" = signify ]; then
		"$SIGNIFY" -S -s "$KEYS/$2.sec" -m "$WWW/v$1/sha256sum.txt" \
		    -x "$WWW/v$1/sha256sum.txt.sig" || die "signify"
	else
		minisign -S -s "$KEYS/$2.minisign.sec" \
		    -m "$WWW/v$1/sha256sum.txt" \
		    -x "$WWW/v$1/sha256sum.txt.minisig" \
		    >/dev/null </dev/null || die "minisign"
	fi
}

# taken VERSION KEY: it is installed, by this key
taken() {
	chain_versions "$1"
	upgraded_to "$1"
	case $(key_of "$1") in
	"$2 "*)	say "$1 by $(key_of "$1")" ;;
	*)	die "$1 was signed by \"$(key_of "$1")\", not $2" ;;
	esac
}

# refused VERSION WORD: and nothing is different
refused() {
	_before=$(ls -A "$STATE/upgrades")
	events_mark
	chain_versions "$1"
	wait_for 60 upgrade_done "$1" abandoned
	_reason=$(events | jq -r "select(.to == \"$1\") |
	    .reason // empty" | head -n 1)
	say "$1: $_reason"
	case $_reason in
	*"$2"*)	;;
	*)	die "no \"$2\" in: $_reason" ;;
	esac
	expect "upgrades/" "$_before" "$(ls -A "$STATE/upgrades")"
}

say "rotation: the old key, both, the new one"
signed 6.2.5 release signify
taken 6.2.5 release.pub
signed 6.2.6 other signify
refused 6.2.6 "not configured"
configure "$KEYS/release.pub, $KEYS/other.pub"
ctl upgrade now >/dev/null || die "upgrade now"
taken 6.2.6 other.pub
signed 6.2.7 release signify
taken 6.2.7 release.pub
configure "$KEYS/other.pub"
signed 6.2.8 release signify
refused 6.2.8 "not configured"
signed 6.2.9 other signify
taken 6.2.9 other.pub

say "minisign, beside signify"
configure "$KEYS/other.pub, $KEYS/release.minisign.pub"
signed 6.2.10 release minisign
taken 6.2.10 release.minisign.pub
signed 6.2.11 other minisign
refused 6.2.11 "not configured"

# bare VERSION COMMENT: no list, but a signature over the file itself
bare() {
	release_publish "$1"
	rm "$WWW/v$1"/sha256sum.txt*
	_file=$WWW/v$1/lavap-v$1-$RELEASE_OS-$RELEASE_ARCH
	minisign -S -s "$KEYS/release.minisign.sec" -m "$_file" \
	    -x "$_file.minisig" -t "$2" >/dev/null </dev/null ||
	    die "minisign"
}

say "over the file itself, when its trusted comment says what it is"
bare 6.2.14 "version:6.2.14 os:$RELEASE_OS arch:$RELEASE_ARCH"
taken 6.2.14 release.minisign.pub
bare 6.2.15 "version:6.2.14 os:$RELEASE_OS arch:$RELEASE_ARCH"
refused 6.2.15 "trusted comment does not name version"
bare 6.2.16 "version:6.2.16 os:$RELEASE_OS arch:$RELEASE_ARCH"
echo x >>"$_file"
refused 6.2.16 "is of another file"

say "a good signature of another version's list"
release_publish 6.2.17
cp "$WWW/v6.2.10/sha256sum.txt" "$WWW/v6.2.10/sha256sum.txt.minisig" \
    "$WWW/v6.2.17"
rm "$WWW/v6.2.17/sha256sum.txt.sig"
refused 6.2.17 "does not name the file"

say "a trusted comment that was changed on the way"
signed 6.2.18 release minisign
sed 's/^trusted comment: .*/trusted comment: trust me/' \
    "$WWW/v6.2.18/sha256sum.txt.minisig" >"$REGRESS_DIR/minisig"
cp "$REGRESS_DIR/minisig" "$WWW/v6.2.18/sha256sum.txt.minisig"
refused 6.2.18 "is wrong for key"
stop_daemon
