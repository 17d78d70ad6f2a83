#!/usr/bin/env python3
"""Asks a simulated node everything that was recorded from the real one and
compares the answers member by member: the same names in the same order, the
same types, the same values but for hashes, times and signatures.

usage: compare.py VECTORS URL
"""

import json
import sys
import urllib.request

MADE_UP = {'hash', 'latest_block_hash', 'latest_app_hash', 'app_hash',
           'latest_block_time', 'time', 'timestamp', 'signature'}


def differences(want, have, path):
    if type(want) is not type(have):
        yield f'{path}: {want!r} is now {have!r}'
    elif isinstance(want, dict):
        if list(want) != list(have):
            yield f'{path}: members {list(want)} are now {list(have)}'
            return
        for key in want:
            if key in MADE_UP:
                if len(want[key]) > 40 and len(want[key]) != len(have[key]):
                    yield f'{path}.{key}: another length'
                continue
            yield from differences(want[key], have[key], f'{path}.{key}')
    elif isinstance(want, list):
        if len(want) != len(have):
            yield f'{path}: {len(want)} elements are now {len(have)}'
            return
        for i, (one, other) in enumerate(zip(want, have)):
            yield from differences(one, other, f'{path}[{i}]')
    elif want != have:
        yield f'{path}: {want!r} is now {have!r}'


def ask(url, request):
    if 'get' in request:
        question = urllib.request.Request(url + request['get'])
    else:
        body = dict(jsonrpc='2.0', id=1, **request)
        question = urllib.request.Request(
            url, json.dumps(body).encode(),
            {'Content-Type': 'application/json'})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(question, timeout=60) as answer:
        return answer.status, answer.headers['Content-Type'], answer.read()


def main(vectors, url):
    faults = 0
    with open(f'{vectors}/index.json') as f:
        index = json.load(f)
    for entry in index['files']:
        status, kind, body = ask(url, entry['request'])
        with open(f'{vectors}/{entry["file"]}', 'rb') as f:
            recorded = f.read()
        found = []
        if (status, kind) != (entry['http'], entry['content_type']):
            found.append(f'HTTP {status} {kind}')
        found += differences(json.loads(recorded), json.loads(body), '$')
        # Without made-up values even the bytes are the same.
        if not found and not any(f'"{name}":'.encode() in recorded
                                 for name in MADE_UP) and recorded != body:
            found.append('the bytes differ')
        for line in found:
            print(f'{entry["file"]}: {line}')
        faults += len(found)
    print(f'{len(index["files"])} answers, {faults} differences')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
