"""The dialer in its sandbox: what it connects, and what it refuses."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import PATIENCE, Room, run_cases


def listener(family=socket.AF_INET, address='127.0.0.1', backlog=16):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.bind((address, 0))
    sock.listen(backlog)
    sock.settimeout(PATIENCE)
    return sock, sock.getsockname()[1]


def closed_port():
    sock, port = listener()
    sock.close()
    return port


def full_listener():
    """A port that answers no further connection: its backlog is full."""
    sock, port = listener(backlog=0)
    fillers = []
    for _ in range(3):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(('127.0.0.1', port))
        fillers.append(filler)
    return [sock] + fillers, port


def ask(room, host, port, named=1, timeout_ms=60000, ident=7):
    room.send('DIAL', {'host': host, 'port': port, 'named': named,
                       'timeout_ms': timeout_ms}, ident=ident)


def dial(room, host, port, **how):
    ask(room, host, port, **how)
    m = room.expect('DIALED')
    assert m.id == how.get('ident', 7), m
    return m


def refused(room, host, port, error, **how):
    m = dial(room, host, port, **how)
    assert m.fd is None and m.fields['address'] == '', m
    assert error in m.fields['error'], m
    return m.fields['error']


def connected(room, host, sock, port, address=None, **how):
    m = dial(room, host, port, **how)
    assert m.fields['error'] == '' and m.fd is not None, m
    assert address is None or m.fields['address'] == address, m
    peer, _ = sock.accept()
    ours = socket.socket(fileno=m.fd)
    assert not os.get_blocking(ours.fileno())
    # Not a byte was sent, and it works both ways.
    peer.setblocking(False)
    try:
        peer.recv(1)
        raise AssertionError('something was sent')
    except BlockingIOError:
        pass
    peer.settimeout(PATIENCE)
    ours.settimeout(PATIENCE)
    ours.sendall(b'x')
    assert peer.recv(1) == b'x'
    peer.sendall(b'y')
    assert ours.recv(1) == b'y'
    ours.close()
    # The dialer kept no copy.
    assert peer.recv(1) == b''
    peer.close()


def finish(room):
    assert room.close() == 0
    bad = [t for t in room.logs if 'refused by the sandbox' in t]
    assert not bad, bad


def case_connects():
    room = Room('dialer')
    sock, port = listener()
    for n in range(5):
        connected(room, '127.0.0.1', sock, port, '127.0.0.1', ident=n + 1)
    # By name: ::1, where it is the first address, refuses and is passed over.
    connected(room, 'localhost', sock, port, '127.0.0.1')
    sock.close()
    try:
        sock, port = listener(socket.AF_INET6, '::1')
    except OSError:
        print('# no IPv6 here')
    else:
        connected(room, '::1', sock, port, '::1')
        sock.close()
    finish(room)


def case_refuses_what_the_config_does_not_name():
    room = Room('dialer')
    sock, port = listener()
    for host, what in (('127.0.0.1', 'a loopback address'),
                       ('127.1.2.3', 'a loopback address'),
                       ('10.0.0.1', 'a private address'),
                       ('192.168.1.1', 'a private address'),
                       ('169.254.169.254', 'a link-local address'),
                       ('100.64.0.1', "a carrier's private address"),
                       ('0.0.0.0', 'an unspecified address'),
                       ('224.0.0.1', 'a multicast address'),
                       ('::1', 'a loopback address'),
                       ('::', 'an unspecified address'),
                       ('fe80::1', 'a link-local address'),
                       ('fd00::1', 'a private address'),
                       ('::ffff:127.0.0.1', 'a loopback address'),
                       ('64:ff9b::7f00:1', 'a loopback address'),
                       # What inet_aton(3) takes for 127.0.0.1
                       ('127.1', 'a loopback address'),
                       ('0x7f000001', 'a loopback address'),
                       ('2130706433', 'a loopback address'),
                       ('localhost', 'a loopback address')):
        refused(room, host, port, what, named=0)
    sock.settimeout(0)
    try:
        sock.accept()
        raise AssertionError('a refused address was connected')
    except BlockingIOError:
        pass
    sock.close()
    finish(room)


def case_errors():
    room = Room('dialer')
    port = closed_port()
    text = refused(room, '127.0.0.1', port, 'Connection refused')
    assert text == f'127.0.0.1 port {port}: Connection refused', text
    text = refused(room, 'localhost', port, 'Connection refused')
    assert text.startswith('localhost ('), text
    refused(room, '127.0.0.1', 0, 'no host or no port')
    refused(room, '', 80, 'no host or no port')
    refused(room, 'no such host', 80, 'no such host: ')
    refused(room, 'a' * 255, 80, 'a' * 255 + ': ')
    # All of it went on with the same dialer.
    sock, port = listener()
    connected(room, '127.0.0.1', sock, port)
    sock.close()
    finish(room)


def case_deadline():
    room = Room('dialer')
    socks, port = full_listener()
    begin = time.monotonic()
    text = refused(room, '127.0.0.1', port, 'timed out', timeout_ms=400)
    assert time.monotonic() - begin >= 0.39
    assert text == f'127.0.0.1 port {port}: timed out after 0.4 s', text
    for sock in socks:
        sock.close()
    finish(room)


def case_one_does_not_wait_for_another():
    room = Room('dialer')
    socks, dead = full_listener()
    sock, port = listener()
    ask(room, '127.0.0.1', dead, ident=1)
    connected(room, '127.0.0.1', sock, port, ident=2)
    room.send('DIAL_CANCEL', ident=1)
    connected(room, '127.0.0.1', sock, port, ident=3)
    room.send('DIAL_CANCEL', ident=99)
    connected(room, 'localhost', sock, port, ident=4)
    assert not room.skipped, room.skipped
    for s in socks + [sock]:
        s.close()
    finish(room)


def case_at_most_64():
    room = Room('dialer')
    socks, dead = full_listener()
    for n in range(64):
        ask(room, '127.0.0.1', dead, ident=n + 1)
    refused(room, '127.0.0.1', dead, '64 connections are being made already',
            ident=65)
    room.send('DIAL_CANCEL', ident=5)
    sock, port = listener()
    connected(room, '127.0.0.1', sock, port, ident=66)
    for s in socks + [sock]:
        s.close()
    finish(room)


def case_prober_takes_numbers_only():
    room = Room('dialer', kind='prober-dialer')
    sock, port = listener()
    connected(room, '127.0.0.1', sock, port)
    refused(room, 'localhost', port, 'localhost is not a numeric address')
    refused(room, 'example.org', 80, 'example.org is not a numeric address')
    sock.close()
    finish(room)


def case_nonsense_ends_it():
    room = Room('dialer')
    room.send('POLL_NOW')
    assert room.wait() == 1
    room.close()


if __name__ == '__main__':
    run_cases([value for name, value in list(globals().items())
               if name.startswith('case_')])
