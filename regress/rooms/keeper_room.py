"""The keeper in its sandbox: what it learns, what it feeds, what it hides."""

import errno
import fcntl
import os
import pwd
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import CONSTANTS, PATIENCE, Gone, Room, pack, room_user, run_cases

DIR = tempfile.mkdtemp(prefix='keeper.', dir=os.environ.get('REGRESS_DIR'))
MAX = CONSTANTS['PASSPHRASE_MAX']
F_SETPIPE_SZ = 1031
SECRET = b'the secret %d' % os.getpid()
LONG = 600000
LINES = 3               # FEED_LINES of lavavisord/keeper/feed.h


class Keeper(Room):
    def __init__(self, **more):
        super().__init__('keeper', **more)
        self.order = 100

    def __enter__(self):
        return self

    def __exit__(self, *error):
        code = self.close()
        assert error[0] or code == 0, (code, self.logs)

    def learn(self, fd, name='s', ms=LONG, close=True):
        """Returns the id of the order."""
        self.order += 1
        self.send('KEEPER_LEARN', {'name': name, 'timeout_ms': ms}, fd=fd,
                  ident=self.order)
        if close and fd is not None:
            os.close(fd)
        return self.order

    def learnt(self, order, error='', name='s'):
        m = self.expect('KEEPER_LEARNT')
        assert m.id == order, m
        assert m.fields['name'] == name, m
        assert error in m.fields['error'], m
        assert bool(error) == bool(m.fields['error']), m

    def knows(self, data=SECRET, name='s'):
        self.learnt(self.learn(filled(data), name), '', name)

    def ended(self, run, asked, name='s'):
        self.send('KEEPER_END', {'name': name, 'generation': run})
        m = self.expect('KEEPER_ENDED').fields
        assert m == {'name': name, 'generation': run, 'asked': asked}, m

    def told(self, kind, run=1, name='s', fd=None):
        self.send('KEEPER_' + kind, {'name': name, 'generation': run}, fd=fd)

    def quiet(self):
        """It has dealt with all there is: the answer to END is the last."""
        self.ended(99, 0, '-')

    def pause(self):
        self.send('KEEPER_PAUSE')
        self.expect('KEEPER_PAUSED')

    def resume(self):
        """{name: (proven, generation)}"""
        self.send('KEEPER_RESUME',
                  {'protocol': CONSTANTS['KEEPER_PROTOCOL']})
        self.expect('READY')
        held = {}
        while True:
            m = self.receive()
            if m.type == 'KEEPER_HOLDS_END':
                return held
            assert m.type == 'KEEPER_HOLDS', m
            held[m.fields['name']] = (m.fields['proven'],
                                      m.fields['generation'])

    def holds(self):
        self.pause()
        return self.resume()


def filled(data, close=True):
    r, w = os.pipe()
    os.write(w, data)
    if not close:
        return r, w
    os.close(w)
    return r


def in_file(data):
    path = os.path.join(DIR, 'f')
    with open(path, 'wb') as f:
        f.write(data)
    return os.open(path, os.O_RDONLY)


class Run:
    """A service's standard input, as the parent makes it."""

    def __init__(self, keeper, number=1, name='s', order='FEED FEED_READ'):
        self.out, w = os.pipe()
        try:
            fcntl.fcntl(w, F_SETPIPE_SZ, 4096)
        except OSError:
            pass
        ends = {'FEED': w, 'FEED_READ': self.out}
        for kind in order.split():
            keeper.told(kind, number, name, ends[kind])
        os.close(w)

    def line(self, size=4096, seconds=PATIENCE):
        """What one read gives; b'' at the end."""
        if not select.select([self.out], [], [], seconds)[0]:
            raise TimeoutError('nothing to read')
        return os.read(self.out, size)

    def left(self):
        raw = fcntl.ioctl(self.out, 0x541b, b'\0\0\0\0')        # FIONREAD
        return int.from_bytes(raw, sys.byteorder)

    def close(self):
        os.close(self.out)


def until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, condition
        time.sleep(0.002)


