"""A node on loopback whose every answer a test decides.

    node = Node(answers)            # listening on node.port at once
    node.handler = function         # f(node, conn, method, ident)
    node.connections, node.requests # counted

A handler sends what it likes on conn; what it returns, if not None, is sent as
the body of an HTTP 200.  It ends the connection by raising Hangup.  Good
answers are the recorded ones of a real node with the block time moved to now.
"""

import json
import os
import socket
import ssl
import subprocess
import threading
import time

TOP = os.environ.get('TOP') or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
RECORDED = os.path.join(TOP, 'regress/vectors/lava-node')


class Hangup(Exception):
    pass


def recorded(name, place='01-before'):
    with open(os.path.join(RECORDED, place, name), 'rb') as f:
        return f.read()


def with_id(body, ident):
    return body.replace(b'"id":1,', b'"id":%d,' % ident, 1)


def block_time(age=0.0):
    return time.strftime('%Y-%m-%dT%H:%M:%S',
                         time.gmtime(time.time() - age)) + '.123456789Z'


def status(ident, height=44, age=0.0, network='lava', catching_up=False,
           **more):
    answer = json.loads(recorded('status.json'))
    answer['id'] = ident
    answer['result']['node_info']['network'] = network
    sync = answer['result']['sync_info']
    sync['latest_block_height'] = str(height)
    sync['latest_block_time'] = block_time(age)
    sync['catching_up'] = catching_up
    sync.update(more)
    return json.dumps(answer, separators=(',', ':')).encode()


def params(ident, height=44, place='01-before'):
    answer = json.loads(recorded('abci_params_plain.json', place))
    answer['id'] = ident
    answer['result']['response']['height'] = str(height)
    return json.dumps(answer, separators=(',', ':')).encode()


def http(body, code='200 OK', headers=''):
    return (f'HTTP/1.1 {code}\r\nContent-Type: application/json\r\n'
            f'{headers}Content-Length: {len(body)}\r\n\r\n').encode() + body


def good(**how):
    """A handler that answers as a healthy node."""
    def handler(node, conn, method, ident):
        if method == 'status':
            return status(ident, **{k: v for k, v in how.items()
                                    if k != 'place'})
        return params(ident, how.get('height', 44),
                      how.get('place', '01-before'))
    return handler


class Node:
    def __init__(self, handler=None, tls=None):
        """tls: (certificate file, key file)."""
        self.handler = handler or good()
        self.connections = 0
        self.requests = []          # (method, monotonic time)
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*tls)
        self.sock = socket.create_server(('127.0.0.1', 0))
        self.port = self.sock.getsockname()[1]
        self.closed = False
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, scheme='tcp', host='127.0.0.1', path=''):
        return f'{scheme}://{host}:{self.port}{path}'

    def _accept(self):
        while not self.closed:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            self.open.add(conn)
            threading.Thread(target=self._serve, args=(conn,),
                             daemon=True).start()

    def _serve(self, raw):
        conn = raw
        try:
            if self.tls:
                conn = self.tls.wrap_socket(raw, server_side=True)
                self.open.add(conn)
            reader = conn.makefile('rb')
            while True:
                self.head, body = self._request(reader)
                call = json.loads(body)
                self.requests.append((call['method'], time.monotonic()))
                answer = self.handler(self, conn, call['method'], call['id'])
                if answer is not None:
                    conn.sendall(http(answer))
        except (OSError, Hangup, ValueError):
            pass
        finally:
            self.open.discard(conn)
            self.open.discard(raw)
            conn.close()

    @staticmethod
    def _request(reader):
        length, lines = 0, []
        while True:
            line = reader.readline()
            if not line:
                raise Hangup
            if line == b'\r\n':
                return lines, reader.read(length)
            lines.append(line.decode('latin-1').strip())
            name, _, value = line.partition(b':')
            if name.lower() == b'content-length':
                length = int(value)

    def hang_up_all(self):
        """Ends all connections as a restarting node does."""
        for conn in list(self.open):
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.closed = True
        # A close alone would leave the accept waiting.
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        self.hang_up_all()


def make_ca(directory, name='ca', host='localhost'):
    """(ca file, certificate file, key file)."""
    def tool(*argv):
        subprocess.run(('openssl',) + argv, check=True, cwd=directory,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    new_key = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
               '-nodes')
    tool('req', '-x509', *new_key, '-keyout', f'{name}.key', '-out',
         f'{name}.pem', '-days', '3', '-subj', f'/CN=test {name}')
    tool('req', *new_key, '-keyout', f'{name}-host.key', '-out',
         f'{name}-host.csr', '-subj', f'/CN={host}')
    with open(os.path.join(directory, f'{name}.ext'), 'w') as f:
        f.write(f'subjectAltName=DNS:{host}\n')
    tool('x509', '-req', '-in', f'{name}-host.csr', '-CA', f'{name}.pem',
         '-CAkey', f'{name}.key', '-CAcreateserial', '-days', '3',
         '-extfile', f'{name}.ext', '-out', f'{name}-host.pem')
    return tuple(os.path.join(directory, f) for f in (
        f'{name}.pem', f'{name}-host.pem', f'{name}-host.key'))
