"""lavavisorctl against a daemon that says what each case wants it to say."""

import fcntl
import json
import os
import pty
import pwd
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unicodedata

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import (CONSTANTS, HEADER, PATIENCE, TOP, Channel, Gone, pack,
                  run_cases)

CTL = os.path.join(TOP, 'stage/sbin/lavavisorctl')
# A socket's path is short: not below a long name of a directory
BASE = os.environ.get('REGRESS_DIR') or tempfile.gettempdir()
DIR = tempfile.mkdtemp(prefix='ctl.', dir=BASE if len(BASE) < 50 else '/tmp')
os.chmod(DIR, 0o755)
HOME = os.path.join(DIR, 'home')
os.mkdir(HOME)
ENV = {k: v for k, v in os.environ.items()
       if k not in ('NO_COLOR', 'COLUMNS', 'LC_ALL', 'LANG',
                    'LC_CTYPE')}
ENV.update(HOME=HOME, TERM='xterm')
SERVICES = [
    {'name': 'provider1-ETH1', 'role': 'provider', 'state': 'running',
     'pid': 4711, 'version': '6.2.5', 'restarts': 2,
     'since': '2026-11-01T00:00:00Z', 'exit': {'code': 1}, 'ready': True,
     'reason': None},
    {'name': 'consumer-日本', 'role': 'consumer', 'state': 'failed',
     'pid': None, 'version': '6.2.4', 'restarts': 0,
     'since': '2026-11-01T00:00:00Z', 'exit': {'signal': 9},
     'ready': False, 'reason': 'killed\x1b[2J'},
]


class Daemon:
    """Listens at path; script(channel, request fields) answers."""

    count = 0

    def __init__(self, script, path=None):
        Daemon.count += 1
        self.path = path or os.path.join(DIR, f's.{Daemon.count}')
        self.script, self.requests, self.errors = script, [], []
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            sock, _ = self.listener.accept()
            channel = Channel(sock)
            try:
                m = channel.receive()
                if m.type == '0':
                    return
                assert m.type == 'REQUEST', m
                self.requests.append(m.fields)
                self.script(channel, m.fields)
            except Gone:
                pass
            except Exception as e:
                self.errors.append(e)
            finally:
                channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(self.path)
        Channel(sock).send_raw(0)
        self.thread.join(PATIENCE)
        sock.close()
        self.listener.close()
        os.unlink(self.path)
        assert not self.errors, self.errors


def say(*lines, code=0, text=''):
    """A script: these lines (JSON values or text), then the end."""
    def script(channel, _):
        for line in lines:
            channel.send('ANSWER', {
                'text': line if isinstance(line, str) else json.dumps(line)})
        channel.send('ANSWER_END', {'code': code, 'text': text})
    return script


def ctl(*args, env=None, **more):
    return subprocess.run([CTL, *args], env={**ENV, **(env or {})},
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE, **more)


def once(script, *args, **more):
    """(result, request) of one command against one script."""
    with Daemon(script) as d:
        result = ctl('-s', d.path, *args, **more)
    assert len(d.requests) == 1, (d.requests, result)
    return result, d.requests[0]


def good(result, code=0):
    assert result.returncode == code, result
    assert result.stderr == b'', result
    return result.stdout.decode()


def bad(result, code, *words):
    """Fails with one line on stderr, and that line has these words."""
    assert result.returncode == code, result
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith('lavavisorctl: '), result
    for word in words:
        assert word in lines[0], (word, lines)
    return lines[0]


class Terminal:
    """lavavisorctl on a terminal of its own."""

    def __init__(self, *args, columns=80, env=None):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ,
                            struct.pack('HHHH', 24, columns, 0, 0))
                os.execve(CTL, [CTL, *args], {**ENV, **(env or {})})
            finally:
                os._exit(127)
        self.text = ''

    def read(self, until=None):
        """Until the text is there, or to the end."""
        end = time.monotonic() + PATIENCE
        while until is None or until not in self.text:
            assert time.monotonic() < end, (until, self.text)
            if not select.select([self.fd], [], [], 1)[0]:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b''
            if not data:
                assert until is None, (until, self.text)
                break
            self.text += data.decode(errors='replace')
        return self.text

    def end(self):
        self.read()
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code


# --- what is asked ---------------------------------------------------------