def learns():
    good = [(b'simple', b'simple'), (b'line\n', b'line'),
            (b'crlf\r\n', b'crlf'), (b' blanks ', b' blanks '),
            (b'\xff\x01', b'\xff\x01'), (b'm' * MAX, b'm' * MAX),
            (b'm' * MAX + b'\n', b'm' * MAX),
            (b'm' * (MAX - 1) + b'\r\n', b'm' * (MAX - 1))]
    bad = [(b'', 'empty'), (b'\n', 'empty'), (b'\r\n', 'empty'),
           (b'm' * (MAX + 1), 'longer than 1023'),
           (b'm' * (MAX + 1) + b'\n', 'longer than 1023'),
           (b'm' * 60000, 'longer than 1023'),
           (b'one\ntwo\n', 'more than one line'),
           (b'one\n\n', 'more than one line'), (b'a\0b\n', 'NUL')]
    number = 0
    with Keeper() as k:
        for source in filled, in_file:
            for data, want in good:
                number += 1
                k.learnt(k.learn(source(data)))
                run = Run(k, number)
                assert run.line() == want + b'\n', (source, data)
                run.close()
                k.told('FED', number)
                k.send('KEEPER_END', {'name': 's', 'generation': number})
                assert k.expect('KEEPER_ENDED').fields['asked'] >= 1
            for data, why in bad:
                k.send('KEEPER_FORGET', {'name': 's'})
                k.learnt(k.learn(source(data)), why)
                assert k.holds() == {}, data
        # One that could not be learnt leaves the old one where it is.
        k.knows(b'old')
        k.learnt(k.learn(filled(b'')), 'empty')
        assert k.holds() == {'s': (0, 0)}


def learns_in_pieces():
    with Keeper() as k:
        r, w = os.pipe()
        order = k.learn(r)
        for c in b'in pieces\n':
            os.write(w, bytes((c,)))
            k.quiet()
        assert k.holds() == {}          # a pause gives it up
        os.close(w)
        r, w = os.pipe()
        order = k.learn(r)
        for c in b'in pieces\n':
            os.write(w, bytes((c,)))
            k.quiet()
        os.close(w)
        k.learnt(order)
        run = Run(k)
        assert run.line() == b'in pieces\n'
        run.close()


def learns_in_time_only():
    with Keeper() as k:
        r, w = os.pipe()
        k.learnt(k.learn(r, ms=50), 'did not come in time')
        os.close(w)
        r, w = filled(b'line, and no end\n', close=False)
        k.learnt(k.learn(r, ms=50), 'did not come in time')
        os.close(w)
        # One that always has a little more has no more time than others.
        r, w = os.pipe()
        order = k.learn(r, ms=300)
        begin = time.monotonic()
        while not select.select([k], [], [], 0.02)[0]:
            os.write(w, b'x')
            assert time.monotonic() - begin < PATIENCE
        k.learnt(order, 'did not come in time')
        os.close(w)
        assert k.holds() == {}
        k.learnt(k.learn(filled(b'at once'), ms=0))


def learns_of_no_descriptor():
    with Keeper() as k:
        k.learnt(k.learn(None), 'did not come along')
        r, w = os.pipe()
        os.close(r)
        k.learnt(k.learn(w), 'Bad file descriptor')
        k.learnt(k.learn(os.open('/', os.O_RDONLY)), 'directory')
        k.learnt(k.learn(os.open('/dev/null', os.O_RDONLY)), 'empty')
        k.learnt(k.learn(os.open('/dev/zero', os.O_RDONLY)), 'longer')


def learns_once_more():
    """The later order counts, and only that is answered."""
    with Keeper() as k:
        r1, w1 = os.pipe()
        r2, w2 = os.pipe()
        k.learn(r1)
        order = k.learn(r2)
        until(lambda: closed(w1))
        os.close(w1)
        os.write(w2, b'second')
        os.close(w2)
        k.learnt(order)
        run = Run(k)
        assert run.line() == b'second\n'
        run.close()
        # Forgotten on its way: nobody waits for it.
        r1, w1 = os.pipe()
        k.learn(r1)
        k.send('KEEPER_FORGET', {'name': 's'})
        until(lambda: closed(w1))
        os.close(w1)
        assert k.holds() == {}
        assert not k.skipped, k.skipped


def closed(w):
    poll = select.poll()
    poll.register(w, 0)
    return any(what & select.POLLERR for _, what in poll.poll(0))


