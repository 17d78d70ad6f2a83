"""What the daemon is doing when one of its processes is killed.  `act` begins
it, `over` says that it has come to its end, whoever died meanwhile."""

import os
import signal

from world import BROKEN, NEW, NEXT, OLD

NAMES = ['provider1', 'consumer1', 'metrics']


class Scenario:
    name = ''
    installed = (OLD, NEW, NEXT)
    from_start = False      # the daemon is started with the fault armed
    stops = False           # the daemon ends, and is started again
    moved = ()              # services that may get another pid
    version = OLD           # of all at the end
    bad = None              # a version that is marked bad at the end

    def act(self, run):
        """Does what an operator or the world does."""

    def over(self, run):
        """Besides everything being as it should."""
        return True


class Start(Scenario):
    name = 'start'
    from_start = True
    moved = NAMES


class Stop(Scenario):
    name = 'stop'
    stops = True
    moved = NAMES

    def act(self, run):
        os.kill(run.world.daemon.pid, signal.SIGTERM)

    def over(self, run):
        return run.ended


class Crash(Scenario):
    name = 'crash'
    moved = ['consumer1', 'metrics']

    def act(self, run):
        for name in self.moved:
            os.kill(run.before[name], signal.SIGKILL)

    def over(self, run):
        return all(run.pids[n] != run.before[n] for n in self.moved)


class Roll(Scenario):
    name = 'roll'
    moved = ['provider1', 'consumer1']
    version = NEW

    def act(self, run):
        run.world.chain.target(NEW)


class Fetch(Roll):
    """The new version is to be downloaded, verified and installed first."""
    name = 'fetch'
    installed = (OLD, NEXT)


class Rollback(Roll):
    name = 'rollback'
    installed = (OLD, BROKEN, NEXT)
    version = OLD
    bad = BROKEN

    def act(self, run):
        run.world.chain.target(BROKEN)


class Reload(Scenario):
    """One is added, one changed, one removed, one stays as it is."""
    name = 'reload'
    moved = ['provider1', 'consumer1', 'provider2']

    def act(self, run):
        run.world.service('provider2')
        run.world.service('provider1', ', CHANGED: yes')
        run.world.config(['provider1', 'provider2', 'metrics'])
        run.want = {n: True for n in run.world.names}
        run.order('reload')

    def over(self, run):
        return run.orders_done() and \
            run.pids['provider1'] != run.before['provider1']


class Reexec(Scenario):
    name = 'reexec'

    def act(self, run):
        self.starts = run.starts()
        run.order('reexec')

    def over(self, run):
        return run.starts() > self.starts


class Operator(Scenario):
    """A service is stopped, then started; each order counts once obeyed."""
    name = 'operator'
    moved = ['consumer1']

    def act(self, run):
        self.stopped = False
        run.want['consumer1'] = False
        run.order('stop', 'consumer1')

    def over(self, run):
        if not run.orders_done():
            return False
        if not self.stopped:
            self.stopped = True
            run.want['consumer1'] = True
            run.order('start', 'consumer1')
            return False
        return True


ALL = (Start, Stop, Crash, Roll, Fetch, Rollback, Reload, Reexec, Operator)
