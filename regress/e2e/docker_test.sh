#!/bin/sh
#
# etc/docker: what it says is true of the tree; its steps, done in a chroot made
# of this machine's own directories, make an image; and the image runs as a
# container, as its own ENTRYPOINT and CMD say, without a right and with one
# directory to write to.  IMAGE_ROOT and IMAGE_CONFIG: of an image that a real
# builder has made (make image-check).

. "${TOP:-.}/regress/lib.sh"

[ -d /proc/self/ns ] || skip "needs namespaces"
need_root
need jq unshare nsenter ldd strip
unshare --mount --pid --net --ipc --uts --fork --kill-child true 2>/dev/null ||
    skip "this kernel does not let root make namespaces"
# A network of its own, with nothing outside: that of a pod
if [ -z "${OWN_NETWORK:-}" ]; then
	trap - EXIT INT TERM HUP
	export TOP OWN_DIR
	OWN_NETWORK=1 exec unshare --net sh "$TOP/regress/e2e/docker_test.sh"
fi
"$PYTHON" - <<'END' || skip "lo cannot be set up"
import fcntl, socket, struct
with socket.socket() as s:      # SIOCSIFFLAGS, IFF_UP
    fcntl.ioctl(s, 0x8914, struct.pack('16sh14x', b'lo', 1))
END
. "$TOP/regress/e2e/world.sh"
. "$TOP/regress/e2e/unshared.sh"

DOCKERFILE=$TOP/etc/docker/Dockerfile
READER=$TOP/regress/docker/dockerfile.py
CONTAINER=$REGRESS_DIR/image.json
WORK=$REGRESS_DIR/work
export PYTHON READER DOCKERFILE TOP

of_image() {
	jq -r "$1" "$CONTAINER"
}

# holds FILTER WHAT
holds() {
	expect "$2" true "$(of_image "$1")"
}

say "the Dockerfile"
"$PYTHON" "$READER" config "$DOCKERFILE" >"$CONTAINER" || die "cannot be read"
for file in $(of_image '.Copied[] | select(. != ".")'); do
	[ -e "$TOP/$file" ] || die "COPY $file: there is none"
done
holds '.From | last == "scratch"' "the last stage is from scratch"
holds '.From | all(test("^[a-z0-9:.-]+$"))' "plain names of images"
holds '.User | test("^[1-9][0-9]*:[1-9][0-9]*$")' "a user by number"
holds '.StopSignal == "SIGTERM"' "STOPSIGNAL"
holds '.Volumes == [.WorkingDir]' "it runs in its volume"
holds '.Labels["org.opencontainers.image.title"] == "lavavisor"' "a label"
holds '.Entrypoint == ["/usr/local/bin/lavavisor"]' ENTRYPOINT
holds '.Cmd[0] == "pod"' CMD
grep -qiE '^ARG|password|secret|token' "$DOCKERFILE" &&
    die "nothing that is secret is to be handed to a build"

say "what the builder is sent"
"$PYTHON" "$READER" context "$DOCKERFILE" "$TOP" context || die "context"
find context -name .git -o -name '*.[oad]' -o -name '*_test*' -o \
    -type f -size +1024k >unwanted
[ -s unwanted ] && die "sent: $(head -n 5 unwanted)"
find context -type f -perm -111 | while IFS= read -r file; do
	! head -c 4 "$file" | grep -q ELF || echo "${file#context/}"
done >unwanted
[ -s unwanted ] && die "etc/docker/Dockerfile.dockerignore lacks what was \
built here: $(cat unwanted)"
env -u MAKEFLAGS make -n -C context install DESTDIR=/out >make.out 2>&1 ||
    die "it cannot be built of that: $(tail -n 5 make.out)"

# The directories of this machine stand for the image that it begins with.
cat >build.sh <<'END'
mount --make-rprivate /
mkdir -p "$1/base"
mount -t tmpfs -o mode=0755 none "$1/base" || exit 120
cd "$1/base" && mkdir tmp dev proc || exit 120
for d in /usr /etc /var /bin /sbin /lib*; do
	if [ -L "$d" ]; then
		cp -P "$d" .
	elif [ -d "$d" ]; then
		mkdir ".$d" && mount --bind "$d" ".$d" &&
		    mount -o remount,bind,ro ".$d" || exit 120
	fi
done
mount -t proc none proc && mount --bind /dev dev || exit 120
"$PYTHON" "$READER" build --built "$DOCKERFILE" "$TOP" "$1/base" "$1"
END

if [ -z "${IMAGE_ROOT:-}" ]; then
	say "its steps"
	mkdir "$WORK"
	unshare --mount sh "$REGRESS_DIR/build.sh" "$WORK" >build.out 2>&1 ||
	    die "the steps fail: $(tail -n 20 build.out)"
	IMAGE_ROOT=$WORK/image
else
	jq -s '.[0] * .[1]' "$CONTAINER" "$IMAGE_CONFIG" >both.json ||
	    die "$IMAGE_CONFIG cannot be read"
	mv both.json "$CONTAINER"
fi

say "what is in it"
user=$(of_image .User)
uid=${user%:*}
data=$(of_image .WorkingDir)
grep -q "^lavavisor:x:$user:" "$IMAGE_ROOT/etc/passwd" ||
    die "USER $user is not in passwd: $(cat "$IMAGE_ROOT/etc/passwd")"
expect "owner of the volume" "$user" \
    "$(stat -c %u:%g "$IMAGE_ROOT$data")"
for program in sbin/lavavisord sbin/lavavisorctl bin/lavavisor \
    $(cd "$LIBEXEC" && printf 'libexec/lavavisord/%s ' *); do
	[ -L "$IMAGE_ROOT/usr/local/$program" ] ||
	    [ -x "$IMAGE_ROOT/usr/local/$program" ] ||
	    die "it has no $program"