def same_and_forget():
    with Keeper() as k:
        k.send('KEEPER_SAME', {'name': 'b', 'as': 'a'}, ident=1)
        k.learnt(1, 'forgotten', 'b')
        k.knows(SECRET, 'a')
        for name in 'b', 'a':
            k.send('KEEPER_SAME', {'name': name, 'as': 'a'}, ident=2)
            k.learnt(2, '', name)
        assert k.holds() == {'a': (0, 0), 'b': (0, 0)}
        k.send('KEEPER_FORGET', {'name': 'a'})
        k.send('KEEPER_FORGET', {'name': 'nobody'})
        assert k.holds() == {'b': (0, 0)}
        run = Run(k, 1, 'b')
        assert run.line() == SECRET + b'\n'
        run.close()
        run = Run(k, 1, 'a')
        assert run.line() == b'', 'of one that is forgotten'
        run.close()


def feeds():
    for order in 'FEED FEED_READ', 'FEED_READ FEED':
        with Keeper() as k:
            k.knows()
            # Not to the end of a line that was not read yet
            run = Run(k, 1, order=order)
            until(lambda: run.left() == len(SECRET) + 1)
            k.quiet()
            assert run.left() == len(SECRET) + 1, 'more than one line'
            assert run.line(5) == SECRET[:5]
            k.quiet()
            assert run.left() == len(SECRET) + 1 - 5, 'after half of one'
            assert run.line() == SECRET[5:] + b'\n'
            assert run.line() == SECRET + b'\n'
            assert run.line() == SECRET + b'\n'
            assert run.line() == b'', 'a fourth'
            k.ended(1, LINES)
            run.close()
            # And by a reader that takes all it can get
            run = Run(k, 2, order=order)
            assert len(drained(run)) == LINES * (len(SECRET) + 1)
            k.ended(2, LINES)
            k.ended(2, 0)
            k.ended(3, 0)
            run.close()


def drained(run):
    data = b''
    while True:
        piece = run.line()
        if not piece:
            return data
        data += piece


def one_end_only():
    """With one end of it nothing is written, and nothing is said."""
    with Keeper() as k:
        k.knows()
        run = Run(k, 1, order='FEED')
        k.quiet()
        assert run.left() == 0
        k.ended(1, 0)
        assert run.line() == b''
        run.close()
        run = Run(k, 2, order='FEED_READ')
        k.ended(2, 0)
        run.close()
        # No descriptor at all
        k.told('FEED', 3)
        k.told('FEED_READ', 3)
        k.ended(3, 0)
        until(lambda: sum('did not come along' in t for t in k.logs) == 2 or
              k.quiet())


def is_fed():
    with Keeper() as k:
        k.knows()
        # Before the first line was read it is not taken from it.
        run = Run(k)
        until(run.left)
        k.told('FED')
        k.quiet()
        assert run.left() == len(SECRET) + 1
        assert run.line() == SECRET + b'\n'
        assert run.line() == b''
        k.ended(1, 1)
        run.close()
        # After it the second one is.
        run = Run(k, 2)
        assert run.line() == SECRET + b'\n'
        until(run.left)
        k.told('FED', 2)
        assert k.holds() == {'s': (1, 2)}
        assert run.left() == 0
        assert run.line() == b''
        k.ended(2, 1)
        run.close()
        # Not by the word of another run
        run = Run(k, 3)
        assert run.line() == SECRET + b'\n'
        k.told('FED', 2)
        k.told('FED', 4)
        k.told('FED', 3, 'other')
        assert run.line() == SECRET + b'\n'
        until(run.left)
        k.ended(3, 2)
        run.close()


def forgotten_while_it_lies_there():
    with Keeper() as k:
        k.knows()
        run = Run(k)
        until(run.left)
        k.send('KEEPER_FORGET', {'name': 's'})
        k.quiet()
        assert run.left() == 0
        assert run.line() == b''
        k.ended(1, 0)
        run.close()
        # And asked again by another line: what it gets is the end.
        k.knows(b'another')
        run = Run(k, 2)
        assert run.line() == b'another\n'
        k.send('KEEPER_FORGET', {'name': 's'})
        k.quiet()
        assert run.line() == b''
        run.close()


def readers_that_are_gone():
    with Keeper() as k:
        k.knows()
        run = Run(k)
        until(run.left)
        run.close()
        k.ended(1, 0)
        # Not even a pipe
        for fd in (os.open('/dev/null', os.O_RDONLY), in_file(b'')):
            k.told('FEED', 2, fd=fd)
            k.told('FEED_READ', 2, fd=fd)
            k.ended(2, 0)
            os.close(fd)
        # Its reader is gone before, and the keeper has another's end.
        r, w = os.pipe()
        r2, w2 = os.pipe()
        os.close(r)
        k.told('FEED', 3, fd=w)
        k.told('FEED_READ', 3, fd=r2)
        k.ended(3, 0)
        for fd in w, r2, w2:
            os.close(fd)
        # One that never reads
        run = Run(k, 4)
        until(run.left)
        k.ended(4, 0)
        assert run.left() == 0 and run.line() == b''
        run.close()


