"""Monitor and dialer in their sandboxes against nodes that behave badly."""

import os
import select
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import CONSTANTS, PATIENCE, Room, run_cases
from scripted_node import (Hangup, Node, good, http, make_ca, params,
                           recorded, status, with_id)

STATES = {CONSTANTS[name]: name for name in CONSTANTS
          if name.startswith('NODE_') and name != 'NODE_STATES'}
AGREEMENTS = {CONSTANTS[name]: name[10:] for name in CONSTANTS
              if name.startswith('AGREEMENT_')}
DIR = tempfile.mkdtemp(prefix='monitor.', dir=os.environ.get('REGRESS_DIR'))
LONG = 60000        # ms; a deadline that only a hang meets


class World:
    """A monitor, a dialer, and the parent's part between them."""

    def __init__(self, *urls, ca=None, chain_id='lava', poll_ms=200,
                 timeout_ms=LONG, max_block_age_s=600, quorum=1,
                 groups=None, height=0, block_time_s=0):
        self.dialer = Room('dialer')
        self.monitor = Room('monitor')
        self.dials = []
        self.versions = []
        self.agreements = []
        self.answer_dials = True
        if ca:
            fd = os.open(ca, os.O_RDONLY)
            self.monitor.send('CA', fd=fd)
            os.close(fd)
        self.setup(*urls, chain_id=chain_id, poll_ms=poll_ms,
                   timeout_ms=timeout_ms, max_block_age_s=max_block_age_s,
                   quorum=quorum, height=height, block_time_s=block_time_s,
                   groups=groups)

    def setup(self, *urls, groups=None, **rules):
        self.monitor.send('MONITOR_SETUP', rules)
        for index, url in enumerate(urls):
            self.monitor.send('NODE', {
                'index': index, 'url': url, 'operator_name': 'test',
                'group': groups[index] if groups else index})
        self.monitor.send('NODES_END')

    def _pump(self, until):
        """One message of either room; that of the monitor, or None."""
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        rooms = [r for r in (self.monitor, self.dialer)
                 if r.buf] or select.select(
                     [self.monitor, self.dialer], [], [], left)[0]
        for room in rooms:
            try:
                m = room.receive(0.01)
            except TimeoutError:
                continue
            if room is self.dialer:
                if m.type == 'DIALED':
                    self.monitor.send('DIALED', m.fields, ident=m.id, fd=m.fd)
                    if m.fd is not None:
                        os.close(m.fd)
                continue
            if m.type == 'DIAL':
                self.dials.append(m.fields)
                assert m.fields['named'] == 0
                if self.answer_dials:
                    self.dialer.send('DIAL', dict(m.fields, named=1),
                                     ident=m.id)
                continue
            return m
        return None

    def next(self, kind, seconds=PATIENCE, index=None):
        until = time.monotonic() + seconds
        while True:
            try:
                m = self._pump(until)
            except TimeoutError:
                raise AssertionError(
                    f'no {kind}; log {self.monitor.logs} '
                    f'{self.dialer.logs}') from None
            if m is None:
                continue
            if m.type == 'VERSIONS':
                self.versions.append(m.fields)
            if m.type == 'AGREEMENT':
                self.agreements.append(m.fields)
            if m.type == kind and (index is None or
                                   m.fields['index'] == index):
                return m.fields

    def state(self, wanted, error=None, index=None):
        """The next state of a node must be this one."""
        m = self.next('NODE_STATE', index=index)
        got = STATES[m['state']]
        assert got == wanted, f'{got}, not {wanted}: {m}'
        if error is not None:
            assert error in m['error'], m
        return m

    def agreement(self, wanted):
        """Waits until the nodes together are in this state."""
        while True:
            m = self.next('AGREEMENT')
            if AGREEMENTS[m['state']] == wanted:
                return m

    def close(self):
        codes = self.monitor.close(), self.dialer.close()
        assert codes == (0, 0), codes
        refused = [text for text in self.monitor.logs + self.dialer.logs
                   if 'refused by the sandbox' in text]
        assert not refused, refused


