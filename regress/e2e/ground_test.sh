#!/bin/sh
#
# The ground a service stands on, as it finds it itself: user, groups,
# environment, directory, umask, nice, limits, signals, descriptors.

# shellcheck source=regress/lib.sh
. "${TOP:-.}/regress/lib.sh"
# shellcheck source=regress/e2e/plain.sh
. "$TOP/regress/e2e/plain.sh"

[ -d /proc/self/fd ] || skip "needs /proc"
plain_begin
root_only=
if [ -n "$PLAIN_USER" ]; then
	gid=$(id -g games)
	root_only="group: games
groups: [daemon, games]"
fi

cat >"$REGRESS_DIR/ground.py" <<'END'
import json
import os
import resource
import signal
import sys
import time


def status():
    with open('/proc/self/status') as f:
        return dict(line.rstrip('\n').split(':\t', 1) for line in f)


def limit(name):
    return [str(n) for n in resource.getrlimit(
        getattr(resource, 'RLIMIT_' + name))]


# Of the interpreter's own making
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
fds = {}
for name in os.listdir('/proc/self/fd'):
    try:
        fds[name] = os.readlink('/proc/self/fd/' + name)
    except FileNotFoundError:
        pass                    # what the listing itself had open
mask = os.umask(0)
os.umask(mask)
found = status()
ground = {
    'uid': found['Uid'].split('\t'), 'gid': found['Gid'].split('\t'),
    'groups': sorted(found['Groups'].split()), 'caps': found['CapEff'],
    'no_new_privs': found['NoNewPrivs'], 'seccomp': found['Seccomp'],
    'blocked': found['SigBlk'],
    # 32 and 33 are the C library's own, and not to be had from it
    'ignored': '%016x' % (int(found['SigIgn'], 16) & ~(3 << 31)),
    'cwd': os.getcwd(), 'umask': oct(mask), 'nice': os.nice(0),
    'leads': [os.getpid() == os.getpgid(0), os.getpid() == os.getsid(0)],
    'argv': sys.argv[1:], 'env': dict(os.environ), 'fds': fds,
    'flags': {str(n): os.get_blocking(n) for n in (1, 2)},
    'nofile': limit('NOFILE'), 'core': limit('CORE'), 'stack':
    limit('STACK'), 'nproc': limit('NPROC'),
}
with open('ground.json.new', 'w') as f:
    json.dump(ground, f)
os.rename('ground.json.new', 'ground.json')
print('to stdout', flush=True)
print('to stderr', file=sys.stderr, flush=True)
time.sleep(1000)
END

# The interpreter is the service itself.
plain_service grounded "$root_only" </dev/null
sed "s|^command: .*|command: [$PYTHON, -S, -E, $REGRESS_DIR/ground.py, \
\"two words\", \"\"]|" "$STATE/services/grounded.yml" >grounded.new
cat >>grounded.new <<-'END'
	env: {LAVA_TEST: "a b=c", PATH: /bin:/usr/bin}
	umask: "027"
	nice: 5
	no-new-privs: true
	rlimits: {nofile: 300, core: 0}
END
mv grounded.new "$STATE/services/grounded.yml"
plain_service plain "no-new-privs: false" </dev/null
sed "s|^command: .*|command: [$PYTHON, -S, -E, $REGRESS_DIR/ground.py]|" \
    "$STATE/services/plain.yml" >plain.new
mv plain.new "$STATE/services/plain.yml"
plain_config

# A parent with a blocked and an ignored signal and an open file passes
# none of them on.
cat >"$REGRESS_DIR/sbin.py" <<'END'
import os
import signal
import sys

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGWINCH})
for number in (signal.SIGQUIT, signal.SIGURG, signal.SIGTSTP):
    signal.signal(number, signal.SIG_IGN)
for number in (5, 9, 77):
    os.dup2(os.open('/etc/passwd', os.O_RDONLY), number, inheritable=True)
