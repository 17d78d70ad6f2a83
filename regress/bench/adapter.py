"""lavavisord for regress/bench/peers/bench.py: each service is a `role: other` with `command`, restarted always;
no chain is asked (the node is a closed port, asked every five minutes)."""
import os
from bench import Peer

TOP = os.environ['TOP']


class Lavavisord(Peer):
    name = 'lavavisord'
    modes = ('default',)
    needs = (TOP + '/stage/sbin/lavavisord', TOP + '/stage/sbin/lavavisorctl')
    notes = 'default: as shipped, sandboxes on, output of each service to a log of its own'

    def setup(self):
        for d in ('services', 'services/logs', 'home'):
            os.makedirs(self.dir + '/' + d)
            os.chmod(self.dir + '/' + d, 0o755)
        os.chmod(self.dir, 0o755)
        t = 'nodes: [tcp://127.0.0.1:1]\npoll-interval: 5m\nservices:\n'
        for nm in self.names:
            t += '  - %s\n' % nm
            s = 'role: other\ncommand: [%s]\nready: none\ndirectory: %s/home\n' % (', '.join(self.svc_argv(nm)), self.dir)
            s += 'stop-signal: TERM\nlimit: 0\n'
            if os.geteuid() == 0:
                s += 'user: root\nallow-root: true\n'
            self.write('services/%s.yml' % nm, s)
            os.chmod('%s/services/%s.yml' % (self.dir, nm), 0o644)
        self.write('config.yml', t)
        os.chmod(self.dir + '/config.yml', 0o644)

    def start_argv(self):
        return [TOP + '/stage/sbin/lavavisord', '-d', '-D', self.dir, '-L', TOP + '/stage/libexec/lavavisord']

    def ctl(self, *words):
        return [TOP + '/stage/sbin/lavavisorctl', '--directory', self.dir] + list(words)

    def restart_all_argv(self):
        return self.ctl('restart', 'all')

    def status_argv(self, name):
        return self.ctl('show', 'service', name)

    def status_all_argv(self):
        return self.ctl('show', 'services')
