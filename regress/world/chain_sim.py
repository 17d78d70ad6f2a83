#!/usr/bin/env python3
"""A Lava node as lavavisord sees it: CometBFT's JSON-RPC, and the one REST
path of the parameter, answered with the recorded bytes of a real node.  Only
heights, times, hashes and the versions differ from the recording.

usage: chain_sim.py --vectors DIR --state DIR [--tls CERT KEY] [--set JSON]
       [--nodes N]

Ports of 127.0.0.1, chosen by the system: the nodes', written to STATE/port
(and of the second one on to STATE/port-2 ...), and the control's, written to
STATE/control-port when all is ready.  Control: GET /state; POST /set with an
object of the keys below.  With "node": N, from 1, they are of this node only,
null takes one back, and {"node": N, "reset": true} all; "node" may be a list.
Its parent's end ends it.

    versions      [provider_target, provider_min, consumer_target, consumer_min]
                  takes effect with a new block, made at once
    chain_id, catching_up, block_s (seconds a block, default 1)
    frozen        true: no new blocks, the last one stays
    height        the latest block is this one, now
    offset_s      added to every block time
    mode          normal, hang (accepts, never answers), drip (a byte a second),
                  garbage, endless, down (connection refused), close (at once
                  after the request), limit (429), http (status `status`),
                  redirect (to `location`), error (JSON-RPC error), cut (half of
                  the body), wrong-id, raw (body is `body`)
    retry_after   what 429 says, seconds; "" nothing
    flap          [4 versions]: every second query of the params answers these
    methods       only these methods are touched by mode; [] means all
"""

import argparse
import base64
import hashlib
import http.server
import json
import os
import random
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.parse

MEMBERS = ('provider_target', 'provider_min', 'consumer_target',
           'consumer_min')
PARAMS_PATH = '/lavanet.lava.protocol.Query/Params'
VERSION_KEY = b'protocol/Version'
MAX_BODY = 1 << 20


def compact(value):
    """JSON as Go writes it."""
    text = json.dumps(value, separators=(',', ':'), ensure_ascii=False)
    for char in '<>&\u2028\u2029':
        text = text.replace(char, f'\\u{ord(char):04x}')
    return text.encode()


def stamp(nanoseconds):
    """A time as Go writes it: no zeros at the end of the fraction."""
    seconds, rest = divmod(nanoseconds, 10 ** 9)
    text = time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))
    fraction = f'.{rest:09d}'.rstrip('0').rstrip('.')
    return text + fraction + 'Z'


def protobuf_text(number, text):
    data = text.encode()
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def varint(number):
    out = b''
    while number > 0x7f:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def params_protobuf(versions):
    inner = b''.join(protobuf_text(i + 1, v)
                     for i, v in enumerate(versions) if v)
    for _ in range(2):
        inner = b'\x0a' + varint(len(inner)) + inner
    return base64.b64encode(inner).decode()


class RpcError(Exception):
    def __init__(self, code, message, data=None):
        super().__init__(message)
        self.error = {'code': code, 'message': message}
        if data is not None:
            self.error['data'] = data


