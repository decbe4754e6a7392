#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: anonymous.py JSON NAME... -- FILE...

Looks in FILEs, exports of a trace that were made anonymous, for what the trace has: NAMEs,
and the addresses that JSON has, its export that wasn't; as text, in binary, and as
numbers of protocol buffers. Prints how many addresses there are."""

import gzip
import json
import re
import struct
import sys


def addresses_of(path):
    found = set()
    for line in open(path):
        row = json.loads(line)
        values = [frame["address"] for frame in row.get("stack", [])]
        for v in row.get("fields", {}).values():
            values += v if isinstance(v, list) else [v]
        for v in values:
            if isinstance(v, str) and re.fullmatch("0x[0-9a-f]+", v):
                found.add(int(v, 16))
    # What is below is a number, and what is above a negative one.
    return {v for v in found if 1 << 32 <= v < 0xffffffffff000000}


def is_somewhere(v):
    return 1 << 40 <= v < 1 << 47 or v >= 0xffff800000000000


def varint(v):
    out = b""
    while v >= 0x80:
        out += bytes([v & 0x7f | 0x80])
        v >>= 7
    return out + bytes([v])


def main():
    end = sys.argv.index("--")
    names = [n.encode() for n in sys.argv[2:end]]
    addresses = addresses_of(sys.argv[1])
    # Small ones are also what two numbers beside each other make; so are those of two
    # different bytes, and constants that no memory is at, such as 0x7fffffffffffffff.
    large = {a for a in addresses if is_somewhere(a) and len(set(a.to_bytes(8, "little"))) > 2}
    varints = {varint(a) for a in large}
    lengths = {len(v) for v in varints}
    for path in sys.argv[end + 1:]:
        data = open(path, "rb").read()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        for name in names:
            if name in data:
                sys.exit(f"{path} has {name.decode()}")
        for text in re.findall(rb"0x[0-9a-f]{8,16}\b", data):
            if int(text, 16) in addresses:
                sys.exit(f"{path} has {text.decode()}")
        for text in re.findall(rb"\b[0-9]{10,20}\b", data):
            if int(text) in addresses:
                sys.exit(f"{path} has {text.decode()}")
        if b"\0" not in data:
            continue  # a text: registers may have pieces of those, too
        for i in range(len(data) - 7):
            number = struct.unpack_from("<Q", data, i)[0]
            if number in large:
                sys.exit(f"{path} has the address {number:#x} at {i}")
            for n in lengths:
                if data[i:i + n] in varints:
                    sys.exit(f"{path} has an address as the number {data[i:i + n].hex()} at {i}")
    print(len(addresses))


main()