def requests():
    verb = {k[5:]: v for k, v in CONSTANTS.items() if k.startswith('VERB_')}
    sha = 'ab' * 32
    cases = [
        (['show', 'services'], 'SHOW_SERVICES', {}),
        (['show', 'versions'], 'SHOW_VERSIONS', {}),
        (['show', 'nodes'], 'SHOW_NODES', {}),
        (['show', 'upgrades'], 'SHOW_UPGRADES', {'number': 1}),
        (['show', 'sandbox'], 'SHOW_SANDBOX', {}),
        (['monitor'], 'MONITOR', {}),
        (['wait', 'p', 'running', '-t', '5'], 'WAIT',
         {'name': 'p', 'argument': 'running', 'number': 5}),
        (['upgrade', 'check'], 'UPGRADE_CHECK', {}),
        (['upgrade', 'now'], 'UPGRADE_NOW', {}),
        (['upgrade', 'approve', '6.2.5', sha], 'APPROVE',
         {'argument': '6.2.5', 'extra': sha}),
        (['start', 'p'], 'START', {'name': 'p'}),
        (['stop', 'all'], 'STOP', {'name': 'all'}),
        (['restart', 'p'], 'RESTART', {'name': 'p'}),
        (['reload'], 'RELOAD', {}),
        (['reload', '-n'], 'RELOAD', {'number': 1}),
        (['log', 'p'], 'LOG', {'name': 'p'}),
        (['log', '-f', 'p'], 'LOG', {'name': 'p', 'number': 1}),
        (['shutdown'], 'SHUTDOWN', {}),
        (['shutdown', '--keep-services'], 'SHUTDOWN', {'number': 1}),
        (['reexec'], 'REEXEC', {}),
        (['upgrade', 'to', 'v6.2.5'], 'UPGRADE_TO', {'argument': '6.2.5'}),
        (['upgrade', 'rollback'], 'UPGRADE_ROLLBACK', {}),
        (['pin', '6.2.5'], 'PIN', {'argument': '6.2.5'}),
        (['unpin'], 'UNPIN', {}),
        (['hold'], 'HOLD', {}),
        (['hold', 'an audit'], 'HOLD', {'argument': 'an audit'}),
        (['resume'], 'RESUME', {}),
    ]
    for args, name, more in cases:
        want = {'catalogue': CONSTANTS['MESSAGE_CATALOGUE'],
                'verb': verb[name], 'uid': 0, 'gid': 0, 'number': 0,
                'name': '', 'argument': '', 'extra': '', **more}
        for code, text, out in (0, '', ''), (0, 'done', 'done\n'), \
                (3, 'nothing', 'nothing\n'):
            result, request = once(say(code=code, text=text), *args)
            assert request == want, (args, request)
            if name == 'LOG' and text:
                assert result.returncode == code, result
            else:
                assert good(result, code) == out, result
        for code, exit_code in (1, 1), (2, 2), (4, 4), (5, 5), (6, 1), \
                (0xffffffff, 1):
            result, _ = once(say(code=code, text='why not'), *args)
            assert result.stdout == b'', result
            bad(result, exit_code, 'why not')


def end_as_json():
    result, _ = once(say(code=0, text='started "p"'), '-j', 'start', 'p')
    assert json.loads(good(result)) == {'code': 0, 'text': 'started "p"'}
    result, _ = once(say(code=3, text='nothing'), 'upgrade', 'check', '-j')
    assert json.loads(good(result, 3)) == {'code': 3, 'text': 'nothing'}


# --- show ------------------------------------------------------------------

def show_services():
    result, _ = once(say(SERVICES), 'show', 'services')
    lines = good(result).splitlines()
    assert lines[0].split() == ['NAME', 'ROLE', 'STATE', 'PID', 'VERSION',
                                'RESTARTS', 'SINCE', 'EXIT', 'READY',
                                'REASON']
    assert lines[1].startswith('provider1-ETH1  provider  running  4711  ')
    assert lines[2].startswith('consumer-日本   consumer  failed      -  ')
    assert lines[2].endswith('signal 9  no     killed\\x1b[2J')
    assert '\x1b' not in result.stdout.decode()


