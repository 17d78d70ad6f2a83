#!/usr/bin/env python3
"""Runs the root of an image as an engine would with --read-only,
--cap-drop ALL and --security-opt no-new-privileges, and becomes its process 1.

usage: unshare --mount --pid --ipc --uts --fork --kill-child \\
           run_image.py ROOT CONFIG FILES [ARGUMENT ...]

CONFIG is the image's, as JSON; ARGUMENTs stand for its CMD.  Its volume is a
tmpfs with what the image has there, and with what is in FILES.  The network
is that of the caller.
"""

import ctypes
import json
import os
import platform
import resource
import shutil
import subprocess
import sys

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
PIVOT_ROOT = {'x86_64': 155, 'aarch64': 41}
DEVICES = {'null': 3, 'zero': 5, 'full': 7, 'random': 8, 'urandom': 9}
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        error = os.strerror(ctypes.get_errno())
        print(f'run_image.py: {what}: {error}', file=sys.stderr)
        sys.exit(120)


def mount(source, to, kind=None, flags=0, data=None):
    check(libc.mount(source.encode(), to.encode(), kind and kind.encode(),
                     ctypes.c_ulong(flags), data and data.encode()),
          f'mount {to}')


def devices(root):
    dev = root + '/dev'
    mount('tmpfs', dev, 'tmpfs', MS_NOSUID | MS_NOEXEC, 'mode=755,size=64k')
    for name, minor in DEVICES.items():
        os.mknod(f'{dev}/{name}', 0o20666, os.makedev(1, minor))
        os.chmod(f'{dev}/{name}', 0o666)
    os.symlink('/proc/self/fd', dev + '/fd')
    os.mkdir(dev + '/shm')
    mount('tmpfs', dev + '/shm', 'tmpfs',
          MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=1777,size=64k')


def engines_files(root):
    """What engines put into each container's /etc."""
    texts = {'hosts': '127.0.0.1 localhost\n', 'resolv.conf': '',
             'hostname': 'container\n'}
    for name, text in texts.items():
        with open(f'{root}/etc/{name}', 'w') as f:
            f.write(text)


def volume(root, config, files, uid, gid):
    at, = config['Volumes']
    old = root + '/.volume'
    shutil.copytree(root + at, old, symlinks=True)
    owner = os.stat(root + at)
    mount('tmpfs', root + at, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=755')
    os.chown(root + at, owner.st_uid, owner.st_gid)
    shutil.copytree(old, root + at, dirs_exist_ok=True)
    shutil.copytree(files, root + at, dirs_exist_ok=True)
    shutil.rmtree(old)
    subprocess.run(['chown', '-R', f'{uid}:{gid}', root + at], check=True)


def enter(root):
    check(libc.syscall(PIVOT_ROOT[platform.machine()], root.encode(),
                       (root + '/tmp').encode()), 'pivot_root')
    os.chdir('/')
    check(libc.umount2(b'/tmp', MNT_DETACH), 'umount')


def drop(uid, gid):
    os.setgroups([])
    for capability in range(64):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs')


def main():
    root, config, files, *arguments = sys.argv[1:]
    with open(config) as f:
        config = json.load(f)
    uid, gid = map(int, config['User'].split(':'))
    mount('none', '/', None, MS_REC | MS_PRIVATE)
    # Its own, so that nothing is left in that of the caller
    mount(root, root, None, MS_BIND | MS_REC)
    for name in ('proc', 'dev', 'sys'):
        os.makedirs(f'{root}/{name}', exist_ok=True)
    mount('proc', root + '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC)
    devices(root)
    engines_files(root)
    volume(root, config, files, uid, gid)
    # pivot_root wants a folder for what was before.
    enter(root)
    mount('none', '/', None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    os.chdir(config['WorkingDir'])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    drop(uid, gid)
    command = config['Entrypoint'] + (arguments or config['Cmd'])
    os.execve(command[0], command,
              dict(e.split('=', 1) for e in config['Env']))


if __name__ == '__main__':
    main()
