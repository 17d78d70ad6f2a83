"""The dialer and name servers that lie, hang and talk nonsense.

Runs in network and mount namespaces of its own, see dialer_names_test.sh:
the addresses below are this machine's, and /etc/resolv.conf names the server
of dialer_dns.py.
"""

import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import imsg
from dialer_dns import GARBAGE, NameServer
from imsg import PATIENCE, Room, run_cases

FOUR, FOUR_B = '93.184.216.34', '93.184.216.35'
SIX = '2606:2800:220:1::34'
# Of what nobody may be led to: an address and what it is called
FORBIDDEN4 = (
    ('127.0.0.1', 'a loopback address'),
    ('127.255.255.255', 'a loopback address'),
    ('169.254.169.254', 'a link-local address'),
    ('10.0.0.1', 'a private address'),
    ('172.16.0.1', 'a private address'),
    ('192.168.0.1', 'a private address'),
    ('100.64.0.1', "a carrier's private address"),
    ('0.0.0.0', 'an unspecified address'),
    ('224.0.0.1', 'a multicast address'),
    ('255.255.255.255', 'a reserved address'))
FORBIDDEN6 = (
    ('::1', 'a loopback address'),
    ('::', 'an unspecified address'),
    ('::ffff:127.0.0.1', 'a loopback address'),
    ('::ffff:169.254.169.254', 'a link-local address'),
    ('64:ff9b::7f00:1', 'a loopback address'),
    ('64:ff9b::a9fe:a9fe', 'a link-local address'),
    ('2002:7f00:1::1', 'a loopback address'),
    ('2002:c0a8:1::1', 'a private address'),
    ('fe80::1', 'a link-local address'),
    ('fd00::1', 'a private address'),
    ('ff02::1', 'a multicast address'))
THOUSAND = [f'93.184.{100 + n // 250}.{n % 250 + 1}' for n in range(999)]

NAMES = {
    'public.test': {'A': [FOUR]},
    'moves.test': {'A': ([FOUR], [FOUR_B])},
    'rebinds.test': {'A': ([FOUR], ['127.0.0.1'])},
    'rebinds6.test': {'A': [], 'AAAA': ([SIX], ['::1'])},
    'inside.test': {'A': ['127.0.0.1']},
    'mixed.test': {'A': ['127.0.0.1', '10.0.0.1', FOUR, '192.168.0.1'],
                   'AAAA': ['::1', 'fd00::1']},
    'both.test': {'A': [FOUR], 'AAAA': [SIX]},
    'no-way-six.test': {'A': [FOUR], 'AAAA': ['2606:4700::1']},
    'two.test': {'A': [FOUR, FOUR_B]},
    'half-hangs.test': {'A': [FOUR], 'AAAA': 'hang'},
    'other-half-hangs.test': {'A': 'hang', 'AAAA': [SIX]},
    'many.test': {'A': THOUSAND},
    'many-and-one.test': {'A': THOUSAND[:500] + [FOUR] + THOUSAND[500:]},
    'many-inside.test': {'A': ['127.0.0.1'] * 1000},
    'none.test': {'A': [], 'AAAA': []},
    'unsure.test': {'A': 'servfail', 'AAAA': 'servfail'},
    'loop.test': {'A': 'cname-loop', 'AAAA': 'cname-loop'},
}
for i in range(8):
    NAMES[f'hangs{i}.test'] = {'A': 'hang', 'AAAA': 'hang'}
for i in range(GARBAGE):
    NAMES[f'garbage{i}.test'] = {'A': f'garbage-{i}', 'AAAA': f'garbage-{i}'}
for i, (forbidden, _) in enumerate(FORBIDDEN4):
    NAMES[f'four{i}.test'] = {'A': [forbidden]}
for i, (forbidden, _) in enumerate(FORBIDDEN6):
    NAMES[f'six{i}.test'] = {'A': [], 'AAAA': [forbidden]}

DNS = None
HAS_IPV6 = True


def listeners(*addresses):
    """All on one port, which is the last of what is returned."""
    while True:
        socks, port = [], 0
        try:
            for address in addresses:
                family = socket.AF_INET6 if ':' in address \
                    else socket.AF_INET
                sock = socket.socket(family)
                socks.append(sock)
                sock.bind((address, port))
                sock.listen(16)
                sock.settimeout(PATIENCE)
                port = sock.getsockname()[1]
        except OSError:
            for sock in socks:
                sock.close()
            if not socks or port == 0:
                raise
            continue
        return socks + [port]


def full(address, port):
    """That port answers nothing: the queue of its listener is full."""
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    socks = [socket.socket(family)]
    socks[0].bind((address, port))
    socks[0].listen(0)
    for _ in range(3):
        socks.append(socket.socket(family))
        socks[-1].setblocking(False)
        socks[-1].connect_ex((address, port))
    return socks


def ask(room, host, port, named=0, timeout_ms=60000, ident=7):
    room.send('DIAL', {'host': host, 'port': port, 'named': named,
                       'timeout_ms': timeout_ms}, ident=ident)


