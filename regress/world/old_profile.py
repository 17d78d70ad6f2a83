#!/usr/bin/env python3
"""Executes a program below a seccomp filter as container engines of some years
ago had it: system calls that were new then fail with EPERM, not ENOSYS.

usage: old_profile.py program [argument ...]
"""

import ctypes
import errno
import os
import platform
import struct
import sys

PR_SET_SECCOMP = 22
PR_SET_NO_NEW_PRIVS = 38
SECCOMP_MODE_FILTER = 2
RET_ALLOW = 0x7fff0000
RET_ERRNO = 0x00050000
LOAD_NR = (0x20, 0, 0, 0)       # BPF_LD | BPF_W | BPF_ABS, seccomp_data.nr
JUMP_EQ = 0x15                  # BPF_JMP | BPF_JEQ | BPF_K
RETURN = 0x06                   # BPF_RET | BPF_K

# The same numbers everywhere, since 5.1
REFUSED = [
    424,            # pidfd_send_signal
    425, 426, 427,  # io_uring
    434,            # pidfd_open
    435,            # clone3
    436,            # close_range
    437,            # openat2
    438,            # pidfd_getfd
    439,            # faccessat2
    441,            # epoll_pwait2
    444, 445, 446,  # landlock
]
SECCOMP = {'x86_64': 317, 'aarch64': 277}


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    refused = REFUSED + [SECCOMP[platform.machine()]]
    program = [LOAD_NR]
    for i, nr in enumerate(refused):
        program.append((JUMP_EQ, len(refused) - i, 0, nr))
    program.append((RETURN, 0, 0, RET_ALLOW))
    program.append((RETURN, 0, 0, RET_ERRNO | errno.EPERM))
    code = b''.join(struct.pack('=HBBI', *step) for step in program)
    buf = ctypes.create_string_buffer(code)
    fprog = struct.pack('@HP', len(program), ctypes.addressof(buf))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog) != 0:
        sys.exit(f'no filter: {os.strerror(ctypes.get_errno())}')
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == '__main__':
    main()