def judged(handler, state, error, **rules):
    """A node that answers so gets this state, and no version is told."""
    node = Node(handler)
    world = World(node.url(), **rules)
    m = world.state(state, error)
    assert not world.versions, world.versions
    world.close()
    node.close()
    return m


def only(method, answer):
    """Healthy, but for the answers to this method."""
    healthy = good()

    def handler(node, conn, asked, ident):
        if asked != method:
            return healthy(node, conn, asked, ident)
        return answer(node, conn, asked, ident)
    return handler


def raw(data, end=True):
    """A handler that sends these bytes and hangs up."""
    def handler(node, conn, method, ident):
        conn.sendall(data(ident) if callable(data) else data)
        if end:
            raise Hangup
    return handler


def case_good():
    node = Node(good(height=1234))
    world = World(node.url())
    for _ in range(4):
        m = world.state('NODE_OK', '')
        assert m['height'] == 1234 and m['chain_id'] == 'lava', m
        assert 0 <= m['age_s'] < 60 and m['latency_ms'] >= 0, m
        assert m['agrees'] == 1 and m['error'] == '', m
    v = world.versions[-1]
    assert v['height'] == 1234 and v['proof'] == 0, v
    assert abs(v['block_time_s'] - time.time()) < 60, v
    assert [v[k] for k in ('provider_target', 'provider_min',
                           'consumer_target', 'consumer_min')] == \
        ['6.2.4'] * 4, v
    assert len(world.versions) == 4, world.versions
    assert node.connections == 1 and len(world.dials) == 1, world.dials
    assert 'Content-Type: application/json' in node.head, node.head
    # The version moves on the chain.
    node.handler = good(height=1235, place='03-after-legacy')
    while world.next('VERSIONS')['provider_target'] != '6.2.5':
        pass
    world.close()
    node.close()


def case_path_and_credentials():
    node = Node()
    world = World(f'http://user:secret@127.0.0.1:{node.port}/rpc/v1?key=k')
    world.state('NODE_OK')
    assert 'POST /rpc/v1?key=k HTTP/1.1' in node.head, node.head
    assert 'Authorization: Basic dXNlcjpzZWNyZXQ=' in node.head, node.head
    assert not [t for t in world.monitor.logs if 'secret' in t]
    world.close()
    node.close()


def case_down():
    node = Node()
    node.close()
    world = World(node.url(), poll_ms=60000)
    m = world.state('NODE_UNREACHABLE', 'Connection refused')
    assert m['age_s'] == -1 and m['latency_ms'] == -1 and m['agrees'] == 2, m
    world.monitor.send('POLL_NOW')
    world.state('NODE_UNREACHABLE', 'Connection refused')
    world.close()


def case_stays_down():
    spare = socket.create_server(('127.0.0.1', 0))
    port = spare.getsockname()[1]
    spare.close()
    world = World(f'tcp://127.0.0.1:{port}', poll_ms=100)
    world.state('NODE_UNREACHABLE')
    world.state('NODE_UNREACHABLE')
    world.close()


def case_accepts_and_hangs():
    judged(lambda *_: time.sleep(PATIENCE), 'NODE_UNREACHABLE',
           'timed out after 0.5 s', timeout_ms=500)


def case_dial_never_answered():
    node = Node()
    world = World(timeout_ms=300)
    world.answer_dials = False
    world.setup(node.url(), chain_id='lava', poll_ms=60000, timeout_ms=300,
                max_block_age_s=600, quorum=1)
    world.state('NODE_UNREACHABLE', 'timed out after 0.3 s')
    # An answer that comes too late is closed and does no harm.
    a, b = socket.socketpair()
    world.monitor.send('DIALED', {'address': '127.0.0.1'}, ident=1,
                       fd=a.fileno())
    a.close()
    b.settimeout(PATIENCE)
    assert b.recv(1) == b''
    world.close()
    node.close()


def case_slow_drip():
    def drip(node, conn, method, ident):
        for byte in http(status(ident)):
            conn.sendall(bytes([byte]))
            time.sleep(0.05)
    judged(drip, 'NODE_UNREACHABLE', 'timed out after 0.6 s', timeout_ms=600)


