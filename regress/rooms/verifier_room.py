"""The verifier in its sandbox, with keys and signatures by the real tools."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tamper
from imsg import CONSTANTS, PATIENCE, Gone, Room, run_cases

ARCH = {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(platform.machine())
NAME = f'lavap-v6.2.5-linux-{ARCH}'
DIR = tempfile.mkdtemp(prefix='verifier.', dir=os.environ.get('REGRESS_DIR'))
SIGNIFY = shutil.which('signify-openbsd') or shutil.which('signify')
MINISIGN = shutil.which('minisign')


def path(name):
    return os.path.join(DIR, name)


def put(name, data):
    with open(path(name), 'wb') as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path(name)


def get(name):
    with open(path(name), 'rb') as f:
        return f.read()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def tool(*argv):
    subprocess.run(argv, check=True, cwd=DIR, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def program(size=3_000_000):
    """A real ELF program of this machine, made longer."""
    with open('/bin/true', 'rb') as f:
        data = f.read()
    return data + os.urandom(16) + bytes(max(size - len(data), 0))


BINARY = program()
HASH = sha256(BINARY)
LIST = (f'{"0" * 64}  lavap-v6.2.5-linux-other\n{HASH}  {NAME}\n').encode()


class Answer:
    """One job; files: {'LIST': bytes, ...}"""

    def __init__(self, trust, files, keys=(), order=None, output=True,
                 sink=None):
        room = Room('verifier')
        try:
            fields = {'version': '6.2.5', 'file_name': NAME,
                      'trust': CONSTANTS['TRUST_' + trust],
                      'max_size': 512 << 20}
            fields.update(order or {})
            room.send('VERIFY', fields)
            for name, text in keys:
                room.send('VERIFY_KEY', {'name': name, 'text': text})
            for which, data in files.items():
                self.give(room, which, os.open(put('f.' + which, data),
                                               os.O_RDONLY))
            out = path('output')
            if os.path.exists(out):
                os.unlink(out)
            if output:
                self.give(room, 'OUTPUT', os.open(
                    sink or out, os.O_WRONLY | (0 if sink else os.O_CREAT),
                    0o600))
            room.send('VERIFY_GO')
            self.fields = room.expect('VERIFIED').fields
            self.progress = [m.fields for m in room.skipped]
            self.logs = room.logs
            self.code = room.wait()
        finally:
            room.close()
        self.ok = self.fields['ok'] == 1
        self.error = self.fields['error']
        self.copied = get('output') if output and not sink else None

    @staticmethod
    def give(room, which, fd):
        room.send('VERIFY_FILE', {'which': CONSTANTS['VERIFY_' + which]},
                  fd=fd)
        os.close(fd)


def good(answer, data=BINARY):
    assert answer.ok, answer.error
    assert answer.error == '', answer.error
    assert answer.code == 0, answer.code
    assert answer.fields['sha256'] == sha256(data)
    assert answer.fields['size'] == len(data)
    assert answer.copied == data
    assert not answer.logs, answer.logs
    return answer


def refused(answer, *words):
    assert not answer.ok
    assert answer.code == 0, answer.code
    assert '\n' not in answer.error
    for word in words:
        assert word in answer.error, f'{word!r} not in {answer.error!r}'
    return answer


def checksum(files=None, **more):
    return Answer('CHECKSUM', files or {'LIST': LIST, 'BINARY': BINARY},
                  **more)


def checksum_mode():
    a = good(checksum())
    assert a.fields['key'] == ''
    good(checksum({'LIST': f'SHA256 ({NAME}) = {HASH}\r\n',
                   'BINARY': BINARY}))
    good(checksum(order={'want': HASH}))


def wrong_hashes():
    other = BINARY[:-1] + b'x'
    refused(checksum({'LIST': LIST, 'BINARY': other}), NAME, 'list says',
            HASH, sha256(other))
    refused(checksum({'LIST': LIST, 'BINARY': BINARY[:-1]}), 'list says')
    refused(checksum(order={'want': '1' * 64}), 'expected is', '1' * 64)
    refused(checksum(order={'want': '1' * 63}), '64 hex digits')
    refused(checksum({'LIST': LIST, 'BINARY': b''}), 'empty')


def bad_lists():
    def listed(text):
        return checksum({'LIST': text, 'BINARY': BINARY})
    refused(listed(''), 'does not name')
    refused(listed(f'{HASH}  {NAME}.gz\n'), 'does not name')
    refused(listed(LIST + f'{"1" * 64}  {NAME}\n'.encode()), 'twice')
    refused(listed(b'\0' + LIST), 'not text')
    refused(listed(LIST + b'\n' * (1 << 20)), 'over 1048576 bytes')
    refused(listed(f'SHA256 ({NAME}) = 12\n'), 'good hash')


def bad_orders():
    refused(checksum(order={'file_name': '../etc/passwd'}), 'name')
    refused(checksum(order={'file_name': ''}), 'name')
    refused(checksum({'LIST': LIST}), 'no file')
    refused(checksum({'BINARY': BINARY}), 'no checksum list')
    refused(checksum(output=False), 'no new file')
    refused(checksum(order={'max_size': len(BINARY) - 1}), 'max-size')
    good(checksum(order={'max_size': len(BINARY)}))
    put('full', b'already here')
    refused(checksum(sink=path('full')), 'not empty')


def disk_full():
    if os.path.exists('/dev/full') and os.access('/dev/full', os.W_OK):
        refused(checksum(sink='/dev/full'), 'new file', 'No space left')


def pinned():
    def pin(want, data=BINARY):
        return Answer('PINNED', {'BINARY': data}, order={'want': want})
    good(pin(HASH))
    good(pin(HASH.upper()))
    refused(pin(''), 'no expected sha256')
    refused(pin('2' * 64), 'expected is')


def rehash():
    def again(want, data=BINARY):
        return Answer('REHASH', {'BINARY': data}, order={'want': want},
                      output=False)
    a = again(HASH)
    assert a.ok and a.error == '' and a.fields['sha256'] == HASH, a.error
    refused(again(HASH, BINARY + b'x'), 'expected is')
    refused(again(''), 'no expected sha256')


def not_programs():
    def of(data, **order):
        return checksum({'LIST': f'{sha256(data)}  {NAME}\n',
                         'BINARY': data}, order=order)
    script = b'#!/bin/sh\nexit 0\n'
    refused(of(script), 'script')
    good(of(script, allow_scripts=1), script)
    refused(of(b'<html>not here</html>', allow_scripts=1), 'not an ELF')
    foreign = bytearray(BINARY)
    foreign[18] ^= 0xff
    refused(of(bytes(foreign)), 'another machine')
    refused(of(BINARY[:40]), 'not an ELF')


def signify_signed():
    if not SIGNIFY:
        print('signify is not installed: left out')
        return
    for name in ('a', 'b'):
        tool(SIGNIFY, '-G', '-n', '-p', name + '.pub', '-s', name + '.sec')
    put('list', LIST)
    tool(SIGNIFY, '-S', '-s', 'a.sec', '-m', 'list', '-x', 'list.sig')
    key, other = get('a.pub'), get('b.pub')

    def signed(sig=get('list.sig'), keys=(('a.pub', key),), lines=LIST,
               data=BINARY, **order):
        return Answer('SIGNED', {'LIST': lines, 'SIGNATURE': sig,
                                 'BINARY': data}, keys=keys, order=order)
    a = good(signed())
    assert a.fields['key'].startswith('a.pub '), a.fields['key']
    good(signed(keys=(('b.pub', other), ('a.pub', key))))
    good(signed(want=HASH))
    refused(signed(want='3' * 64), 'expected is')
    refused(signed(keys=(('b.pub', other),)), 'not configured')
    refused(signed(keys=()), 'no configured key')
    refused(signed(keys=(('a.pub', 'x\n'),)), 'key a.pub')
    refused(signed(lines=LIST + b'\n'), 'is wrong for key')
    refused(signed(sig=b''), 'not a signify signature')
    refused(signed(sig=get('list.sig').replace(b'\n', b'\r\n')),
            'not a signify signature')
    refused(signed(sig=get('list.sig') + b'x' * 5000), 'over 4096 bytes')
    refused(signed(data=BINARY + b'x'), 'list says')
    refused(Answer('SIGNED', {'LIST': LIST, 'BINARY': BINARY},
                   keys=(('a.pub', key),)), 'no signature')


def minisign_key():
    if not MINISIGN:
        print('minisign is not installed: left out')
        return None
    tool(MINISIGN, '-G', '-W', '-f', '-p', 'm.pub', '-s', 'm.sec')
    return (('m.pub', get('m.pub')),)


def minisign_list():
    keys = minisign_key()
    if keys is None:
        return
    put('list', LIST)
    for flags in ((), ('-l',)):
        tool(MINISIGN, '-S', *flags, '-s', 'm.sec', '-m', 'list', '-x',
             'list.minisig', '-t', 'release list')
        sig = get('list.minisig')

        def signed(minisig=sig, lines=LIST):
            return Answer('SIGNED', {'LIST': lines, 'MINISIG': minisig,
                                     'BINARY': BINARY}, keys=keys)
        a = good(signed())
        assert a.fields['key'].startswith('m.pub '), a.fields
        # minisign writes a key id without zeros in front.
        number = a.fields['key'].split()[1].lstrip('0')
        assert number.encode() in keys[0][1]
        refused(signed(lines=LIST[:-1]), 'is wrong for key')
        refused(signed(sig.replace(b'release list', b'release lost')),
                'is wrong for key')
        refused(signed(sig[:-1]), 'not a minisign signature')


def minisign_binary():
    keys = minisign_key()
    if keys is None:
        return
    put(NAME, BINARY)

    def sign(*flags, data=BINARY):
        tool(MINISIGN, '-S', '-s', 'm.sec', '-m', NAME, '-x', 'b.minisig',
             *flags)
        return Answer('SIGNED', {'MINISIG': get('b.minisig'),
                                 'BINARY': data}, keys=keys)
    # By default the trusted comment has the file name.
    a = good(sign())
    assert a.fields['key'].startswith('m.pub '), a.fields
    good(sign('-t', f'version:6.2.5 os:linux arch:{ARCH}'))
    refused(sign(data=BINARY + b'x'), 'another file')
    refused(sign('-t', 'trust me'), 'trusted comment does not name')
    refused(sign('-t', f'lavap-v6.2.4-linux-{ARCH}'), 'does not name')
    refused(sign('-l'), 'legacy')


def tampered():
    """Each is refused; what they were made of is not."""
    if not SIGNIFY or not MINISIGN:
        print('signify or minisign is not installed: left out')
        return
    where = os.path.join(DIR, 'tamper')
    os.mkdir(where)
    tamper.make_keys(where)
    cases = tamper.cases(where, LIST)
    assert len(cases) >= 23, len(cases)
    for case in cases:
        key = tamper.read(where, case.key)
        try:
            refused(Answer('SIGNED', {**case.files, 'BINARY': BINARY},
                           keys=((case.key, key),)), NAME)
        except AssertionError as e:
            raise AssertionError(f'{case}: {e}') from e
    signed = tamper.sign(where, LIST)
    for name, kind, key in (('release', 'SIGNATURE', 'release.pub'),
                            ('release-ED', 'MINISIG', 'release.minisign.pub'),
                            ('release-Ed', 'MINISIG',
                             'release.minisign.pub')):
        good(Answer('SIGNED', {'LIST': LIST, kind: signed[name],
                               'BINARY': BINARY},
                    keys=((key, tamper.read(where, key)),)))


def several_keys():
    """Any of them is good for a list, of either kind; the 17th is not."""
    if not SIGNIFY or not MINISIGN:
        return
    where = os.path.join(DIR, 'several')
    os.mkdir(where)
    tamper.make_keys(where)
    signed = tamper.sign(where, LIST)
    keys = [(name, tamper.read(where, name)) for name in
            ('release.pub', 'release.minisign.pub', 'other.pub',
             'other.minisign.pub')]
    for name, kind, key in (('release', 'SIGNATURE', 0),
                            ('other', 'SIGNATURE', 2),
                            ('release-ED', 'MINISIG', 1),
                            ('other-Ed', 'MINISIG', 3)):
        files = {'LIST': LIST, kind: signed[name], 'BINARY': BINARY}
        a = good(Answer('SIGNED', files, keys=keys))
        assert a.fields['key'].startswith(keys[key][0] + ' '), a.fields
        left = keys[:key] + keys[key + 1:]
        refused(Answer('SIGNED', files, keys=left), 'not configured')
        good(Answer('SIGNED', files, keys=left * 5 + [keys[key]]))
    refused(Answer('SIGNED', {'LIST': LIST, 'SIGNATURE': signed['release'],
                              'BINARY': BINARY}, keys=keys * 5), '16 keys')
    # Two signatures: either will do, one must.
    both = {'LIST': LIST, 'SIGNATURE': signed['other'],
            'MINISIG': signed['release-ED'], 'BINARY': BINARY}
    good(Answer('SIGNED', both, keys=keys[1:2]))
    good(Answer('SIGNED', both, keys=keys[2:3]))
    refused(Answer('SIGNED', both, keys=keys[:1]), 'not configured')


def what_is_no_file():
    """Files of an operator may be anything."""
    def of(fd, which='BINARY', word='not a regular file', **order):
        room = Room('verifier')
        try:
            room.send('VERIFY', {'version': '6.2.5', 'file_name': NAME,
                                 'trust': CONSTANTS['TRUST_CHECKSUM'],
                                 'max_size': 512 << 20, **order})
            for name, data in (('LIST', LIST), ('BINARY', BINARY)):
                Answer.give(room, name, fd if name == which else
                            os.open(put('f.' + name, data), os.O_RDONLY))
            out = path('output')
            if os.path.exists(out):
                os.unlink(out)
            Answer.give(room, 'OUTPUT', os.open(out, os.O_WRONLY |
                                                os.O_CREAT, 0o600))
            room.send('VERIFY_GO')
            fields = room.expect('VERIFIED').fields
            assert room.wait() == 0
        finally:
            room.close()
        assert not fields['ok'] and word in fields['error'], fields
        assert get('output') == b''
    for which in ('BINARY', 'LIST'):
        reader, writer = os.pipe()
        of(reader, which)
        os.close(writer)
        of(os.open('/dev/zero', os.O_RDONLY), which)
        of(os.open(DIR, os.O_RDONLY), which)
        of(os.open(path('f.LIST'), os.O_WRONLY), which, 'Bad file')
    put('huge', b'')
    os.truncate(path('huge'), 64 << 30)
    of(os.open(path('huge'), os.O_RDONLY), 'BINARY', 'max-size')
    of(os.open(path('huge'), os.O_RDONLY), 'LIST', '1048576 bytes')
    os.unlink(path('huge'))


def changed_while_read(data, change):
    """The answer about a file that changed after the first progress."""
    put('moving', data)
    out = path('output')
    if os.path.exists(out):
        os.unlink(out)
    room = Room('verifier')
    try:
        room.send('VERIFY', {'version': '6.2.5', 'file_name': NAME,
                             'trust': CONSTANTS['TRUST_PINNED'],
                             'want': sha256(data), 'max_size': 512 << 20})
        Answer.give(room, 'BINARY', os.open(path('moving'), os.O_RDONLY))
        Answer.give(room, 'OUTPUT', os.open(out, os.O_WRONLY | os.O_CREAT,
                                            0o600))
        room.send('VERIFY_GO')
        room.expect('PROGRESS')
        with open(path('moving'), 'r+b') as f:
            change(f)
        return room.expect('VERIFIED').fields
    finally:
        room.close()


def changes_meanwhile():
    """What is written is what the hash is of, or it is refused."""
    data = program(50_000_000)

    def last_byte(f):
        f.seek(-1, 2)
        f.write(b'x')

    def longer(f):
        f.seek(0, 2)
        f.write(b'x')

    def shorter(f):
        f.truncate(len(data) - 1)
    for change in (last_byte, longer, shorter):
        for _ in range(50):
            fields = changed_while_read(data, change)
            copied = get('output')
            assert sha256(copied) == fields['sha256'], change
            assert len(copied) == fields['size'], change
            if not fields['ok']:
                break
            # It was faster than we were: all of the old file.
            assert copied == data, change
        assert not fields['ok'] and fields['unwanted'], (change, fields)
    os.unlink(path('moving'))


def progress_is_bounded():
    data = program(40_000_000)
    begin = time.monotonic()
    a = Answer('PINNED', {'BINARY': data}, order={'want': sha256(data)})
    assert a.ok, a.error
    most = 2 + 4 * (time.monotonic() - begin)
    assert 1 <= len(a.progress) <= most, a.progress
    assert all(p['total'] == len(data) for p in a.progress), a.progress
    done = [p['done'] for p in a.progress]
    assert done == sorted(done) and done[-1] <= len(data)


def growing():
    """A file that still comes: no answer before it is whole."""
    for whole in (BINARY, BINARY[:-1] + b'x'):
        room = Room('verifier')
        try:
            room.send('VERIFY', {
                'version': '6.2.5', 'file_name': NAME, 'growing': 1,
                'trust': CONSTANTS['TRUST_CHECKSUM'], 'max_size': 512 << 20})
            Answer.give(room, 'LIST', os.open(put('f.LIST', LIST),
                                              os.O_RDONLY))
            Answer.give(room, 'BINARY', os.open(put('f.BINARY', b''),
                                                os.O_RDONLY))
            out = put('output', b'')
            Answer.give(room, 'OUTPUT', os.open(out, os.O_WRONLY))
            room.send('VERIFY_GO')
            half = len(whole) // 2
            with open(path('f.BINARY'), 'ab', buffering=0) as f:
                f.write(whole[:half])
                end = time.monotonic() + PATIENCE
                while os.path.getsize(out) < half:
                    assert time.monotonic() < end, 'it does not follow'
                    time.sleep(0.01)
                f.write(whole[half:])
            room.send('VERIFY_WHOLE')
            fields = room.expect('VERIFIED').fields
            assert fields['ok'] == (whole == BINARY), fields
            assert fields['sha256'] == sha256(whole)
            assert get('output') == whole
            assert room.wait() == 0
        finally:
            room.close()


def out_of_turn():
    for messages in (['VERIFY_GO'], ['VERIFY', 'VERIFY'],
                     ['VERIFY', 'VERIFY_FILE'], ['VERIFY', 'FETCH'],
                     ['VERIFY', 'VERIFY_WHOLE']):
        room = Room('verifier')
        try:
            for kind in messages:
                room.send(kind, {})
            try:
                while True:
                    m = room.receive()
                    assert m.type != 'VERIFIED', messages
            except Gone:
                pass
            assert room.wait() == 1, messages
            assert room.logs, messages
        finally:
            room.close()


def parent_gone():
    """A verifier ends with its parent, in the middle of a file too."""
    room = Room('verifier')
    put('big', b'')
    os.truncate(path('big'), 40 << 30)
    room.send('VERIFY', {'file_name': NAME, 'version': '6.2.5', 'want': HASH,
                         'trust': CONSTANTS['TRUST_REHASH']})
    Answer.give(room, 'BINARY', os.open(path('big'), os.O_RDONLY))
    room.send('VERIFY_GO')
    room.expect('PROGRESS')
    assert room.close() == 0
    os.unlink(path('big'))


if ARCH is None:
    print('no release files for this machine')
    sys.exit(77)
try:
    run_cases([checksum_mode, wrong_hashes, bad_lists, bad_orders, disk_full,
               pinned, rehash, not_programs, signify_signed, minisign_list,
               minisign_binary, tampered, several_keys, what_is_no_file,
               changes_meanwhile, progress_is_bounded, growing, out_of_turn,
               parent_gone])
finally:
    shutil.rmtree(DIR, ignore_errors=True)
