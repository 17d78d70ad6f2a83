#!/usr/bin/env python3
"""The supervisor room, driven as its parent does, in its real sandbox."""

import errno
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import CONSTANTS, Room, run_cases  # noqa: E402

STATE = {name[len('SERVICE_'):].lower(): value
         for name, value in CONSTANTS.items()
         if name.startswith('SERVICE_') and not name.endswith('STATES')}
DOWN, UP, RESTART = 0, 1, 2
CODE, SIGNALLED = CONSTANTS['EXIT_CODE'], CONSTANTS['EXIT_SIGNAL']
PLENTY = 60


def now_ms():
    return int(time.monotonic() * 1000)


class Service:
    """A slot as the parent sees it: fifo, log files, what was said."""

    def __init__(self, slot, where, log_size=0, **policy):
        self.slot = slot
        self.path = os.path.join(where, f'fifo{slot}')
        self.log_path = os.path.join(where, f'{slot}.log')
        self.rotated = 0
        os.mkfifo(self.path, 0o600)
        self.read_fd = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.policy = {
            'slot': slot, 'name': f's{slot}', 'restart': 0,
            'stop_signal': signal.SIGINT, 'grace_ms': 60000,
            'stable_ms': 60000, 'backoff_ms': 1000, 'backoff_max_ms': 60000,
            'limit': 10, 'retry_ms': 600000, 'log_size': log_size,
            'log_count': 1000, **policy}
        self.state = {'slot': slot}
        self.order = 0
        self.generation = 0
        self.log_fd = self.open_log()

    def open_log(self):
        return os.open(self.log_path, os.O_WRONLY | os.O_CREAT, 0o640)

    def rotate(self):
        self.rotated += 1
        os.rename(self.log_path, f'{self.log_path}.{self.rotated}')
        os.close(self.log_fd)
        self.log_fd = self.open_log()

    def files(self):
        """Contents, oldest first."""
        names = [f'{self.log_path}.{i + 1}' for i in range(self.rotated)]
        out = []
        for name in names + [self.log_path]:
            with open(name, 'rb') as f:
                out.append(f.read())
        return out

    def writer(self):
        return os.open(self.path, os.O_RDWR)

    def replay(self, room):
        room.send('SERVICE', self.policy)
        room.send('SERVICE_STATE', self.state)
        room.send('SERVICE_FIFO', {'slot': self.slot}, fd=self.read_fd)
        room.send('SERVICE_LOG', {'slot': self.slot}, fd=self.log_fd)

    def want(self, room, what):
        self.order += 1
        room.send('SERVICE_WANT', {'slot': self.slot, 'want': what,
                                   'order': self.order})

    def started(self, room, pid=4711):
        self.generation += 1
        room.send('SERVICE_STARTED', {'slot': self.slot, 'pid': pid,
                                      'generation': self.generation})

    def ended(self, room, kind=CODE, value=0):
        room.send('SERVICE_ENDED', {
            'slot': self.slot, 'generation': self.generation,
            'exit_kind': kind, 'exit_value': value})


class Dir:
    def __enter__(self):
        self.where = tempfile.TemporaryDirectory(prefix='supervisor.')
        return self.where.name

    def __exit__(self, *unused):
        self.where.cleanup()


def start_room(*services):
    room = Room('supervisor')
    for service in services:
        service.replay(room)
    room.send('SERVICES_END')
    return room


def expect_state(room, name):
    m = room.expect('SERVICE_STATE', PLENTY)
    assert m.fields['state'] == STATE[name], (name, m)
    return m.fields


def wait_until(what, done):
    end = time.monotonic() + PLENTY
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.002)


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def lines(count, longest, seed):
    dice = random.Random(seed)
    return b''.join(
        b'%08d %s\n' % (i, b'x' * dice.randrange(longest))
        for i in range(count))


