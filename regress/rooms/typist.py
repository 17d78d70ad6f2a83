#!/usr/bin/env python3
"""usage: typist.py [--out FILE] [--pid FILE] [--unseen TEXT-FILE]
                    PROMPT KEYS-FILE COMMAND...

Runs a command on a terminal of its own, waits for its prompt and types what is
in a file, and Enter; the file /dev/null is ^C, and - nothing at all.  What it
writes goes to --out, its pid to --pid.  Fails when echo is not off at the
prompt, the text of --unseen can be read on the terminal, or the terminal is not
at the end as it was.  Else its exit code is the command's, 128 + n for a
signal; TERM is passed on to it.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time

PATIENCE = 60 * int(os.environ.get('PATIENCE', '1'))


def begin(argv):
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.closerange(3, 64)
        try:
            os.execvp(argv[0], argv)
        finally:
            os._exit(127)
    return master, slave, before, pid


class Typist:
    def __init__(self, opt):
        self.opt = opt
        self.seen = b''
        self.out = open(opt.out, 'wb', buffering=0) if opt.out else None
        self.master, self.slave, self.before, self.pid = begin(opt.command)
        self.status = None

    def echoes(self):
        return termios.tcgetattr(self.slave)[3] & termios.ECHO

    def look(self):
        """What there is to read, and whether it has ended."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = status
        while select.select([self.master], [], [], 0.05)[0]:
            data = os.read(self.master, 65536)
            self.seen += data
            if self.out:
                self.out.write(data)

    def type(self):
        prompt = self.opt.prompt.encode()
        until = time.monotonic() + PATIENCE
        while prompt not in self.seen:
            self.look()
            if self.status is not None:
                return 'no prompt'
            if time.monotonic() > until:
                return 'no prompt in time'
        if self.echoes():
            return 'echo is not off at the prompt'
        if self.opt.keys == '-':
            return None
        if self.opt.keys == '/dev/null':
            os.write(self.master, b'\x03')
            return None
        with open(self.opt.keys, 'rb') as f:
            os.write(self.master, f.read().rstrip(b'\n') + b'\n')
        return None

    def wait(self):
        while self.status is None:
            self.look()
        self.look()

    def faults(self):
        if termios.tcgetattr(self.slave) != self.before:
            yield 'the terminal is not as it was'
        if self.opt.unseen:
            with open(self.opt.unseen, 'rb') as f:
                if f.read().rstrip(b'\n') in self.seen:
                    yield 'what was typed can be read'


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--out')
    p.add_argument('--pid')
    p.add_argument('--unseen')
    p.add_argument('prompt')
    p.add_argument('keys')
    p.add_argument('command', nargs=argparse.REMAINDER)
    opt = p.parse_args()
    t = Typist(opt)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(t.pid, signal.SIGTERM))
    if opt.pid:
        with open(opt.pid + '.new', 'w') as f:
            f.write(f'{t.pid}\n')
        os.rename(opt.pid + '.new', opt.pid)
    fault = t.type()
    if fault:
        os.kill(t.pid, signal.SIGKILL)
        sys.stderr.buffer.write(t.seen)
        sys.exit(f'typist: {fault}')
    t.wait()
    faults = list(t.faults())
    if faults:
        sys.exit(f'typist: {", ".join(faults)}')
    code = os.waitstatus_to_exitcode(t.status)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == '__main__':
    main()
