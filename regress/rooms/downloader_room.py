"""The downloader in its sandbox, against servers of every kind."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from imsg import PATIENCE, Room, run_cases

warnings.simplefilter('ignore', DeprecationWarning)
DIR = tempfile.mkdtemp(prefix='downloader.',
                       dir=os.environ.get('REGRESS_DIR'))
DATA = os.urandom(3_000_000)
MAX = 8 << 20
TAG = '"v1"'


def path(name):
    return os.path.join(DIR, name)


def put(name, data):
    with open(path(name), 'wb') as f:
        f.write(data)
    return path(name)


def openssl(*argv):
    subprocess.run(('openssl',) + argv, check=True, cwd=DIR,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_ca(name):
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
            f'/CN={name}', '-keyout', f'{name}.key', '-out', f'{name}.pem')


def make_certificate(ca, name, hosts):
    put(f'{name}.ext', ('subjectAltName=' + ','.join(
        'DNS:' + host for host in hosts)).encode())
    openssl('req', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:prime256v1', '-nodes', '-subj',
            f'/CN={hosts[0]}', '-keyout', f'{name}.key', '-out',
            f'{name}.csr')
    openssl('x509', '-req', '-in', f'{name}.csr', '-CA', f'{ca}.pem',
            '-CAkey', f'{ca}.key', '-CAcreateserial', '-days', '2',
            '-extfile', f'{name}.ext', '-out', f'{name}.pem')


class Server:
    """Answers each request with what `pages` has for its path: a function
    of (connection, headers) that writes the whole answer."""

    def __init__(self, certificate=None, old_tls=False):
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            if old_tls:
                self.context.set_ciphers('ALL:@SECLEVEL=0')
                self.context.minimum_version = ssl.TLSVersion.TLSv1
                self.context.maximum_version = ssl.TLSVersion.TLSv1_1
            self.context.load_cert_chain(path(certificate + '.pem'),
                                         path(certificate + '.key'))
        self.sock = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.address = self.sock.getsockname()
        self.requests = []          # (path, headers) in order
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            conn, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        try:
            if self.context:
                conn = self.context.wrap_socket(conn, server_side=True)
            while True:
                head = b''
                while b'\r\n\r\n' not in head:
                    more = conn.recv(65536)
                    if not more:
                        return
                    head += more
                lines = head.decode().split('\r\n')
                where = lines[0].split()[1]
                headers = {}
                for line in lines[1:]:
                    name, _, value = line.partition(':')
                    headers[name.lower()] = value.strip()
                self.requests.append((where, headers))
                if PAGES[where.split('?')[0]](conn, headers) == 'close':
                    return
        except OSError:
            pass
        finally:
            try:
                conn.close()
            except OSError:
                pass


def answer(conn, status, headers=(), body=b''):
    lines = [f'HTTP/1.1 {status} x'] + [f'{n}: {v}' for n, v in headers]
    if not any(n in ('Content-Length', 'Transfer-Encoding')
               for n, _ in headers):
        lines.append(f'Content-Length: {len(body)}')
    conn.sendall('\r\n'.join(lines + ['', '']).encode() + body)


def page(status, headers=(), body=b''):
    return lambda conn, _: answer(conn, status, headers, body)


def redirect(to, status=302):
    return page(status, [('Location', to)], b'moved')


def good(conn, headers):
    del headers
    answer(conn, 200, [('ETag', TAG)], DATA)


def truncated(conn, headers):
    del headers
    answer(conn, 200, [('ETag', TAG), ('Content-Length', len(DATA))],
           DATA[:1_000_000])
    return 'close'


def truncated_chunks(conn, headers):
    del headers
    answer(conn, 200, [('Transfer-Encoding', 'chunked')],
           b'%x\r\n' % 100_000 + DATA[:100_000] + b'\r\n')
    return 'close'


def endless(conn, headers):
    del headers
    conn.sendall(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n')
    while True:
        conn.sendall(DATA[:65536])


def endless_chunks(conn, headers):
    del headers
    answer(conn, 200, [('Transfer-Encoding', 'chunked')])
    while True:
        conn.sendall(b'10000\r\n' + DATA[:65536] + b'\r\n')


def endless_error(conn, headers):
    del headers
    conn.sendall(b'HTTP/1.1 500 no\r\nConnection: close\r\n\r\n')
    while True:
        conn.sendall(DATA[:65536])


def garbage(conn, headers):
    del headers
    conn.sendall(DATA[:1000])
    return 'close'


def drip(conn, headers):
    del headers
    conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
    while True:
        conn.sendall(b'x' * 50)
        time.sleep(0.5)


def trickle(conn, headers):
    del headers
    conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
    while True:
        conn.sendall(b'x' * 2000)
        time.sleep(0.2)


def silent(conn, headers):
    del headers
    conn.recv(1)


PAGES = {
    '/good': good,
    '/empty': page(200),
    '/truncated': truncated,
    '/truncated-chunks': truncated_chunks,
    '/endless': endless,
    '/endless-chunks': endless_chunks,
    '/endless-error': endless_error,
    '/announced': page(200, [('Content-Length', MAX + 1)]),
    '/garbage': garbage,
    '/drip': drip,
    '/silent': silent, '/trickle': trickle,
    '/weak': page(200, [('ETag', 'W/"v1"')], DATA),
    '/403': page(403), '/404': page(404), '/500': page(500, (), b'no'),
    '/429': page(429), '/204': page(204), '/304': page(304),
    '/relative': redirect('/good'),
    '/other': redirect('https://mirror.test/good?' + 'x' * 3000, 307),
    '/to-http': redirect('http://plain.test/good'),
    '/to-file': redirect('file:///etc/passwd'),
    '/to-secret': redirect('https://user:pass@mirror.test/good'),
    '/to-link-local': redirect('https://169.254.169.254/latest/meta-data'),
    '/to-port': redirect('https://mirror.test:8443/good'),
    '/to-odd-host': redirect('https://127.1/good'),
    '/to-nowhere': page(302),
    '/to-long': redirect('https://mirror.test/' + 'x' * 9000),
    '/loop': redirect('/loop2'), '/loop2': redirect('/loop'),
    '/wrong-part': page(206, [('ETag', TAG), (
        'Content-Range', f'bytes 5-{len(DATA) - 1}/{len(DATA)}')], DATA[5:]),
    '/bare-part': page(206, [('ETag', TAG)], DATA[1000:]),
    '/not-all': page(206, [('ETag', TAG), (
        'Content-Range', f'bytes 1000-1999/{len(DATA)}')], DATA[1000:2000]),
}
for i in range(6):
    PAGES[f'/hop{i}'] = redirect(f'/hop{i + 1}')
PAGES['/hop6'] = good


class World:
    """Who may be reached under which name, as the parent decides it."""

    def __init__(self):
        make_ca('ca')
        make_ca('otherca')
        make_certificate('ca', 'server', ['release.test', 'mirror.test'])
        make_certificate('otherca', 'foreign', ['foreign.test'])
        tls = Server('server')
        self.server, self.plain = tls, Server()
        self.hosts = {
            'release.test': tls.address, 'mirror.test': tls.address,
            'misnamed.test': tls.address, 'plain.test': self.plain.address,
            'foreign.test': Server('foreign').address,
            'old.test': Server('server', old_tls=True).address,
            'nginx.test': path('nginx.sock'),
        }

    def connect(self, host):
        where = self.hosts[host]
        family = socket.AF_UNIX if isinstance(where, str) \
            else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.connect(where)
        sock.setblocking(False)
        return sock


class Downloader(Room):
    def __init__(self, ca='ca.pem'):
        super().__init__('downloader')
        self.dialed, self.progress, self.begun = [], [], []
        self.count = 0
        if ca:
            fd = os.open(path(ca), os.O_RDONLY)
            self.send('CA', fd=fd)
            os.close(fd)

    def ask(self, url, have=b'', **fields):
        """Sends a FETCH; returns its id."""
        self.count += 1
        name = put(f'staging.{id(self)}.{self.count}', have)
        fd = os.open(name, os.O_RDWR)
        order = {'url': url, 'max_size': MAX}
        order.update(fields)
        self.send('FETCH', order, self.count, fd)
        os.close(fd)
        return self.count

    def got(self, ident):
        with open(path(f'staging.{id(self)}.{ident}'), 'rb') as f:
            return f.read()

    def dial(self, message):
        host = message.fields['host']
        self.dialed.append(host)
        assert message.fields['named'] == 0
        assert message.fields['timeout_ms'] > 0
        if host in WORLD.hosts:
            with WORLD.connect(host) as sock:
                self.send('DIALED', {'address': '127.0.0.1'}, message.id,
                          sock.fileno())
        else:
            self.send('DIALED', {'error': 'address is not allowed'},
                      message.id)

    def result(self, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while True:
            message = self.receive(end - time.monotonic())
            if message.type == 'DIAL':
                self.dial(message)
            elif message.type == 'PROGRESS':
                self.progress.append(message)
            elif message.type == 'FETCHING':
                self.begun.append(message.fields)
            else:
                assert message.type == 'FETCHED', message
                return message


class Fetch:
    """One fetch by a downloader of its own."""

    def __init__(self, url, have=b'', ca='ca.pem', **fields):
        room = Downloader(ca)
        try:
            ident = room.ask(url, have, **fields)
            message = room.result()
            assert message.id == ident
            self.__dict__.update(message.fields)
            self.data = room.got(ident)
            self.dialed, self.progress = room.dialed, room.progress
            self.begun = room.begun
            self.logs = room.logs
            assert not any('sandbox' in text for text in room.logs), room.logs
        finally:
            assert room.close() == 0

    def good(self, data=DATA):
        assert self.ok == 1, self.error
        assert self.error == '' and self.size == len(data), self.size
        assert self.data == data
        return self

    def refused(self, *words, again=0):
        assert self.ok == 0
        for word in words:
            assert word in self.error, f'{word!r} not in {self.error!r}'
        assert self.again == again, (self.again, self.error)
        return self


BASE = 'https://release.test'


def good_file():
    f = Fetch(BASE + '/good').good()
    assert f.etag == TAG and f.status == 200
    assert f.begun == [{'offset': 0, 'total': len(DATA), 'etag': TAG}]
    assert f.dialed == ['release.test']
    headers = [h for where, h in WORLD.server.requests
               if where == '/good'][-1]
    assert headers['host'] == 'release.test', headers
    for name in ('accept-encoding', 'range', 'if-range', 'authorization'):
        assert name not in headers, headers
    assert Fetch(BASE + '/weak').good().etag == ''
    Fetch(BASE + '/good', have=b'x' * (MAX - 1)).good()
    Fetch(BASE + '/empty').refused('is empty')


def statuses():
    Fetch(BASE + '/404').refused('404 from release.test', 'not found',
                                 again=1)
    Fetch(BASE + '/403').refused('status 403')
    Fetch(BASE + '/500').refused('status 500', again=1)
    Fetch(BASE + '/429').refused('status 429', again=1)
    Fetch(BASE + '/204').refused('status 204')
    Fetch(BASE + '/304').refused('status 304')
    f = Fetch(BASE + '/404', have=b'half', offset=4, etag=TAG)
    assert f.data == b'half' and f.size == 4 and f.etag == TAG
    Fetch(BASE + '/endless-error').refused('status 500', again=1)
    Fetch(BASE + '/garbage').refused('garbage from release.test')


def truncated_file():
    f = Fetch(BASE + '/truncated').refused('after 1000000 of', again=1)
    assert f.size == 1_000_000 and f.etag == TAG
    assert f.data == DATA[:1_000_000]
    f = Fetch(BASE + '/truncated-chunks').refused('100000 bytes', again=1)
    assert f.size == 100_000 and f.etag == ''


def over_the_cap():
    f = Fetch(BASE + '/announced').refused('over max-size')
    assert f.data == b'' and not f.progress
    for where in ('/endless', '/endless-chunks'):
        f = Fetch(BASE + where).refused('max-size')
        assert len(f.data) <= MAX
    Fetch(BASE + '/good', max_size=len(DATA)).good()
    Fetch(BASE + '/good', max_size=len(DATA) - 1).refused('max-size')


def redirects():
    assert Fetch(BASE + '/relative').good().dialed[0] == 'release.test'
    f = Fetch(BASE + '/other').good()
    assert f.dialed == ['release.test', 'mirror.test'], f.dialed
    Fetch(BASE + '/hop1').good()
    Fetch(BASE + '/hop0').refused('one too many')
    Fetch(BASE + '/loop').refused('loop')
    Fetch(BASE + '/to-http').refused('plain.test', 'https to http')
    Fetch(BASE + '/to-http', allow_http=1).refused('https to http')
    Fetch(BASE + '/to-file').refused('not an http or https URL')
    f = Fetch(BASE + '/to-secret').refused('credentials')
    assert 'pass' not in f.error, f.error
    Fetch(BASE + '/to-nowhere').refused('without a location')
    Fetch(BASE + '/to-long').refused('too long')
    # Whatever it is written like, the dialer is asked for the address.
    f = Fetch(BASE + '/to-odd-host').refused('not allowed', again=1)
    assert f.dialed[-1] == '127.0.0.1', f.dialed


def forbidden_address():
    f = Fetch(BASE + '/to-link-local').refused('169.254.169.254',
                                               'not allowed', again=1)
    assert f.dialed[-1] == '169.254.169.254'
    Fetch('https://unknown.test/x').refused('not allowed', again=1)


def credentials_stay():
    Fetch('https://user:hunter2@release.test/other').good()
    first = [h for w, h in WORLD.server.requests if w == '/other'][-1]
    second = [h for w, h in WORLD.server.requests
              if w.startswith('/good?')][-1]
    assert 'authorization' in first
    assert 'authorization' not in second, second
    f = Fetch('https://user:hunter2@release.test/404')
    assert 'hunter2' not in f.error and 'user' not in f.error, f.error


def certificates():
    Fetch('https://foreign.test/good').refused('foreign.test')
    Fetch('https://misnamed.test/good').refused('misnamed.test')
    Fetch(BASE + '/good', ca='otherca.pem').refused('release.test')
    Fetch(BASE + '/good', ca=None).refused('release.test')
    put('damaged.pem', b'-----BEGIN CERTIFICATE-----\nAAAA\n')
    f = Fetch(BASE + '/good', ca='damaged.pem').refused('release.test')
    assert any('trusted CAs' in text for text in f.logs), f.logs
    assert not Fetch('https://old.test/good').ok


def plain_http():
    Fetch('http://plain.test/good').refused('no http source')
    Fetch('http://plain.test/good', allow_http=1).good()


class Proxy:
    """A tunnel by CONNECT to the hosts of WORLD, and no other."""

    def __init__(self):
        self.asked = []
        self.sock = socket.create_server(('127.0.0.1', 0))
        WORLD.hosts['proxy.test'] = self.sock.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            conn, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        head = b''
        while b'\r\n\r\n' not in head:
            head += conn.recv(65536)
        where = head.split()[1].decode()
        self.asked.append(head.split()[0].decode() + ' ' + where)
        host = where.split(':')[0]
        if host not in WORLD.hosts:
            conn.sendall(b'HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n')
            conn.close()
            return
        other = WORLD.connect(host)
        other.setblocking(True)
        conn.sendall(b'HTTP/1.1 200 here\r\nETag: "proxy"\r\n\r\n')
        threading.Thread(target=self.copy, args=(conn, other),
                         daemon=True).start()
        self.copy(other, conn)

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            for sock in (source, target):
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


def through_a_proxy():
    proxy = Proxy()
    ways = {'proxy_host': 'proxy.test', 'proxy_port': 3128}
    f = Fetch(BASE + '/good', **ways).good()
    assert f.etag == TAG, f.etag
    assert f.dialed == ['proxy.test'], f.dialed
    assert proxy.asked == ['CONNECT release.test:443'], proxy.asked
    f = Fetch(BASE + '/other', **ways).good()
    assert f.dialed == ['proxy.test'] * 2, f.dialed
    # Certificates are the server's all the same, and redirects are looked at.
    Fetch('https://foreign.test/good', **ways).refused('foreign.test')
    Fetch('https://unknown.test/x', **ways).refused('403', again=1)
    f = Fetch(BASE + '/to-link-local', **ways)
    f.refused('169.254.169.254', 'proxy')
    Fetch(BASE + '/to-port', **ways).refused('mirror.test:8443', 'proxy')
    Fetch('http://plain.test/good', allow_http=1, **ways).good()
    assert proxy.asked[-1] == 'CONNECT plain.test:80', proxy.asked
    # What the environment says is nobody's order.
    os.environ['https_proxy'] = os.environ['ALL_PROXY'] = 'http://proxy.test'
    try:
        assert Fetch(BASE + '/good').good().dialed == ['release.test']
    finally:
        del os.environ['https_proxy'], os.environ['ALL_PROXY']


def broken_off():
    """Whether it is worth going on at once"""
    assert Fetch(BASE + '/truncated').broken == 1
    assert Fetch(BASE + '/404').broken == 0
    assert Fetch(BASE + '/endless').broken == 0


def bad_urls():
    for url in ('', 'x', 'ftp://release.test/x', 'https://',
                'https://release.test:0/x', 'https://release.test:99999/x',
                'https://rel ease.test/x', 'HTTPS//release.test'):
        Fetch(url, allow_http=1).refused('the URL')


def parts():
    have = DATA[:1000]
    for where in ('/wrong-part', '/bare-part', '/not-all'):
        f = Fetch(BASE + where, have=have, offset=1000, etag=TAG)
        f.refused('another part')
        assert f.data == have and f.size == 1000 and f.etag == TAG
    # Nobody asked for a part.
    Fetch(BASE + '/wrong-part').refused('another part')


def resumed_by_nginx():
    """What a real server makes of Range and If-Range."""
    if not shutil.which('nginx', path=os.environ['PATH'] + ':/usr/sbin'):
        print('nginx is not installed: left out')
        return
    with Nginx() as url:
        first = Fetch(url + '/file').good()
        tag = first.etag
        assert tag.startswith('"'), tag
        Fetch(url + '/none').refused('not found', again=1)

        def again(have, **fields):
            return Fetch(url + '/file', have=have, offset=len(have),
                         **fields).good()
        assert again(DATA[:1_000_000], etag=tag).status == 206
        assert again(DATA[:1], etag=tag).status == 206
        assert again(DATA, etag=tag).status == 416
        # Of another file, of no known file, or not there at all: all of it
        assert again(b'x' * 1000, etag='"other"').status == 200
        assert again(b'x' * 1000).status == 200
        assert again(b'x' * 1000, etag='W/' + tag).status == 200
        assert Fetch(url + '/file', have=b'x', offset=1000,
                     etag=tag).good().status == 200
        # More than the server has
        assert again(DATA + b'x', etag=tag).status == 200


class Nginx:
    """nginx on a Unix socket: no port to fight for."""

    def __enter__(self):
        os.makedirs(path('www'), exist_ok=True)
        put('www/file', DATA)
        os.chmod(path('www'), 0o755)
        os.chmod(path('www/file'), 0o644)
        user = 'user root;' if os.getuid() == 0 else ''
        temp = ''.join(f'{name}_temp_path {DIR}/{name};' for name in (
            'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        put('nginx.conf', f'''
daemon off; master_process off; {user} pid {DIR}/nginx.pid;
error_log {DIR}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; {temp}
  server {{
    listen unix:{DIR}/nginx.sock ssl;
    ssl_certificate {DIR}/nginx.pem; ssl_certificate_key {DIR}/nginx.key;
    root {DIR}/www;
  }}
}}
'''.encode())
        make_certificate('ca', 'nginx', ['nginx.test'])
        self.process = subprocess.Popen(
            ['nginx', '-c', path('nginx.conf'), '-p', DIR, '-e',
             path('nginx.log')],
            env={**os.environ, 'PATH': os.environ['PATH'] + ':/usr/sbin'})
        end = time.monotonic() + PATIENCE
        while True:
            try:
                WORLD.connect('nginx.test').close()
                return 'https://nginx.test'
            except OSError:
                assert self.process.poll() is None, 'nginx has ended'
                assert time.monotonic() < end, 'nginx does not start'
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def several_in_a_row():
    """They queue, whatever becomes of each; the answers come in order."""
    room = Downloader()
    try:
        ids = [room.ask(BASE + where) for where in
               ('/good', '/404', '/relative', '/truncated', '/good')]
        oks = []
        for ident in ids:
            message = room.result()
            assert message.id == ident, message
            oks.append(message.fields['ok'])
        assert oks == [1, 0, 1, 0, 1], oks
        assert room.got(ids[0]) == room.got(ids[4]) == DATA
        # And one that comes when all is quiet
        ident = room.ask(BASE + '/good')
        assert room.result().fields['ok'] == 1
    finally:
        assert room.close() == 0


def progress_is_bounded():
    room = Downloader()
    try:
        begin = time.monotonic()
        for _ in range(5):
            room.ask(BASE + '/good')
        for _ in range(5):
            assert room.result().fields['ok'] == 1
        most = 5 + 4 * (time.monotonic() - begin) + 1
        assert 5 <= len(room.progress) <= most, len(room.progress)
        for m in room.progress:
            assert m.fields['total'] == len(DATA)
            assert 0 < m.fields['done'] <= len(DATA)
    finally:
        room.close()


def stray_dialed():
    """An answer that nobody waits for is dropped, its socket closed."""
    room = Downloader()
    try:
        left, right = socket.socketpair()
        room.send('DIALED', {}, 77, left.fileno())
        left.close()
        right.settimeout(PATIENCE)
        assert right.recv(1) == b''
        room.ask(BASE + '/good')
        assert room.result().fields['ok'] == 1
    finally:
        assert room.close() == 0


def parent_gone():
    room = Downloader()
    room.ask(BASE + '/silent')
    room.dial(room.expect('DIAL'))
    assert room.close() == 0


def slow_servers():
    """Begun first, as these take a while: see the end."""
    for room, words in SLOW:
        message = room.result()
        assert message.fields['ok'] == 0 and message.fields['again'] == 1
        assert any(w in message.fields['error'] for w in words), message
        assert room.close() == 0


def begin_slow():
    hanging = socket.create_server(('127.0.0.1', 0))
    WORLD.hosts['hanging.test'] = hanging.getsockname()
    for url in ('https://hanging.test/x', BASE + '/silent', BASE + '/drip'):
        room = Downloader()
        room.ask(url, stall_s=4)
        room.dial(room.expect('DIAL'))
        SLOW.append((room, ('timed out', 'timeout', 'too slow')))
    # Fast enough for that, but not for ever
    room = Downloader()
    room.ask(BASE + '/trickle', total_s=4)
    room.dial(room.expect('DIAL'))
    SLOW.append((room, ('timed out', 'timeout')))
    return hanging


SLOW = []
if not shutil.which('openssl'):
    print('openssl is not installed')
    sys.exit(77)
try:
    WORLD = World()
    hanging_server = begin_slow()
    run_cases([good_file, statuses, truncated_file, over_the_cap, redirects,
               forbidden_address, credentials_stay, certificates, plain_http,
               through_a_proxy, broken_off, bad_urls, parts, resumed_by_nginx, several_in_a_row,
               progress_is_bounded, stray_dialed, parent_gone,
               slow_servers])
finally:
    shutil.rmtree(DIR, ignore_errors=True)
