#!/bin/sh
#
# As installed by `make install`: rcctl start|check|reload|restart|stop|
# configtest lavavisord, with the real script and OpenBSD's idea of which
# process is the daemon; and what systemd thinks of the unit.

# In file systems and with pids of its own, where the paths are the real ones.
if [ -z "${RCCTL_ALONE:-}" ]; then
	# shellcheck source=regress/lib.sh
	. "${TOP:-.}/regress/lib.sh"
	need_root
	need mksh unshare pgrep
	unshare -mp --fork --mount-proc true 2>/dev/null ||
	    skip "no namespace of its own"
	sh "$TOP/etc/accounts.sh"
	RCCTL_ALONE=1
	export RCCTL_ALONE TOP
	unshare -mp --fork --kill-child --mount-proc sh "$0"
	exit
fi
# shellcheck source=regress/lib.sh
. "$TOP/regress/lib.sh"
# shellcheck source=regress/e2e/plain.sh
. "$TOP/regress/e2e/plain.sh"
plain_begin
mount --make-rprivate / 2>/dev/null

say "installs"
dest=$REGRESS_DIR/dest
unset MAKEFLAGS MFLAGS MAKELEVEL
if make --version 2>/dev/null | grep -q GNU; then
	# As built; not once more in the midst of other tests
	make -C "$TOP" -o programs install DESTDIR="$dest" >make.out 2>&1 ||
	    die "make install: $(tail -n 5 make.out)"
else
	skip "needs GNU make, to install without a build"
fi
mkdir -p fake
printf '#!/bin/sh\necho OpenBSD\n' >fake/uname
chmod 755 fake/uname
(cd "$TOP" && PATH=$REGRESS_DIR/fake:$PATH D=$dest SBINDIR=/usr/local/sbin \
    LIBEXECDIR=/usr/local/libexec/lavavisord SYSCONFDIR=/etc \
    sh mk/install-service.sh install) || die "the rc.d script"
cp "$TOP/regress/world/openbsd/rc.subr" "$dest/etc/rc.d/rc.subr"

# The machine's /etc as links, with what is installed beside it.
etc=$REGRESS_DIR/etc
mkdir "$etc"
mount --bind /etc "$etc" && mount -t tmpfs -o mode=755 etc /etc ||
    skip "may not mount"
