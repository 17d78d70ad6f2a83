"""The mapped file of common/fault.h: which point kills, and what was passed."""

import mmap
import struct

OFF, COUNT, KILL = 0, 1, 2
NAME_SIZE = 88
NAMES = 2048
HEAD = struct.Struct(f'=8I{NAME_SIZE}s')
SEEN = struct.Struct(f'={NAME_SIZE}sII')
SIZE = HEAD.size + NAMES * SEEN.size


def text(raw):
    return raw.split(b'\0')[0].decode()


class Page:
    def __init__(self, path):
        self.path = path
        with open(path, 'wb') as f:
            f.truncate(SIZE)
        with open(path, 'r+b') as f:
            self.map = mmap.mmap(f.fileno(), SIZE)

    def close(self):
        self.map.close()

    def put(self, index, number):
        """One of the numbers at the begin."""
        struct.pack_into('=I', self.map, index * 4, number)

    def count(self):
        self.put(0, COUNT)

    def arm(self, name, nth):
        self.put(3, nth)
        self.map[32:32 + NAME_SIZE] = name.encode().ljust(NAME_SIZE, b'\0')
        self.put(0, KILL)       # last: it is read by others already

    def off(self):
        self.put(0, OFF)

    def fired(self):
        """The pid that was killed, or None."""
        head = HEAD.unpack_from(self.map, 0)
        return head[2] if head[1] else None

    def seen(self):
        """{name: how often}"""
        names = struct.unpack_from('=I', self.map, 24)[0]
        result = {}
        for i in range(names):
            name, count, _ = SEEN.unpack_from(self.map,
                                              HEAD.size + i * SEEN.size)
            result[text(name)] = count
        return result