os.environ['LAVA_SECRET'] = 'of the administrator'
os.execv(sys.argv[1], sys.argv[1:])
END
"$PYTHON" "$REGRESS_DIR/sbin.py" "$SBIN/lavavisord" -d -v -D "$STATE" \
    -L "$LIBEXEC" >"$REGRESS_DIR/daemon.log" 2>&1 </dev/null &
DAEMON_PID=$!
DAEMON_LOG=$REGRESS_DIR/daemon.log
DAEMON_LOGS="$DAEMON_LOG $(service_log plain)"
on_exit_end "$DAEMON_PID"
wait_for 60 daemon_answers
plain_up
for name in grounded plain; do
	wait_for 30 test -s "$(home "$name" ground.json)"
	wait_for 30 has_line "$(service_log "$name")" "to stdout"
	wait_for 30 has_line "$(service_log "$name")" "to stderr"
done

# is NAME FILTER WANT
is() {
	expect "$1: $2" "$3" "$(jq -r "$2" "$(home "$1" ground.json)")"
}

say "identity"
for name in grounded plain; do
	if [ -n "$PLAIN_USER" ]; then
		uid=$(id -u nobody)
		is "$name" '.caps | test("^0+$")' true
	else
		uid=$(id -u)
	fi
	is "$name" '.uid | unique | join(" ")' "$uid"
	is "$name" '.leads | all' true
	is "$name" .cwd "$REGRESS_DIR/home/$name"
	is "$name" '.env.LAVA_SECRET' null
	is "$name" '.env.USER' "$(id -un "$uid")"
	is "$name" '.env.LOGNAME' "$(id -un "$uid")"
	is "$name" '.env.HOME != null' true
	say "signals, descriptors"
	is "$name" '.blocked | test("^0+$")' true
	is "$name" '.ignored | test("^0+$")' true
	is "$name" '.fds | keys | join(" ")' "0 1 2"
	is "$name" '.fds["0"]' /dev/null
	is "$name" '.fds["1"]' "$STATE/run/fifo/$name"
	is "$name" '.fds["2"]' "$STATE/run/fifo/$name"
	is "$name" '.flags | all' true
done
if [ -n "$PLAIN_USER" ]; then
	is grounded '.gid | unique | join(" ")' "$gid"
	is grounded '.groups | join(" ")' "$(printf '%s\n' "$(id -g daemon)" \
	    "$gid" | sort | paste -sd' ')"
	is plain '.gid | unique | join(" ")' "$(id -g nobody)"
	is plain '.groups | join(" ")' "$(id -G nobody | tr ' ' '\n' |
	    sort | paste -sd' ')"
fi

say "what is configured"
is grounded '.argv | @json' '["two words",""]'
is grounded .env.LAVA_TEST "a b=c"
is grounded .env.PATH /bin:/usr/bin
is grounded .umask 0o27
is grounded .nice $(($(nice) + 5))
is grounded .no_new_privs 1
is grounded '.nofile | join(" ")' "300 300"
is grounded '.core | join(" ")' "0 0"

say "and what is not"
is plain .nice "$(nice)"
is plain .seccomp "$(sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status)"
is plain .no_new_privs "$(sed -n 's/^NoNewPrivs:[^0-9]*//p' /proc/self/status)"

say "what cannot be executed is named"
cat >"$STATE/services/broken.yml" <<-END
	role: other
	command: [$REGRESS_DIR/there-is-no-such-program]
	directory: $REGRESS_DIR/home/plain
	$([ -z "$PLAIN_USER" ] || echo "user: $PLAIN_USER")
END
PLAIN_SERVICES="$PLAIN_SERVICES broken"
plain_config
before=$(service plain pid)
ctl reload || die "reload: $?"
broken_is_named() {
	service broken reason | grep -q "there-is-no-such-program.*No such"
}
wait_for 30 broken_is_named
expect "the others run on" "$before" "$(service plain pid)"
stop_daemon
