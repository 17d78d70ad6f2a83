#!/bin/sh
#
# No process but the keeper reads or writes a passphrase, and the service that
# it is for: by strace(1) of the daemon, all its rooms and services, and of
# lavavisorctl, while services start, crash, are restarted and upgraded, and the
# daemon is reexecuted.

. "${TOP:-$(dirname "$0")/../..}/regress/lib.sh"
. "$TOP/regress/e2e/world.sh"
need_root
need strace
strace -o /dev/null true 2>/dev/null || skip "nothing can be traced here"

KEYRING="file"
# In one piece even where a piece of it would be: no word is said elsewhere.
PASSPHRASE="Zq$$-passphrase"
WORLD_SERVICES="provider1 consumer1"
SERVICE="passphrase: prompt"
world_start
(umask 077 && echo "$PASSPHRASE" >"$REGRESS_DIR/secret")
chown "$WORLD_USER" "$REGRESS_DIR/secret"
sed -i "s,^passphrase: .*,passphrase: file $REGRESS_DIR/secret," \
    "$STATE/services/provider1.yml"
echo consumer1 >"$REGRESS_DIR/control"

# Both programs under strace; the daemon keeps its pid.
TRACE=$REGRESS_DIR/trace
mkdir "$TRACE" "$REGRESS_DIR/traced"
CALLS=read,write,readv,writev,pread64,pwrite64,sendto,recvfrom,sendmsg,recvmsg
CALLS=$CALLS,execve,openat,open,rename
for program in lavavisord lavavisorctl; do
	cat >"$REGRESS_DIR/traced/$program" <<-END
	#!/bin/sh
	exec strace -D -ff -yy -s 65536 -e trace=$CALLS -e signal=none \
	    -o "$TRACE/$program" "$SBIN/$program" "\$@"
	END
	chmod 755 "$REGRESS_DIR/traced/$program"
done
PLAIN=$SBIN
SBIN=$REGRESS_DIR/traced
# What only looks is not traced.
ctl() {
	"$PLAIN/lavavisorctl" --directory "$STATE" "$@"
}

is_another() {
	_now=$(service "$1" pid)
	[ "$_now" != null ] && [ "$_now" != "$2" ] && all_ready
}
all_ready() {
	services_all '.state == "running" and .ready'
}

say "start, unlock"
start_daemon
wait_for 60 service_is consumer1 state locked
"$SBIN/lavavisorctl" --directory "$STATE" unlock --stdin consumer1 \
    <"$REGRESS_DIR/secret" >out || die "$(cat out)"
wait_for 90 all_ready

say "crash, restart, reexec"
pid=$(service consumer1 pid)
kill -KILL "$pid"
wait_for 60 is_another consumer1 "$pid"
ctl restart provider1 >/dev/null || die "no restart"
wait_for 60 all_ready
ctl reexec >/dev/null || die "no reexec"
wait_for 60 has_line "$DAEMON_LOG" "service consumer1.*: kept"
wait_for 60 all_ready
pid=$(service provider1 pid)
kill -KILL "$pid"
wait_for 60 is_another provider1 "$pid"

say "upgrade"
release_publish 6.2.5
chain_versions 6.2.5 6.2.5
wait_for 120 services_all '.version == "6.2.5" and .ready'
stop_daemon

search() {
	"$PYTHON" "$TOP/regress/rooms/traffic_search.py" "$@"
}
say "where it was"
search "$REGRESS_DIR/secret" "$TRACE/lavavisord" | tee found
for want in "keeper read pipe" "keeper read file" "keeper write pipe" \
    "lavap read 0"; do
	grep -q "^$want [1-9]" found || die "not in $want"
done
! grep -v -e '^keeper read [pf]i[pl]e ' -e '^keeper write pipe ' \
    -e '^lavap read 0 ' found || die "it was there as well"

say "where a name was, which is no secret"
search "$REGRESS_DIR/control" "$TRACE/lavavisord" >found
cat found
for want in "(forked) execve -" "lavavisord sendmsg socket" \
    "keeper recvmsg socket"; do
	grep -q "^$want [1-9]" found || die "not in $want"
done

say "and by lavavisorctl"
search "$REGRESS_DIR/secret" "$TRACE/lavavisorctl" | tee found
grep -q '^lavavisorctl write pipe 1$' found || die "not written to a pipe"
! grep -v -e '^lavavisorctl read 0 ' -e '^lavavisorctl write pipe ' found ||
    die "it was there as well"
