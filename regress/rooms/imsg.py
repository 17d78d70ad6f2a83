"""Drives one room as the parent does: the other end of its fd 3.

The message catalogue is read from common/message.h and
common/message_fields.c, so there is one description of it.

    room = Room('verifier')             # spawned, greeted, in its sandbox
    room.send('VERIFY', {'trust': 0, ...}, fd=None, ident=0)
    m = room.expect('VERIFIED', 30)     # m.type m.id m.fields m.fd
    room.close()                        # end of file; returns the exit code

Fields that are not given are 0 or ''.  LOG messages are collected in
room.logs, other types that expect() was not asked for in room.skipped.
"""

import array
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

TOP = os.environ.get('TOP') or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
HEADER = struct.Struct('=IIII')
FD_MARK = 0x80000000
PATIENCE = 120      # seconds; only a hang ever needs them
NUMBERS = {'U8': '<B', 'U32': '<I', 'U64': '<Q', 'I32': '<i', 'I64': '<q'}


def _source(name):
    with open(os.path.join(TOP, name)) as f:
        return re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)


def _constants(text):
    """Every #define with a number and every enumerator."""
    found = {}
    for name, value in re.findall(r'#define\s+(\w+)\s+(\d+)\s', text):
        found[name] = int(value)
    for body in re.findall(r'enum\s+\w+\s*\{(.*?)\}', text, flags=re.S):
        number = 0
        for item in body.split(','):
            name, _, value = item.strip().partition('=')
            if not name:
                continue
            if value:
                value = value.strip()
                number = found[value] if value in found else int(value, 0)
            found[name.strip()] = number
            number += 1
    return found


def _bytes_sizes(text, constants):
    """{(struct, field): size} of arrays, for fields that are bytes."""
    sizes = {}
    for name, body in re.findall(r'struct\s+(\w+)\s*\{(.*?)\};', text,
                                 flags=re.S):
        for field, size in re.findall(r'(\w+)\[(\w+)\];', body):
            sizes[name, field] = int(size) if size.isdigit() \
                else constants[size]
    return sizes


def _layouts(text, sizes):
    """{type: [(kind, field, size)]} from the tables."""
    tables = {}
    for name, body in re.findall(
            r'struct field (\w+)_fields\[\] = \{(.*?)\n\};', text,
            flags=re.S):
        tables[name] = [
            (kind, field, sizes.get((struct_name, field)))
            for kind, struct_name, field in re.findall(
                r'(U8|U32|U64|I32|I64|TEXT|LINES|BYTES)(?:_MAX)?'
                r'\(\s*(\w+),\s*(\w+)', body)]
    found = {}
    for kind, name in re.findall(r'PAYLOAD\(MSG_(\w+),\s*(\w+)\)', text):
        found[kind] = tables[name]
    for kind in re.findall(r'BARE\(MSG_(\w+)\)', text):
        found[kind] = None
    return found


CONSTANTS = _constants(_source('common/message.h'))
LAYOUTS = _layouts(_source('common/message_fields.c'),
                   _bytes_sizes(_source('common/message.h'), CONSTANTS))
TYPE_NAMES = {CONSTANTS['MSG_' + name]: name for name in LAYOUTS}
BUILD = re.search(r'#define LAVAVISORD_VERSION\s+"(.*?)"',
                  _source('common/version.h')).group(1)


def pack(kind, fields):
    out = b''
    left = dict(fields or {})
    for what, name, size in LAYOUTS[kind] or []:
        value = left.pop(name, None)
        if what in NUMBERS:
            out += struct.pack(NUMBERS[what], int(value or 0))
        elif what == 'BYTES':
            out += (value or b'').ljust(size, b'\0')
        else:
            text = value or b''
            text = text if isinstance(text, bytes) else text.encode()
            out += struct.pack('<H', len(text)) + text
    if left:
        raise KeyError(f'{kind} has no {sorted(left)}')
    return out


def unpack(kind, data):
    fields, at = {}, 0
    for what, name, size in LAYOUTS[kind] or []:
        if what in NUMBERS:
            fields[name], = struct.unpack_from(NUMBERS[what], data, at)
            at += struct.calcsize(NUMBERS[what])
        elif what == 'BYTES':
            fields[name] = data[at:at + size]
            at += size
        else:
            length, = struct.unpack_from('<H', data, at)
            at += 2
            fields[name] = data[at:at + length].decode(errors='replace')
            at += length
    if at != len(data):
        raise ValueError(f'{kind}: {len(data)} bytes, {at} expected')
    return fields


class Gone(Exception):
    """The other end has closed."""


class Message:
    def __init__(self, kind, ident, fields, fd):
        self.type, self.id, self.fields, self.fd = kind, ident, fields, fd

    def __repr__(self):
        return f'{self.type} {self.id} {self.fields} fd={self.fd}'