def life():
    with Dir() as where:
        s = Service(3, where, grace_ms=150, backoff_ms=40, backoff_max_ms=40)
        room = start_room(s)
        s.want(room, UP)
        expect_state(room, 'starting')
        m = room.expect('ORDER_START')
        assert m.fields == {'slot': 3, 'generation': 0, 'signal': 0}, m
        s.started(room)
        assert expect_state(room, 'running')['pid'] == 4711

        begin = now_ms()
        s.ended(room, SIGNALLED, signal.SIGSEGV)
        state = expect_state(room, 'backoff')
        assert state['failures'] == 1 and state['pid'] == 0, state
        assert state['exit_value'] == signal.SIGSEGV, state
        expect_state(room, 'starting')
        m = room.expect('ORDER_START')
        assert m.fields['generation'] == 1, m
        assert now_ms() - begin >= 30, 'backoff was not waited for'
        s.started(room, 4712)
        assert expect_state(room, 'running')['restarts'] == 1

        # nothing of the past is heard
        room.send('SERVICE_ENDED', {'slot': 3, 'generation': 1,
                                    'exit_kind': CODE, 'exit_value': 1})
        room.send('SERVICE_WANT', {'slot': 3, 'want': DOWN, 'order': 1})

        s.want(room, DOWN)
        expect_state(room, 'stopping')
        for name in ('SIGINT', 'SIGTERM'):
            m = room.expect('ORDER_SIGNAL', PLENTY)
            assert m.fields['signal'] == getattr(signal, name), (name, m)
            assert m.fields['generation'] == 2, m
        s.want(room, DOWN)              # shortens to KILL
        m = room.expect('ORDER_SIGNAL')
        assert m.fields['signal'] == signal.SIGKILL, m
        s.ended(room, SIGNALLED, signal.SIGKILL)
        while True:
            state = room.expect('SERVICE_STATE').fields
            if state['state'] != STATE['stopping']:
                break
        assert state['state'] == STATE['stopped'], state
        assert not [m for m in room.skipped if m.type == 'ORDER_START']
        assert room.close() == 0


def restart_and_no_binary():
    with Dir() as where:
        s = Service(0, where)
        room = start_room(s)
        s.want(room, UP)
        room.expect('ORDER_START')
        room.send('SERVICE_STARTED', {'slot': 0, 'wait': 1,
                                      'error': 'nothing installed'})
        expect_state(room, 'stopped')
        s.want(room, UP)
        room.expect('ORDER_START')
        s.started(room)
        room.skipped.clear()
        s.want(room, RESTART)
        room.expect('ORDER_SIGNAL')
        s.ended(room, SIGNALLED, signal.SIGINT)
        m = room.expect('ORDER_START')
        assert m.fields['generation'] == 1, m
        room.close()


def replay():
    """What a supervisor that died left to be done is done by the next."""
    with Dir() as where:
        starting, stopping, waiting, running, resting = services = [
            Service(i, where) for i in range(5)]
        starting.state.update(state=STATE['starting'], want=UP, generation=5)
        stopping.state.update(state=STATE['stopping'], want=DOWN, pid=77,
                              generation=6, step=1, due_ms=now_ms() + 300)
        waiting.state.update(state=STATE['backoff'], want=UP, failures=3,
                             generation=7, due_ms=now_ms() - 5)
        running.state.update(state=STATE['running'], want=UP, pid=78,
                             generation=8, started_ms=now_ms())
        resting.state.update(state=STATE['stopped'], want=UP, generation=9)
        room = start_room(*services)
        m = room.expect('ORDER_START')
        assert m.fields['slot'] == 0 and m.fields['generation'] == 5, m
        m = room.expect('ORDER_SIGNAL')
        assert m.fields['signal'] == signal.SIGTERM, m
        m = room.expect('ORDER_START')
        assert m.fields['slot'] == 2 and m.fields['generation'] == 7, m
        m = room.expect('ORDER_SIGNAL', PLENTY)
        assert m.fields['slot'] == 1, m
        assert m.fields['signal'] == signal.SIGKILL, m
        running.generation = 8
        running.ended(room, CODE, 3)
        state = expect_state(room, 'backoff')
        while state['slot'] != 3:
            state = room.expect('SERVICE_STATE').fields
        assert state['failures'] == 1, state
        room.close()