ln -s "$etc"/* /etc/
rm -f /etc/rc.d /etc/rc.conf.local /etc/lavavisor /etc/systemd
cp -R "$dest/etc/." /etc/
[ ! -e "$etc/systemd" ] || cp -Rn "$etc/systemd/." /etc/systemd/
for path in /usr/local/sbin /usr/local/libexec; do
	mkdir -p "$path" && mount --bind "$dest$path" "$path" ||
	    skip "may not mount"
done
for path in /run /var/lib; do
	mount -t tmpfs -o mode=755 own "$path" || skip "may not mount"
done
SBIN=/usr/local/sbin
state=/var/lib/lavavisor

plain_service sleeper <<'END'
while :; do sleep 0.1; done
END
plain_config
mkdir -p /etc/lavavisor "$state"
mv "$STATE/config.yml" /etc/lavavisor/config.yml
mv "$STATE/services" "$state/services"

# rcctl ACTION lavavisord, as rcctl(8) does it
rcctl() {
	mksh "/etc/rc.d/$2" "$1" >rcctl.out 2>&1
}

ctl() {
	lavavisorctl "$@"
}
PATH=/usr/local/sbin:$PATH
# rc.subr's own restart begins with a stop.
# The oldest: a child looks the same until it executes its program.
daemon() {
	pgrep -oxf "/usr/local/sbin/lavavisord${1:+ $1}"
}

# try ACTION CODE
try() {
	rcctl "$1" lavavisord
	expect "rcctl $1 lavavisord ($(cat rcctl.out))" "$2" $?
}

say "nothing runs"
try check 1
try reload 1
try configtest 0
try stop 0
! daemon || die "something runs"

say "start, and what comes after it"
try start 0
pid=$(daemon) || die "no process matches"
DAEMON_PID=$pid
only_one() {
	[ "$(pgrep -xf /usr/local/sbin/lavavisord)" = "$pid" ]
}
wait_for 30 only_one
ctl show services >/dev/null || die "started, and does not answer: $?"
try check 0
try start 0
expect "the daemon after a second start" "$pid" "$(daemon)"
plain_up
service=$(service sleeper pid)

say "reload"
reloads() {
	grep -c '"event":"reload"' "$state/history" 2>/dev/null || :
}
before=$(reloads)
echo "poll-interval: 20s" >>/etc/lavavisor/config.yml
try reload 0
reloaded() {
	[ "$(reloads)" -gt "${before:-0}" ]
}
wait_for 60 reloaded
expect "the daemon after a reload" "$pid" "$(daemon)"

say "what is wrong is refused by configtest, reload and restart"
cp /etc/lavavisor/config.yml good.yml
echo "nonsense: 1" >>/etc/lavavisor/config.yml
try configtest 1
try reload 1
try restart 1
expect "the daemon after them" "$pid" "$(daemon)"
cp good.yml /etc/lavavisor/config.yml

say "restart is a reexec: twice, and it is still found"
for _n in 1 2; do
	try restart 0
	wait_for 60 ctl show services
	expect "the daemon after a restart" "$pid" "$(daemon)"
	try check 0
	expect "the service" "$service" "$(service sleeper pid)"
done
try reload 0

say "stop"
try stop 0
gone "$pid" || die "stop returned too early"
gone "$service" || die "the service still runs"
try check 1
try stop 0

say "a configuration that is wrong does not start"
echo "nonsense: 1" >>/etc/lavavisor/config.yml
try start 1
! daemon || die "it runs"
cp good.yml /etc/lavavisor/config.yml

say "with flags of rc.conf.local, another directory among them"
mkdir -p "$REGRESS_DIR/other"
cp /etc/lavavisor/config.yml "$REGRESS_DIR/other/"
cp -R "$state/services" "$REGRESS_DIR/other/"
flags="-v -D $REGRESS_DIR/other"
echo "lavavisord_flags=\"$flags\"" >/etc/rc.conf.local
try start 0
pid=$(daemon "$flags") || die "no process matches with $flags"
try check 0
try restart 0
STATE=$REGRESS_DIR/other
ctl() {
	lavavisorctl --directory "$STATE" "$@"
}
wait_for 60 ctl show services
expect "the daemon after a restart" "$pid" "$(daemon "$flags")"
try check 0

say "flags that were changed: check and stop find it, restart is a new start"
flags="-D $STATE -v"
echo "lavavisord_flags=\"$flags\"" >/etc/rc.conf.local
try check 0
try restart 0
gone "$pid" || die "the one with the old flags still runs"
pid=$(daemon "$flags") || die "no process matches with $flags"
try stop 0
gone "$pid" || die "stop returned too early"
try restart 0
daemon "$flags" >/dev/null || die "a restart of what does not run is a start"
try stop 0
rm /etc/rc.conf.local

say "a word that is no action"
try nonsense 1

if command -v systemd-analyze >/dev/null; then
	say "systemd-analyze verify"
	# It looks at what ours depends on as well, which is not ours to judge.
	systemd-analyze verify --man=no \
	    /etc/systemd/system/lavavisord.service >verify.out 2>&1
	! grep -q lavavisord verify.out || die "the unit: $(cat verify.out)"
	# It can fail
	sed 's,^ExecStart=/,ExecStart=nowhere/,' \
	    /etc/systemd/system/lavavisord.service \
	    >/etc/systemd/system/broken.service
	systemd-analyze verify --man=no /etc/systemd/system/broken.service \
	    >verify.out 2>&1 && die "nothing is found in a broken unit"
	grep -q broken "verify.out" || die "not our unit: $(cat verify.out)"
fi
exit 0