def show_the_rest():
    versions = {'chain': {'provider_target': '6.2.5', 'provider_min': '6.2.0',
                          'consumer_target': '6.2.5',
                          'consumer_min': '6.2.0', 'height': 123,
                          'time': '2026-11-01T00:00:00Z', 'proof': 'none'},
                'installed': [{'version': '6.2.5', 'sha256': 'ab' * 32,
                               'size': 1536, 'how': 'signed',
                               'key': 'release.pub',
                               'installed': '2000-01-01T00:00:00Z',
                               'verified': None, 'current': True,
                               'bad': None, 'damaged': 'torn'}],
                'unused': [{'name': 'notes', 'why': 'not ours'}],
                'services': [{'name': 'p', 'have': '6.2.4', 'want': '6.2.5',
                              'why': 'splay', 'next': None}]}
    out = good(once(say(versions), 'show', 'versions')[0])
    assert re.search(r'^6\.2\.5 +6\.2\.0 +6\.2\.5 +6\.2\.0 +123 ', out, re.M)
    assert re.search(r'^6\.2\.5 +abababababab +1\.5 KB +signed +release\.pub +'
                     r'\d+d\d+h ago +- +yes +- +torn$', out, re.M)
    assert re.search(r'^notes +not ours$', out, re.M)
    assert re.search(r'^p +6\.2\.4 +6\.2\.5 +splay +-$', out, re.M)
    out = good(once(say([{'url': 'http://n', 'operator': 'o', 'state': 'ok',
                          'height': 1, 'age_s': 3, 'latency_ms': 12,
                          'error': None, 'agrees': None}]),
                    'show', 'nodes')[0])
    assert re.search(r'^http://n +o +ok +1 +3s +12 ms +- +-$', out, re.M)
    out = good(once(say([{'id': 1, 'from': '1', 'to': '2', 'outcome': 'done',
                          'services': [{'name': 'p', 'gap_ms': 90}]}]),
                    'show', 'upgrades')[0])
    assert 'p 90 ms' in out
    out = good(once(say([{'room': 'monitor', 'pid': 9, 'user': '_lavavisord',
                          'mechanisms': {'chroot': 'on', 'seccomp': 'off'},
                          'missing': ['seccomp']}]), 'show', 'sandbox')[0])
    assert re.search(r'^monitor +9 +_lavavisord +chroot, no seccomp +seccomp$',
                     out, re.M)


def json_as_it_came():
    text = '[ {"b":1,  "a": "\\u65e5é"},\t{} ]'
    result, _ = once(say(text), 'show', 'services', '-j')
    assert good(result) == text + '\n'


def long_answers():
    """In pieces, cut between characters, up to 3 MB."""
    rows = [dict(SERVICES[1], reason='日' * 200) for _ in range(3000)]
    text = json.dumps(rows, ensure_ascii=False).encode()

    def script(channel, _):
        at = 0
        while at < len(text):
            end = min(at + 12287, len(text))
            while end < len(text) and text[end] & 0xc0 == 0x80:
                end -= 1
            channel.send('ANSWER', {'text': text[at:end],
                                    'more': int(end < len(text))})
            at = end
        channel.send('ANSWER_END', {})

    result, _ = once(script, '-j', 'show', 'services')
    assert good(result) == text.decode() + '\n'
    result, _ = once(script, 'show', 'services')
    assert len(good(result).splitlines()) == 3001


def colours():
    with Daemon(say(SERVICES)) as d:
        t = Terminal('-s', d.path, 'show', 'services', columns=200)
        assert t.end() == 0
        assert '\x1b[32mrunning\x1b[0m' in t.text, t.text
        assert '\x1b[31mfailed\x1b[0m' in t.text
        assert 'killed\\x1b[2J' in t.text
        for env in {'NO_COLOR': '1'}, {'TERM': 'dumb'}:
            t = Terminal('-s', d.path, 'show', 'services', env=env)
            assert t.end() == 0
            assert '\x1b' not in t.text


def width():
    def columns(text):
        return sum(2 if unicodedata.east_asian_width(c) == 'W' else 1
                   for c in text)

    with Daemon(say(SERVICES)) as d:
        for wide in 200, 90, 80:
            plain = {'NO_COLOR': '1'}
            t = Terminal('-s', d.path, 'show', 'services', columns=wide,
                         env=plain)
            assert t.end() == 0
            lines = t.text.replace('\r', '').splitlines()
            assert lines[0].startswith('NAME '), lines
            assert max(columns(line) for line in lines) <= wide, lines
            # What is said of it stands below its title.
            at = lines[0].index('ROLE')
            for role in 'provider', 'consumer':
                line = next(x for x in lines[1:] if x.startswith(role))
                assert columns(line[:line.rindex(role)]) == at, lines
        # COLUMNS wins, also where there is no terminal.
        t = Terminal('-s', d.path, 'show', 'services', columns=200,
                     env={'COLUMNS': '20', **plain})
        assert t.end() == 0
        assert 'ROLE: consumer' in t.text, t.text
        result = ctl('-s', d.path, 'show', 'services')
        assert 'killed\\x1b[2J' in good(result)


# --- a daemon that is not well ---------------------------------------------

