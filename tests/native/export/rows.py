#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: rows.py DUMP JSON CSV [N]

Compares what collect dump prints of a trace, and what collect export writes, row by
row: each line of DUMP is made anew of the JSON, and each row, or each N-th, of the CSV
has the fields that the JSON has. Prints how many there are."""

import csv
import itertools
import json
import re
import sys


def escaped(text, plain):
    return re.sub(f"[^{plain}]", lambda c: "\\x%02x" % ord(c[0]), text)


def quoted(text):
    return '"' + escaped(text, r" !#-\[\]-~") + '"'


def value(v, line, name):
    if isinstance(v, list):
        return "{" + ",".join(value(e, line, name) for e in v) + "}"
    if isinstance(v, int):
        return str(v)
    if v is None:
        return "(fault)"
    return quoted(v) if f' {name}="' in line or f' {name}={{"' in line else v


# Where a call chain goes on in the kernel, or in user space: not in the JSON.
MARK = re.compile("0xfffffffffffff[0-9a-f]{3}$")


def addresses(row):
    return [frame["address"] for frame in row["stack"]]


def same_as_dump(row, line):
    t = row["time_ns"]
    fields = "".join(f" {k}={value(v, line, k)}" for k, v in row.get("fields", {}).items())
    if "payload" in row:
        fields = f" payload={row['payload']}"
    if "stack" in row:
        before, chain = line.rstrip("\n").split(" stack=")
        if addresses(row) != [a for a in chain.split(",") if not MARK.match(a)]:
            return False
        line = before + "\n"
    unknown = "<...>" if row["tid"] else "<idle>"
    comm = unknown if row["comm"] is None else escaped(row["comm"], r"!-\[\]-~")
    cpu, pid, tid = (-1 if row[k] is None else row[k] for k in ("cpu", "pid", "tid"))
    want = (f"{t // 10**9}.{t % 10**9:09d} {cpu} {comm} {pid}/{tid} "
            f"{row['event']}:{fields}\n")
    return want == line


def flat(fields):
    for k, v in fields.items():
        if isinstance(v, list):
            yield from ((f"{k}[{i}]", e) for i, e in enumerate(v))
        else:
            yield k, v


PLAIN = r" -\[\]-~"
FIXED = ("time_ns", "cpu", "comm", "pid", "tid", "event")


def same_as_csv(row, cells, columns):
    """columns: of an event, where the CSV has each of its fields; found once."""
    event = row["event"]
    if event not in columns["of"]:
        names = {}
        for i, name in enumerate(columns["header"]):
            if name.startswith(event + "."):
                names[name[len(event) + 1:]] = i
            elif name.startswith("field."):
                names.setdefault(name[6:], i)
            elif i >= len(FIXED):
                names.setdefault(name, i)
        columns["of"][event] = names
    names = columns["of"][event]
    filled = sum(1 for c in cells if c)
    for name in FIXED:
        filled -= row[name] is not None
        cell = cells[columns["header"].index(name)]
        if cell != ("" if row[name] is None else escaped(str(row[name]), PLAIN)):
            return False
    if "weight" in row:
        filled -= 1
        if cells[names["weight"]] != str(row["weight"]):
            return False
    if "payload" in row:
        filled -= bool(row["payload"])
        if cells[names["payload"]] != row["payload"]:
            return False
    for name, v in flat(row.get("fields", {})):
        cell = cells[names[name]]
        if cell != ("(fault)" if v is None else escaped(str(v), PLAIN)):
            return False
        filled -= bool(cell)
    if "stack" in row:
        filled -= 1
        chain = cells[names["stack"]].split(" ")
        if addresses(row) != [a for a in chain if not MARK.match(a)]:
            return False
    return filled == 0  # and nothing else


def main():
    rows = 0
    step = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    with open(sys.argv[1]) as dump, open(sys.argv[2]) as js, \
            open(sys.argv[3], newline="") as table:
        reader = csv.reader(table)
        columns = {"header": next(reader), "of": {}}
        for line, text, cells in itertools.zip_longest(dump, js, reader):
            if None in (line, text, cells):
                sys.exit(f"after {rows} rows one ends: {line} {text} {cells}")
            row = json.loads(text)
            if not same_as_dump(row, line):
                sys.exit(f"dump: {line}json: {text}")
            if rows % step == 0 and not same_as_csv(row, cells, columns):
                sys.exit(f"csv: {dict(zip(columns['header'], cells))}\njson: {text}")
            rows += 1
    print(rows)


main()