done
# Its own loader, in it: what is missing there is missing.
loader=$(cd "$IMAGE_ROOT" && echo lib*/ld-linux*)
find "$IMAGE_ROOT/usr/local" -type f | while IFS= read -r program; do
	chroot "$IMAGE_ROOT" "/$loader" --list "${program#"$IMAGE_ROOT"}" ||
	    echo "$program: not found"
done >closure 2>&1
grep 'not found' closure && die "libraries are missing"
[ "$(grep -c 'libcurl' closure)" -ge 2 ] || die "no list: $(cat closure)"
find "$IMAGE_ROOT" ! -type d ! -path "$IMAGE_ROOT/lib*" \
    ! -path "$IMAGE_ROOT/usr/share/doc/*" \
    ! -path "$IMAGE_ROOT/usr/share/terminfo/*" \
    ! -path "$IMAGE_ROOT/var/lib/dpkg/status.d/*" |
    sed "s,^$IMAGE_ROOT,," | sort >there
grep -vE '^/usr/local/(s?bin/lavavisor|libexec/lavavisord/)|^/etc/' there &&
    die "these have no place in it"
find "$IMAGE_ROOT" -perm /6000 -o -perm -2 ! -type l ! -perm -1000 >open
[ -s open ] && die "setuid, or all can write to it: $(cat open)"
[ -s "$IMAGE_ROOT/etc/ssl/certs/ca-certificates.crt" ] || die "no CAs"
bytes=$(tar -C "$IMAGE_ROOT" -cf - . | wc -c)
say "it has $((bytes / 1024)) KB"
[ "$bytes" -lt 41943040 ] || die "that is more than 40 MB"

say "it runs"
PROBATION=0s
WORLD_SERVICES=consumer1
world_start
mkdir -p files/.lavavisor files/config
cp "$RELEASE_CA" files/ca.pem
cp "$RELEASE_SIGNIFY_PUB" files/release.pub
sed -e "s,$RELEASE_CA,$data/ca.pem," \
    -e "s,$RELEASE_SIGNIFY_PUB,$data/release.pub," \
    -e '/^services:/,$d' "$STATE/config.yml" >files/.lavavisor/config.yml
echo "services: []" >>files/.lavavisor/config.yml
cp "$STATE/services/service_configs/consumer1.yml" files/config/consumer.yml
port=$(service_port consumer1)

# container NAME ARGUMENT...: sets UNSHARE, and find_init INIT
container() {
	DAEMON_LOGS="${DAEMON_LOGS:-} $REGRESS_DIR/$1.err"
	_name=$1
	shift
	unshare --mount --pid --ipc --uts --fork --kill-child "$PYTHON" \
	    "$TOP/regress/docker/run_image.py" "$IMAGE_ROOT" "$CONTAINER" \
	    "$REGRESS_DIR/files" "$@" >"$_name.out" 2>"$_name.err" \
	    </dev/null &
	UNSHARE=$!
	UNSHARES="$UNSHARES $UNSHARE"
	on_exit_end "$UNSHARE"
}

# inside PROGRAM ARGUMENT...: of the image, as `docker exec' does
inside() {
	# shellcheck disable=SC2046
	env -i $(of_image '.Env[]') "$(command -v nsenter)" -t "$INIT" -m -p \
	    -i -u -r -w -S "$uid" -G "${user#*:}" -- "$@"
}

ctl() {
	inside /usr/local/bin/lavavisorctl --directory \
	    "$data/.lavavisor/wrap/lavap" "$@"
}

healthy() {
	eval "inside $(of_image '.Healthcheck.Test[1:] | @sh')"
}

status_of() {
	sed -n "s/^$1:[^0-9a-f]*//p" "/proc/$INIT/status"
}

container_ends() {
	wait_for 60 gone "$UNSHARE"
	wait "$UNSHARE"
	expect "exit code of the container" "$1" $?
}

answers() {
	alive "$UNSHARE" || die "the container has ended"
	[ "$(fetch "http://127.0.0.1:$port/" |
	    sed -n 's/^version //p')" = "$1" ]
}

container whole
wait_for 60 find_init
wait_for 90 answers 6.2.4
wait_for 60 healthy
cat wait_for.out
has_line whole.err "started, pid 1," || die "it is not pid 1"
expect "uids" "$uid $uid $uid $uid" "$(status_of Uid | tr '\t' ' ')"
for set in CapEff CapPrm CapBnd; do
	expect "$set" 0000000000000000 "$(status_of $set)"
done
expect "no_new_privs" 1 "$(status_of NoNewPrivs)"
awk '$5 == "/" { print $6 }' "/proc/$INIT/mountinfo" | grep -q '^ro' ||
    die "its root can be written to"
ctl show services >shown 2>&1 || die "lavavisorctl inside: $(cat shown)"
has_line shown 'lavap.*6\.2\.4' || die "not shown: $(cat shown)"
cat shown

say "it is upgraded in place"
release_publish 6.2.5
chain_versions 6.2.5
wait_for 90 answers 6.2.5
wait_for 60 healthy

say "its healthcheck sees a service that is not well"
ctl stop lavap >out 2>&1 || die "stop: $(cat out)"
healthy >out 2>&1 && die "it is healthy: $(cat out)"
cat out

say "TERM ends it"
kill -TERM "$INIT"
container_ends 0
[ ! -e "$IMAGE_ROOT$data/ca.pem" ] || die "the image was written to"

say "what cannot run says why"
container bad pod --cmd "lavap 'rpcconsumer"
container_ends 2
expect "lines" 1 "$(wc -l <bad.err)"