class Chain:
    """What the chain is, and what a caller of each method is told."""

    def __init__(self, vectors):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.templates = {}
        for name in os.listdir(vectors):
            with open(os.path.join(vectors, name), 'rb') as f:
                self.templates[name[:-5]] = f.read()
        self.index = json.loads(self.templates['index'])
        status = self.template('status')['result']
        version = json.loads(self.templates['rest_params'])
        version = version['params']['version']
        self.history = [(0, [version[m] for m in MEMBERS])]
        self.base_height = int(status['sync_info']['latest_block_height'])
        self.base_ns = time.time_ns()
        self.chain_id = status['node_info']['network']
        self.state = {
            'catching_up': False, 'block_s': 1.0, 'frozen': False,
            'offset_s': 0.0, 'mode': 'normal', 'methods': [], 'status': 503,
            'location': '', 'body': '', 'retry_after': '2', 'flap': [],
        }
        self.flapped = False
        self.requests = {}
        self.nodes = []

    def template(self, name):
        return json.loads(self.templates[name])

    # Blocks.

    def height(self):
        if self.state['frozen']:
            return self.base_height
        passed = time.time_ns() - self.base_ns
        return self.base_height + int(passed / 1e9 / self.state['block_s'])

    def block_ns(self, height):
        step = int(self.state['block_s'] * 1e9)
        return self.base_ns + (height - self.base_height) * step + \
            int(self.state['offset_s'] * 1e9)

    def new_block(self, height):
        self.base_height = height
        self.base_ns = time.time_ns()

    def versions_at(self, height):
        found = self.history[0][1]
        for since, versions in self.history:
            if since <= height:
                found = versions
        return found

    def hash(self, what, height):
        text = f'{self.chain_id}/{what}/{height}'
        return hashlib.sha256(text.encode()).hexdigest().upper()

    def set(self, changes):
        with self.lock:
            changes = dict(changes)
            which = changes.pop('node', None)
            if which is not None:
                for one in which if isinstance(which, list) else [which]:
                    self.nodes[one - 1].set_own(changes)
                self.changed.notify_all()
                return
            for key, value in changes.items():
                if key == 'versions':
                    if len(value) != 4:
                        raise ValueError('versions: four are needed')
                    self.new_block(self.height() + 1)
                    self.history.append((self.base_height, list(value)))
                elif key == 'chain_id':
                    self.chain_id = str(value)
                elif key == 'height':
                    self.new_block(int(value))
                elif key in self.state:
                    # Blocks made so far stay what they were.
                    if key in ('frozen', 'block_s'):
                        height = self.height()
                        self.base_ns = self.block_ns(height) - \
                            int(self.state['offset_s'] * 1e9)
                        self.base_height = height
                        if key == 'frozen' and not value:
                            self.base_ns = time.time_ns()
                    self.state[key] = type(self.state[key])(value)
                else:
                    raise ValueError(f'{key}: no such thing')
            self.changed.notify_all()

    def snapshot(self):
        with self.lock:
            height = self.height()
            return dict(self.state, chain_id=self.chain_id, height=height,
                        block_time=stamp(self.block_ns(height)),
                        versions=self.versions_at(height),
                        requests=dict(self.requests),
                        nodes=[{'own': n.own, 'requests': n.requests,
                                'early': n.early} for n in self.nodes])

    # Methods.

    def call(self, method, params):
        with self.lock:
            handler = {
                'status': self.rpc_status, 'commit': self.rpc_commit,
                'validators': self.rpc_validators,
                'abci_query': self.rpc_abci_query,
            }.get(method)
            if handler is None:
                error = self.template('unknown_method')['error']
                raise RpcError(error['code'], error['message'])
            return handler(params)

    def rpc_status(self, _params):
        result = self.template('status')['result']
        height = self.height()
        result['node_info']['network'] = self.chain_id
        sync = result['sync_info']
        sync['latest_block_hash'] = self.hash('block', height)
        sync['latest_app_hash'] = self.hash('app', height)
        sync['latest_block_height'] = str(height)
        sync['latest_block_time'] = stamp(self.block_ns(height))
        sync['catching_up'] = self.state['catching_up']
        return result

    def asked_height(self, params, what, highest):
        text = params.get('height')
        if text in (None, ''):
            return self.height()
        if not isinstance(text, str):
            raise RpcError(-32602, 'Invalid params', 'error converting json '
                           'params to arguments: invalid 64-bit integer '
                           f'encoding "{text}", expected string')
        height = int(text)
        if height > highest:
            error = self.template(what + '_future')['error']
            raise RpcError(error['code'], error['message'],
                           f'height {height} must be less than or equal to '
                           f'the current blockchain height {highest}')
        if height <= 0:
            raise RpcError(-32603, 'Internal error', 'height must be greater '
                           f'than 0, but got {height}')
        return height

    def rpc_commit(self, params):
        latest = self.height()
        height = self.asked_height(params, 'commit', latest)
        name = 'commit_latest' if height == latest else 'commit_q'
        result = self.template(name)['result']
        header = result['signed_header']['header']
        header['chain_id'] = self.chain_id
        header['height'] = str(height)
        header['time'] = stamp(self.block_ns(height))
        header['last_block_id']['hash'] = self.hash('block', height - 1)
        header['app_hash'] = self.hash('app', height)
        commit = result['signed_header']['commit']
        commit['height'] = str(height)
        commit['block_id']['hash'] = self.hash('block', height)
        for signature in commit['signatures']:
            signature['timestamp'] = stamp(self.block_ns(height + 1))
        return result

    def rpc_validators(self, params):
        height = self.asked_height(params, 'validators', self.height() + 1)
        result = self.template('validators_T')['result']
        result['block_height'] = str(height)
        return result

    def rpc_abci_query(self, params):
        path = params.get('path', '')
        data = params.get('data', '') or ''
        prove = bool(params.get('prove', False))
        text = params.get('height', '0') or '0'
        if not isinstance(text, str):
            raise RpcError(-32602, 'Invalid params', 'error converting json '
                           'params to arguments: invalid 64-bit integer '
                           f'encoding "{text}", expected string')
        asked = int(text)
        height = asked or self.height()
        if path.startswith('/store/'):
            return self.store(path, bytes.fromhex(data), height, prove)
        if path == PARAMS_PATH:
            if height > self.height():
                return self.refuse('abci_badpath', height, code=26, log='cannot'
                                   ' query with height in the future; please '
                                   'provide a valid height: invalid height')
            result = self.template('abci_params_plain')['result']
            versions = self.versions_at(height)
            if self.state['flap']:
                self.flapped = not self.flapped
                if self.flapped:
                    versions = self.state['flap']
            result['response']['value'] = params_protobuf(versions)
            result['response']['height'] = str(height)
            return result
        for name in ('gov_voting_v1', 'gov_all_v1'):
            request = self.recorded_request(name)
            if request and path == request['path'] and \
                    data == request['data']:
                result = self.template(name)['result']
                result['response']['height'] = str(height)
                return result
        return self.template('abci_badpath')['result']

    def recorded_request(self, name):
        for entry in self.index['files']:
            if entry['file'] == name + '.json':
                return entry['request'].get('params')
        return None

    def refuse(self, name, height=None, **other):
        result = self.template(name)['result']
        if height is not None:
            result['response']['height'] = str(height)
        result['response'].update(other)
        return result

    def store(self, path, key, height, prove):
        if path.split('/')[2] != 'params':
            name = path.split('/')[2]
            return self.refuse('abci_nostore', height, log='no such store: '
                               f'{name}: unknown request')
        if prove and height <= 1:
            return self.refuse('abci_height1')
        if height > self.height():
            return self.refuse('abci_future', height)
        if key != VERSION_KEY:
            result = self.template('abci_absent_q')['result']
            result['response']['key'] = base64.b64encode(key).decode()
        else:
            result = self.template('abci_store_proven_q')['result']
            value = compact(dict(zip(MEMBERS, self.versions_at(height))))
            result['response']['value'] = base64.b64encode(value).decode()
        if not prove:
            result['response']['proofOps'] = None
        result['response']['height'] = str(height)
        return result

    def rest_params(self):
        with self.lock:
            answer = self.template('rest_params')
            versions = self.versions_at(self.height())
            answer['params']['version'] = dict(zip(MEMBERS, versions))
            return answer