def nonsense():
    def raw(data):
        def script(channel, _):
            channel.sock.sendall(data)
            try:
                channel.receive()
            except Gone:
                pass
        return script

    def message(kind, payload):
        return HEADER.pack(kind, HEADER.size + len(payload), 0, 0) + payload

    answer, end = CONSTANTS['MSG_ANSWER'], CONSTANTS['MSG_ANSWER_END']
    for data, word in (
            (HEADER.pack(answer, 3, 0, 0), 'no message'),
            (HEADER.pack(answer, 0x7fffffff, 0, 0), 'no message'),
            (b'HTTP/1.1 400 Bad Request\r\n\r\n', 'no message'),
            (message(answer, b''), 'malformed'),
            (message(answer, b'\2\1\0x'), 'malformed'),
            (message(answer, pack('ANSWER', {'text': 'x'}) + b'y'),
             'malformed'),
            (message(answer, pack('ANSWER', {'text': '\x1b'})), 'malformed'),
            (message(end, b'\0'), 'malformed'),
            (message(9999, b'abc'), 'message 9999'),
            (message(answer, pack('ANSWER', {'text': 'not JSON'})),
             'no JSON'),
            (message(answer, pack('ANSWER', {'text': '[1'})), 'no JSON'),
            (message(answer, pack('ANSWER', {'text': '{"a":1,"a":2}'})),
             'no JSON'),
            (message(answer, pack('ANSWER', {'text': '[' * 9000})),
             'no JSON')):
        for args in ['show', 'services'], ['-j', 'monitor'], \
                ['upgrade', 'now']:
            bad(once(raw(data), *args)[0], 1, word)


def silence():
    def script(channel, _):
        try:
            channel.receive()
        except Gone:
            pass

    begin = time.monotonic()
    with Daemon(script) as d:
        bad(ctl('-s', d.path, '-t', '1', 'show', 'nodes'), 4, d.path,
            'no answer', '1 seconds')
        bad(ctl('-s', d.path, '-t', '1', 'start', 'p'), 4, d.path)
    assert time.monotonic() - begin >= 2


def hangs_up():
    def script(channel, _):
        pass

    bad(once(script, 'show', 'nodes')[0], 1, 'hung up')
    bad(once(script, 'monitor')[0], 1, 'hung up')
    good(once(script, 'shutdown')[0])

    def midway(channel, _):
        channel.send('ANSWER', {'text': '[', 'more': 1})

    bad(once(midway, 'show', 'nodes')[0], 1, 'hung up')


def turned_away():
    """The end comes before the daemon has read anything."""
    path = os.path.join(DIR, 'away')
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)

    def away():
        sock, _ = listener.accept()
        Channel(sock).send('ANSWER_END', {'code': 1, 'text': 'too many'})
        sock.close()

    for _ in range(20):
        t = threading.Thread(target=away)
        t.start()
        bad(ctl('-s', path, 'show', 'nodes'), 1, 'too many')
        t.join()
    listener.close()


def stolen_file():
    def script(channel, _):
        with open('/dev/null', 'rb') as f:
            channel.send('ANSWER', {'text': '[]'}, fd=f.fileno())
        channel.send('ANSWER_END', {})

    bad(once(script, 'show', 'nodes')[0], 1, 'nobody asked for')


def full_disk():
    if not os.path.exists('/dev/full'):
        return
    with Daemon(say(SERVICES)) as d, open('/dev/full', 'w') as full:
        for args in ['show', 'services'], ['-j', 'show', 'services']:
            result = subprocess.run([CTL, '-s', d.path, *args], env=ENV,
                                    stdout=full, stderr=subprocess.PIPE,
                                    timeout=PATIENCE)
            assert result.returncode == 1, result


# --- usage and sockets -----------------------------------------------------

def usage():
    bad(ctl(), 2, 'no command')
    bad(ctl('shwo'), 2, 'did you mean "show"?')
    bad(ctl('show', 'servcies'), 2, 'did you mean "services"?')
    bad(ctl('re'), 2, 'could be: restart, resume, reload, reexec')
    bad(ctl('\x1b[2J'), 2, '\\x1b[2J')
    bad(ctl('start'), 2, 'NAME|all')
    bad(ctl('-x', 'monitor'), 2, '-x')
    for args in ['--help'], ['-h'], ['help'], ['show', '--help'], \
            ['help', 'log'], ['log', '-h'], ['up', 'now', '--help']:
        out = good(ctl(*args))
        assert 'example' in out and 'lavavisorctl ' in out, out
    assert good(ctl('--version')).startswith('lavavisorctl ')


