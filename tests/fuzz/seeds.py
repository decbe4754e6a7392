#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes inputs for the fuzz targets to begin with.

usage: seeds.py DIRECTORY_OF_kprobex_pb2 OUT [TRACE]...
(protoc --python_out=DIRECTORY proto/kprobex.proto). Fills OUT/reader with the
TRACEs (small ones), as they are and with their bodies unpacked, so that a
fuzzer's changes reach them; and OUT/rows, OUT/ring, OUT/bpfring and OUT/elf with
inputs in the shapes that tests/fuzz/fuzz_*.c describe.
"""
import itertools
import os
import struct
import subprocess
import sys

sys.path.insert(0, sys.argv[1])
import kprobex_pb2 as pb


def write(target, name, data):
    os.makedirs(os.path.join(sys.argv[2], target), exist_ok=True)
    with open(os.path.join(sys.argv[2], target, name), "wb") as file:
        file.write(data)


# ---- reader: frames as "Bytes of a packet" in the schema has them ------------

def varint(v, pad=1):
    out = bytearray()
    while v >= 128 or len(out) < pad - 1:
        out.append(v & 127 | 128)
        v >>= 7
    return bytes(out) + bytes([v])


def frame(packet):
    members = b"\x09KPXTRACE\x11" + struct.pack("<Q", packet.trace)
    members += b"\x1a" + varint(len(packet.head)) + packet.head
    if packet.data:
        members += b"\x22" + varint(len(packet.data)) + packet.data
    members += b"\x2d" + struct.pack("<I", packet.crc32c)
    return b"\x0a" + varint(len(members), 5) + members


def unpacked(data):
    out = b""
    for packet in pb.Trace.FromString(data).packet:
        head = pb.Head.FromString(packet.head)
        if head.codec == pb.CODEC_ZSTD:
            packet.data = subprocess.run(["zstd", "-dcq"], input=packet.data,
                                         stdout=subprocess.PIPE, check=True).stdout
            head.codec = pb.CODEC_NONE
            packet.head = head.SerializeToString()
        out += frame(packet) # the target puts the CRC right
    return out


for path in sys.argv[3:]:
    data = open(path, "rb").read()
    name = os.path.basename(path).split(".")[0]
    write("reader", name, data)
    write("reader", name + "-unpacked", unpacked(data))

# ---- rows: every encoding, in every place ------------------------------------

N = 6
integers = {
    "constant": dict(constant=42),
    "varint": dict(varint=[0, 1, 127, 128, 300, 2**64 - 1]),
    "zigzag": dict(zigzag=[0, -1, 1, -2, 150, -2**63]),
    "delta": dict(delta=[100, 1, -2, 0, -1, 64]),
    "offset": dict(start=0xffff888100000000, offset=[0, 1, 2, 3, 4, 2**32 - 1]),
    "raw": dict(raw=[2**63, 1, 0, 5, 6, 7]),
    "dict": dict(dict=[7, 2**64 - 7], index=[0, 0, 1, 0, 1, 1]),
    "run": dict(dict=[5, 9, 5], run=[1, 4, 1]),
    "tid": dict(row_tid=True),
}
blobs = {
    "plain": dict(length=[1, 0, 2, 2, 2, 2], blob=b'abc"\\\0\xff \t'),
    "dict": dict(length=[3, 2, 0], blob=b"onetw", index=[1, 0, 1, 2, 0, 1]),
    "run": dict(length=[2, 3], blob=b"\0\1\xfe\xff\x7f", run=[2, 4]),
}


def batch(**members):
    b = pb.Batch(time_base=10**9, **members)
    b.time_lo.varint.extend([0, 1, 127, 0, 1, 64])
    b.time_hi.varint.extend([0, 0, 0, 1, 1, 7812])
    b.tid.varint.extend([11, 12, 11, 12, 0, 12])
    return b


def rows(name, b, n=N):
    write("rows", name, struct.pack("<H", n) + b.SerializeToString())


for name, members in integers.items():
    table = pb.Table(event=0, rows=N)
    for field in (0, 2):
        table.column.add(field=field, **members)
    rows("integers-" + name, batch(table=[table]))
    rows("cgroup-" + name, batch(table=[pb.Table(event=2, rows=N)], cgroup=pb.Column(**members)))
    rows("times-" + name, pb.Batch(time_base=1, table=[pb.Table(event=2, rows=N)],
                                   time_lo=pb.Column(**members), tid=pb.Column(constant=1)))
for name, members in blobs.items():
    table = pb.Table(event=0, rows=N)
    for field in (1, 3, 4):
        table.column.add(field=field, **members)
    rows("blobs-" + name, batch(table=[table]))
    rows("payload-" + name, batch(table=[pb.Table(event=2, rows=N, payload=pb.Column(**members))]))
two = batch(table=[pb.Table(event=0, rows=4), pb.Table(event=2, rows=2)])
two.table_index.varint.extend([0, 1, 0, 0, 1, 0])
two.table[0].stack.varint.extend([0, 1, 1, 0])
two.table[0].weight.varint.extend([1, 2, 3, 4])
two.stacks.depth.extend([0, 2])
two.stacks.frame.raw.extend([2**64 - 128, 0xffffffff81000010])
two.loss.add(after=2, count=9, event=1)
two.unparsed = 3
rows("two-tables", two)
rows("nothing", pb.Batch(loss=[pb.Loss(count=1)]), 0)

# ---- ring: records as perf_event_open(2) has them ----------------------------

SAMPLE, LOST, THROTTLE = 9, 2, 5


def record(kind, body):
    body += bytes(-len(body) % 8)
    return struct.pack("<IHH", kind, 0, 8 + len(body)) + body


def raw(data):
    data += bytes(-(len(data) + 4) % 8)
    return struct.pack("<I", len(data)) + data


def fields(tid, x, y, p, s, text, more):
    fixed = struct.pack("<HBBiiBxxxQ8s", 7, 0, 0, tid, x, y, p, s)
    at = len(fixed) + 8
    loc = struct.pack("<II", at | len(text) << 16, len(text) | len(more) << 16)
    return fixed + loc + text + more


def everything(i):
    return record(SAMPLE, struct.pack("<QQ", 1, 1000 + i * 100) +
                  raw(fields(100 + i % 2, -i, i, 0xffff888100000000 + 64 * i, b"n%d" % i, b"path\0"[:i % 6], b"\1\2\3")))


def chain(i):
    frames = (2**64 - 128, 0xffffffff81000010, 0xffffffff81000020 + i % 2)
    return record(SAMPLE, struct.pack("<QQIIQQQ3Q", 2, 0xffffffff81000000, 5, 6, 2000 + i, 1 + i, 3, *frames) +
                  raw(fields(6, i, 0, i, b"", b"", b"")))


def ip(i):
    return record(SAMPLE, struct.pack("<QQIIQ", 3, 0xffffffff81000000 + i * 16, 5, 5 + i % 3, 3000 + 7 * i))


def of_a_size(i):
    return record(SAMPLE, struct.pack("<QQ", 4, 4000 + i) + raw(struct.pack("<HBBii", 7, 0, 0, 9, i) + b"x" * (i % 2 * 8)))


def grouped(i):
    whole = chain(i)
    return record(SAMPLE, struct.pack("<Q", 5) + whole[16:] + struct.pack("<Q", i // 3))


def others(i):
    return (record(LOST, struct.pack("<QQ", 1, 5 + i)) + record(THROTTLE, struct.pack("<QQQ", 1, 1 + i % 4, 1)) +
            record(SAMPLE, struct.pack("<QQ", 77, 1)) + record(14, b"") + record(SAMPLE, b""))


def ring(name, data, flags=0, at=0, head=0):
    write("ring", name, struct.pack("<BHQ", flags, at, head) + data)


for make in (everything, chain, ip, of_a_size, grouped, others):
    ring(make.__name__, b"".join(make(i) for i in range(8)))
    ring(make.__name__ + "-wraps", b"".join(make(i) for i in range(12)), at=4096 // 8 - 24)
mixed = b"".join(make(i) for i in range(6) for make in (everything, chain, ip, of_a_size, others))
ring("mixed", mixed)
ring("mixed-grouped", b"".join(make(i) for i in range(6) for make in (grouped, chain, ip, others)))
for key, lanes in itertools.product((1, 2), range(4)): # without ids
    ring("plain-%d-%d" % (key, lanes),
         b"".join(record(SAMPLE, struct.pack("<Q", 1000 + i * 100) +
                         raw(struct.pack("<H", 7 + i % 3) + fields(100, -i, i, i, b"n", b"path", b"\1")[2:]))
                  for i in range(20)) + others(1), flags=key << 2 | lanes << 4)
for lanes in range(4):
    ring("mixed-%d" % lanes, mixed, flags=lanes << 4)
ring("mixed-twice", mixed, flags=0x41, at=65535)
ring("head", mixed, flags=0x80, head=len(mixed))
ring("head-far", mixed, flags=0x80, head=2**64 - 8)
ring("short", mixed[:-8])
ring("long", everything(1) * 40)

# ---- bpfring -----------------------------------------------------------------

BUSY, DISCARD = 1 << 31, 1 << 30


def reserved(body, bits=0):
    return struct.pack("<II", len(body) | bits, 0) + body + bytes(-len(body) % 8)


def bpfring(name, data, flags=0, at=0, producer=0):
    write("bpfring", name, struct.pack("<BHQ", flags, at, producer) + data)


good = b"".join(reserved(struct.pack("<QI", 5000 + i, 7 + i)) for i in range(9))
own = reserved(struct.pack("<QI", 5000, 999))
odd = reserved(b"") + reserved(b"x") + reserved(b"y" * 100)
bpfring("good", good)
bpfring("own", own + good)
bpfring("odd", odd + good)
bpfring("wraps", odd + good, at=4096 // 8 - 8)
bpfring("busy", good + reserved(b"z" * 12, BUSY) + good)
bpfring("discarded", good + reserved(b"z" * 12, DISCARD) + good)
bpfring("closed", good + reserved(b"z" * 12, BUSY), flags=0x40)
bpfring("producer", good, flags=0x80, producer=len(good))
bpfring("producer-far", good, flags=0x80, producer=2**64 - 8)
bpfring("too-long", good + struct.pack("<II", 4096, 0))
bpfring("full", reserved(b"f" * (4096 - 8)))
bpfring("zeros", bytes(4096))

# ---- elf ---------------------------------------------------------------------

FUNC, OBJECT, IFUNC = 2, 1, 10
TEXT, DATA = 0x1200, 0x3300 # addresses; in the file at 0x200 and 0x300


def note(arguments, address=TEXT, semaphore=0, wide=True, provider=b"my", probe=b"probe"):
    desc = struct.pack("<QQQ" if wide else "<III", address, DATA, semaphore)
    desc += provider + b"\0" + probe + b"\0" + arguments + b"\0"
    return struct.pack("<III", 8, len(desc), 3) + b"stapsdt\0" + desc + bytes(-len(desc) % 4)


def image(symbols=(), notes=b"", wide=True, kind=3, machine=62, data=1):
    """A shared library: two segments and the sections that are looked at."""
    word = "Q" if wide else "I"
    names = b"\0.symtab\0.strtab\0.note.stapsdt\0.stapsdt.base\0.shstrtab\0"
    strings = b"\0"
    table = bytes(24 if wide else 16)
    for name, address, size, type in symbols:
        at, strings = len(strings), strings + name + b"\0"
        table += (struct.pack("<IBBHQQ", at, 0x10 | type, 0, 1, address, size) if wide else
                  struct.pack("<IIIBBH", at, address, size, 0x10 | type, 0, 1))
    body, sections = b"", [(0,) * 10]
    begin = 0x400
    for name, type, content, address, link, one in (
            (b".symtab", 2, table, 0, 2, 24 if wide else 16), (b".strtab", 3, strings, 0, 0, 0),
            (b".note.stapsdt", 7, notes, 0, 0, 0), (b".stapsdt.base", 1, b"", DATA, 0, 0),
            (b".shstrtab", 3, names, 0, 0, 0)):
        body += bytes(-len(body) % 8)
        sections.append((names.index(name), type, 0, address, begin + len(body), len(content), link,
                         1 if link else 0, 4, one))
        body += content
    body += bytes(-len(body) % 8)
    where = begin + len(body)
    for s in sections:
        body += struct.pack("<II" + word * 4 + "II" + word * 2, *s)
    header = 64 if wide else 52
    out = b"\x7fELF" + bytes([2 if wide else 1, data, 1]) + bytes(9)
    out += struct.pack("<HHI" + word * 3 + "IHHHHHH", kind, machine, 1, 0, header, where, 0, header,
                       56 if wide else 32, 2, 64 if wide else 40, len(sections), 5)
    for flags, offset, address, in_file, in_memory in ((5, 0x200, TEXT, 0x100, 0x100), (6, 0x300, DATA, 0x40, 0x80)):
        out += (struct.pack("<IIQQQQQQ", 1, flags, offset, address, 0, in_file, in_memory, 8) if wide else
                struct.pack("<IIIIIIII", 1, offset, address, 0, in_file, in_memory, flags, 4))
    return out + bytes(0x400 - len(out)) + body


def elf(name, content, flags=0):
    write("elf", name, bytes([flags]) + content)


symbols = [(b"main", TEXT, 16, FUNC), (b"twice", TEXT + 16, 4, FUNC), (b"twice@@V_1", TEXT + 32, 0, FUNC),
           (b"choose", TEXT + 64, 8, IFUNC), (b"counter", DATA + 8, 8, OBJECT)]
arguments = [b"8@%rdi -4@$5 -4@-8(%rbp) 2@%ax 1@%cl 8@(%rsi)", b"4@counter(%rip) 8@counter+4(%rip) 8@none(%rip)",
             b"8@(%rax,%rbx,8) 8f@%xmm0 1@%ah 8@%", b""]
good = b"".join(note(a, TEXT + i, DATA) for i, a in enumerate(arguments))
elf("good", image(symbols, good))
elf("narrow", image(symbols, b"".join(note(a, TEXT + i, DATA, False) for i, a in enumerate(arguments)), False, machine=3))
elf("bare", image())
elf("object", image(symbols, kind=1))
elf("executable", image(symbols, good, kind=2))
elf("machine", image(symbols, good, machine=183))
elf("big-endian", image(symbols, good, data=2))
elf("cut", image(symbols, good)[:-100])
elf("cut-segment", image(symbols, good)[:0x320])
elf("semaphore", image(symbols, note(b"8@%rdi", semaphore=DATA + 0x50)))
elf("nowhere", image(symbols, note(b"8@%rdi", 0x9000)))
elf("many", image(symbols, b"".join(note(b"", TEXT + i % 200) for i in range(60))))
elf("notes", good, 0x80)
elf("notes-narrow", b"".join(note(a, wide=False) for a in arguments), 0xc0)
elf("notes-cut", good[:-30], 0x80)
elf("notes-others", struct.pack("<III", 4, 5, 3) + b"GNU\0\1\2\3\4\5\0\0\0" + good, 0x80)
elf("notes-long", struct.pack("<III", 2**32 - 1, 2**32 - 1, 3) + good, 0x80)
elf("script", b"#!/usr/bin/perl\n")
elf("nothing", b"")