class View(Chain):
    """The chain as one node shows it: what is set for it comes first."""

    def __init__(self, chain):
        # What is not found here is the chain's.
        self.chain = chain
        self.own = {}
        self.requests = {}
        self.flapped = False
        self.early = 0          # requests before Retry-After was over
        self.not_before = 0.0

    def __getattr__(self, name):
        return getattr(self.chain, name)

    @property
    def state(self):
        return dict(self.chain.state, **self.own)

    @property
    def chain_id(self):
        return self.own.get('chain_id', self.chain.chain_id)

    def height(self):
        return self.own.get('height', self.chain.height())

    def block_ns(self, height):
        own = int((self.state['offset_s'] - self.chain.state['offset_s'])
                  * 1e9)
        if 'height' in self.own:        # its latest block is new
            height += self.chain.height() - self.own['height']
        return self.chain.block_ns(height) + own

    def versions_at(self, height):
        return self.own.get('versions', self.chain.versions_at(height))

    def set_own(self, changes):
        if changes.get('reset'):
            self.own = {}
        for key, value in changes.items():
            if key == 'reset':
                continue
            if key not in self.chain.state and \
                    key not in ('versions', 'chain_id', 'height'):
                raise ValueError(f'{key}: no such thing of a node')
            if value is None:
                self.own.pop(key, None)
            else:
                self.own[key] = value


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60
    disable_nagle_algorithm = True

    def setup(self):
        if self.server.tls is not None:
            self.request.settimeout(20)
            self.request = self.server.tls.wrap_socket(self.request,
                                                       server_side=True)
        super().setup()

    def log_message(self, *_args):
        pass

    def answer(self, status, body, kind='application/json', **more):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('X-Server-Time', str(int(time.time())))
        for name, value in more.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self._headers_buffer.append(b'\r\n')
        head = b''.join(self._headers_buffer)
        self._headers_buffer = []
        self.wfile.write(head + body)

    def read_body(self):
        length = int(self.headers.get('Content-Length') or 0)
        if length > MAX_BODY:
            raise ValueError('request too large')
        return self.rfile.read(length)


