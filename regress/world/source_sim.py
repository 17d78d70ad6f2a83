#!/usr/bin/env python3
"""A source of releases that does what it is told, over TLS.

usage: source_sim.py DIR WWW CERTIFICATES

Serves the files of WWW on a port of 127.0.0.1 that it writes to DIR/port.
Before each connection it reads DIR/mode, a JSON object, all members optional:
    tls         a name: CERTIFICATES/NAME.pem and .key (default server);
                "old": TLS 1.1 at most; "plain": http; "none": neither
    close       true: every connection is closed at once
For the binary (lavap-...) only:
    status      an answer without the file
    cut         bytes of the file after which the connection is closed
    cut_each    true: so it is in each answer, else in the first only
    hold        true: instead of closing it is kept, silent
    drip        bytes a second
    endless     true: more and more, in chunks
    chunked     true: no length is said
    range       false: Range is ignored
    etag        another entity tag; "" none
    redirect    where to
    spoil       true: its first byte is another
For all files:
    missing     a part of the path: 404
DIR/requests gets a line for each request once it is answered: path, status,
first byte, bytes sent.
"""

import hashlib
import json
import os
import socket
import ssl
import sys
import threading
import time

PIECE = 1 << 16


class Source:
    def __init__(self, directory, www, certificates):
        self.dir, self.www, self.tls = directory, www, certificates
        self.lock = threading.Lock()
        self.cut_once = set()
        self.sock = socket.create_server(('127.0.0.1', 0), backlog=64)
        with open(self.path('port.new'), 'w') as f:
            f.write(str(self.sock.getsockname()[1]))
        os.rename(self.path('port.new'), self.path('port'))

    def path(self, name):
        return os.path.join(self.dir, name)

    def mode(self):
        try:
            with open(self.path('mode')) as f:
                return json.load(f)
        except FileNotFoundError:
            return {}

    def note(self, *words):
        with self.lock, open(self.path('requests'), 'a') as f:
            f.write(' '.join(str(w) for w in words) + '\n')

    def run(self):
        while True:
            conn, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def context(self, name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if name == 'old':
            context.set_ciphers('ALL:@SECLEVEL=0')
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
            name = 'server'
        base = os.path.join(self.tls, name)
        context.load_cert_chain(base + '.pem', base + '.key')
        return context

    def serve(self, conn):
        mode = self.mode()
        try:
            if mode.get('close'):
                return
            tls = mode.get('tls', 'server')
            if tls == 'none':
                conn.sendall(b'HTTP/1.1 400 no\r\nContent-Length: 0\r\n\r\n')
                conn.recv(PIECE)
                return
            if tls != 'plain':
                conn = self.context(tls).wrap_socket(conn, server_side=True)
            while True:
                head = b''
                while b'\r\n\r\n' not in head:
                    more = conn.recv(PIECE)
                    if not more:
                        return
                    head += more
                if not Answer(self, conn, head.decode()).give():
                    return
        except OSError:
            pass
        finally:
            try:
                conn.close()
            except OSError:
                pass


class Answer:
    def __init__(self, source, conn, head):
        self.source, self.conn = source, conn
        self.mode = source.mode()
        lines = head.split('\r\n')
        self.where = lines[0].split()[1]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(':')
            self.headers[name.lower()] = value.strip()
        self.binary = '/lavap-' in self.where
        if not self.binary:
            self.mode = {k: v for k, v in self.mode.items()
                         if k == 'missing'}
        self.status, self.first, self.sent = 200, 0, 0

    def give(self):
        """True when the connection may be used once more."""
        try:
            return self.answer()
        finally:
            self.source.note(self.where, self.status, self.first, self.sent)

    def head(self, *headers):
        self.conn.sendall('\r\n'.join(
            (f'HTTP/1.1 {self.status} x',) + headers + ('', '')).encode())

    def empty(self, status, *headers):
        self.status = status
        self.head('Content-Length: 0', *headers)
        return True

    def answer(self):
        mode = self.mode
        path = os.path.join(self.source.www, self.where.lstrip('/'))
        if 'redirect' in mode:
            return self.empty(302, 'Location: ' + mode['redirect'])
        if 'status' in mode:
            return self.empty(mode['status'])
        if not os.path.isfile(path) or \
                mode.get('missing', '\0') in self.where:
            return self.empty(404)
        with open(path, 'rb') as f:
            data = f.read()
        if mode.get('spoil'):
            data = bytes([data[0] ^ 1]) + data[1:]
        tag = '"%s"' % hashlib.sha256(data).hexdigest()[:16]
        tag = mode.get('etag', tag)
        headers = ['ETag: ' + tag] if tag else []
        if mode.get('endless'):
            return self.endless(headers)
        self.part(tag, len(data))
        if self.status == 416:
            self.head('Content-Length: 0', f'Content-Range: bytes */'
                      f'{len(data)}', *headers)
            return True
        if self.status == 206:
            headers.append(f'Content-Range: bytes {self.first}-'
                           f'{len(data) - 1}/{len(data)}')
        if mode.get('chunked'):
            self.head('Transfer-Encoding: chunked', *headers)
        else:
            self.head(f'Content-Length: {len(data) - self.first}', *headers)
        return self.body(data[self.first:])

    def part(self, tag, size):
        text = self.headers.get('range', '')
        if not text or self.mode.get('range') is False or \
                self.headers.get('if-range', tag) != tag:
            return
        self.first = int(text[len('bytes='):].rstrip('-'))
        self.status = 206 if self.first < size else 416

    def send(self, piece):
        if self.mode.get('chunked'):
            self.conn.sendall(b'%x\r\n%s\r\n' % (len(piece), piece))
        else:
            self.conn.sendall(piece)
        self.sent += len(piece)

    def body(self, data):
        cut = self.mode.get('cut')
        if cut is not None and not self.mode.get('cut_each'):
            with self.source.lock:
                if self.where in self.source.cut_once:
                    cut = None
                self.source.cut_once.add(self.where)
        if cut is not None:
            data = data[:cut]
        drip = self.mode.get('drip')
        step = max(1, drip // 4) if drip else PIECE
        for at in range(0, len(data), step):
            self.send(data[at:at + step])
            if drip:
                time.sleep(0.25)
        if cut is not None:
            while self.mode.get('hold') and self.conn.recv(PIECE):
                pass
            return False
        if self.mode.get('chunked'):
            self.conn.sendall(b'0\r\n\r\n')
        return True

    def endless(self, headers):
        self.mode['chunked'] = True
        self.head('Transfer-Encoding: chunked', *headers)
        while True:
            self.send(b'x' * PIECE)


if __name__ == '__main__':
    Source(*sys.argv[1:]).run()