class Channel:
    """imsg on a connected Unix stream socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buf = b''
        self.fds = []

    def fileno(self):
        return self.sock.fileno()

    def send_raw(self, number, payload=b'', ident=0, fd=None):
        length = HEADER.size + len(payload)
        data = HEADER.pack(number, length | (0 if fd is None else FD_MARK),
                           ident, 0) + payload
        anc = [] if fd is None else [
            (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [fd]))]
        try:
            sent = self.sock.sendmsg([data], anc)
            if sent < len(data):
                self.sock.sendall(data[sent:])
        except OSError as e:
            raise Gone(str(e)) from e

    def send(self, kind, fields=None, ident=0, fd=None):
        """The fd stays the caller's."""
        self.send_raw(CONSTANTS['MSG_' + kind], pack(kind, fields), ident, fd)

    def _whole(self):
        if len(self.buf) < HEADER.size:
            return None
        number, length, ident, _ = HEADER.unpack_from(self.buf)
        size = length & ~FD_MARK
        if len(self.buf) < size:
            return None
        data, self.buf = self.buf[HEADER.size:size], self.buf[size:]
        fd = self.fds.pop(0) if length & FD_MARK and self.fds else None
        kind = TYPE_NAMES.get(number, str(number))
        fields = unpack(kind, data) if kind in LAYOUTS else {'data': data}
        return Message(kind, ident, fields, fd)

    def receive(self, seconds=PATIENCE):
        """The next message; Gone at end of file, TimeoutError."""
        end = time.monotonic() + seconds
        while True:
            message = self._whole()
            if message is not None:
                return message
            self.sock.settimeout(max(end - time.monotonic(), 0.001))
            try:
                data, anc, _, _ = self.sock.recvmsg(
                    65536, socket.CMSG_SPACE(4 * 16), socket.MSG_CMSG_CLOEXEC)
            except (ConnectionError, BrokenPipeError) as e:
                raise Gone(str(e)) from e
            except TimeoutError:
                raise
            except socket.timeout as e:
                raise TimeoutError('no message') from e
            finally:
                self.sock.settimeout(None)
            for level, what, raw in anc:
                if (level, what) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    got = array.array('i')
                    got.frombytes(raw[:len(raw) - len(raw) % got.itemsize])
                    self.fds.extend(got)
            if not data:
                raise Gone('end of file')
            self.buf += data

    def close(self):
        self.sock.close()
        for fd in self.fds:
            os.close(fd)
        self.fds = []


def room_user():
    """Who rooms run as when root starts them."""
    for name in ('_lavavisord', 'nobody'):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            pass
    return None


class Room(Channel):
    def __init__(self, program, kind=None, sandbox='auto', stderr=None,
                 verbose=False):
        """kind: for a program that can be two rooms.  sandbox: auto,
        require or off."""
        path = os.path.join(TOP, 'stage/libexec/lavavisord', program)
        argv = [program, '-S', sandbox]
        self.empty = None
        if os.getuid() == 0 and room_user():
            self.empty = tempfile.mkdtemp(prefix='empty.')
            os.chmod(self.empty, 0o755)
            argv += ['-u', room_user(), '-e', self.empty]
        if kind:
            argv += ['-k', kind]
        if verbose:
            argv.append('-v')
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        super().__init__(ours)
        actions = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3)]
        if stderr is not None:
            actions.append((os.POSIX_SPAWN_DUP2, stderr, 2))
        self.pid = os.posix_spawn(path, argv, os.environ,
                                  file_actions=actions,
                                  setsigdef=[signal.SIGPIPE])
        theirs.close()
        self.code = None
        self.logs, self.skipped = [], []
        self.send('HELLO', {'catalogue': CONSTANTS['MESSAGE_CATALOGUE'],
                            'build': BUILD})
        self.hello = self.expect('HELLO')
        self.ready = self.expect('READY').fields

    def receive(self, seconds=PATIENCE):
        """The next message that is not a LOG."""
        end = time.monotonic() + seconds
        while True:
            message = super().receive(end - time.monotonic())
            if message.type != 'LOG':
                return message
            self.logs.append(message.fields['text'])

    def expect(self, kind, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while True:
            try:
                message = self.receive(end - time.monotonic())
            except (Gone, TimeoutError) as e:
                raise AssertionError(
                    f'{e} instead of {kind}; log: {self.logs}') from e
            if message.type == kind:
                return message
            self.skipped.append(message)

    def wait(self, seconds=PATIENCE):
        """The exit code, negative for a signal, of a room that leaves."""
        end = time.monotonic() + seconds
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise AssertionError('the room does not leave')
            else:
                time.sleep(0.005)
        return self.code

    def close(self):
        """End of file, then wait()."""
        super().close()
        try:
            return self.wait()
        finally:
            if self.empty:
                shutil.rmtree(self.empty, ignore_errors=True)
                self.empty = None


def run_cases(cases):
    """Runs functions, a line each; exits 1 when one of them failed."""
    failed = 0
    wanted = sys.argv[1:]
    for case in cases:
        name = case.__name__
        if wanted and name not in wanted:
            continue
        begin = time.monotonic()
        try:
            case()
        except Exception as e:                  # each is a failed case
            failed += 1
            import traceback
            traceback.print_exc(file=sys.stdout)
            print(f'FAIL {name}: {e!r}', flush=True)
        else:
            print(f'ok {name} {time.monotonic() - begin:.2f}', flush=True)
    sys.exit(1 if failed else 0)
