#!/usr/bin/env python3
"""usage: json_manual.py MANUAL SECTION [OPTIONAL,...] <ANSWER

Compares an answer of lavavisorctl -j with the literal block below `.It Cm
SECTION` in the part JSON of the manual page: each member that the block has
is in the answer, but for those that are OPTIONAL, and the answer has no
other.  Where SECTION is `A+B' the members of both make up one object.
Prints what is wrong, a line each.
"""

import json
import re
import sys

TOKEN = re.compile(r'\.\.\.|[{}\[\],:]|[A-Za-z_0-9-]+|\s+|[^\s]')
ANY = None              # `...': whatever it is


def blocks(manual, section):
    part = manual.split('\n.Sh JSON\n', 1)[1].split('\n.Sh ', 1)[0]
    for item in part.split('\n.It Cm ')[1:]:
        title, _, text = item.partition('\n')
        title = re.sub(r' Ar (\w+)', r' \1', title).split(' , ')
        if section in title:
            return re.findall(r'\.Bd -literal -compact\n(.*?)\n\.Ed', text,
                              re.S)
    return []


class Reader:
    """{a, b: {c}, d: [{e}], f: ...}: dicts, lists of one, '' for a value"""

    def __init__(self, text):
        self.tokens = [t for t in TOKEN.findall(text) if not t.isspace()]
        self.at = 0

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self):
        return self.tokens[self.at]

    def value(self):
        token = self.next()
        if token == '...':
            return ANY
        if token == '{':
            return self.members()
        if token == '[':
            inner = self.value()
            assert self.next() == ']', self.tokens
            return [inner]
        return ''

    def members(self):
        out = {}
        while self.peek() != '}':
            name = self.next()
            if name == '...':       # and more, said in words
                out[name] = ANY
                while self.peek() not in ',}':
                    self.next()
            elif self.peek() == ':':
                self.next()
                out[name] = self.value()
            else:
                out[name] = ''
            if self.peek() == ',':
                self.next()
        self.next()
        return out


def compare(want, have, where, optional, faults):
    if want is ANY or have is None:
        return
    if isinstance(want, list):
        if not isinstance(have, list):
            faults.append(f'{where}: is no array')
            return
        for i, item in enumerate(have):
            compare(want[0], item, f'{where}[{i}]', optional, faults)
    elif isinstance(want, dict):
        if not isinstance(have, dict):
            faults.append(f'{where}: is no object')
            return
        # {name: {...}}: under each name one
        if list(want) == ['name'] and want['name'] != '':
            for name, item in have.items():
                compare(want['name'], item, f'{where}.{name}', optional,
                        faults)
            return
        for name, inner in want.items():
            if name == '...':
                continue
            if name in have:
                compare(inner, have[name], f'{where}.{name}', optional,
                        faults)
            elif name not in optional:
                faults.append(f'{where}.{name}: is in the manual only')
        if '...' not in want:
            faults += [f'{where}.{name}: is not in the manual'
                       for name in have if name not in want]
    elif isinstance(have, (dict, list)) and where.split('.')[-1] not in (
            'exit', 'failure', 'bad', 'definition', 'back'):
        faults.append(f'{where}: is {type(have).__name__}, not a value')


def main():
    with open(sys.argv[1], encoding='utf-8') as f:
        manual = f.read()
    optional = sys.argv[3].split(',') if len(sys.argv) > 3 else []
    want = {}
    for section in sys.argv[2].split('+'):
        found = blocks(manual, section)
        if not found:
            sys.exit(f'no block for {section} in {sys.argv[1]}')
        for text in found:
            want.update(Reader(text).value())
    faults = []
    values = [json.loads(line) for line in sys.stdin if line.strip()]
    for value in values:
        if isinstance(value, list) and not value:
            faults.append('an empty array tells nothing')
        for item in value if isinstance(value, list) else [value]:
            compare(want, item, '', optional, faults)
    if not values:
        faults.append('no answer')
    print(''.join(f'{sys.argv[2]}: {x}\n' for x in sorted(set(faults))),
          end='')
    sys.exit(bool(faults))


if __name__ == '__main__':
    main()
