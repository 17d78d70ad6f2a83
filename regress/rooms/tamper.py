"""Every way of tampering with a signed list that the real tools' users met.

    for case in cases(directory, list_bytes): case.name, case.files, ...

Keys and signatures are made by the real signify and minisign, here and now.
files: LIST and SIGNATURE or MINISIG, as the verifier is given them.  key: the
name of the key file in the directory that is configured.  Each case is
refused; signify itself accepts some of them.

As a program: tamper.py DIRECTORY LIST writes each case's files to
DIRECTORY/case-N-name/{sums,sig}, for keys that lie in DIRECTORY already.
"""

import base64
import os
import shutil
import subprocess
import sys

ORDER = 2**252 + 27742317777372353535851937790883648493
SIGNIFY = shutil.which('signify-openbsd') or shutil.which('signify')
MINISIGN = shutil.which('minisign')


class Case:
    def __init__(self, name, key, lines, signature, kind='SIGNATURE'):
        self.name, self.key = name, key
        self.files = {'LIST': lines, kind: signature}

    def __repr__(self):
        return self.name


def run(directory, *argv):
    subprocess.run(argv, check=True, cwd=directory, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def read(directory, name):
    with open(os.path.join(directory, name), 'rb') as f:
        return f.read()


def make_keys(directory):
    """release and other, of both tools."""
    for who in ('release', 'other'):
        run(directory, SIGNIFY, '-G', '-n', '-p', who + '.pub', '-s',
            who + '.sec')
        run(directory, MINISIGN, '-G', '-W', '-f', '-p',
            who + '.minisign.pub', '-s', who + '.minisign.sec')


def sign(directory, lines):
    """{name: signature} of these bytes, by everyone and in every way."""
    with open(os.path.join(directory, 'signed'), 'wb') as f:
        f.write(lines)
    out = {}
    for who in ('release', 'other'):
        run(directory, SIGNIFY, '-S', '-s', who + '.sec', '-m', 'signed',
            '-x', 'out.sig')
        out[who] = read(directory, 'out.sig')
        for kind, flags in (('ED', []), ('Ed', ['-l'])):
            run(directory, MINISIGN, '-S', *flags, '-s',
                who + '.minisign.sec', '-m', 'signed', '-x', 'out.minisig',
                '-t', 'release list')
            out[who + '-' + kind] = read(directory, 'out.minisig')
    run(directory, SIGNIFY, '-S', '-e', '-s', 'release.sec', '-m', 'signed',
        '-x', 'out.sig')
    out['embedded'] = read(directory, 'out.sig')
    return out


def raw(signature, line=1):
    return bytearray(base64.b64decode(signature.split(b'\n')[line]))


def with_raw(signature, data, line=1):
    lines = signature.split(b'\n')
    lines[line] = base64.b64encode(bytes(data))
    return b'\n'.join(lines)


def flipped(signature, at, bit=1, line=1):
    data = raw(signature, line)
    data[at] ^= bit
    return with_raw(signature, data, line)


def malleated(signature):
    """S + L in place of S: the same point, to careless code."""
    data = raw(signature)
    s = int.from_bytes(data[42:74], 'little') + ORDER
    data[42:74] = s.to_bytes(32, 'little')
    return with_raw(signature, data)


def not_canonical(signature):
    """Other spare bits in the last letter before the padding."""
    letters = (b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
               b'0123456789+/')
    lines = signature.split(b'\n')
    text = lines[1].rstrip(b'=')
    other = bytes([letters[letters.index(text[-1]) ^ 1]])
    lines[1] = text[:-1] + other + lines[1][len(text):]
    assert base64.b64decode(lines[1]) == base64.b64decode(
        signature.split(b'\n')[1])
    return b'\n'.join(lines)


def small_order(directory, signature):
    """A key that signs everything: the neutral element."""
    data = raw(read(directory, 'release.pub'))
    data[10:] = b'\1' + bytes(31)
    with open(os.path.join(directory, 'small.pub'), 'wb') as f:
        f.write(with_raw(read(directory, 'release.pub'), data))
    data = raw(signature)
    data[10:] = b'\1' + bytes(63)
    return with_raw(signature, data)


def cases(directory, lines):
    s = sign(directory, lines)
    sig, ed, legacy = s['release'], s['release-ED'], s['release-Ed']
    edited = lines[:-2] + bytes([lines[-2] ^ 1]) + lines[-1:]
    crlf = sig.replace(b'\n', b'\r\n')
    other_id = raw(s['other'])
    other_id[2:10] = raw(sig)[2:10]
    long_comment = b'untrusted comment: ' + b'x' * 1025 + b'\n' + \
        sig.split(b'\n', 1)[1]
    no_trusted = b'\n'.join(ed.split(b'\n')[:2]) + b'\n'
    minisig = [
        ('digest taken for the message', lines, flipped(ed, 1, 0x20)),
        ('message taken for the digest', lines, flipped(legacy, 1, 0x20)),
        ('trusted comment edited', lines,
         ed.replace(b'release list', b'release lost')),
        ('trusted comment unsigned', lines, flipped(ed, 5, line=3)),
        ('trusted comment gone', lines, no_trusted),
        ('digest of another list', edited, ed),
    ]
    signify = [
        ('bit of the signature', lines, flipped(sig, 20)),
        ('bit of the list', edited, sig),
        ('another key', lines, s['other']),
        ('another key id', lines, flipped(sig, 4)),
        ('another key under our id', lines, with_raw(s['other'], other_id)),
        ('another algorithm', lines, flipped(sig, 1, 0x20)),
        ('CRLF', lines, crlf),
        ('no last line end', lines, sig[:-1]),
        ('trailing junk', lines, sig + b'junk\n'),
        ('leading blank', lines, b'\n' + sig),
        ('no padding', lines, sig.replace(b'=\n', b'\n')),
        ('a NUL', lines, sig[:-1] + b'\0\n'),
        ('base64 that is not canonical', lines, not_canonical(sig)),
        ('truncated', lines, sig[:len(sig) // 2]),
        ('oversized comment', lines, long_comment),
        ('embedded list', edited, s['embedded']),
        ('S + L', lines, malleated(sig)),
        ('list truncated', lines[:-1], sig),
    ]
    out = [Case(n, 'release.pub', text, x) for n, text, x in signify]
    out += [Case(n, 'release.minisign.pub', text, x, 'MINISIG')
            for n, text, x in minisig]
    out.append(Case('small-order key', 'small.pub', lines,
                    small_order(directory, sig)))
    for case in out:
        good = sig if 'SIGNATURE' in case.files else ed
        assert case.files != {'LIST': lines, **dict.fromkeys(
            set(case.files) - {'LIST'}, good)}, case
    return out


def main():
    directory = sys.argv[1]
    with open(sys.argv[2], 'rb') as f:
        lines = f.read()
    for n, case in enumerate(cases(directory, lines), 1):
        where = os.path.join(directory, f'case-{n}-' +
                             case.name.replace(' ', '-'))
        os.mkdir(where)
        for which, data in case.files.items():
            name = 'sums' if which == 'LIST' else 'sig'
            with open(os.path.join(where, name), 'wb') as f:
                f.write(data)
        with open(os.path.join(where, 'key'), 'w') as f:
            f.write(case.key)


if __name__ == '__main__':
    main()