def answer(room, ident=7):
    m = room.expect('DIALED')
    assert m.id == ident, m
    return m


def is_connected(m, address):
    assert m.fields['error'] == '' and m.fd is not None, m
    os.close(m.fd)
    assert m.fields['address'] == address, m


def is_refused(m, *words):
    error = m.fields['error']
    assert m.fd is None and m.fields['address'] == '', m
    assert '\n' not in error, m
    for word in words:
        assert word in error, (word, error)


def connects(room, host, port, address, **how):
    ask(room, host, port, **how)
    is_connected(answer(room, how.get('ident', 7)), address)


def refuses(room, host, port, *words, **how):
    ask(room, host, port, **how)
    is_refused(answer(room, how.get('ident', 7)), host, *words)


def nobody_came(sock):
    sock.settimeout(0)
    try:
        sock.accept()
    except BlockingIOError:
        return
    raise AssertionError('a forbidden address was connected')


def close(*socks):
    for sock in socks:
        sock.close()


def finish(room):
    assert room.close() == 0
    assert not room.skipped, room.skipped
    bad = [t for t in room.logs if 'refused by the sandbox' in t]
    assert not bad, bad


def helpers(room):
    with open(f'/proc/{room.pid}/task/{room.pid}/children') as f:
        return [int(p) for p in f.read().split()]


def lives(pid):
    try:
        with open(f'/proc/{pid}/stat') as f:
            return f.read().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def wait_until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def case_asked_again_each_time():
    room = Room('dialer')
    a, b, port = listeners(FOUR, FOUR_B)
    connects(room, 'moves.test', port, FOUR)
    connects(room, 'moves.test', port, FOUR_B)
    assert DNS.asked['moves.test', 'A'] == 2, DNS.asked
    close(a, b)
    finish(room)


def case_rebinding():
    room = Room('dialer')
    inside, outside, port = listeners('127.0.0.1', FOUR)
    connects(room, 'rebinds.test', port, FOUR)
    refuses(room, 'rebinds.test', port,
            f'(127.0.0.1) port {port}: a loopback address')
    nobody_came(inside)
    close(inside, outside)
    if HAS_IPV6:
        inside, outside, port = listeners('::1', SIX)
        connects(room, 'rebinds6.test', port, SIX)
        refuses(room, 'rebinds6.test', port,
                f'(::1) port {port}: a loopback address')
        nobody_came(inside)
        close(inside, outside)
    # The config may name a host inside.
    inside, port = listeners('127.0.0.1')
    refuses(room, 'inside.test', port, 'a loopback address')
    nobody_came(inside)
    connects(room, 'inside.test', port, '127.0.0.1', named=1)
    close(inside)
    finish(room)


def case_names_of_forbidden_addresses():
    room = Room('dialer')
    inside, port = listeners('127.0.0.1')
    for n, (address, what) in enumerate(FORBIDDEN4):
        refuses(room, f'four{n}.test', port, f'({address})', what)
    for n, (address, what) in enumerate(FORBIDDEN6):
        refuses(room, f'six{n}.test', port, what)
    nobody_came(inside)
    outside, port = listeners(FOUR)
    connects(room, 'mixed.test', port, FOUR)
    close(inside, outside)
    finish(room)


def case_ipv6_first():
    if not HAS_IPV6:
        print('# no IPv6 here')
        return
    room = Room('dialer')
    six, four, port = listeners(SIX, FOUR)
    connects(room, 'both.test', port, SIX)
    close(six)
    # Refused there, it is the other one's turn at once.
    connects(room, 'both.test', port, FOUR)
    close(four)
    refuses(room, 'both.test', port,
            f'({SIX}) port {port}: Connection refused')
    finish(room)


def case_race():
    if not HAS_IPV6:
        print('# no IPv6 here')
        return
    room = Room('dialer')
    four, port = listeners(FOUR)
    hole = full(SIX, port)
    begin = time.monotonic()
    connects(room, 'both.test', port, FOUR)
    took = time.monotonic() - begin
    assert took >= 0.24, took       # it had its start
    close(four, *hole)
    finish(room)


def case_next_address():
    room = Room('dialer')
    second, port = listeners(FOUR_B)
    connects(room, 'two.test', port, FOUR_B)
    hole = full(FOUR, port)
    connects(room, 'two.test', port, FOUR_B)
    close(second)
    refuses(room, 'two.test', port, 'Connection refused', timeout_ms=2000)
    close(*hole)
    finish(room)


def quicker_than(seconds, function):
    """A busy machine may need a second try."""
    for _ in range(4):
        begin = time.monotonic()
        function()
        if time.monotonic() - begin < seconds:
            return
    raise AssertionError('too slow')


def case_no_way_to_one_family():
    """No route to IPv6: what became of IPv4 is told."""
    room = Room('dialer')
    four, port = listeners(FOUR)
    connects(room, 'no-way-six.test', port, FOUR)
    close(four)
    refuses(room, 'no-way-six.test', port,
            f'({FOUR}) port {port}: Connection refused')
    finish(room)