def two_runs():
    """A later run ends the feed of the earlier one."""
    with Keeper() as k:
        k.knows()
        first = Run(k, 1)
        until(first.left)
        second = Run(k, 2)
        until(second.left)
        assert first.line() == b''
        assert k.holds() == {'s': (0, 2)}
        k.ended(1, 0)
        assert second.line() == SECRET + b'\n'
        k.told('FED', 2)
        k.quiet()
        assert second.line() == b''
        k.ended(2, 1)
        first.close()
        second.close()
        assert k.holds() == {'s': (1, 0)}
        # Another passphrase is not proven.
        k.knows(b'another')
        assert k.holds() == {'s': (0, 0)}


def open_files(k):
    return len(os.listdir(f'/proc/{k.pid}/fd'))


def many():
    """As many at once as there may be services."""
    count = 500
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = 2 * count + 100
    if hard != resource.RLIM_INFINITY:
        want = min(want, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, want), hard))
    with Keeper() as k:
        k.knows()
        # Only root sees what another user has open.
        before = open_files(k) if os.getuid() == 0 else None
        for i in range(1, count):
            k.send('KEEPER_SAME', {'name': f's{i}', 'as': 's'}, ident=i)
            k.learnt(i, '', f's{i}')
        k.send('KEEPER_SAME', {'name': 's0', 'as': 's'}, ident=count)
        k.learnt(count, '', 's0')
        runs = [Run(k, i + 1, f's{i}') for i in range(count)]
        for run in runs:
            assert run.line() == SECRET + b'\n'
        for i, run in enumerate(runs):
            k.told('FED', i + 1, f's{i}')
            assert drained(run) in (b'', SECRET + b'\n')
            run.close()
        held = k.holds()
        assert len(held) == count + 1
        assert held['s7'] == (1, 8), held['s7']
        for i in range(count):
            k.told('END', i + 1, f's{i}')
        for i in range(count):
            assert k.expect('KEEPER_ENDED').fields['asked'] in (1, 2)
        if before is not None:
            assert open_files(k) == before, (before, open_files(k))


def paused():
    with Keeper() as k:
        k.knows()
        run = Run(k)
        assert run.line() == SECRET + b'\n'
        k.told('FED')
        r, w = os.pipe()
        order = k.learn(r, 'coming')
        k.pause()
        assert closed(w), 'it goes on to learn'
        os.close(w)
        # What runs is still fed, and nothing is said of it.
        k.told('FEED', 5, 's')
        assert not select.select([k], [], [], 0.1)[0], 'it speaks'
        assert k.resume() == {'s': (1, 1)}
        k.ended(1, 1)
        run.close()
        k.knows(b'still there', 't')
        assert set(k.holds()) == {'s', 't'}
        assert order


def another_protocol():
    k = Keeper()
    k.knows()
    k.pause()
    k.send('KEEPER_RESUME', {'protocol': CONSTANTS['KEEPER_PROTOCOL'] + 1})
    try:
        while True:
            m = k.receive()
            assert m.type != 'KEEPER_HOLDS', m
    except Gone:
        pass
    assert k.wait() == 79, k.code       # ROOM_OTHER_BUILD
    assert any('protocol' in text for text in k.logs), k.logs
    k.close()


def malformed():
    """The parent is of its build: what is malformed ends it."""
    name = {'name': 's'}
    for kind, payload in (
            ('LEARN', b''), ('LEARN', b'\xff\xff' + b'x' * 100),
            ('LEARN', pack('KEEPER_LEARN', name)[:-1]),
            ('LEARN', pack('KEEPER_LEARN', name) + b'x'),
            ('LEARN', pack('KEEPER_LEARN', {'name': b'a\0b'})),
            ('LEARN', pack('KEEPER_LEARN', {'name': 'x' * 64})),
            ('SAME', pack('KEEPER_SAME', name)[:-1]),
            ('FORGET', b'\1\0'), ('FED', b'\0'), ('END', b'x' * 10),
            ('FEED', pack('KEEPER_FEED', name)[:-1]),
            ('RESUME', b'\0\0\0'), ('LEARNT', pack('KEEPER_LEARNT', name)),
            ('HOLDS_END', b'')):
        k = Keeper()
        k.knows()
        r, w = os.pipe()
        k.send_raw(CONSTANTS['MSG_KEEPER_' + kind], payload, fd=r)
        os.close(r)
        os.close(w)
        code = k.wait()
        assert code > 0, (kind, payload, code)
        k.close()
    for number in CONSTANTS['MSG_NONE'], 4000, 0xffffffff:
        k = Keeper()
        k.send_raw(number, b'')
        assert k.wait() > 0
        k.close()


