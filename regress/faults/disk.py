"""A disk as a power cut finds it: what was written, and of that what must be
there afterwards.  Files and directories are inodes.  An fsync of a file makes
its bytes and mode last, an fsync of a directory its names; nothing else does
(POSIX promises no more, whatever most file systems do)."""

import hashlib
import os
import stat

BLOCK = 4096

# What a cut leaves of what no fsync covered: `names`, changes of directories;
# `data`, bytes of files.
VARIANTS = {
    'least': ('lost', 'lost'),
    'names': ('kept', 'lost'),
    'zeros': ('kept', 'zeros'),
    'torn': ('kept', 'torn'),
    'data': ('lost', 'kept'),
    'all': ('kept', 'kept'),
    'some': ('some', 'some'),
}


class Blob(bytes):
    """Bytes that are hashed once, however many disks have them."""

    @property
    def sha256(self):
        if not hasattr(self, 'known'):
            self.known = hashlib.sha256(self).hexdigest()
        return self.known


class File:
    def __init__(self, data=b'', mode=0o644, safe=False):
        self.data = bytearray(data)
        self.mode = self.safe_mode = mode
        self.safe = Blob(data) if safe else Blob()
        self.blobs = {'kept': self.safe} if safe else {}

    @property
    def is_safe(self):
        return self.blobs.get('kept') is self.safe

    def write(self, offset, data):
        end = offset + len(data)
        if len(self.data) < end:
            self.data.extend(bytes(end - len(self.data)))
        self.data[offset:end] = data
        self.blobs = {}

    def truncate(self, size):
        del self.data[size:]
        self.data.extend(bytes(size - len(self.data)))
        self.blobs = {}

    def chmod(self, mode):
        self.mode = mode

    def sync(self):
        self.safe = self.blob('kept')
        self.safe_mode = self.mode
        self.blobs = {'kept': self.safe}

    def blob(self, what):
        if what not in self.blobs:
            size = len(self.data)
            if what == 'kept':
                data = self.data
            elif what == 'zeros':
                # Its length arrived, the blocks did not.
                old = self.safe
                data = (old + bytes(max(0, size - len(old))))[:size]
            else:
                data = self.data[:size // 2 // BLOCK * BLOCK]
            self.blobs[what] = Blob(data)
        return self.blobs[what]

    def after_cut(self, what, pick):
        if what == 'some':
            what = pick(('lost', 'zeros', 'torn', 'kept'))
        mode = self.safe_mode if what == 'lost' else self.mode
        if self.is_safe or what == 'lost':
            return self.safe, mode
        return self.blob(what), mode


NOTHING = Blob()


class Link:
    def __init__(self, target):
        self.target = target


class Directory:
    def __init__(self, mode=0o755):
        self.mode = mode
        # The names at the last fsync, and after each change since.
        self.states = [{}]

    @property
    def names(self):
        return self.states[-1]

    def change(self):
        """A new state to be written to."""
        self.states.append(dict(self.names))
        return self.names

    def sync(self):
        del self.states[:-1]

    def after_cut(self, what, pick):
        if what == 'some':
            return pick(self.states)
        return self.states[-1 if what == 'kept' else 0]


class Disk:
    """The directory `root`; it begins as it is now, all of it safe."""

    def __init__(self, root):
        self.root = root
        self.top = self.read(root)

    def read(self, path):
        d = Directory(stat.S_IMODE(os.lstat(path).st_mode))
        for name in os.listdir(path):
            where = os.path.join(path, name)
            st = os.lstat(where)
            if stat.S_ISDIR(st.st_mode):
                d.names[name] = self.read(where)
            elif stat.S_ISLNK(st.st_mode):
                d.names[name] = Link(os.readlink(where))
            elif stat.S_ISREG(st.st_mode):
                with open(where, 'rb') as f:
                    d.names[name] = File(f.read(), stat.S_IMODE(st.st_mode),
                                         True)
        return d

    def split(self, path):
        """The directory of a path below root and the last name, or None."""
        if not path.startswith(self.root + '/'):
            return None
        *parents, name = path[len(self.root) + 1:].split('/')
        d = self.top
        for part in parents:
            d = d.names.get(part)
            if not isinstance(d, Directory):
                return None
        return d, name

    def find(self, path):
        if path == self.root:
            return self.top
        at = self.split(path)
        return at[0].names.get(at[1]) if at else None

    # What the trace calls; each returns whether something has changed.

    def create(self, path, mode, truncate):
        at = self.split(path)
        if at is None:
            return False
        d, name = at
        old = d.names.get(name)
        if old is None:
            d.change()[name] = File(mode=mode)
            return True
        if truncate and isinstance(old, File) and old.data:
            old.truncate(0)
            return True
        return False

    def mkdir(self, path, mode):
        at = self.split(path)
        if at is None:
            return False
        at[0].change()[at[1]] = Directory(mode)
        return True

    def symlink(self, target, path):
        at = self.split(path)
        if at is None:
            return False
        at[0].change()[at[1]] = Link(target)
        return True

    def link(self, old, new):
        a, b = self.split(old), self.split(new)
        if a is None or b is None:
            return False
        b[0].change()[b[1]] = a[0].names[a[1]]
        return True

    def remove(self, path):
        at = self.split(path)
        if at is None or at[1] not in at[0].names:
            return False
        del at[0].change()[at[1]]
        return True

    def rename(self, old, new):
        a, b = self.split(old), self.split(new)
        if a is None or b is None:
            return False
        node = a[0].names[a[1]]
        names = a[0].change()
        del names[a[1]]
        if a[0] is not b[0]:
            names = b[0].change()
        names[b[1]] = node
        return True

    def node(self, path, kind, act, *args):
        node = self.find(path)
        if not isinstance(node, kind):
            return False
        getattr(node, act)(*args)
        return True

    def append(self, path, data):
        node = self.find(path)
        return isinstance(node, File) and \
            self.node(path, File, 'write', len(node.data), data)

    def chmod(self, path, mode):
        node = self.find(path)
        if isinstance(node, Directory):
            # With its directory's names; nothing here depends on when.
            node.mode = mode
            return True
        return self.node(path, File, 'chmod', mode)

    def sync(self, path):
        return self.node(path, (File, Directory), 'sync')

    def after_cut(self, variant, pick):
        """{path: (kind, mode, bytes or target)} of what is there then."""
        names, data = VARIANTS[variant]
        found = {}

        def walk(d, prefix):
            for name, node in d.after_cut(names, pick).items():
                path = prefix + name
                if isinstance(node, Directory):
                    found[path] = ('d', node.mode, NOTHING)
                    walk(node, path + '/')
                elif isinstance(node, Link):
                    found[path] = ('l', 0, Blob(node.target.encode()))
                else:
                    content, mode = node.after_cut(data, pick)
                    found[path] = ('f', mode, content)

        walk(self.top, '')
        return found


def digest(found):
    """Of what after_cut() says."""
    h = hashlib.sha256()
    for path in sorted(found):
        kind, mode, content = found[path]
        h.update(repr((path, kind, mode, content.sha256)).encode())
    return h.digest()


def make(found, root):
    """Makes such a directory for real."""
    for path in sorted(found):
        kind, mode, content = found[path]
        where = os.path.join(root, path)
        if kind == 'd':
            os.makedirs(where, exist_ok=True)
        elif kind == 'l':
            os.symlink(content.decode(), where)
        else:
            with open(where, 'wb') as f:
                f.write(content)
            os.chmod(where, mode)
    for path in sorted(found, reverse=True):
        if found[path][0] == 'd':
            os.chmod(os.path.join(root, path), found[path][1])