def no_daemon():
    nothing = os.path.join(DIR, 'nothing')
    bad(ctl('-s', nothing, 'show', 'nodes'), 4, nothing, 'start lavavisord')
    bad(ctl('--directory', DIR, 'show', 'nodes'), 4,
        DIR + '/run/show.sock')
    bad(ctl('--directory', DIR, 'stop', 'p'), 4, DIR + '/run/admin.sock')
    stale = os.path.join(DIR, 'stale')
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.bind(stale)
    s.close()
    bad(ctl('-s', stale, 'show', 'nodes'), 4, stale, 'refused',
        'its daemon has ended')
    plain = os.path.join(DIR, 'plain')
    with open(plain, 'w'):
        pass
    bad(ctl('-s', plain, 'show', 'nodes'), 4, plain, 'it is no socket')
    bad(ctl('-s', plain + '/x', 'show', 'nodes'), 4)


def path_too_long():
    deep = '/' + 'd' * 110
    bad(ctl('-s', deep, 'show', 'nodes'), 1, deep, '103')
    bad(ctl('--directory', deep, 'show', 'nodes'), 1, deep, '103')
    # A home that is too deep is just not looked into.
    result = ctl('show', 'nodes', env={'HOME': deep})
    assert result.returncode != 2 and deep not in result.stderr.decode()


def not_allowed():
    """EACCES on connect; as root the client runs as nobody."""
    more = {}
    if os.getuid() == 0:
        more = {'user': pwd.getpwnam('nobody').pw_uid, 'extra_groups': []}
    with Daemon(say([])) as d:
        os.chmod(d.path, 0)
        bad(ctl('-s', d.path, 'show', 'nodes', **more), 5, d.path,
            '_lavavisor')
        bad(ctl('-s', d.path, 'stop', 'p', **more), 5, d.path)
        os.chmod(d.path, 0o777)


def which_daemon():
    own = os.path.join(HOME, '.lavavisor', 'run')
    other = os.path.join(DIR, 'other', 'run')
    os.makedirs(own)
    os.makedirs(other)

    def named(name):
        return say([{'url': name}])

    with Daemon(named('own-show'), own + '/show.sock'), \
            Daemon(named('own-admin'), own + '/admin.sock') as own_admin, \
            Daemon(named('admin'), other + '/admin.sock') as admin:
        assert 'own-show' in good(ctl('show', 'nodes'))
        assert 'own-admin' in good(ctl('reload'))
        # Only admin is there: it does for reading too.
        there = ['--directory', os.path.dirname(other)]
        assert 'admin' in good(ctl(*there, 'show', 'nodes'))
        with Daemon(named('show'), other + '/show.sock') as show:
            out = good(ctl(*there, 'show', 'nodes'))
            assert 'show' in out and 'admin' not in out
            assert 'admin' in good(ctl(*there, 'reload'))
            os.chdir(DIR)
            assert 'show' in good(ctl('--directory', 'other', 'show',
                                      'nodes'))
            # -s is that one and no other
            bad(ctl('-s', other + '/none', *there, 'show', 'nodes'), 4)
        assert len(show.requests) == 2
        assert len(admin.requests) == 2 and len(own_admin.requests) == 1


def daemon_of_a_stranger():
    """In a place that nobody named; it may be named, though."""
    if os.getuid() != 0:
        return
    home = os.path.join(DIR, 'stranger')
    run = os.path.join(home, '.lavavisor', 'run')
    os.makedirs(run)
    os.chmod(DIR, 0o755)
    nobody = pwd.getpwnam('nobody')
    os.chown(run, nobody.pw_uid, -1)
    path = run + '/show.sock'
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(path)
            listener.listen(8)
            os.write(w, b'x')
            while True:
                channel = Channel(listener.accept()[0])
                try:
                    channel.receive()
                    say([{'url': 'of-nobody'}])(channel, None)
                except Gone:
                    pass
                channel.close()
        finally:
            os._exit(1)
    try:
        assert os.read(r, 1) == b'x'
        bad(ctl('show', 'nodes', env={'HOME': home}), 1, path,
            f'uid {nobody.pw_uid}', '-s or --directory')
        assert 'of-nobody' in good(ctl('-s', path, 'show', 'nodes'))
        assert 'of-nobody' in good(ctl(
            '--directory', home + '/.lavavisor', 'show', 'nodes'))
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def other_versions():
    """What a control room of another catalogue says is told as it is."""
    result, _ = once(say(code=1, text='lavavisorctl speaks catalogue 9, the '
                         'daemon 4: use the lavavisorctl of its release'),
                     'show', 'services')
    bad(result, 1, 'speaks catalogue 9, the daemon 4')

    def newer(channel, _):
        channel.send_raw(CONSTANTS['MSG_ANSWER_END'], b'\0' * 999)
    result, _ = once(newer, 'show', 'services')
    bad(result, 1)


