#!/usr/bin/env python3
"""Where a secret lies: usage: secret_search.py FILE PID...

FILE holds the secret, which must be in no argument.  For each process one line
`PID NAME COUNT`, how often its memory, arguments and environment have it, or
`PID NAME refused` when its memory may not be read by us.
"""

import re
import sys

PIECE = 1 << 20


def regions(pid):
    for line in open('/proc/%s/maps' % pid):
        m = re.match(r'([0-9a-f]+)-([0-9a-f]+) (....) .*?(\S*)$', line)
        begin, end = int(m.group(1), 16), int(m.group(2), 16)
        # Shadow memory of a sanitizer is larger than all there is.
        if end - begin > 1 << 32 or m.group(4) in ('[vvar]', '[vsyscall]'):
            continue
        yield begin, end


def count_in(mem, begin, end, secret):
    found, rest = 0, b''
    while begin < end:
        try:
            mem.seek(begin)
            piece = mem.read(min(PIECE, end - begin))
        except (OSError, ValueError, OverflowError):
            piece = b''
        if not piece:
            rest = b''
            begin += PIECE
            continue
        found += (rest + piece).count(secret)
        rest = piece[-(len(secret) - 1):]
        begin += len(piece)
    return found


def search(pid, secret):
    found = 0
    for name in 'cmdline', 'environ':
        found += open('/proc/%s/%s' % (pid, name), 'rb').read().count(secret)
    with open('/proc/%s/mem' % pid, 'rb', 0) as mem:
        for begin, end in regions(pid):
            found += count_in(mem, begin, end, secret)
    return found


def main():
    secret = open(sys.argv[1], 'rb').read().rstrip(b'\n')
    for pid in sys.argv[2:]:
        name = open('/proc/%s/comm' % pid).read().strip()
        try:
            print(pid, name, search(pid, secret))
        except PermissionError:
            print(pid, name, 'refused')


main()
