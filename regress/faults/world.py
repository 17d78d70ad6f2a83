"""What a run is made of: a simulated chain and a release server that all runs
of a worker share, and per run a state directory with its daemon."""

import functools
import hashlib
import http.client
import http.server
import json
import os
import platform
import pwd
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

from page import Page

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SBIN = os.path.join(TOP, 'stage/sbin')
LIBEXEC = os.path.join(TOP, 'stage/libexec/lavavisord')
FAKE = os.path.join(TOP, 'regress/bin/fakelavap')
ROOT = os.geteuid() == 0
USER = pwd.getpwnam('nobody') if ROOT else pwd.getpwuid(os.geteuid())
OLDEST, OLD, NEW, BROKEN, NEXT = '6.2.3', '6.2.4', '6.2.5', '6.2.6', '6.2.9'
PAUSE = 0.03            # between two looks at what cannot be waited for
NO_PROXY = {k: v for k, v in os.environ.items()
            if not k.lower().endswith('_proxy')}


class Failure(Exception):
    """An invariant does not hold, or something never comes."""


def arch():
    return {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(
        platform.machine(), platform.machine())


def sha256(path):
    with open(path, 'rb') as f:
        return hashlib.sha256(f.read()).hexdigest()


def brand(path, version, behaviours=''):
    subprocess.run([sys.executable, os.path.join(
        TOP, 'regress/world/brand.py'), FAKE, path, version, behaviours],
        check=True)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


class Releases:
    """Programs of all versions, made once, and a server of them."""

    def __init__(self, directory):
        self.directory = directory
        self.programs = {}
        for version, how in ((OLDEST, ''), (OLD, ''), (NEW, ''), (NEXT, ''),
                             (BROKEN, 'crash-late 100')):
            where = os.path.join(directory, 'v' + version)
            os.makedirs(where)
            name = f'lavap-v{version}-linux-{arch()}'
            brand(os.path.join(where, name), version, how)
            digest = sha256(os.path.join(where, name))
            with open(os.path.join(where, 'sha256sum.txt'), 'w') as f:
                f.write(f'{digest}  {name}\n')
            self.programs[version] = (os.path.join(where, name), digest)
        server = http.server.ThreadingHTTPServer(
            ('127.0.0.1', 0), functools.partial(Quiet, directory=directory))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.source = f'http://127.0.0.1:{server.server_port}/v{{version}}'

    def install(self, state, version):
        program, digest = self.programs[version]
        where = os.path.join(state, 'upgrades', 'v' + version)
        os.makedirs(where)
        target = os.path.join(where, 'lavap')
        shutil.copyfile(program, target)
        os.chmod(target, 0o555)
        with open(os.path.join(where, 'manifest'), 'w') as f:
            f.write(f'lavavisord-manifest 1\nversion {version}\n'
                    f'sha256 {digest}\nsize {os.path.getsize(target)}\n'
                    'how imported\ntime 1780000000\nkey \nsource \n')
        os.chmod(os.path.join(where, 'manifest'), 0o444)


class Chain:
    """A node of regress/world/chain_sim.py."""

    def __init__(self, directory):
        os.makedirs(directory)
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(TOP, 'regress/world/chain_sim.py'),
             '--vectors', os.path.join(
                 TOP, 'regress/vectors/lava-node/01-before'),
             '--state', directory, '--set', '{"chain_id": "lava-mainnet-1"}'],
            stdin=subprocess.DEVNULL,
            stdout=open(os.path.join(directory, 'log'), 'w'),
            stderr=subprocess.STDOUT)
        control = os.path.join(directory, 'control-port')
        until = time.monotonic() + 60
        while not os.path.exists(control):
            if time.monotonic() > until or self.process.poll() is not None:
                raise Failure('the simulated chain does not start')
            time.sleep(PAUSE)
        self.control = int(open(control).read())
        with open(os.path.join(directory, 'port')) as f:
            self.url = f'http://localhost:{int(f.read())}'

    def target(self, version):
        """From the next block on, which is made at once."""
        c = http.client.HTTPConnection('127.0.0.1', self.control, timeout=20)
        c.request('POST', '/set', json.dumps(
            {'versions': [version, OLD, version, OLD]}))
        if c.getresponse().status != 200:
            raise Failure('the simulated chain refuses a version')
        c.close()

    def end(self):
        self.process.terminate()
        self.process.wait()


SERVICE = """role: {role}
{what}
directory: {home}
env: {{HOME: {home}{env}}}
{user}stop-grace: 5s
backoff: 100ms
ready: tcp {address}
"""