def case_garbage():
    judged(raw(b'\x16\x03\x01garbage\r\n\r\n'), 'NODE_BAD_ANSWER', 'HTTP/0.9')
    judged(raw(b''), 'NODE_UNREACHABLE', 'Empty reply')
    judged(raw(lambda i: http(b'x' * 100)[:-50]), 'NODE_UNREACHABLE', None)
    judged(lambda *_: b'<html>hello</html>', 'NODE_BAD_ANSWER', 'not JSON: ')
    judged(lambda *_: b'', 'NODE_BAD_ANSWER', 'empty answer')
    judged(lambda n, c, m, i: status(i) + b'{}', 'NODE_BAD_ANSWER',
           'not JSON: ')
    judged(lambda n, c, m, i: status(i + 1), 'NODE_BAD_ANSWER',
           'answer to another request')
    judged(lambda *_: b'[' * 1000, 'NODE_BAD_ANSWER', 'nested deeper')


def case_control_characters():
    m = judged(lambda n, c, m, i: b'{"jsonrpc":"2.0","id":%d,"error":{"code":'
               b'-1,"message":"a\\u001b[31mb\\nc\\u007f"}}' % i,
               'NODE_BAD_ANSWER', 'error -1: ')
    assert all(' ' <= c < '\x7f' for c in m['error']), m


def case_over_the_cap():
    def padded(answer, size):
        return lambda n, c, m, i: answer(i) + b' ' * size
    judged(padded(status, 65536), 'NODE_BAD_ANSWER', 'body over 64 KiB')
    judged(only('abci_query', padded(params, 262144)), 'NODE_BAD_ANSWER',
           'body over 256 KiB')

    def endless(node, conn, method, ident):
        conn.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        while True:
            conn.sendall(b'1000\r\n' + b' ' * 4096 + b'\r\n')
    judged(endless, 'NODE_BAD_ANSWER', 'body over 64 KiB')

    def headers(node, conn, method, ident):
        conn.sendall(b'HTTP/1.1 200 OK\r\n')
        while True:
            conn.sendall(b'X-A: ' + b'a' * 1000 + b'\r\n')
    judged(headers, 'NODE_BAD_ANSWER', 'headers over 32 KiB')


def case_wrong_chain():
    judged(good(network='lava-testnet-2'), 'NODE_WRONG_CHAIN',
           'chain id is lava-testnet-2, wanted lava')


def case_chain_remembered():
    node = Node(good(network='lava-x'))
    world = World(node.url(), chain_id='')
    world.state('NODE_OK')
    assert any('chain id is lava-x' in t for t in world.monitor.logs)
    node.handler = good(network='lava-y')
    error = becomes(world, 'NODE_WRONG_CHAIN')
    assert error == 'chain id is lava-y, wanted lava-x', error
    world.close()
    node.close()


def case_not_current():
    judged(good(catching_up=True), 'NODE_CATCHING_UP', 'catching up')
    judged(good(age=700), 'NODE_STALE', 's old, over 600 s')
    judged(good(age=-120), 'NODE_BAD_ANSWER',
           'is the clock of this machine right?')
    judged(only('abci_query', lambda n, c, m, i: params(i, 20)), 'NODE_STALE',
           'params are of height 20, the node is at 44')


def becomes(world, state, index=None):
    """The next state of the node that is not ok must be this one."""
    while True:
        m = world.next('NODE_STATE', index=index)
        if STATES[m['state']] != 'NODE_OK':
            break
    assert STATES[m['state']] == state, m
    return m['error']


def case_height_goes_back():
    node = Node(good(height=100))
    world = World(node.url())
    world.next('VERSIONS')
    # A balancer may ask one that lags: fine, and no sample.
    node.handler = good(height=95)
    while world.next('NODE_STATE')['height'] != 95:
        pass
    known = len(world.versions)
    world.state('NODE_OK')
    assert len(world.versions) == known
    node.handler = good(height=60)
    error = becomes(world, 'NODE_STALE')
    assert error.startswith('height 60 is far below 100, which was agreed '
                            'on before'), error
    # What the parent remembers counts from the start.
    node.handler = good(height=60)
    world.setup(node.url(), chain_id='lava', poll_ms=100, timeout_ms=LONG,
                max_block_age_s=600, quorum=1, height=100,
                block_time_s=int(time.time()))
    becomes(world, 'NODE_STALE')
    assert world.agreement('FEW')['voting'] == 0
    assert len(world.versions) == known
    world.close()
    node.close()


