#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes of a perf.data what another perf would have written.

usage: edit.py compressed2|filtered|marked|far FILE OUT

compressed2: its compressed records are those of perf 6.16, in two pieces each
filtered: 1234 samples more were dropped by a BPF filter
marked: its mappings are said to have build-ids, but have a device, 8:1, and an inode
far: its features are where no file has an end
"""
import struct
import sys

HEADER_BYTES = 104
MMAP2, LOST_SAMPLES, COMPRESSED, COMPRESSED2 = 10, 13, 81, 83
MMAP_BUILD_ID = 1 << 14


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
        elif what == "marked" and kind == MMAP2:
            # Its length would be 8; with no generation all behind that is 0.
            generation = at // 8 % 2
            out += record(kind, misc | MMAP_BUILD_ID, body[:32] +
                          struct.pack("<IIQQ", 8, 1, 4711, generation) + body[56:])
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