def output():
    """Every byte arrives, over several lives of the writer."""
    with Dir() as where:
        s = Service(0, where)
        room = start_room(s)
        s.want(room, UP)
        room.expect('ORDER_START')
        want = b''
        for i in range(3):
            text = lines(3000, 300, i) + bytes(range(256)) + b'no newline'
            fd = s.writer()
            s.started(room)
            write_all(fd, text)
            os.close(fd)
            want += text
            wait_until('output', lambda: os.path.getsize(s.log_path) ==
                       len(want))
            s.ended(room, CODE, 0)
        assert s.files() == [want]
        assert cpu_of(room.pid, 0.3) < 0.15, 'busy at the end of a fifo'
        room.close()


def cpu_of(pid, seconds):
    """CPU seconds that a process uses while it should sleep."""
    def used():
        with open(f'/proc/{pid}/stat') as f:
            words = f.read().rsplit(')', 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')
    begin = used()
    time.sleep(seconds)
    return used() - begin


def rotation(late):
    with Dir() as where:
        size = 64 * 1024
        s = Service(0, where, log_size=size)
        room = start_room(s)
        text = lines(20000, 200, 7)
        fd = s.writer()
        s.want(room, UP)
        s.started(room)
        room.expect('ORDER_START')
        thread = threading.Thread(target=write_all, args=(fd, text))
        thread.start()
        total = 0
        while total < len(text):
            try:
                m = room.receive(0.05)
                if m.type == 'ORDER_ROTATE':
                    if late:
                        time.sleep(0.7)
                    s.rotate()
                    room.send('SERVICE_LOG', {'slot': 0}, fd=s.log_fd)
            except TimeoutError:
                pass
            total = sum(len(f) for f in s.files())
        thread.join()
        os.close(fd)
        files = s.files()
        assert b''.join(files) == text, 'lost, doubled or out of order'
        assert s.rotated >= 1, s.rotated
        for f in files[:-1]:
            assert f.endswith(b'\n'), 'a torn line'
            assert len(f) >= size, len(f)
        room.close()


def rotation_at_line_ends():
    rotation(False)


def rotation_answered_late():
    rotation(True)


def endless_line():
    """A line without an end is cut, not kept for ever."""
    with Dir() as where:
        s = Service(0, where, log_size=1000)
        room = start_room(s)
        fd = s.writer()
        s.want(room, UP)
        s.started(room)
        thread = threading.Thread(target=write_all,
                                  args=(fd, b'y' * 3000000))
        thread.start()
        room.expect('ORDER_ROTATE', PLENTY)
        s.rotate()
        room.send('SERVICE_LOG', {'slot': 0}, fd=s.log_fd)
        room.expect('ORDER_ROTATE', PLENTY)
        thread.join()
        os.close(fd)
        room.close()


def flood():
    """One service that floods its log does not hold up another."""
    with Dir() as where:
        noisy, quiet = Service(0, where), Service(1, where)
        room = start_room(noisy, quiet)
        fd = noisy.writer()
        source = subprocess.Popen(['dd', 'if=/dev/zero', 'bs=64k'],
                                  stdout=fd, stderr=subprocess.DEVNULL)
        took, moved = [], 0
        started = time.monotonic()
        try:
            while len(took) < 300:
                begin = time.monotonic()
                quiet.want(room, UP)
                room.expect('ORDER_START', PLENTY)
                took.append(time.monotonic() - begin)
                room.send('SERVICE_STARTED', {'slot': 1, 'wait': 1})
                room.expect('SERVICE_STATE', PLENTY)
                grown = os.lseek(noisy.log_fd, 0, os.SEEK_CUR) - moved
                if grown == 0:
                    took.pop()          # no flood yet
                moved += grown
                os.truncate(noisy.log_path, 0)
        finally:
            source.kill()
            source.wait()
            os.close(fd)
        rate = moved / (time.monotonic() - started) / 1e6
        took.sort()
        print(f'median {took[150] * 1000:.2f} ms, worst '
              f'{took[-1] * 1000:.2f} ms beside {rate:.0f} MB/s')
        assert took[150] < 0.5, took
        room.close()


def full_disk():
    with Dir() as where:
        s = Service(0, where)
        good, s.log_fd = s.log_fd, os.open('/dev/full', os.O_WRONLY)
        room = start_room(s)
        os.close(s.log_fd)
        s.log_fd = good
        fd = s.writer()
        s.want(room, UP)
        s.started(room)
        write_all(fd, b'z' * 300000)    # would block if nobody took it
        m = room.expect('OUTPUT_LOST', PLENTY)
        assert m.fields['bytes'] > 0, m
        assert m.fields['error'] == os.strerror(errno.ENOSPC), m
        # space again: what comes now is kept
        room.send('SERVICE_LOG', {'slot': 0}, fd=s.log_fd)
        end = b'back again\n'
        deadline = time.monotonic() + PLENTY
        while end not in s.files()[0]:
            assert time.monotonic() < deadline
            write_all(fd, end)
            time.sleep(0.01)
        os.close(fd)
        room.close()


def killed_again_and_again():
    """No byte lost, doubled or torn over kills of the supervisor."""
    with Dir() as where:
        s = Service(0, where)
        s.state.update(state=STATE['running'], want=UP, pid=5, generation=1)
        fd = s.writer()
        writer = subprocess.Popen([sys.executable, '-c', '''
import os, sys
i = 0
try:
    while os.getppid() != 1 and not os.path.exists(sys.argv[1]):
        os.write(1, b"".join(b"%012d\\n" % j for j in range(i, i + 64)))
        i += 64
finally:
    with open(sys.argv[1] + ".count", "w") as f:
        f.write(str(i))
''', where + '/enough'], stdout=fd)
        dice = random.Random(5)
        for i in range(int(os.environ.get('SUPERVISOR_KILLS', 60))):
            room = start_room(s)
            time.sleep(dice.random() * 0.02)
            os.kill(room.pid, signal.SIGKILL)
            assert room.close() == -signal.SIGKILL
        room = start_room(s)
        open(where + '/enough', 'w').close()
        writer.wait()
        os.close(fd)
        with open(where + '/enough.count') as f:
            count = int(f.read())
        wait_until('all lines', lambda: os.path.getsize(s.log_path) >=
                   count * 13)
        with open(s.log_path, 'rb') as f:
            for i, line in enumerate(f):
                assert line == b'%012d\n' % i, (i, line)
        assert i + 1 == count, (i, count)
        print(f'{count} lines')
        room.close()


def orphan():
    """Without a parent it drains until nobody writes, then leaves."""
    with Dir() as where:
        s, idle = Service(0, where, log_size=100), Service(1, where)
        s.state.update(state=STATE['running'], want=UP, pid=5, generation=1)
        fd = s.writer()
        room = start_room(s, idle)
        write_all(fd, b'a' * 200 + b'\n')
        room.expect('ORDER_ROTATE')     # and nobody answers
        room.sock.close()
        text = lines(4000, 200, 2)
        write_all(fd, text)
        wait_until('the orphan drains', lambda: os.path.getsize(s.log_path)
                   == len(text) + 201)
        assert os.waitpid(room.pid, os.WNOHANG) == (0, 0)
        os.close(fd)
        assert room.wait() == 0
        room.close()


def orphan_without_work():
    with Dir() as where:
        room = start_room(Service(0, where))
        room.sock.close()
        assert room.wait() == 0
        room.close()


def many_slots():
    with Dir() as where:
        services = [Service(i, where) for i in range(300)]
        for s in services:
            os.close(s.log_fd)
            s.log_fd = os.open('/dev/null', os.O_WRONLY)
        room = start_room(*services)
        for s in services:
            s.want(room, UP)
        for s in services:
            assert room.expect('ORDER_START').fields['slot'] == s.slot
        room.send('SERVICE_REMOVE', {'slot': 7})
        services[7].started(room)       # for a slot that is gone
        services[8].started(room)
        while room.expect('SERVICE_STATE').fields['state'] != \
                STATE['running']:
            pass
        for s in services:
            os.close(s.log_fd)
            os.close(s.read_fd)
        room.close()


def a_parent_that_talks_nonsense():
    room = Room('supervisor')
    room.send_raw(CONSTANTS['MSG_SERVICE_WANT'], b'short')
    try:
        room.expect('SERVICE_STATE', PLENTY)
    except AssertionError:
        pass
    assert room.close() == 1


run_cases([life, restart_and_no_binary, replay, output,
           rotation_at_line_ends, rotation_answered_late, endless_line,
           flood, full_disk, killed_again_and_again, orphan,
           orphan_without_work, many_slots, a_parent_that_talks_nonsense])