def case_absurd_height():
    """A height of 2^62, alone or once, leaves no trace."""
    for known in (0, 100):
        node = Node(good(height=1 << 62))
        world = World(node.url(), height=known,
                      block_time_s=int(time.time()))
        error = world.state('NODE_BAD_ANSWER')['error']
        assert 'height 4611686018427387904 cannot be true' in error, error
        node.handler = good(height=101)
        assert world.next('VERSIONS')['height'] == 101
        # The most that time allows
        node.handler = good(height=101 + 100 + 300 + 1000)
        assert 'cannot be true' in becomes(world, 'NODE_BAD_ANSWER')
        world.close()
        node.close()


def case_our_clock():
    nodes = [Node(good(age=-3600 - n)) for n in range(3)]
    world = World(*(node.url() for node in nodes), quorum=2)
    m = world.agreement('CLOCK_SLOW')
    assert 'the clock of this machine is wrong' in m['text'], m
    assert not world.versions
    # One of them alone in the future is that node's fault.
    for node in nodes[1:]:
        node.handler = good()
    world.agreement('YES')
    m = world.next('NODE_STATE', index=0)
    assert STATES[m['state']] == 'NODE_BAD_ANSWER', m
    for node in nodes:
        node.handler = good(age=3600)
    m = world.agreement('ALL_OLD')
    assert 'the chain stands still, or' in m['text'], m
    world.close()
    for node in nodes:
        node.close()


def case_recorded_errors():
    def answer(name):
        return lambda n, c, m, i: with_id(recorded(name), i)
    judged(answer('unknown_method.json'), 'NODE_BAD_ANSWER',
           'error -32601: Method not found')
    judged(only('abci_query', answer('abci_badpath.json')),
           'NODE_BAD_ANSWER', 'query failed with code 6 sdk: unknown query '
           'path')
    judged(only('abci_query', answer('abci_future.json')), 'NODE_BAD_ANSWER',
           'query failed with code 18 sdk: proof is unexpectedly empty')
    judged(only('abci_query', answer('abci_absent_q.json')),
           'NODE_BAD_ANSWER', 'the chain has no protocol params')


def case_http_status():
    def answer(code, body=None):
        return lambda n, c, m, i: c.sendall(http(
            body(i) if body else b'<html>', code))
    judged(answer('502 Bad Gateway'), 'NODE_UNREACHABLE', 'HTTP 502')
    judged(answer('404 Not Found'), 'NODE_BAD_ANSWER', 'HTTP 404')
    judged(answer('301 Moved\r\nLocation: http://127.0.0.1:1/'),
           'NODE_BAD_ANSWER', 'HTTP 301')
    judged(answer('500 Internal', lambda i: b'{"jsonrpc":"2.0","id":%d,'
                  b'"error":{"code":-32603,"message":"Internal error",'
                  b'"data":"why"}}' % i), 'NODE_BAD_ANSWER',
           'error -32603: Internal error: why')


def case_limited():
    node = Node(lambda n, c, m, i: c.sendall(
        http(b'slow down', '429 Too Many Requests', 'Retry-After: 2\r\n')))
    world = World(node.url(), poll_ms=100)
    world.state('NODE_LIMITED', 'HTTP 429')
    node.handler = good()
    world.monitor.send('POLL_NOW')
    world.state('NODE_OK')
    between = node.requests[1][1] - node.requests[0][1]
    assert between >= 1.9, node.requests
    world.close()
    node.close()


def case_closed_between_polls():
    node = Node()
    world = World(node.url(), poll_ms=60000)
    world.state('NODE_OK')
    for n in range(2, 5):
        node.hang_up_all()
        world.monitor.send('POLL_NOW')
        world.state('NODE_OK')
        assert node.connections == n, node.connections
    # One that says goodbye after each answer
    node.handler = lambda n, c, m, i: c.sendall(http(
        status(i) if m == 'status' else params(i), '200 OK',
        'Connection: close\r\n'))
    world.monitor.send('POLL_NOW')
    world.state('NODE_OK')
    world.monitor.send('POLL_NOW')
    world.state('NODE_OK')
    world.close()
    node.close()


