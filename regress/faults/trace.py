"""Reads what strace(1) wrote about system calls that change a directory, and
does them again on a Disk."""

import os
import re

CALLS = 'open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,splice,' \
    'sendfile,copy_file_range,fallocate,ftruncate,truncate,fsync,fdatasync,' \
    'sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,' \
    'rmdir,mkdir,mkdirat,symlink,symlinkat,mknod,mknodat,chmod,fchmod,' \
    'fchmodat'

LINE = re.compile(r'^(\d+) +(.*)$', re.S)
RESUMED = re.compile(r'^<\.\.\. \w+ resumed>(.*)$', re.S)
CALL = re.compile(r'^(\w+)\((.*)\) += (-?\d+|\?)', re.S)
ARGUMENT = re.compile(
    r'\s*("(?:\\x[0-9a-f]{2})*"(?:\.\.\.)?|\[.*\]|'
    r'(?:-?\w+)<[^>]*>(?:\(deleted\))?|[^,]+)(?:,|$)', re.S)
BYTES = re.compile(r'iov_base="((?:\\x[0-9a-f]{2})*)"')


class Unknown(Exception):
    """A call of which the replay cannot tell what it did."""


def unhex(text):
    return bytes.fromhex(text.replace('\\x', ''))


def text_of(argument):
    return unhex(argument[1:-1])


def fd_path(argument):
    """The path behind a file descriptor, '' when there is none (any more)."""
    at = argument.find('<')
    if at == -1 or argument.endswith('(deleted)'):
        return ''
    return unhex(argument[at + 1:-1]).decode(errors='replace')


def path_of(*arguments):
    """Of a name, or of a directory and a name."""
    name = text_of(arguments[-1]).decode(errors='replace')
    base = fd_path(arguments[0]) if len(arguments) > 1 else '/'
    return os.path.normpath(os.path.join(base or '/', name))


def calls(path):
    """(name, [argument], result) of each that succeeded, as they ended."""
    begun = {}
    with open(path, encoding='ascii', errors='replace') as f:
        for line in f:
            m = LINE.match(line.rstrip('\n'))
            if m is None:
                continue
            pid, rest = m.groups()
            if rest.endswith(' <unfinished ...>'):
                begun[pid] = rest[:-len(' <unfinished ...>')]
                continue
            again = RESUMED.match(rest)
            if again:
                rest = begun.pop(pid, '') + again.group(1)
            m = CALL.match(rest)
            if m is None or m.group(3) in ('?', '-1'):
                continue
            if m.group(3).startswith('-'):
                continue
            yield m.group(1), ARGUMENT.findall(m.group(2)), int(m.group(3))


class Replay:
    def __init__(self, disk, umask=0o022):
        self.disk = disk
        self.umask = umask
        self.at = {}            # where a write(2) goes on, by path

    def mode(self, text):
        return int(text, 8) & ~self.umask & 0o7777

    def opened(self, path, flags, mode):
        changed = False
        if 'O_CREAT' in flags or 'O_TRUNC' in flags:
            changed = self.disk.create(path, self.mode(mode),
                                       'O_TRUNC' in flags)
        if 'O_WRONLY' in flags or 'O_RDWR' in flags:
            self.at[path] = -1 if 'O_APPEND' in flags else 0
        return changed

    def written(self, path, data):
        at = self.at.get(path, 0)
        if at == -1:
            return self.disk.append(path, data)
        self.at[path] = at + len(data)
        return self.disk.node(path, self.file, 'write', at, data)

    @property
    def file(self):
        from disk import File
        return File

    def do(self, name, a, result):
        """Does one call; whether something below root has changed."""
        d = self.disk
        if name == 'openat':
            return self.opened(path_of(a[0], a[1]), a[2],
                               a[3] if len(a) > 3 else '0')
        if name == 'open':
            return self.opened(path_of(a[0]), a[1],
                               a[2] if len(a) > 2 else '0')
        if name == 'creat':
            return self.opened(path_of(a[0]), 'O_WRONLY|O_CREAT|O_TRUNC',
                               a[1])
        if name in ('write', 'pwrite64', 'writev', 'fsync', 'fdatasync',
                    'ftruncate', 'fchmod'):
            return self.on_fd(name, fd_path(a[0]), a, result)
        if name in ('rename', 'link'):
            return getattr(d, name)(path_of(a[0]), path_of(a[1]))
        if name in ('renameat', 'renameat2', 'linkat'):
            if name == 'renameat2' and a[4].strip() not in ('0', ''):
                raise Unknown(f'{name} {a[4]}')
            act = d.link if name == 'linkat' else d.rename
            return act(path_of(a[0], a[1]), path_of(a[2], a[3]))
        if name in ('unlink', 'rmdir'):
            return d.remove(path_of(a[0]))
        if name == 'unlinkat':
            return d.remove(path_of(a[0], a[1]))
        if name == 'mkdir':
            return d.mkdir(path_of(a[0]), self.mode(a[1]))
        if name == 'mkdirat':
            return d.mkdir(path_of(a[0], a[1]), self.mode(a[2]))
        if name == 'symlink':
            return d.symlink(text_of(a[0]).decode(), path_of(a[1]))
        if name == 'symlinkat':
            return d.symlink(text_of(a[0]).decode(), path_of(a[1], a[2]))
        if name == 'chmod':
            return d.chmod(path_of(a[0]), int(a[1], 8))
        if name == 'fchmodat':
            return d.chmod(path_of(a[0], a[1]), int(a[2], 8))
        if name == 'truncate':
            return d.node(path_of(a[0]), self.file, 'truncate', int(a[1]))
        return self.other(name, a)

    def on_fd(self, name, path, a, result):
        d = self.disk
        if not path.startswith(d.root):
            return False
        if name == 'write':
            return self.written(path, text_of(a[1])[:result])
        if name == 'writev':
            data = b''.join(unhex(x) for x in BYTES.findall(a[1]))
            return self.written(path, data[:result])
        if name == 'pwrite64':
            return d.node(path, self.file, 'write', int(a[3]),
                          text_of(a[1])[:result])
        if name == 'ftruncate':
            return d.node(path, self.file, 'truncate', int(a[1]))
        if name == 'fchmod':
            return d.chmod(path, int(a[1], 8))
        return d.sync(path)

    def other(self, name, a):
        """Nothing that matters is written in a way not known here."""
        if name == 'fallocate' and a[1].strip() == 'FALLOC_FL_KEEP_SIZE':
            return              # room is reserved, nothing is written
        for one in a:
            path = fd_path(one) if '<' in one else ''
            if path.startswith(self.disk.root + '/') and isinstance(
                    self.disk.find(path), self.file):
                if name == 'splice' and one == a[0]:
                    continue
                if '/services/logs/' not in path:
                    raise Unknown(f'{name} on {path}')
        return False
