#!/usr/bin/env python3
"""An HTTP proxy that makes tunnels (CONNECT) to ports of 127.0.0.1.

usage: proxy_sim.py DIR

Writes its port to DIR/port and what it is asked for to DIR/requests.
"""

import os
import socket
import sys
import threading


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for sock in (source, target):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(conn, log):
    head = b''
    while b'\r\n\r\n' not in head:
        more = conn.recv(65536)
        if not more:
            return
        head += more
    words = head.decode().split()
    with open(log, 'a') as f:
        f.write(f'{words[0]} {words[1]}\n')
    try:
        other = socket.create_connection(
            ('127.0.0.1', int(words[1].rpartition(':')[2])))
    except (OSError, ValueError):
        conn.sendall(b'HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n')
        conn.close()
        return
    conn.sendall(b'HTTP/1.1 200 here\r\n\r\n')
    threading.Thread(target=copy, args=(conn, other), daemon=True).start()
    copy(other, conn)


def main(directory):
    sock = socket.create_server(('127.0.0.1', 0))
    new = os.path.join(directory, 'port.new')
    with open(new, 'w') as f:
        f.write(str(sock.getsockname()[1]))
    os.rename(new, os.path.join(directory, 'port'))
    while True:
        conn, _ = sock.accept()
        threading.Thread(
            target=serve, args=(conn, os.path.join(directory, 'requests')),
            daemon=True).start()


if __name__ == '__main__':
    main(sys.argv[1])