def case_backs_off():
    node = Node(raw(b''))
    world = World(node.url(), poll_ms=200)
    for _ in range(4):
        world.state('NODE_UNREACHABLE')
    times = [t for _, t in node.requests]
    gaps = [b - a for a, b in zip(times, times[1:])]
    for gap, least in zip(gaps, (0.18, 0.36, 0.72)):
        assert gap >= least * 0.95, gaps
    world.close()
    node.close()


def case_https():
    ca, certificate, key = make_ca(DIR, 'good')
    other, _, _ = make_ca(DIR, 'other')
    node = Node(tls=(certificate, key))
    url = node.url('https', 'localhost')
    world = World(url, ca=ca)
    world.state('NODE_OK')
    world.state('NODE_OK')
    assert node.connections == 1, node.connections
    assert world.dials[0]['host'] == 'localhost', world.dials
    # Other certificates are trusted from the next connection on.
    fd = os.open(other, os.O_RDONLY)
    world.monitor.send('CA', fd=fd)
    os.close(fd)
    node.hang_up_all()
    while True:
        m = world.next('NODE_STATE')
        if STATES[m['state']] != 'NODE_OK':
            break
    assert STATES[m['state']] == 'NODE_UNREACHABLE', m
    assert 'certificate' in m['error'], m
    world.close()
    for url, bundle, error in (
            (node.url('https', 'localhost'), other, 'certificate'),
            (node.url('https', 'localhost'), None, 'certificate'),
            (node.url('https', '127.0.0.1'), ca, 'subject'),
            (node.url('http', 'localhost'), ca, None)):
        world = World(url, ca=bundle)
        world.state('NODE_UNREACHABLE', error)
        assert not world.versions
        world.close()
    # A node without TLS waits for the rest of a line.
    plain = Node()
    world = World(plain.url('https', 'localhost'), ca=ca, timeout_ms=500)
    world.state('NODE_UNREACHABLE', 'timed out')
    world.close()
    plain.close()
    node.close()


def case_bad_bundle():
    path = os.path.join(DIR, 'bundle')
    for data, error in ((b'', 'holds no certificate'),
                        (b'hello\n', 'holds no certificate'),
                        (b'-----BEGIN CERTIFICATE-----\nAAAA\n'
                         b'-----END CERTIFICATE-----\n', 'damaged')):
        with open(path, 'wb') as f:
            f.write(data)
        node = Node()
        world = World(node.url(), ca=path)
        world.state('NODE_OK')
        assert any(error in t for t in world.monitor.logs), \
            world.monitor.logs
        world.close()
        node.close()


def case_quorum():
    honest = [Node(good(height=100 + n)) for n in range(2)]
    liar = Node(good(height=105, place='03-after-legacy'))
    world = World(liar.url(), honest[0].url(), honest[1].url(), quorum=2)
    v = world.next('VERSIONS')
    assert v['provider_target'] == '6.2.4' and v['proof'] == 1, v
    assert v['height'] == 100 and v['chain_id'] == 'lava', v
    m = world.next('NODE_STATE', index=0)
    while m['agrees'] == 2:
        m = world.next('NODE_STATE', index=0)
    assert m['agrees'] == 0, m
    assert m['error'] == 'says providers 6.2.5 (min 6.2.4), consumers ' \
        '6.2.5 (min 6.2.4), unlike the quorum', m
    m = world.next('NODE_STATE', index=1)
    assert m['agrees'] == 1 and m['error'] == '', m
    m = world.agreements[-1] if world.agreements else world.agreement('YES')
    assert (m['groups'], m['quorum'], m['voting'], m['agree']) == \
        (3, 2, 3, 2), m
    assert all(v['provider_target'] == '6.2.4' for v in world.versions)
    # One slow node changes nothing; a second one that moves does.
    honest[0].handler = good(height=104, place='03-after-legacy')
    while world.next('VERSIONS')['provider_target'] != '6.2.5':
        pass
    world.close()
    for node in honest + [liar]:
        node.close()


