#!/usr/bin/env python3
"""Which processes a text has passed through: traffic_search.py FILE PREFIX

FILE holds the text.  PREFIX.PID are what `strace -ff -yy -s N -o PREFIX' wrote.
For each kind of system call that had it a line `PROGRAM CALL DESCRIPTOR COUNT',
where PROGRAM is the last that the process executed, `(forked)' before, and
DESCRIPTOR the kind of the first argument: `0', `pipe', `socket', `file' or `-'.
"""

import collections
import glob
import os
import re
import sys

CALL = re.compile(r'(?:\d+ )?(\w+)\((.*)')
EXECUTED = re.compile(r'execve(?:at)?\((?:\S*, )?"([^"]*)", \[(.*?)\]')


def descriptor(call, arguments):
    m = re.match(r'(\d+)<(.*)', arguments)
    if not m or call.startswith('exec'):
        return '-'
    if m.group(1) == '0':
        return '0'
    for kind in 'pipe', 'socket', 'TCP', 'UNIX', 'UDP':
        if m.group(2).startswith(kind):
            return 'pipe' if kind == 'pipe' else 'socket'
    return 'file'


def main():
    with open(sys.argv[1]) as f:
        text = f.read().strip()
    found = collections.Counter()
    for path in glob.glob(sys.argv[2] + '.*'):
        program = '(forked)'
        with open(path, errors='replace') as f:
            for line in f:
                m = CALL.match(line)
                if not m:
                    continue
                call, arguments = m.groups()
                if text in arguments:
                    found[program, call, descriptor(call, arguments)] += 1
                m = EXECUTED.match(line)
                if m and line.rstrip().endswith('= 0'):
                    program = os.path.basename(m.group(1))
    for key, count in sorted(found.items()):
        print(*key, count)


main()