class NodeHandler(Handler):
    def do_POST(self):
        chain = self.server.chain
        body = self.read_body()
        try:
            request = json.loads(body)
            method = request['method']
            params = request.get('params') or {}
        except (ValueError, KeyError, TypeError):
            error = {'code': -32700, 'message': 'Parse error'}
            self.answer(500, compact({'jsonrpc': '2.0', 'id': -1,
                                      'error': error}))
            return
        self.reply(chain, method, params, request.get('id'), 200)

    def do_GET(self):
        chain = self.server.chain
        url = urllib.parse.urlsplit(self.path)
        if url.path == '/lavanet/lava/protocol/params':
            if not self.misbehave(chain, 'rest', None):
                self.answer(200, compact(chain.rest_params()))
            return
        for entry in chain.index['files']:
            if entry['request'].get('get') == self.path:
                self.answer(200, chain.templates[entry['file'][:-5]])
                return
        params = {}
        for key, values in urllib.parse.parse_qs(url.query).items():
            value = values[0]
            if value.startswith('0x'):
                value = value[2:]
            params[key] = value == 'true' if key == 'prove' else \
                value.strip('"')
        self.reply(chain, url.path.strip('/'), params, -1, 500)

    def reply(self, chain, method, params, number, error_status):
        with chain.lock:
            for count in chain.requests, chain.chain.requests:
                count[method] = count.get(method, 0) + 1
            chain.early += time.monotonic() < chain.not_before
        if self.misbehave(chain, method, number):
            return
        answer = {'jsonrpc': '2.0', 'id': number}
        status = 200
        try:
            answer['result'] = chain.call(method, params)
        except RpcError as problem:
            answer['error'] = problem.error
            status = error_status
        except (ValueError, TypeError) as problem:
            answer['error'] = {'code': -32602, 'message': 'Invalid params',
                               'data': str(problem)}
            status = error_status
        body = compact(answer)
        mode = self.mode(chain, method)
        if mode == 'drip':
            self.drip(chain, body)
        elif mode == 'cut':
            self.send_response(200)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body[:len(body) // 2])
            self.close_connection = True
        elif mode == 'wrong-id':
            answer['id'] = 987654
            self.answer(200, compact(answer))
        else:
            self.answer(status, body)

    @staticmethod
    def mode(chain, method):
        with chain.lock:
            only = chain.state['methods']
            if only and method not in only:
                return 'normal'
            return chain.state['mode']

    def drip(self, chain, body):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        for i in range(len(body)):
            self.wfile.write(body[i:i + 1])
            with chain.lock:
                if chain.state['mode'] != 'drip':
                    break
                chain.changed.wait(1)
        self.close_connection = True

    def misbehave(self, chain, method, number):
        """True when the mode has dealt with this request."""
        mode = self.mode(chain, method)
        state = chain.state
        if mode in ('normal', 'drip', 'cut', 'wrong-id'):
            return False
        self.close_connection = mode not in ('limit', 'http', 'error', 'raw')
        if mode == 'hang':
            with chain.lock:
                while chain.state['mode'] == 'hang':
                    chain.changed.wait(1)
        elif mode == 'garbage':
            noise = random.Random(len(method)).randbytes(2000)
            self.wfile.write(noise)
        elif mode == 'endless':
            self.send_response(200)
            self.send_header('Content-Type', 'application/json')
            self.end_headers()
            while chain.state['mode'] == 'endless':
                self.wfile.write(b' ' * 65536)
        elif mode == 'limit':
            more = {}
            if state['retry_after']:
                more['Retry_After'] = str(state['retry_after'])
                chain.not_before = time.monotonic() + \
                    float(state['retry_after'])
            self.answer(429, b'too many requests\n', 'text/plain', **more)
        elif mode == 'http':
            self.answer(state['status'], b'no\n', 'text/plain')
        elif mode == 'redirect':
            self.answer(302, b'', 'text/plain', Location=state['location'])
        elif mode == 'error':
            error = {'code': -32603, 'message': 'Internal error',
                     'data': 'simulated'}
            self.answer(200, compact({'jsonrpc': '2.0', 'id': number,
                                      'error': error}))
        elif mode == 'raw':
            self.answer(200, state['body'].encode())
        return True


class ControlHandler(Handler):
    def do_GET(self):
        self.answer(200, json.dumps(self.server.chain.snapshot()).encode())

    def do_POST(self):
        try:
            changes = json.loads(self.read_body())
            self.server.chain.set(changes)
            for node in self.server.nodes:
                node.set_down(node.chain.state['mode'] == 'down')
        except (ValueError, TypeError) as problem:
            self.answer(400, f'{problem}\n'.encode(), 'text/plain')
            return
        self.do_GET()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, chain, handler, tls=None):
        super().__init__(('127.0.0.1', 0), handler)
        self.chain = chain
        self.tls = tls
        self.open_lock = threading.Lock()
        self.open_sockets = set()

    def handle_error(self, request, client_address):
        pass        # a client that leaves is no fault of ours

    def process_request(self, request, client_address):
        with self.open_lock:
            self.open_sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self.open_lock:
            self.open_sockets.discard(request)
        super().shutdown_request(request)


