"""What must hold whoever was killed when."""

import glob
import os
import time

from world import PAUSE, Failure, processes, sha256


def doubles(world):
    """No service twice, at no moment.  The walk through /proc takes a while:
    two that are seen count when both are still there afterwards."""
    leaders = {}
    for p in processes(world):
        if p.service and p.leader:
            leaders.setdefault(p.service, []).append(p)
    for name, some in leaders.items():
        if len(some) > 1 and sum(p.still() for p in some) > 1:
            raise Failure(f'{name} runs {len(some)} times: pids ' +
                          ' '.join(str(p.pid) for p in some))


def running(world, pids):
    """Exactly the processes that `show services` knows, on verified files."""
    left = {name: pid for name, pid in pids.items() if pid is not None}
    for p in processes(world):
        if not p.service:
            continue
        if left.get(p.service) != p.pid:
            return f'pid {p.pid} of {p.service} is not the one that is ' \
                   f'shown ({left.get(p.service)})'
        del left[p.service]
        if p.exe.endswith(' (deleted)'):
            return f'{p.service} runs a file that is gone: {p.exe}'
        if '/upgrades/' in p.exe and '/upgrades/v' not in p.exe:
            return f'{p.service} runs {p.exe}'
    return f'no process of {left}' if left else None


def rooms(world):
    """One daemon, each room once, all of this daemon."""
    seen = set()
    found = [p for p in processes(world) if p.ours]
    name = {p.pid: p.ours for p in found}
    for p in found:
        if p.ours == 'lavavisorctl':
            continue
        if p.ours == 'dialer' and name.get(p.ppid) == 'dialer':
            continue            # it looks up names for it
        if p.ours == 'lavavisord':
            if p.pid != world.daemon.pid:
                return f'a second lavavisord, pid {p.pid}'
        elif p.ours in seen:
            return f'two rooms are {p.ours}'
        elif p.ppid != world.daemon.pid:
            return f'{p.ours}, pid {p.pid}, is of another daemon'
        seen.add(p.ours)
    return None


def eventually(what, *args, seconds=20):
    """Of what may be true a moment late: a process on its way out."""
    until = time.monotonic() + seconds
    while True:
        wrong = what(*args)
        if wrong is None:
            return
        if time.monotonic() > until:
            raise Failure(wrong)
        time.sleep(PAUSE)


def disk(world):
    """What is installed is what was verified; nothing is half."""
    upgrades = os.path.join(world.state, 'upgrades')
    for where in glob.glob(os.path.join(upgrades, 'v*')):
        with open(os.path.join(where, 'manifest')) as f:
            manifest = dict(line.rstrip('\n').split(' ', 1) for line in f)
        version = os.path.basename(where)[1:]
        lavap = os.path.join(where, 'lavap')
        if manifest['version'] != version:
            raise Failure(f'the manifest of v{version} is of another')
        if manifest['sha256'] != sha256(lavap):
            raise Failure(f'v{version}: hash of the file and manifest differ')
        mode = os.stat(lavap).st_mode & 0o7777
        if mode != 0o555:
            raise Failure(f'v{version}: mode {mode:o}')
    damaged = glob.glob(os.path.join(world.state, 'journal.damaged*'))
    if damaged:
        raise Failure(f'a damaged journal: {damaged}')
    text = world.checked()
    if text is not None:
        raise Failure(f'lavavisord -n: {text}')


def no_remains(world):
    """After an upgrade by a daemon that was started after the death."""
    upgrades = os.path.join(world.state, 'upgrades')
    left = [n for n in os.listdir(upgrades) if n.startswith('.')]
    left += os.listdir(os.path.join(world.state, 'staging'))
    if left:
        raise Failure(f'left over: {left}')


WORDS = (b'malformed', b'forbidden system call', b'refused by the sandbox',
         b'no such behaviour', b'unexpected', b'Sanitizer', b'fatal')


def log(world):
    with open(world.log, 'rb') as f:
        for line in f:
            if any(w in line for w in WORDS):
                raise Failure('in the log: ' + line.decode().strip())