def case_one_operator_one_vote():
    honest = [Node(good(height=100)) for n in range(2)]
    liars = [Node(good(height=105, place='03-after-legacy'))
             for n in range(3)]
    world = World(*(n.url() for n in liars + honest), quorum=2,
                  groups=[0, 0, 0, 1, 2])
    for _ in range(4):
        assert world.next('VERSIONS')['provider_target'] == '6.2.4'
    # One of the others is gone: the liars gain nothing.
    honest[0].close()
    m = world.agreement('SPLIT')
    assert 'at most 1 of 3 operators say the same' in m['text'], m
    known = len(world.versions)
    for _ in range(4):
        world.next('NODE_STATE', index=4)
    assert len(world.versions) == known
    world.close()
    for node in honest + liars:
        node.close()


def case_no_quorum():
    """Two of three lie together, and three are needed."""
    nodes = [Node(good(place='03-after-legacy')) for n in range(2)] + \
        [Node()]
    world = World(*(n.url() for n in nodes), quorum=3)
    assert world.agreement('SPLIT')['agree'] == 2
    # One is enough for any, and they contradict: that is no word.
    world.setup(*(n.url() for n in nodes), chain_id='', poll_ms=200,
                timeout_ms=LONG, max_block_age_s=600, quorum=1)
    m = world.agreement('CONFLICT')
    assert 'contradict each other' in m['text'], m
    assert not world.versions
    # So do two chains, as long as none is configured.
    for node in nodes[:2]:
        node.handler = good(network='lava-x')
    while world.next('NODE_STATE', index=0)['chain_id'] != 'lava-x':
        pass
    for _ in range(3):
        world.state('NODE_OK', index=2)
    assert not world.versions
    nodes[2].handler = good(network='lava-x')
    assert world.next('VERSIONS')['chain_id'] == 'lava-x'
    world.close()
    for node in nodes:
        node.close()


def case_hiccup():
    """A node that fails once still vouches; one that stays away does not."""
    nodes = [Node(good(height=100)) for n in range(2)]
    world = World(*(n.url() for n in nodes), quorum=2, poll_ms=1000)
    world.agreement('YES')
    nodes[0].handler = raw(b'')
    becomes(world, 'NODE_UNREACHABLE', index=0)
    nodes[0].handler = good(height=101)
    while STATES[world.next('NODE_STATE', index=0)['state']] != 'NODE_OK':
        pass
    assert {AGREEMENTS[m['state']] for m in world.agreements} == {'YES'}, \
        world.agreements
    nodes[0].close()
    assert world.agreement('FEW')['voting'] == 1
    world.close()
    nodes[1].close()


def case_setup_again():
    first, second = Node(good(height=1)), Node(good(height=2))
    world = World(first.url())
    world.state('NODE_OK')
    world.setup(second.url(), chain_id='lava', poll_ms=100, timeout_ms=LONG,
                max_block_age_s=600, quorum=1)
    while world.next('NODE_STATE')['height'] != 2:
        pass
    # One request may still have been on its way.
    for _ in range(3):
        world.state('NODE_OK')
    polls = len(first.requests)
    for _ in range(3):
        world.state('NODE_OK')
    assert len(first.requests) == polls
    world.setup('ftp://127.0.0.1/', second.url(), chain_id='lava',
                poll_ms=100, timeout_ms=LONG, max_block_age_s=600, quorum=1)
    world.next('NODE_STATE', index=1)
    world.close()
    first.close()
    second.close()


def case_long_poll_interval_is_kept():
    node = Node()
    world = World(node.url(), poll_ms=1000)
    for _ in range(3):
        world.state('NODE_OK')
    times = [t for method, t in node.requests if method == 'status']
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert all(gap >= 0.88 for gap in gaps), gaps
    world.close()
    node.close()


CASES = [value for name, value in list(globals().items())
         if name.startswith('case_')]

if __name__ == '__main__':
    try:
        run_cases(CASES)
    finally:
        shutil.rmtree(DIR, ignore_errors=True)
