#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes of a perf.data what another perf would have written.

usage: edit.py compressed2|filtered|far FILE OUT

compressed2: its compressed records are those of perf 6.16, in two pieces each
filtered: 1234 samples more were dropped by a BPF filter
far: its features are where no file has an end
"""
import struct
import sys

HEADER_BYTES = 104
LOST_SAMPLES, COMPRESSED, COMPRESSED2 = 13, 81, 83


def record(kind, misc, body):
    return struct.pack("<IHH", kind, misc, 8 + len(body)) + body


def compressed2(kind, misc, body):
    if kind != COMPRESSED:
        return record(kind, misc, body)
    half = len(body) // 2
    return b"".join(
        record(COMPRESSED2, misc, struct.pack("<Q", len(part)) + part + bytes(-len(part) % 8))
        for part in (body[:half], body[half:]))


def edit(what, data, trailer):
    out, at = b"", 0
    while at < len(data):
        kind, misc, size = struct.unpack_from("<IHH", data, at)
        body = data[at + 8:at + size]
        if what == "compressed2":
            out += compressed2(kind, misc, body)
        else:
            out += data[at:at + size]
        at += size
    if what == "filtered":
        out += record(LOST_SAMPLES, 1 << 15, struct.pack("<Q", 1234) + trailer)
    return out


what, path, out_path = sys.argv[1:]
data = open(path, "rb").read()
header = list(struct.unpack_from("<13Q", data))
begin, size = header[5:7]
end = begin + size
# As sample_id_all has it of the only event: its sample_type, in words, all of them 0.
attr = header[3]
words = bin(struct.unpack_from("<Q", data, attr + 24)[0] & 0x102c6).count("1")
new = edit(what, data[begin:end], bytes(8 * words))
grown = len(new) - size
header[6] = len(new) if what != "far" else 1
if what == "far":
    header[5] = 1 << 63
moved = bytearray(data[end:])
nr = sum(bin(bits).count("1") for bits in header[9:])
for i in range(nr):
    offset, bytes_ = struct.unpack_from("<QQ", moved, 16 * i)
    struct.pack_into("<QQ", moved, 16 * i, offset + grown, bytes_)
with open(out_path, "wb") as out:
    out.write(struct.pack("<13Q", *header) + data[HEADER_BYTES:begin] + new + moved)