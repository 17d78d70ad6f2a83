"""The control room in its sandbox: its clients, good and bad."""

import os
import pwd
import resource
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import (CONSTANTS, HEADER, PATIENCE, Channel, Gone, Room, pack,
                  run_cases)

# A socket's path is short: not below a long name of a directory
BASE = os.environ.get('REGRESS_DIR') or tempfile.gettempdir()
DIR = tempfile.mkdtemp(prefix='room.', dir=BASE if len(BASE) < 60 else '/tmp')
os.chmod(DIR, 0o755)
CATALOGUE = CONSTANTS['MESSAGE_CATALOGUE']
SHOW = CONSTANTS['VERB_SHOW_SERVICES']
ROOT = os.getuid() == 0
MOST = 256 if ROOT else 64
HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (HARD, HARD))
CROWD = 1000 if HARD == resource.RLIM_INFINITY else min(1000, HARD - 100)


class World:
    """A room that listens, and we as its parent."""

    count = 0

    def __init__(self, kind='admin', backlog=1024):
        World.count += 1
        self.path = os.path.join(DIR, f'{kind}.{World.count}')
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o777)
        self.listener.listen(backlog)
        self.room = Room('control', kind=kind)
        self.room.send('LISTEN', fd=self.listener.fileno())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        code = self.room.close()
        self.listener.close()
        os.unlink(self.path)
        assert code == 0, f'the room left with {code}: {self.room.logs}'

    def client(self):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(PATIENCE)
        s.connect(self.path)
        return Channel(s)

    def ask(self, client=None, **fields):
        """A client that asked, and the request as the parent saw it."""
        client = client or self.client()
        client.send('REQUEST', {'catalogue': CATALOGUE, 'verb': SHOW,
                                **fields})
        return client, self.room.expect('REQUEST')

    def serve(self, text='[]'):
        """A whole good conversation."""
        client, request = self.ask()
        self.room.send('ANSWER', {'text': text}, request.id)
        self.room.send('ANSWER_END', {'code': 0}, request.id)
        answer = client.receive()
        assert (answer.type, answer.fields['text']) == ('ANSWER', text)
        assert client.receive().type == 'ANSWER_END'
        closed(client)

    def logged(self, text, seconds=PATIENCE):
        """Serves until the room has logged it."""
        end = time.monotonic() + seconds
        while not any(text in line for line in self.room.logs):
            assert time.monotonic() < end, \
                f'{text!r} not in {self.room.logs}'
            self.serve()


def closed(client):
    """The room closes, with nothing more said."""
    try:
        m = client.receive()
    except Gone:
        client.close()
        return
    raise AssertionError(f'{m} instead of the end')


def request_and_answers():
    with World() as w:
        client, request = w.ask(name='svc', argument='running', extra='x',
                                number=-5, uid=0x7fffffff, gid=0x7ffffffe)
        assert request.id != 0
        f = request.fields
        assert (f['uid'], f['gid']) == (os.getuid(), os.getgid()), f
        assert (f['verb'], f['name'], f['argument'], f['extra'],
                f['number']) == (SHOW, 'svc', 'running', 'x', -5)
        w.room.send('ANSWER', {'text': 'a' * 12287, 'more': 1}, request.id)
        w.room.send('ANSWER', {'text': 'b\n'}, request.id)
        with open('/dev/null', 'rb') as f:
            w.room.send('ANSWER', {'text': 'file'}, request.id, f.fileno())
        w.room.send('ANSWER_END', {'code': 3, 'text': 'done'}, request.id)
        m = client.receive()
        assert m.fields == {'more': 1, 'text': 'a' * 12287} and m.fd is None
        assert client.receive().fields == {'more': 0, 'text': 'b\n'}
        m = client.receive()
        assert m.fields['text'] == 'file' and m.fd is not None
        assert os.fstat(m.fd).st_rdev == os.stat('/dev/null').st_rdev
        os.close(m.fd)
        assert client.receive().fields == {'code': 3, 'text': 'done'}
        closed(client)
        w.serve()
        assert not w.room.skipped, w.room.skipped


def show_is_the_same_program():
    with World('show') as w:
        assert w.room.hello.fields['kind'] == CONSTANTS['ROOM_SHOW']
        w.serve()