def monitor_in_pages():
    """As often as there is more, each from where the last one ended."""
    def script(channel, request):
        begin = request['number'] - 1
        for seq in range(begin + 1, min(begin + 4, 11)):
            channel.send('ANSWER', {'text': json.dumps(
                {'seq': seq, 'time': 'T', 'event': 'room'})})
        channel.send('ANSWER_END', {
            'text': 'there are more events' if begin + 4 < 11 else ''})
    with Daemon(script) as d:
        out = good(ctl('-j', '-s', d.path, 'monitor', '--from', '2'))
        assert [json.loads(x)['seq'] for x in out.splitlines()] == \
            list(range(3, 11)), out
        assert [r['number'] for r in d.requests] == [3, 6, 9]
    # Nothing but that there is more would be without end.
    result, _ = once(say(text='there are more events'), 'monitor', '--from',
                     '2')
    assert result.returncode == 0, result


def show_history():
    events = [
        {'seq': 7, 'time': '2026-11-27T15:00:00.123Z', 'event': 'service',
         'name': 'p-\u00e4', 'state': 'ended', 'pid': None,
         'version': '6.2.4', 'reason': 'by a \x1b[2Jsignal'},
        {'seq': 8, 'time': '2026-11-27T15:00:01.000Z', 'event': 'roll',
         'from': '6.2.4', 'to': '6.2.5', 'services': 3, 'phase': 'moved'},
        {'seq': 9, 'time': '2026-11-27T15:00:02.000Z', 'event': 'x'}]
    result, request = once(say(events), 'show', 'history', '-n', '3')
    lines = good(result).splitlines()
    assert request['number'] == 3 and len(lines) == 4, (request, lines)
    assert lines[0].split() == ['TIME', '(UTC)', 'EVENT', 'OF', 'VERSION',
                                'WHAT'], lines
    assert lines[1].startswith('2026-11-27 15:00:00') and \
        'p-\u00e4' in lines[1] and '\\x1b[2J' in lines[1], lines
    assert '6.2.4 -> 6.2.5' in lines[2] and 'moved services=3' in lines[2]
    result, request = once(say(events), '-j', 'show', 'history', '-n', 'all')
    assert request['number'] == 0
    assert [json.loads(x) for x in good(result).splitlines()] == events
    result, request = once(say([]), 'show', 'history')
    assert request['number'] == 50 and len(good(result).splitlines()) == 1


def show_config():
    answer = {
        'daemon': {'pid': 12, 'version': '1', 'sockets': {'show': '/s'}},
        'config': {
            'quorum': 1, 'nodes': [{'url': 'https://h:1/x', 'operator': 'y'}],
            'empty': [], 'none': {}, 'yes': True, 'text': 'true',
            'colon': 'a: b # c', 'wide': '\U0001f600', 'mark': '\u202e\u200b'
            '\U000e0001', 'escape': '\x1b[2J', 'number': '022', 'time': '90s',
            'quote': '"\\', 'pins': {'6.2.5': 'ab'}},
        'services': {'p': {'role': 'other', 'command': ['/bin/x', '-v', '']}}}
    out = good(once(say(answer), 'show', 'config', 'all')[0])
    assert '\x1b' not in out and '\u202e' not in out, out
    want = ('# pid: 12\n# version: 1\n# sockets show: /s\n\n# config.yml\n'
            'quorum: 1\nnodes:\n  -\n    url: "https://h:1/x"\n'
            '    operator: "y"\nempty: []\nnone: {}\n"yes": true\n'
            'text: "true"\ncolon: "a: b # c"\nwide: "\U0001f600"\n'
            'mark: "\\u202E\\u200B\\U000E0001"\nescape: "\\u001b[2J"\n'
            'number: "022"\ntime: 90s\nquote: "\\"\\\\"\n'
            'pins:\n  "6.2.5": ab\n\n---\n# services/p.yml\n'
            'role: other\ncommand:\n  - /bin/x\n  - "-v"\n  - ""\n')
    assert out.lower() == want.lower(), out


# --- streams ---------------------------------------------------------------

EVENTS = [
    {'seq': 1, 'time': '2026-11-27T15:00:00Z', 'event': 'chain',
     'provider_target': '6.2.5'},
    {'seq': 2, 'time': '2026-11-27T15:00:01Z', 'event': 'fetch',
     'version': '6.2.5', 'state': 'started'},
    *({'seq': 3 + i, 'time': '2026-11-27T15:00:02Z', 'event': 'fetch',
       'version': '6.2.5', 'state': 'progress', 'done': i << 20,
       'total': 100 << 20} for i in range(101)),
    {'seq': 200, 'time': '2026-11-27T15:00:03Z', 'event': 'service',
     'name': 'p\x1b[2J', 'state': 'running', 'pid': 4711, 'new': [1, 2]},
    {'seq': 201, 'time': '2026-11-27T15:00:04Z', 'event': 'surprise',
     'text': 'never heard of'},
]