class World:
    def __init__(self, directory, chain, releases, patience):
        self.directory = directory
        self.state = os.path.join(directory, 's')
        self.chain = chain
        self.releases = releases
        self.patience = patience
        self.host = '127.%d.%d.%d' % (random.randint(1, 254),
                                      random.randint(1, 254),
                                      random.randint(1, 254))
        self.port = 20000
        self.daemon = None
        self.starts = 0
        self.keep = 20
        self.address = {}
        os.makedirs(os.path.join(self.state, 'services/service_configs'))
        for path in (directory, self.state):
            os.chmod(path, 0o755)
        self.page = Page(os.path.join(directory, 'page'))
        self.log = os.path.join(directory, 'daemon.log')
        self.other = os.path.join(directory, 'metrics')
        shutil.copyfile(FAKE, self.other)
        os.chmod(self.other, 0o755)

    def service(self, name, env=''):
        """Writes, or changes, its definition."""
        home = os.path.join(self.directory, 'home', name)
        os.makedirs(home, exist_ok=True)
        os.chown(home, USER.pw_uid, USER.pw_gid)
        if name not in self.address:
            self.port += 1
            self.address[name] = f'{self.host}:{self.port}'
        address = self.address[name]
        configs = os.path.join(self.state, 'services/service_configs')
        with open(os.path.join(configs, name + '.yml'), 'w') as f:
            f.write('# fake: listen-ms 0\nendpoints:\n'
                    '  - api-interface: jsonrpc\n    chain-id: ETH1\n'
                    f'    network-address: {address}\n')
        if name.startswith('metrics'):
            role = 'other'
            what = f'command: [{self.other}, rpcconsumer, {name}.yml,' \
                   f' --home, {configs}]'
        else:
            role = 'provider' if name.startswith('provider') else 'consumer'
            what = f'config: {name}.yml\nfrom: servicer1\ngeolocation: 1\n' \
                   f'keyring-backend: test\nnode: {self.chain.url}'
        user = f'user: {USER.pw_name}\n' if ROOT else ''
        with open(os.path.join(self.state, 'services', name + '.yml'),
                  'w') as f:
            f.write(SERVICE.format(role=role, what=what, home=home, env=env,
                                   user=user, address=address))

    def config(self, names):
        self.names = list(names)
        path = os.path.join(self.state, 'config.yml')
        with open(path + '.tmp', 'w') as f:
            f.write(f"""chain-id: lava-mainnet-1
nodes:
  - url: {self.chain.url}
    operator: regress
poll-interval: 1s
policy:
  settle: 0s
  splay: 0s
  probation: 300ms
  ready-timeout: {int(60 * self.patience)}s
  per-day: 20
releases:
  trust: checksum
  sources: ["{self.releases.source}"]
  keep: {self.keep}
services:
""" + ''.join(f'  - {n}\n' for n in names))
        os.rename(path + '.tmp', path)

    def start(self, *tracer):
        env = dict(NO_PROXY)
        env['LAVAVISORD_FAULTS'] = self.page.path
        self.starts += 1
        self.note(f'daemon is started, time {self.starts}')
        with open(self.log, 'ab') as log:
            self.daemon = subprocess.Popen(
                [*tracer, os.path.join(SBIN, 'lavavisord'), '-d', '-v', '-D',
                 self.state, '-L', LIBEXEC], env=env, cwd='/',
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)

    def note(self, text):
        now = time.time()
        with open(self.log, 'a') as f:
            f.write(time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now)) +
                    '.%03dZ ======== %s\n' % (now % 1 * 1000, text))

    def ctl_begin(self, *words):
        self.note('lavavisorctl ' + ' '.join(words))
        return subprocess.Popen(
            [os.path.join(SBIN, 'lavavisorctl'), '-j', '--directory',
             self.state, *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=NO_PROXY)

    def show(self, what):
        """The answer of `show`, None when there is none."""
        try:
            done = subprocess.run(
                [os.path.join(SBIN, 'lavavisorctl'), '-j', '--directory',
                 self.state, 'show', what], stdin=subprocess.DEVNULL,
                capture_output=True, env=NO_PROXY, timeout=10)
            if done.returncode == 0:
                return json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            pass
        return None

    def checked(self):
        """What `lavavisord -n` says of config and journal; None: all well."""
        done = subprocess.run(
            [os.path.join(SBIN, 'lavavisord'), '-n', '-D', self.state,
             '-L', LIBEXEC], stdin=subprocess.DEVNULL, capture_output=True,
            env=NO_PROXY)
        return None if done.returncode == 0 else done.stderr.decode()

    def clean(self):
        """Ends what is left of this run."""
        for _ in range(50):
            pids = self.everything()
            if self.daemon is not None and self.daemon.poll() is None:
                pids.append(self.daemon.pid)
            if not pids:
                break
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            time.sleep(PAUSE)
        self.page.close()

    def everything(self):
        return [p.pid for p in processes(self) if p.ours or p.service]


class Process:
    def __init__(self, pid):
        self.pid = pid
        with open(f'/proc/{pid}/stat') as f:
            fields = f.read().rpartition(')')[2].split()
        if fields[0] in 'ZX':
            raise OSError
        self.ppid = int(fields[1])
        self.leader = int(fields[3]) == pid
        self.start = int(fields[19])
        self.exe = os.readlink(f'/proc/{pid}/exe')
        self.service = None     # name, of a service's process
        self.ours = None        # name, of the daemon or a room

    def still(self):
        try:
            return Process(self.pid).start == self.start
        except (OSError, IndexError):
            return False


def processes(world):
    """Those of a run: services by their program, ours by a variable."""
    found = []
    mark = f'LAVAVISORD_FAULTS={world.page.path}'.encode()
    for pid in os.listdir('/proc'):
        if not pid.isdigit():
            continue
        try:
            p = Process(int(pid))
            if p.exe.startswith(world.directory + '/'):
                p.service = os.path.basename(os.readlink(f'/proc/{pid}/cwd'))
            elif p.exe.startswith(TOP + '/'):
                with open(f'/proc/{pid}/environ', 'rb') as f:
                    if mark not in f.read().split(b'\0'):
                        continue
                with open(f'/proc/{pid}/cmdline', 'rb') as f:
                    p.ours = os.path.basename(
                        f.read().split(b'\0')[0].decode())
            else:
                continue
        except (OSError, IndexError):
            continue
        found.append(p)
    return found
