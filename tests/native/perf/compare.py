#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: compare.py rows ROWS ROWS | compare.py dump ROWS DUMP

ROWS: what rows.py prints of a perf.data; DUMP: what collect dump -g prints of the trace.
Exits with 0 if they have the same samples: times, CPUs, threads, fields, call chains and
names of the kernel's functions.
"""
import json, re, sys

LINE = re.compile(r"(\d+)\.(\d{9}) (-?\d+) (.*?) (-?\d+)/(-?\d+) (\S+):(.*)\n")
FIELD = re.compile(r' ([A-Za-z_][A-Za-z0-9_]*)=("(?:[^"\\]|\\.)*"|[^ ]*)')
FRAME = re.compile(r"\t0x([0-9a-f]+)(?: ([^+]+)\+0x[0-9a-f]+)?")
M = 2**64


def read_rows(path):
    with open(path) as lines:
        for line in lines:
            row = json.loads(line)
            # perf's words for a thread without a name, and for the idle one
            if re.fullmatch(r":\d+", row[5]) or not row[3]:
                row[5] = ""
            yield row


def value(text):
    if text.startswith('"'):
        return re.sub(r"\\x(..)", lambda m: chr(int(m.group(1), 16)),
                      text[1:-1]).replace('\\"', '"').replace("\\\\", "\\")
    return int(text, 0)


def fields_of(text):
    """Elements of an array, NAME0 and so on, are the bytes of NAME, as perf has them."""
    fields, arrays = {}, {}
    for name, written in FIELD.findall(text):
        m = re.fullmatch(r"(args)\d", name)
        if m:
            arrays.setdefault(m.group(1), []).append(value(written))
        elif name != "stack":
            fields[name] = value(written)
    for name, values in arrays.items():
        fields[name] = b"".join(v.to_bytes(8, "little") for v in values).hex()
    return fields


def read_dump(path):
    row = None
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            m = FRAME.match(line)
            if m:
                ip = int(m.group(1), 16)
                row[7].append(ip)
                if ip >> 63:
                    row[8].append(m.group(2) or "")
                continue
            if row:
                yield row
            m = LINE.fullmatch(line)
            s, ns, cpu, comm, pid, tid, event, rest = m.groups()
            fields = fields_of(rest)
            if list(fields) == ["ip"]: # perf has it in the sample
                fields = {}
            row = [int(s) * 10**9 + int(ns), int(cpu) % 2**32, event, int(tid) % 2**32,
                   int(pid) % 2**32, "" if comm in ("<idle>", "<...>") else comm, fields, [], []]
    if row:
        yield row


def same(fields):
    """Numbers as 64 bits, whatever their sign."""
    return {name: v % M if isinstance(v, int) else v for name, v in fields.items()}


def places():
    """Where the kernel's names are: a function may have several, such as memset."""
    found = {}
    for line in open("/proc/kallsyms"):
        address, _, name = line.split()[:3]
        found.setdefault(name, set()).add(address)
    return found


def main():
    what, left, right = sys.argv[1:]
    a = sorted(read_rows(left), key=lambda r: json.dumps(r[:4]))
    b = sorted(read_dump(right) if what == "dump" else read_rows(right), key=lambda r: json.dumps(r[:4]))
    if len(a) != len(b):
        sys.exit(f"{len(a)} samples against {len(b)}")
    if not a:
        sys.exit("no samples")
    where = {}
    for one, other in zip(a, b):
        one[6], other[6] = same(one[6]), same(other[6])
        if one[8] != other[8]:
            where = where or places()
            other[8] = [left if where.get(left, set()) & where.get(right, set()) else right
                        for left, right in zip(one[8], other[8], strict=True)]
        if one != other:
            sys.exit(f"{one}\n{other}")
    chains = sum(bool(row[7]) for row in a)
    print(f"{len(a)} samples, {chains} with call chains, {sum(bool(row[6]) for row in a)} with fields")


main()