def monitor():
    lines = [json.dumps(e) for e in EVENTS]
    result, _ = once(say(*lines), 'monitor', '-j')
    assert good(result).splitlines() == lines
    out = good(once(say(*lines), 'monitor')[0]).splitlines()
    assert out[0] == '2026-11-27T15:00:00Z chain    provider_target=6.2.5'
    assert out[-2] == ('2026-11-27T15:00:03Z service  p\\x1b[2J running '
                       'pid=4711 new=1, 2')
    assert out[-1] == '2026-11-27T15:00:04Z surprise: never heard of'
    # a line for each tenth, not one for each step
    fetch = [x for x in out if 'fetch' in x]
    assert len(fetch) == 12 and fetch[-1].endswith(' 100% 100.0 MB'), fetch


def monitor_flushes():
    """Each event is seen when it happens."""
    seen = threading.Event()

    def script(channel, _):
        channel.send('ANSWER', {'text': json.dumps(EVENTS[0])})
        assert seen.wait(PATIENCE)
        channel.send('ANSWER_END', {})

    with Daemon(script) as d:
        for args in ['monitor'], ['-j', 'monitor']:
            seen.clear()
            p = subprocess.Popen([CTL, '-s', d.path, *args], env=ENV,
                                 stdout=subprocess.PIPE)
            assert b'6.2.5' in p.stdout.readline()
            seen.set()
            assert p.wait(PATIENCE) == 0
            p.stdout.close()