def answers_by_id():
    with World() as w:
        pairs = [w.ask(name=f'c{i}') for i in range(20)]
        assert len({r.id for _, r in pairs}) == 20
        for i, (_, r) in reversed(list(enumerate(pairs))):
            w.room.send('ANSWER', {'text': f'{i}'}, r.id)
            w.room.send('ANSWER_END', {}, r.id)
        for i, (c, _) in enumerate(pairs):
            assert c.receive().fields['text'] == f'{i}'
            assert c.receive().type == 'ANSWER_END'
            closed(c)
        # An id that nobody has, with and without an fd
        with open('/dev/null', 'rb') as f:
            w.room.send('ANSWER', {'text': 'x'}, pairs[0][1].id, f.fileno())
        w.room.send('ANSWER_END', {}, 0)
        w.room.send('ANSWER_END', {}, 0xffffffff)
        w.serve()


def bad_messages():
    good = pack('REQUEST', {'catalogue': CATALOGUE, 'verb': SHOW,
                            'name': 'abc'})
    number = CONSTANTS['MSG_REQUEST']

    def message(payload, kind=number):
        return HEADER.pack(kind, HEADER.size + len(payload), 0, 0) + payload

    def verb(v):
        return message(pack('REQUEST', {'catalogue': CATALOGUE, 'verb': v}))

    cases = [
        ('header too short', HEADER.pack(number, 15, 0, 0)),
        ('header of nothing', HEADER.pack(number, 0, 0, 0)),
        ('header too long', HEADER.pack(number, 16385, 0, 0)),
        ('header far too long', HEADER.pack(number, 0x7fffffff, 0, 0)),
        ('empty', message(b'')),
        ('cut', message(good[:-1])),
        ('cut at every field', message(good[:4])),
        ('long', message(good + b'\0')),
        ('as long as can be', message(good.ljust(16368, b'x'))),
        ('NUL in a name', message(good.replace(b'abc', b'a\0c'))),
        ('newline in a name', message(good.replace(b'abc', b'a\nc'))),
        ('name past the end', message(good.replace(b'\3\0abc',
                                                   b'\xff\xffabc'))),
        ('no verb', verb(0)),
        ('a verb too many', verb(CONSTANTS['VERBS'])),
        ('a verb of fantasy', verb(0xffffffff)),
        ('no such message', message(good, CONSTANTS['MSG_TYPES'])),
        ('type 0', message(good, 0)),
        ('type of fantasy', message(good, 0xffffffff)),
        ('a hello', message(pack('HELLO', {}), CONSTANTS['MSG_HELLO'])),
        ('an answer', message(pack('ANSWER', {}), CONSTANTS['MSG_ANSWER'])),
        ('a listen', message(b'', CONSTANTS['MSG_LISTEN'])),
        ('text', b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    ]
    for name, data in cases:
        with World() as w:
            waiting, r = w.ask()
            c = w.client()
            c.sock.sendall(data)
            closed(c)
            w.logged('dropped: ')
            assert len(w.room.logs) == 1, (name, w.room.logs)
            assert f'uid {os.getuid()} ' in w.room.logs[0]
            w.room.send('ANSWER_END', {}, r.id)
            assert waiting.receive().type == 'ANSWER_END', name
            assert not w.room.skipped, (name, w.room.skipped)


def one_request_only():
    with World() as w:
        client, r = w.ask()
        client.send('REQUEST', {'catalogue': CATALOGUE, 'verb': SHOW})
        gone = w.room.expect('CLIENT_GONE')
        assert gone.id == r.id
        closed(client)
        w.logged('a second message')


def files_of_a_request():
    """Files follow an install to the parent, as many as were announced."""
    install = CONSTANTS['VERB_INSTALL']
    with World() as w, open('/dev/null', 'rb') as f:
        client, request = w.ask(verb=install, number=2, extra='lavap')
        for which in ('BINARY', 'LIST'):
            client.send('REQUEST_FILE', {'which': CONSTANTS[
                'VERIFY_' + which]}, fd=f.fileno())
            m = w.room.expect('REQUEST_FILE')
            assert (m.id, m.fields['which']) == (
                request.id, CONSTANTS['VERIFY_' + which])
            assert os.fstat(m.fd).st_rdev == os.stat('/dev/null').st_rdev
            os.close(m.fd)
        client.send('REQUEST_FILE', {'which': 0}, fd=f.fileno())
        assert w.room.expect('CLIENT_GONE').id == request.id
        closed(client)
        # The parent has refused; what is on its way is dropped in peace.
        client, request = w.ask(verb=install, number=1, extra='lavap')
        w.room.send('ANSWER_END', {'code': 1, 'text': 'no'}, request.id)
        try:
            client.send('REQUEST_FILE', {'which': 0}, fd=f.fileno())
        except Gone:
            pass
        assert client.receive().fields == {'code': 1, 'text': 'no'}
        client.close()
        for number in (0, -1, 5):
            client = w.client()
            client.send('REQUEST', {'catalogue': CATALOGUE, 'verb': install,
                                    'number': number})
            closed(client)
        w.serve()
    with World('show') as w, open('/dev/null', 'rb') as f:
        client, request = w.ask(verb=install, number=1, extra='lavap')
        client.send('REQUEST_FILE', {'which': 0}, fd=f.fileno())
        assert w.room.expect('CLIENT_GONE').id == request.id
        closed(client)
        w.serve()


def other_catalogue():
    for data in (pack('REQUEST', {'catalogue': CATALOGUE + 1, 'verb': SHOW}),
                 struct.pack('<II', CATALOGUE + 7, 999) + b'new fields',
                 struct.pack('<I', 0)):
        with World() as w:
            c = w.client()
            c.send_raw(CONSTANTS['MSG_REQUEST'], data)
            end = c.receive()
            assert end.type == 'ANSWER_END' and end.fields['code'] == 1, end
            assert 'catalogue' in end.fields['text']
            closed(c)
            w.serve()


def client_leaves():
    with World() as w:
        client, r = w.ask()
        client.close()
        assert w.room.expect('CLIENT_GONE').id == r.id
        # One that only knocks is nobody the parent hears of.
        for _ in range(10):
            w.client().close()
        w.serve()
        assert not w.room.logs and not w.room.skipped


def stalling():
    with World() as w:
        silent = w.client()
        half = w.client()
        half.sock.sendall(HEADER.pack(CONSTANTS['MSG_REQUEST'], 100, 0, 0))
        dripping = w.client()
        stop = threading.Event()

        def drip():
            data = HEADER.pack(CONSTANTS['MSG_REQUEST'], 4000, 0, 0)
            try:
                for byte in data + bytes(3984):
                    dripping.sock.sendall(bytes([byte]))
                    if stop.wait(0.2):
                        return
            except OSError:
                pass

        thread = threading.Thread(target=drip)
        thread.start()
        begin = time.monotonic()
        try:
            while len(w.room.logs) < 3:
                w.serve()
                assert time.monotonic() < begin + PATIENCE
                time.sleep(0.05)
        finally:
            stop.set()
            thread.join()
        assert time.monotonic() - begin > 9
        for line in w.room.logs:
            assert 'no request in 10 seconds' in line, line
        for c in silent, half, dripping:
            closed(c)


def thousand_connections():
    with World() as w:
        told, kept = 0, []
        for _ in range(CROWD):
            kept.append(w.client())
        # The room has taken them all in before it takes the last one.
        for c in list(kept)[MOST:]:
            end = c.receive()
            assert end.type == 'ANSWER_END' and end.fields['code'] == 1, end
            assert 'too many clients' in end.fields['text']
            closed(c)
            told += 1
        assert told == CROWD - MOST
        # Those who are in are served
        first, last = kept[0], kept[MOST - 1]
        for c in first, last:
            c, r = w.ask(c)
            w.room.send('ANSWER_END', {}, r.id)
            assert c.receive().type == 'ANSWER_END'
            closed(c)
        w.serve()
        assert 1 <= len(w.room.logs) <= 20, w.room.logs
        for c in kept[1:MOST - 1]:
            c.close()


def crowd_of_one_user():
    """64 of one user; root still gets through."""
    if not ROOT:
        return
    with World() as w:
        r, wr = os.pipe()
        go, wait = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.setgroups([])
                os.setgid(pwd.getpwnam('nobody').pw_gid)
                os.setuid(pwd.getpwnam('nobody').pw_uid)
                crowd = [w.client() for _ in range(100)]
                told = 0
                for c in crowd[64:]:
                    told += 'of your user' in c.receive().fields['text']
                os.write(wr, bytes([told]))
                os.read(go, 1)
                os._exit(0)
            except BaseException as e:
                os.write(2, repr(e).encode())
                os._exit(1)
        told = os.read(r, 1)
        w.serve()
        os.write(wait, b'x')
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        assert told == bytes([36]), told


def never_reading():
    with World() as w:
        lazy, r = w.ask()
        others = [w.ask() for _ in range(3)]
        gone = None
        for i in range(2000):
            w.room.send('ANSWER', {'text': 'x' * 12000}, r.id)
            if i % 50 == 0:
                w.serve()
            gone = gone or [m for m in w.room.skipped
                            if m.type == 'CLIENT_GONE']
            if gone:
                break
        assert gone and gone[0].id == r.id
        assert i >= 256
        w.logged('does not read')
        for c, other in others:
            w.room.send('ANSWER_END', {}, other.id)
            assert c.receive().type == 'ANSWER_END'
            closed(c)
        lazy.close()


def burst_to_a_reader():
    """More answers than may wait, at once: no fault of who reads."""
    with World() as w:
        client, r = w.ask()
        got = []

        def read():
            while True:
                m = client.receive()
                if m.type == 'ANSWER_END':
                    return
                got.append(m.fields['text'])

        thread = threading.Thread(target=read)
        thread.start()
        data = b''
        number = CONSTANTS['MSG_ANSWER']
        for i in range(1000):
            p = pack('ANSWER', {'text': f'{i}'})
            data += HEADER.pack(number, HEADER.size + len(p), r.id, 0) + p
        w.room.sock.sendall(data)
        w.room.send('ANSWER_END', {}, r.id)
        thread.join(PATIENCE)
        assert got == [f'{i}' for i in range(1000)], (len(got), w.room.logs)
        closed(client)


def end_is_flushed():
    """A big answer to a slow reader comes whole before the end."""
    with World() as w:
        client, r = w.ask()
        for _ in range(100):
            w.room.send('ANSWER', {'text': 'y' * 12000}, r.id)
        w.room.send('ANSWER_END', {'code': 0}, r.id)
        w.serve()
        for _ in range(100):
            assert client.receive().fields['text'] == 'y' * 12000
        assert client.receive().type == 'ANSWER_END'
        closed(client)


def log_is_bounded():
    with World() as w:
        for _ in range(100):
            c = w.client()
            c.sock.sendall(b'rubbish rubbish rubbish')
            closed(c)
        w.serve()
        assert len(w.room.logs) == 10, w.room.logs


def descriptors_of_clients():
    """What a client throws at us is closed."""
    with World() as w:
        w.serve()
        try:
            before = len(os.listdir(f'/proc/{w.room.pid}/fd'))
        except OSError:
            before = None
        for i in range(300):
            c = w.client()
            with open('/dev/null', 'rb') as f:
                if i % 2:
                    c.send('REQUEST', {'catalogue': CATALOGUE, 'verb': SHOW},
                           fd=f.fileno())
                    r = w.room.expect('REQUEST')
                    assert r.fd is None
                    w.room.send('ANSWER_END', {}, r.id)
                    assert c.receive().type == 'ANSWER_END'
                else:
                    socket.send_fds(c.sock, [b'x'], [f.fileno()] * 20)
            c.close()
        w.serve()
        if before is not None:
            end = time.monotonic() + PATIENCE
            while len(os.listdir(f'/proc/{w.room.pid}/fd')) > before:
                assert time.monotonic() < end
                w.serve()


def listen_again():
    with World() as w:
        w.serve()
        again = World.__new__(World)
        again.path = w.path + '.2'
        again.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        again.listener.bind(again.path)
        again.listener.listen(5)
        again.room = w.room
        w.room.send('LISTEN', fd=again.listener.fileno())
        again.serve()
        again.listener.close()


try:
    run_cases([
        request_and_answers, show_is_the_same_program, answers_by_id,
        bad_messages, one_request_only, files_of_a_request, other_catalogue,
        client_leaves, stalling, thousand_connections, crowd_of_one_user,
        never_reading, burst_to_a_reader, end_is_flushed, log_is_bounded,
        descriptors_of_clients, listen_again,
    ])
finally:
    shutil.rmtree(DIR, ignore_errors=True)
