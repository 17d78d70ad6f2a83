#!/usr/bin/python3
"""A service of `endure`: writes numbered lines as fast as it can.

usage: talker.py kind shared

The shared file (see Shared) says how far the lines were checked; a talker
waits when it is AHEAD of that, so that no rotated file is dropped unread, and
ends with a last line when it is told to.  It notes the longest write(2).
"""

import mmap
import os
import random
import struct
import sys
import time

AHEAD = 12 << 20        # bytes
BLOCK = 1 << 20
BATCH = 64 << 10
# Lengths of lines; that of a pipe is 64 K or 1 M.
LENGTHS = {'short': (0, 200), 'long': (1, 300000), 'binary': (100, 9000),
           'single': (0, 60)}
FIELDS = ('checked', 'written', 'longest_us', 'blocked', 'finish', 'last')
SIZE = 8 * len(FIELDS)


class Shared:
    """Numbers that a talker and its checker share."""

    def __init__(self, path):
        with open(path, 'r+b') as f:
            self.map = mmap.mmap(f.fileno(), SIZE)

    def get(self, field):
        return struct.unpack_from('=Q', self.map, 8 * FIELDS.index(field))[0]

    def set(self, field, value):
        struct.pack_into('=Q', self.map, 8 * FIELDS.index(field), value)


class Lines:
    """The lines of a kind: the same ones in each process that asks."""

    def __init__(self, kind):
        self.low, self.high = LENGTHS[kind]
        rnd = random.Random(kind)
        self.block = rnd.randbytes(BLOCK)
        if kind in ('short', 'single'):
            self.block = self.block.hex().encode()[:BLOCK]
        self.block = self.block.replace(b'\n', b'\0')

    def line(self, n):
        length = self.low + n * 7919 % (self.high - self.low + 1)
        offset = n * 104729 % (BLOCK - self.high)
        return b'%d %s %d\n' % (n, self.block[offset:offset + length], n)


def main():
    kind = sys.argv[1]
    shared = Shared(sys.argv[2])
    with open('starts', 'a') as f:
        f.write(f'{os.getpid()}\n')
    lines = Lines(kind)
    written = longest = n = 0
    batch = 1 if kind == 'single' else BATCH
    while not shared.get('finish'):
        if written - shared.get('checked') > AHEAD:
            time.sleep(0.002)
            continue
        text = bytearray()
        while len(text) < batch:
            n += 1
            text += lines.line(n)
        left = memoryview(text)
        while left:
            begin = time.monotonic()
            done = os.write(1, left[:BATCH])
            took = time.monotonic() - begin
            left = left[done:]
            written += done
            if took > 0.2:
                shared.set('blocked', shared.get('blocked') + 1)
            if took > longest:
                longest = took
                shared.set('longest_us', int(longest * 1000000))
            shared.set('written', written)
    shared.set('last', n)
    while True:
        time.sleep(60)


if __name__ == '__main__':
    main()
