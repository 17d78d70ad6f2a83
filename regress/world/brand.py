#!/usr/bin/env python3
"""Makes a release of the fake lavap: a copy with a version and behaviours.

usage: brand.py FAKELAVAP OUTPUT VERSION [BEHAVIOURS [PADDING_BYTES]]
"""

import os
import sys

MARK = b'@@fake-lavap-brand@@'
ROOM = 512


def main(program, output, version, behaviours='', padding='0'):
    with open(program, 'rb') as f:
        data = f.read()
    text = f'{version} {behaviours}'.strip().encode()
    # The mark as a constant of the program itself is shorter than this one.
    at = data.find(MARK + b'0.0.0\0')
    if at < 0 or len(text) > ROOM - len(MARK) - 1:
        sys.exit('brand.py: no mark in the program, or too long a text')
    brand = (MARK + text).ljust(ROOM, b'\0')
    data = data[:at] + brand + data[at + ROOM:]
    with open(output + '.tmp', 'wb') as f:
        f.write(data)
        # Noise, so that no file system or transfer makes it small.
        left = int(padding)
        while left > 0:
            f.write(os.urandom(min(left, 1 << 20)))
            left -= 1 << 20
    os.chmod(output + '.tmp', 0o755)
    os.rename(output + '.tmp', output)


if __name__ == '__main__':
    main(*sys.argv[1:])
