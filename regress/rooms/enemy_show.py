"""A show room that was taken over: it tries what a file tells it to try.

Run by the daemon in place of the real one.  The file `cases` beside it has a
case a line; each start takes the first one away.  What came of it goes to
`result`: its pid and "killed" first, which is all when the parent has ended the room.
"""

import os
import signal
import socket
import sys

sys.path.insert(0, os.environ['TOP'] + '/regress/rooms')
from imsg import BUILD, CONSTANTS, HEADER, LAYOUTS, Channel, Gone, pack

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
CATALOGUE = CONSTANTS['MESSAGE_CATALOGUE']
VERBS = {n: v for n, v in CONSTANTS.items() if n.startswith('VERB_') and
         n not in ('VERB_NONE', 'VERB_ADMIN_FIRST')}
ADMIN = CONSTANTS['VERB_ADMIN_FIRST']
# As root, with whatever an order could be about
ARGUMENTS = [
    {},
    {'name': 'all', 'number': 1},
    {'name': 'web', 'argument': 'running', 'number': 1},
    {'argument': '6.2.5', 'extra': 'ab' * 32, 'number': 4},
    {'name': '../../etc', 'argument': '%s%n', 'extra': '-rf', 'number': -1},
    {'number': 1 << 62}, {'number': -(1 << 63)},
]


def request(c, ident, verb, fields):
    c.send('REQUEST', {'catalogue': CATALOGUE, 'verb': verb, 'uid': 0,
                       'gid': 0, **fields}, ident)


def every_verb(c):
    """Each verb with each argument: what is admin's is refused with 5."""
    ident, bad = 0, []
    for name, verb in sorted(VERBS.items(), key=lambda item: item[1]):
        for fields in ARGUMENTS:
            ident += 1
            request(c, ident, verb, fields)
            # Some stay for events or a state: those are left alone.
            stays = name in ('VERB_MONITOR', 'VERB_WAIT',
                             'VERB_UPGRADE_CHECK', 'VERB_SHOW_VERSIONS')
            while not stays:
                m = c.receive()
                if m.id != ident:
                    continue
                if m.fd is not None:
                    bad.append(f'{name}: a file')
                if m.type == 'ANSWER' and verb >= ADMIN:
                    bad.append(f'{name} {fields}: {m}')
                if m.type == 'ANSWER_END':
                    if verb >= ADMIN and m.fields['code'] != 5:
                        bad.append(f'{name} {fields}: {m}')
                    break
            if stays:
                c.send('CLIENT_GONE', ident=ident)
    if len([v for v in VERBS.values() if v >= ADMIN]) < 15:
        bad.append('the verbs of admin are not known here')
    return '; '.join(bad) or 'refused'


def crowd_that_stays(c):
    """More that wait than the parent keeps; it says so to the rest."""
    monitor = CONSTANTS['VERB_MONITOR']
    for ident in range(1, 2001):
        request(c, ident, monitor, {})
    told = 0
    while told < 2000 - 128:
        m = c.receive()
        told += m.type == 'ANSWER_END' and m.fields['code'] == 1
    return 'bounded'


def never_reading(c):
    """Questions whose answers are not read."""
    show, ident = CONSTANTS['VERB_SHOW_CONFIG'], 0
    while True:
        ident += 1
        request(c, ident, show, {'number': 1})


def same_id(c):
    for _ in range(2):
        request(c, 7, CONSTANTS['VERB_MONITOR'], {})
    return wait(c)


def no_such_verb(c):
    request(c, 1, CONSTANTS['VERBS'], {})
    return wait(c)


def file_of_a_request(c):
    with open('/dev/null', 'rb') as f:
        request(c, 1, CONSTANTS['VERB_INSTALL'], {'number': 1})
        c.send('REQUEST_FILE', {'which': CONSTANTS['VERIFY_BINARY']}, 1,
               f.fileno())
    return wait(c)


def other_message(kind):
    """What other rooms may say and this one may not."""
    def case(c):
        fields = {}
        if kind == 'VERSIONS':
            fields = {'height': 1 << 40, 'provider_target': '9.9.9',
                      'provider_min': '9.9.9', 'consumer_target': '9.9.9',
                      'consumer_min': '9.9.9'}
        elif kind == 'VERIFIED':
            fields = {'ok': 1, 'sha256': 'ab' * 32}
        payload = pack(kind, fields) if LAYOUTS[kind] else b''
        c.send_raw(CONSTANTS['MSG_' + kind], payload, 1)
        return wait(c)
    return case


def garbage(c):
    c.sock.sendall(HEADER.pack(0xffffffff, 0x7fffffff, 0, 0) + b'x' * 4000)
    return wait(c)


def wait(c):
    while True:
        c.receive(60)


CASES = {f.__name__: f for f in (
    every_verb, crowd_that_stays, never_reading, same_id, no_such_verb,
    file_of_a_request, garbage)}
for k in ('ORDER_START', 'ORDER_SIGNAL', 'SERVICE_STATE', 'SERVICE_WANT',
          'VERSIONS', 'VERIFIED', 'DIAL', 'LISTEN', 'ANSWER', 'HELLO'):
    CASES['other_' + k] = other_message(k)


def next_case():
    path = os.path.join(HERE, 'cases')
    with open(path) as f:
        lines = f.read().split()
    with open(path + '.new', 'w') as f:
        f.write('\n'.join(lines[1:]))
    os.rename(path + '.new', path)
    return lines[0] if lines else None


def main():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    c = Channel(socket.socket(fileno=3))
    c.send('HELLO', {'catalogue': CATALOGUE,
                     'kind': CONSTANTS['ROOM_SHOW'], 'build': BUILD})
    on = CONSTANTS['MECHANISM_ON']
    if c.receive().type != 'HELLO':
        sys.exit(1)
    c.send('READY', {'chroot': on, 'user': on, 'seccomp': on})
    case = next_case()
    try:
        if case is None:
            wait(c)
        # One that is killed before it can say so leaves this line.
        say(f'{case} {os.getpid()} killed')
        say(f'{case} {CASES[case](c)}')
        wait(c)
    except Gone:
        sys.exit(0)
    except Exception as e:
        say(f'{case} {e!r}')
        raise


def say(line):
    with open(os.path.join(HERE, 'result'), 'a') as f:
        f.write(line + '\n')


main()
