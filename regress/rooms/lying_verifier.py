"""A verifier that was taken over: it says what a file tells it to say.

Run by the daemon in place of the real one; the file `lie` lies beside it.
"""

import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.environ['TOP'] + '/regress/rooms')
from imsg import BUILD, CONSTANTS, Channel, Gone

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
ELF = b'\177ELF' + bytes(996)
HASH = 'ab' * 32


def answer(lie, asked):
    fields = {'ok': 1, 'size': len(ELF), 'sha256': HASH}
    if asked['want']:
        fields['sha256'] = asked['want']
    if asked['trust'] == CONSTANTS['TRUST_SIGNED']:
        fields['key'] = 'release.pub 0123456789ABCDEF'
    fields.update({
        'another-hash': {'sha256': HASH},
        'no-hash': {'sha256': ''},
        'word-for-hash': {'sha256': '../../etc/passwd'},
        'larger': {'size': len(ELF) + 1},
        'smaller': {'size': 1},
        'huge': {'size': 1 << 62},
        'stranger': {'key': 'mallory.pub 0123456789ABCDEF'},
        'unsigned': {'key': ''},
        'no-reason': {'ok': 0},
    }.get(lie, {}))
    return fields


def main():
    with open(os.path.join(HERE, 'lie')) as f:
        lie = f.read().strip()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    c = Channel(socket.socket(fileno=3))
    c.send('HELLO', {'catalogue': CONSTANTS['MESSAGE_CATALOGUE'],
                     'kind': CONSTANTS['ROOM_VERIFIER'], 'build': BUILD})
    if c.receive().type != 'HELLO':
        sys.exit(1)
    on = CONSTANTS['MECHANISM_ON']
    c.send('READY', {'chroot': on, 'user': on, 'seccomp': on})
    asked = None
    while True:
        m = c.receive()
        if m.type == 'VERIFY':
            asked = m.fields
        elif m.type == 'VERIFY_FILE' and \
                m.fields['which'] == CONSTANTS['VERIFY_OUTPUT']:
            if lie != 'nothing-written':
                os.write(m.fd, ELF)
        elif m.type == 'VERIFY_GO':
            break
    if lie == 'waits':
        open(os.path.join(HERE, 'waiting'), 'w').close()
        while not os.path.exists(os.path.join(HERE, 'go')):
            time.sleep(0.05)
    if lie == 'dies':
        os.kill(os.getpid(), signal.SIGKILL)
    if lie == 'garbage':
        c.send_raw(CONSTANTS['MSG_VERIFIED'], b'\xff' * 100)
    elif lie == 'other-message':
        c.send('FETCHED', {'ok': 1})
    else:
        c.send('VERIFIED', answer(lie, asked))
    if lie == 'lingers':
        time.sleep(3600)
    try:
        c.receive()
    except Gone:
        pass


main()