def regions(pid):
    """[(permissions, flags)] of its memory, as the kernel has it."""
    found = []
    with open(f'/proc/{pid}/smaps') as f:
        for line in f:
            m = re.match(r'[0-9a-f]+-[0-9a-f]+ (....) ', line)
            if m:
                found.append([m.group(1), []])
            elif line.startswith('VmFlags:'):
                found[-1][1] = line.split()[1:]
    return found


def may_lock():
    soft, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    return os.getuid() == 0 or soft == resource.RLIM_INFINITY or \
        soft >= 1 << 16


def memory():
    """Locked, not even readable while it is idle, and not in a dump."""
    with Keeper() as k:
        sanitized = bool(os.environ.get('REGRESS_SANITIZED'))
        # The limits and the size of what is locked are there for all.
        k.knows()
        run = Run(k)
        assert run.line() == SECRET + b'\n'
        k.quiet()
        with open(f'/proc/{k.pid}/status') as f:
            status = f.read()
        locked = int(re.search(r'VmLck:\s*(\d+)', status).group(1))
        if may_lock() and not sanitized:
            assert locked > 0, status
        with open(f'/proc/{k.pid}/limits') as f:
            core = re.search(r'Max core file size\s+(\S+)\s+(\S+)', f.read())
        assert core.groups() == ('0', '0'), core
        if os.getuid() == 0 and locked:
            kept = [r for r in regions(k.pid) if 'lo' in r[1]]
            assert kept
            for permissions, flags in kept:
                assert permissions[:3] == '---', kept
                assert 'dd' in flags, kept
        run.close()


def others_may_not_look():
    """Not even the user that it runs as."""
    script = '''
import ctypes, os, sys
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
for name in 'mem', 'maps', 'environ':
    try:
        open('/proc/%d/%s' % (pid, name), 'rb').read(1)
        sys.exit(name + ' can be read')
    except PermissionError:
        pass
if libc.ptrace(16, pid, None, None) != -1:
    sys.exit('it can be attached to')
into = ctypes.create_string_buffer(8)
ours = (ctypes.c_size_t * 2)(ctypes.addressof(into), 8)
# Where nothing is: EFAULT for one who may look, EPERM for others
theirs = (ctypes.c_size_t * 2)(0x1000, 8)
if libc.process_vm_readv(pid, ours, 1, theirs, 1, 0) != -1 or \
        ctypes.get_errno() != 1:
    sys.exit('its memory can be read: %d' % ctypes.get_errno())
try:
    os.listdir('/proc/%d/fd' % pid)
    sys.exit('its descriptors can be seen')
except PermissionError:
    pass
# It can be seen at all: a control of the above
open('/proc/%d/status' % pid).read()
open('/proc/self/mem', 'rb').close()
'''
    with Keeper() as k:
        k.knows()

        def become():
            if os.getuid() == 0:
                user = pwd.getpwnam(room_user())
                os.setgroups([])
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
            os.chdir('/')
        done = subprocess.run(
            [sys.executable, '-c', script, str(k.pid)], preexec_fn=become,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout.decode()


def it_ends():
    """With its channel, and at once, whatever it is about to do."""
    k = Keeper()
    k.knows()
    r, w = os.pipe()
    k.learn(r, 'coming')
    run = Run(k)
    until(run.left)
    k.quiet()
    assert k.close() == 0
    os.close(w)
    # Nobody takes that back any more, and it is for its reader alone.
    assert run.line() in (SECRET + b'\n', b'')
    run.close()


if __name__ == '__main__':
    run_cases([learns, learns_in_pieces, learns_in_time_only,
               learns_of_no_descriptor, learns_once_more, same_and_forget,
               feeds, one_end_only, is_fed, forgotten_while_it_lies_there,
               readers_that_are_gone, two_runs, many, paused,
               another_protocol, malformed, memory, others_may_not_look,
               it_ends])