def reader_leaves():
    """`monitor | head -1` ends both."""
    def script(channel, _):
        while True:
            channel.send('ANSWER', {'text': json.dumps(EVENTS[0])})

    with Daemon(script) as d:
        p = subprocess.Popen([CTL, '-s', d.path, 'monitor'], env=ENV,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdout.readline()
        p.stdout.close()
        assert p.wait(PATIENCE) == 1
        assert p.stderr.read() == b''
        p.stderr.close()


def upgrade_in_a_pipe():
    for code in 0, 1, 3:
        result, _ = once(say(*EVENTS, code=code, text='that was it'),
                         'upgrade', 'now')
        assert result.returncode == code
        out = result.stdout.decode()
        assert '\r' not in out and '\x1b' not in out
        assert ('that was it' in out) == (code != 1)
    result, _ = once(say(*EVENTS, code=1, text='rolled back'), '-j',
                     'upgrade', 'now')
    assert len(result.stdout.splitlines()) == len(EVENTS)
    bad(result, 1, 'rolled back')


def upgrade_on_a_terminal():
    with Daemon(say(*EVENTS, text='all on 6.2.5')) as d:
        for columns in 80, 40, 200, 12:
            t = Terminal('-s', d.path, 'upgrade', 'now', columns=columns)
            assert t.end() == 0
            assert t.text.count('\r\n') <= 7, t.text
            if columns >= 80:
                assert re.search(r'\rfetch 6\.2\.5 \[#{15}-{15}\]  50% '
                                 r'50\.0 MB\x1b\[K', t.text), t.text
            assert re.search(r'\x1b\[K\r\n2026-11-27T15:00:03Z service',
                             t.text), t.text
            assert t.text.endswith('all on 6.2.5\r\n')
        t = Terminal('-s', d.path, '-j', 'upgrade', 'now')
        assert t.end() == 0 and '\x1b[K' not in t.text


def interrupted():
    """^C leaves the daemon to its work."""
    left = threading.Event()

    def script(channel, _):
        channel.send('ANSWER', {'text': json.dumps(EVENTS[1])})
        try:
            channel.receive()
        except Gone:
            left.set()

    with Daemon(script) as d:
        t = Terminal('-s', d.path, 'upgrade', 'now')
        t.read('started')
        os.write(t.fd, b'\x03')
        t.read('detached')
        assert t.end() == 0
        assert left.wait(PATIENCE)
        p = subprocess.Popen([CTL, '-s', d.path, 'upgrade', 'now'], env=ENV,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert b'started' in p.stdout.readline()
        p.send_signal(signal.SIGINT)
        _, err = p.communicate(timeout=PATIENCE)
        assert p.returncode == 0 and b'detached' in err


# --- log -------------------------------------------------------------------

LINES = [f'line {i}\n'.encode() for i in range(1, 21)]
ODD = b'caf\xc3\xa9 \x1b[31mred\x1b[0m \xff\ttab\r\n'


def log_file(name, data):
    path = os.path.join(DIR, name)
    with open(path, 'wb') as f:
        f.write(data)
    return path


def give(channel, path, text=''):
    with open(path, 'rb') as f:
        channel.send('ANSWER', {'text': text}, fd=f.fileno())


def log_tail():
    def script(channel, _):
        give(channel, path)
        channel.send('ANSWER_END', {})

    for data, args, want in (
            (b''.join(LINES), [], b''.join(LINES[-10:])),
            (b''.join(LINES), ['-n', '3'], b''.join(LINES[-3:])),
            (b''.join(LINES), ['-n', '0'], b''),
            (b''.join(LINES), ['-n', 'all'], b''.join(LINES)),
            (b''.join(LINES), ['-n', '99'], b''.join(LINES)),
            (b'', [], b''),
            (b'a\nb', ['-n', '1'], b'b'),
            (ODD, [], ODD),
            (b'\0' * 300000, [], b'\0' * 300000)):
        path = log_file('log', data)
        result, _ = once(script, 'log', 'p', *args)
        assert result.returncode == 0, result
        assert result.stdout == want, (args, result.stdout[:200])
    path = log_file('log', ODD)
    with Daemon(script) as d:
        t = Terminal('-s', d.path, 'log', 'p')
        assert t.end() == 0
        assert t.text == 'café \\x1b[31mred\\x1b[0m \\xff    tab\\x0d\r\n' \
            or t.text == 'café \\x1b[31mred\\x1b[0m \\xff\ttab\\x0d\r\n', \
            repr(t.text)
    result, _ = once(say(code=1, text='no service "p"'), 'log', 'p')
    bad(result, 1, 'no service')


def log_follow():
    first = log_file('first', b''.join(LINES))
    second = log_file('second', b'new 1\n')
    step = [threading.Event() for _ in range(3)]

    def script(channel, request):
        assert request['number'] == 1
        give(channel, first)
        assert step[0].wait(PATIENCE)
        with open(first, 'ab') as f:
            f.write(b'added\n')
        assert step[1].wait(PATIENCE)
        # written to the old file between the last look and the rotation
        with open(first, 'ab') as f:
            f.write(b'last of the old\n')
        give(channel, second, 'rotated')
        assert step[2].wait(PATIENCE)
        with open(second, 'ab') as f:
            f.write(b'new 2\nunfinished')
        channel.send('ANSWER_END', {'code': 0})

    with Daemon(script) as d:
        p = subprocess.Popen([CTL, '-s', d.path, '-t', '1', 'log', '-f',
                              '-n', '2', 'p'], env=ENV,
                             stdout=subprocess.PIPE)
        got = [p.stdout.readline() for _ in range(2)]
        # silence is no error once the file is there
        time.sleep(1.5)
        step[0].set()
        got.append(p.stdout.readline())
        step[1].set()
        got += [p.stdout.readline() for _ in range(2)]
        step[2].set()
        got += p.stdout.read().splitlines(True)
        assert p.wait(PATIENCE) == 0
        p.stdout.close()
    assert got == [b'line 19\n', b'line 20\n', b'added\n',
                   b'last of the old\n', b'new 1\n', b'new 2\n',
                   b'unfinished'], got


def log_follow_many_rotations():
    files = [log_file(f'r{i}', f'{i}\n'.encode()) for i in range(50)]

    def script(channel, _):
        for i, path in enumerate(files):
            give(channel, path, 'rotated' if i else '')
        channel.send('ANSWER_END', {})

    out = good(once(script, 'log', '-f', 'p')[0])
    assert out == ''.join(f'{i}\n' for i in range(50)), out


if not os.access(CTL, os.X_OK):
    sys.exit(f'{CTL}: not there, make stage first')
try:
    run_cases([
        requests, end_as_json, show_services, show_the_rest, json_as_it_came,
        long_answers, colours, width, nonsense, silence, hangs_up, turned_away,
        stolen_file, full_disk, usage, no_daemon, path_too_long, not_allowed,
        which_daemon, daemon_of_a_stranger, other_versions, monitor_in_pages,
        show_history, show_config, monitor, monitor_flushes, reader_leaves,
        upgrade_in_a_pipe, upgrade_on_a_terminal, interrupted, log_tail,
        log_follow, log_follow_many_rotations,
    ])
finally:
    shutil.rmtree(DIR, ignore_errors=True)
