"""A name server that lies by a script: UDP and TCP on 127.0.0.53 port 53.

    dns = NameServer({'good.test': {'A': ['192.0.2.1'], 'AAAA': []}})

The value of a type is what is answered: a list of addresses (empty: the name
has none of the type), 'nxdomain', 'servfail', 'hang' (nothing is sent),
'garbage-N' (see garbage()), 'cname-loop'; or a tuple of these, one for each
query in turn, of which the last one stays.  dns.asked counts (name, type).
"""

import random
import socket
import struct
import threading

ADDRESS = '127.0.0.53'
TYPES = {1: 'A', 28: 'AAAA'}
PLAIN = 512         # bytes that fit into an answer by UDP
GARBAGE = 9


def wire_name(name):
    out = b''
    for label in name.split('.'):
        out += bytes([len(label)]) + label.encode()
    return out + b'\0'


def read_question(data):
    """(name, type number, the bytes of the question)"""
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    number, = struct.unpack_from('>H', data, at + 1)
    return '.'.join(labels), number, data[12:at + 5]


def header(query, flags, answers, questions=1):
    return query[:2] + struct.pack('>HHHHH', flags, questions, answers, 0, 0)


def record(number, payload, owner=b'\xc0\x0c', length=None):
    size = len(payload) if length is None else length
    return owner + struct.pack('>HHIH', number, 1, 0, size) + payload


def address_bytes(number, text):
    family = socket.AF_INET if number == 1 else socket.AF_INET6
    return socket.inet_pton(family, text)


def garbage(which, query, question, number):
    """Answers that no name server should give."""
    size = 4 if number == 1 else 16
    noise = random.Random(which).randbytes
    return [
        b'',
        query[:2],
        query[:2] + noise(400),
        # More records are promised than there are.
        header(query, 0x8180, 60000) + question,
        # A name that points at itself, and beyond the end
        header(query, 0x8180, 1) + question +
        record(number, bytes(size), owner=b'\xc0' + bytes([12 +
                                                           len(question)])),
        header(query, 0x8180, 1) + question +
        record(number, bytes(size), owner=b'\xff\xff'),
        # Data of a wrong length: too short, then longer than the answer
        header(query, 0x8180, 1) + question + record(number, b'\x7f'),
        header(query, 0x8180, 1) + question +
        record(number, b'\x7f', length=65535),
        # The answer to another question
        header(query, 0x8180, 1) + wire_name('other.test') +
        struct.pack('>HH', number, 1) + record(number, bytes(size)),
    ][which]


class NameServer:
    def __init__(self, names):
        self.names = names
        self.asked = {}
        self.lock = threading.Lock()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((ADDRESS, 53))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind((ADDRESS, 53))
        self.tcp.listen(64)
        for target in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=target, daemon=True).start()

    def script(self, name, number):
        kind = TYPES.get(number)
        entry = self.names.get(name)
        if entry is None or kind is None:
            return 'nxdomain'
        with self.lock:
            n = self.asked.get((name, kind), 0)
            self.asked[name, kind] = n + 1
        what = entry.get(kind, [])
        if isinstance(what, tuple):
            what = what[min(n, len(what) - 1)]
        return what

    def answer(self, query, by_tcp):
        name, number, question = read_question(query)
        what = self.script(name, number)
        if what == 'hang':
            return None
        if what == 'nxdomain':
            return header(query, 0x8183, 0) + question
        if what == 'servfail':
            return header(query, 0x8182, 0) + question
        if what == 'cname-loop':
            loop = record(5, wire_name('loop2.test')) + \
                record(5, b'\xc0\x0c', owner=wire_name('loop2.test'))
            return header(query, 0x8180, 2) + question + loop
        if isinstance(what, str):
            return garbage(int(what.split('-')[1]), query, question, number)
        body = b''.join(record(number, address_bytes(number, a))
                        for a in what)
        if not by_tcp and len(body) > PLAIN:
            # Truncated: to be asked for by TCP, which is no second query.
            with self.lock:
                self.asked[name, TYPES[number]] -= 1
            return header(query, 0x8380, 0) + question
        return header(query, 0x8180, len(what)) + question + body

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            reply = self.answer(query, False)
            if reply is not None:
                self.udp.sendto(reply, peer)

    def serve_tcp(self):
        while True:
            sock, _ = self.tcp.accept()
            threading.Thread(target=self.serve_stream, args=(sock,),
                             daemon=True).start()

    def serve_stream(self, sock):
        with sock, sock.makefile('rb') as stream:
            while True:
                size = stream.read(2)
                if len(size) < 2:
                    return
                reply = self.answer(stream.read(
                    struct.unpack('>H', size)[0]), True)
                if reply is not None:
                    sock.sendall(struct.pack('>H', len(reply)) + reply)