class Node(Server):
    """The public port, which can be closed without losing its number."""

    def __init__(self, chain, tls):
        super().__init__(View(chain), NodeHandler, tls)
        self.down = False
        self.switch = threading.Lock()
        self.thread = None

    def start(self):
        self.thread = threading.Thread(target=self.serve_forever,
                                       args=(0.05,), daemon=True)
        self.thread.start()

    def set_down(self, down):
        with self.switch:
            if down == self.down:
                return
            self.down = down
            if down:
                self.shutdown()
                self.thread.join()
                address = self.socket.getsockname()
                self.socket.close()
                # Bound but not listening: refused, and nobody else's.
                self.socket = socket.socket()
                self.socket.setsockopt(socket.SOL_SOCKET,
                                       socket.SO_REUSEADDR, 1)
                self.socket.bind(address)
                with self.open_lock:
                    for one in list(self.open_sockets):
                        try:
                            one.shutdown(socket.SHUT_RDWR)
                        except OSError:
                            pass
            else:
                self.socket.listen(self.request_queue_size)
                self.start()


def write_port(path, port):
    with open(path + '.tmp', 'w') as f:
        f.write(f'{port}\n')
    os.rename(path + '.tmp', path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--vectors', required=True)
    parser.add_argument('--state', required=True)
    parser.add_argument('--tls', nargs=2)
    parser.add_argument('--set', default='{}')
    parser.add_argument('--nodes', type=int, default=1)
    args = parser.parse_args()

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    chain = Chain(args.vectors)
    chain.set(json.loads(args.set))
    tls = None
    if args.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*args.tls)
    nodes = [Node(chain, tls) for _ in range(args.nodes)]
    chain.nodes = [node.chain for node in nodes]
    control = Server(chain, ControlHandler)
    control.nodes = nodes
    for number, node in enumerate(nodes, 1):
        node.start()
        write_port(os.path.join(args.state, 'port' if number == 1 else
                                f'port-{number}'), node.server_address[1])
    write_port(os.path.join(args.state, 'control-port'),
               control.server_address[1])
    threading.Thread(target=control.serve_forever, args=(0.1,),
                     daemon=True).start()
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    return 0


if __name__ == '__main__':
    sys.exit(main())
