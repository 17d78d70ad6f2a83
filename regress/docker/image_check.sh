#!/bin/sh
#
# Builds the image of etc/docker with a real builder, buildah, on a base that is
# made here of Debian's packages; measures it, and runs the end to end test on
# it.  Needs root and Debian's mirror; takes a minute or two.
#
# usage: image_check.sh [-k]
#
# -k keeps image.tar, which `docker load' and `podman load' take.

set -eu

TOP=$(cd "$(dirname "$0")/../.." && pwd)
PYTHON=${PYTHON:-python3}
keep=
[ "${1:-}" != -k ] || keep=$(pwd)/image.tar

[ "$(id -u)" -eq 0 ] || { echo "image_check.sh needs root" >&2; exit 1; }
missing=
for tool in buildah mmdebstrap jq; do
	command -v "$tool" >/dev/null || missing="$missing $tool"
done
if [ -n "$missing" ]; then
	echo "image_check.sh needs$missing: apt-get install" \
	    "--no-install-recommends$missing" >&2
	exit 1
fi

WORK=$(mktemp -d "${TMPDIR:-/tmp}/image.XXXXXX")
chmod 755 "$WORK"

# With images and layers of its own; those of the machine are left alone.
builder() {
	buildah --root "$WORK/storage" --runroot "$WORK/run" "$@"
}

cleanup() {
	builder rm -a >/dev/null 2>&1 || :
	umount "$WORK/storage/overlay" 2>/dev/null || :
	rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

seconds() {
	date +%s
}

# kilobytes LABEL: what the files take whose names are read
kilobytes() {
	total=$(xargs cat | wc -c)
	printf '  %-44s %6d KB\n' "$1" $((total / 1024))
}

# needed_by PROGRAM: the libraries that it names itself
needed_by() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

what_takes_the_space() {
	cd "$WORK/root"
	find usr/local -type f | while IFS= read -r program; do
		needed_by "$program"
	done | sort -u | sed 's,^,/,' >"$WORK/named"
	find lib* usr/lib* -type f -name '*.so*' 2>/dev/null |
	    sort -u >"$WORK/libraries"
	grep -F -f "$WORK/named" "$WORK/libraries" >"$WORK/ours"
	grep -v -F -f "$WORK/named" "$WORK/libraries" >"$WORK/others"
	find usr/local -type f | kilobytes "our programs"
	kilobytes "libraries that they name" <"$WORK/ours"
	kilobytes "libraries that these need, mostly libcurl" <"$WORK/others"
	echo etc/ssl/certs/ca-certificates.crt | kilobytes "CA bundle"
	find usr/share lib/terminfo var -type f |
	    kilobytes "licences, list of packages, terminals"
	cd "$TOP"
}

cd "$TOP"
base=$("$PYTHON" regress/docker/dockerfile.py config etc/docker/Dockerfile |
    jq -r '.From[0]')
suite=${base#*:}
suite=${suite%-slim}

echo "== a base for $base: $suite of Debian's packages"
begun=$(seconds)
mmdebstrap --quiet --variant=minbase "$suite" "$WORK/base.tar"
container=$(builder from scratch)
builder add -q "$container" "$WORK/base.tar" / >/dev/null
builder commit -q "$container" "docker.io/library/$base" >/dev/null
builder rm "$container" >/dev/null
rm "$WORK/base.tar"
echo "made in $(($(seconds) - begun)) s"

echo "== the image"
begun=$(seconds)
if ! builder bud --isolation chroot --pull=never --format docker \
    -t lavavisor -f etc/docker/Dockerfile . >"$WORK/build.log" 2>&1; then
	tail -n 40 "$WORK/build.log"
	exit 1
fi
grep '^\[./.\] STEP' "$WORK/build.log"
echo "built in $(($(seconds) - begun)) s"

container=$(builder from --pull=never lavavisor)
mounted=$(builder mount "$container")
cp -a "$mounted" "$WORK/root"
builder umount "$container" >/dev/null
builder inspect lavavisor | jq '.Docker.config | {User, Env, Entrypoint, Cmd,
    WorkingDir, StopSignal, Healthcheck, Labels, Volumes: (.Volumes | keys)}' \
    >"$WORK/config.json"
builder push -q lavavisor "oci:$WORK/oci"
compressed=$(find "$WORK/oci/blobs" -type f -exec cat {} + | wc -c)
echo "size: $(($(tar -C "$WORK/root" -cf - . | wc -c) / 1024)) KB," \
    "compressed, as it is pulled: $((compressed / 1024)) KB; of that"
what_takes_the_space
if [ -n "$keep" ]; then
	builder push -q lavavisor "docker-archive:$keep:lavavisor:latest"
	echo "kept: $keep"
fi

echo "== it runs"
IMAGE_ROOT=$WORK/root IMAGE_CONFIG=$WORK/config.json "$PYTHON" regress/run \
    docker_test
