"""Clients that do not keep to what lavavisorctl does with `install`.

usage: install_client.py ADMIN SHOW DIR VERSION FILE SUMS SIG

Each gets an answer or is hung up on; nothing is installed by any of them.
"""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import CONSTANTS, Channel, Gone, run_cases

ADMIN, SHOW, DIR, VERSION, FILE, SUMS, SIG = sys.argv[1:]
del sys.argv[1:]


def client(path=ADMIN):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.connect(path)
    return Channel(s)


def request(c, number=3, name='lavap', verb='VERB_INSTALL'):
    c.send('REQUEST', {'catalogue': CONSTANTS['MESSAGE_CATALOGUE'],
                       'verb': CONSTANTS[verb], 'argument': VERSION,
                       'extra': name, 'number': number})


def give(c, which, path, flags=os.O_RDONLY):
    fd = os.open(path, flags | os.O_NONBLOCK) if isinstance(path, str) \
        else path
    try:
        c.send('REQUEST_FILE', {'which': CONSTANTS['VERIFY_' + which]},
               fd=fd)
    finally:
        os.close(fd)


def end(c):
    """What it comes to; None when it was hung up on."""
    try:
        while True:
            m = c.receive()
            if m.type == 'ANSWER_END':
                return m.fields['code'], m.fields['text']
    except Gone:
        return None
    finally:
        c.close()


def refused(c, word):
    code, text = end(c)
    assert code == 1, (code, text)
    assert word in text, text


def with_file(path, word, flags=os.O_RDONLY):
    c = client()
    request(c)
    give(c, 'LIST', SUMS)
    give(c, 'SIGNATURE', SIG)
    give(c, 'BINARY', path, flags)
    refused(c, word)


def no_files():
    with_file(os.path.join(DIR, 'fifo'), 'not a regular file')
    with_file(DIR, 'not a regular file')
    with_file('/dev/zero', 'not a regular file')
    with_file(FILE, 'file', os.O_WRONLY)
    with_file(FILE, 'file', os.O_PATH)
    ours, theirs = socket.socketpair()
    with_file(os.dup(ours.fileno()), 'not a regular file')
    theirs.close()
    ours.close()
    with_file(os.open(DIR, os.O_RDONLY | os.O_DIRECTORY), 'regular')


def not_the_file():
    c = client()
    request(c, 2)
    give(c, 'LIST', SUMS)
    give(c, 'SIGNATURE', SIG)
    refused(c, 'file itself')


def same_file_twice():
    c = client()
    request(c)
    for _ in range(3):
        give(c, 'BINARY', FILE)
    # Two are still awaited: there is no answer before it is late.
    c.close()


def too_many():
    c = client()
    request(c, 1)
    give(c, 'BINARY', FILE)
    try:
        give(c, 'LIST', SUMS)
    except Gone:
        pass
    assert end(c) is None or True


def bad_numbers():
    for number in (0, -1, 5, 1 << 40):
        c = client()
        request(c, number)
        assert end(c) is None, number


def file_without_fd():
    c = client()
    request(c, 1)
    c.send('REQUEST_FILE', {'which': 0})
    assert end(c) is None


def output_as_file():
    c = client()
    request(c, 1)
    give(c, 'OUTPUT', FILE)
    assert end(c) is None


def files_of_another_verb():
    c = client()
    request(c, 1, verb='VERB_MONITOR')
    try:
        give(c, 'BINARY', FILE)
    except Gone:
        pass    # it was faster
    assert end(c) is None


def by_show():
    c = client(SHOW)
    request(c)
    code, text = end(c)
    assert code == 5, (code, text)
    c = client(SHOW)
    request(c)
    try:
        give(c, 'BINARY', FILE)
    except Gone:
        pass
    end(c)


def leaves_early():
    for number in range(4):
        c = client()
        request(c)
        for which, path in (('LIST', SUMS), ('SIGNATURE', SIG),
                            ('BINARY', FILE))[:number]:
            if number == 3 and which == 'BINARY':
                path = os.path.join(DIR, 'copy')
            give(c, which, path)
        c.close()
    # The last one's end is on its way yet.
    while True:
        c = client()
        request(c, 1)
        give(c, 'BINARY', '/dev/zero')
        if 'under way' not in end(c)[1]:
            break


def one_at_a_time():
    """A slow one holds up nobody for long: it leaves, the next goes."""
    first = client()
    request(first)
    second = client()
    request(second)
    code, text = end(second)
    assert code == 1 and 'under way' in text, (code, text)
    first.close()
    with_file('/dev/zero', 'not a regular file')


run_cases([no_files, not_the_file, same_file_twice, too_many, bad_numbers,
           file_without_fd, output_as_file, files_of_another_verb, by_show,
           leaves_early, one_at_a_time])
