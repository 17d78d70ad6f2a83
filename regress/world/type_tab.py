#!/usr/bin/env python3
"""Types into an interactive shell and looks at what TAB makes of it.

usage: type_tab.py SETUP TYPED WANTED SHELL [ARGUMENT...]

SETUP is a command that is typed first, then TYPED and a TAB; WANTED must be
in what the shell shows then.  Exit code 0 or 1.
"""

import os
import pty
import select
import sys
import time

PATIENCE = float(os.environ.get('PATIENCE', '1'))


def until(fd, text, seconds):
    """What is read until text is in it, or the time is over"""
    got = b''
    end = time.monotonic() + seconds * PATIENCE
    while text not in got and time.monotonic() < end:
        if not select.select([fd], [], [], 0.2)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        got += piece
    return got


def main(setup, typed, wanted, *shell):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ['TERM'] = 'dumb'
        os.execvp(shell[0], shell)
    # Its result, and not the echo of what was typed.
    os.write(fd, (setup + "; echo set'ting'-done\n").encode())
    shown = until(fd, b'setting-done', 30)
    os.write(fd, typed.encode() + b'\t')
    got = until(fd, wanted.encode(), 20)
    os.close(fd)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    if wanted.encode() in got:
        return 0
    print('typed %r, wanted %r, shown %r then %r' % (typed, wanted,
                                                     shown, got))
    return 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