def case_one_family_hangs():
    """The resolver of libc waits three seconds for such a name server."""
    room = Room('dialer')
    four, port = listeners(FOUR)
    quicker_than(2.5, lambda: connects(room, 'half-hangs.test', port, FOUR))
    close(four)
    if HAS_IPV6:
        six, port = listeners(SIX)
        quicker_than(2.5, lambda: connects(room, 'other-half-hangs.test', port,
                                         SIX))
        close(six)
    finish(room)


def case_hanging_name_server():
    room = Room('dialer')
    four, port = listeners(FOUR)
    # One that hangs delays no other one: neither a number nor a name.
    ask(room, 'hangs1.test', port, ident=1)
    connects(room, FOUR, port, FOUR, ident=2)
    connects(room, 'public.test', port, FOUR, ident=3)
    is_refused(answer(room, 1), 'hangs1.test: Temporary failure')
    # More of them than there are helpers: each is told at its deadline.
    begin = time.monotonic()
    for n in range(2, 8):
        ask(room, f'hangs{n}.test', port, timeout_ms=600, ident=10 + n)
    connects(room, FOUR, port, FOUR, ident=4)
    for _ in range(6):
        m = room.expect('DIALED')
        is_refused(m, f'hangs{m.id - 10}.test: '
                   'no answer from the name servers in 0.6 s')
    assert time.monotonic() - begin >= 0.59
    # And after a while it is as if nothing had been.
    connects(room, 'public.test', port, FOUR)
    close(four)
    finish(room)


def case_many_records():
    room = Room('dialer')
    four, port = listeners(FOUR)
    connects(room, 'many-and-one.test', port, FOUR)
    refuses(room, 'many.test', port, ' port ')
    refuses(room, 'many-inside.test', port, '(127.0.0.1)',
            'a loopback address')
    close(four)
    finish(room)


def case_garbage():
    room = Room('dialer')
    four, port = listeners(FOUR)
    for n in range(GARBAGE):
        ask(room, f'garbage{n}.test', port, timeout_ms=1500, ident=n + 1)
    for n in range(GARBAGE):
        m = room.expect('DIALED')
        is_refused(m, f'garbage{m.id - 1}.test: ')
    refuses(room, 'loop.test', port, 'loop.test: ')
    connects(room, 'public.test', port, FOUR)
    assert len(helpers(room)) == 4, 'a resolver did not live through it'
    close(four)
    finish(room)


def case_no_such_name():
    room = Room('dialer')
    refuses(room, 'nowhere.test', 80, 'nowhere.test: ')
    refuses(room, 'none.test', 80, 'none.test: ')
    refuses(room, 'unsure.test', 80, 'unsure.test: ')
    refuses(room, 'a' * 64 + '.test', 80, '.test: ')
    finish(room)


def case_resolver_dies():
    room = Room('dialer')
    four, port = listeners(FOUR)
    wait_until(lambda: len(helpers(room)) == 4, 'four helpers')
    for pid in helpers(room)[:3]:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(helpers(room)) == 1, 'one helper')
    connects(room, 'public.test', port, FOUR)
    assert sum('a resolver died' in t for t in room.logs) == 3, room.logs
    # Without any the dialer leaves, to be started again.
    asked = DNS.asked.get(('hangs0.test', 'AAAA'), 0)
    ask(room, 'hangs0.test', port)
    wait_until(lambda: DNS.asked.get(('hangs0.test', 'AAAA'), 0) > asked,
               'the name server is asked')
    os.kill(helpers(room)[0], signal.SIGKILL)
    assert room.wait() == 1
    close(four)
    room.close()


def killed_while_asking():
    room = Room('dialer')
    wait_until(lambda: len(helpers(room)) == 4, 'four helpers')
    pids = helpers(room)
    asked = DNS.asked.get(('hangs7.test', 'A'), 0)
    ask(room, 'hangs7.test', 80)
    wait_until(lambda: DNS.asked.get(('hangs7.test', 'A'), 0) > asked,
               'the name server is asked')
    os.kill(room.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(lives, pids)), 'helpers end')
    assert room.wait() == -signal.SIGKILL
    room.close()


def case_helpers_die_with_the_dialer():
    """Though two of them are in getaddrinfo(3) for three seconds."""
    quicker_than(2.5, killed_while_asking)


def set_up():
    global DNS, HAS_IPV6
    if sys.argv[1:2] == ['-4']:
        sys.argv.pop(1)
        HAS_IPV6 = False
    with open('/proc/self/uid_map') as f:
        if f.read().split() != ['0', '0', '4294967295']:
            # Root of this name space only: there is nobody else to become.
            imsg.room_user = lambda: None
    DNS = NameServer(NAMES)


if __name__ == '__main__':
    set_up()
    run_cases([value for name, value in list(globals().items())
               if name.startswith('case_')])
