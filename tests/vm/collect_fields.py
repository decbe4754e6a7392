#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Are the lines of `collect dump` and of tracefs the same hits, field by field?

usage: collect_fields.py DUMP TRACE EVENT COMM FIELD...

Compares what COMM did, in order. Prints how many hits there were; exits with 1
and the first difference.
"""
import re, sys

dump_path, trace_path, event, comm, *fields = sys.argv[1:]
values = re.compile(" ".join("%s=(.*)" % f for f in fields) + "$")
element = re.compile(r'"(.*?)"(?=[,}])|(\(fault\))|([^,{}]+)')
symbols = {}

def addresses(name):
    if not symbols:
        for line in open("/proc/kallsyms", encoding="latin-1"):
            symbols.setdefault(line.split()[2], []).append(int(line[:16], 16))
    return symbols[name]

def escape(text):
    return "".join(c if " " <= c <= "~" and c not in '\\"' else "\\x%02x" % ord(c) for c in text)

def one(text):
    """A value of tracefs as the dump has it, or what it may be."""
    symbol = re.fullmatch(r"([^+'\"]+)\+(0x[0-9a-f]+)/0x[0-9a-f]+.*", text)
    if symbol:
        return {hex(a + int(symbol[2], 16)) for a in addresses(symbol[1])}
    if text.startswith('"'):
        return {'"' + escape(text[1:-1]) + '"'}
    if text.startswith("'"):
        return {str(ord(text[1]))}
    return {text}

def split(text):
    if not text.startswith("{"):
        return [text]
    return [m[0] for m in element.finditer(text[1:])]

def lines(path, shape):
    for line in open(path, encoding="latin-1", newline="\n"):
        found = re.match(shape, line.rstrip("\n"), re.S)
        if found:
            got = values.match(found[1])
            if not got:
                sys.exit("%s: no fields %s in %s" % (path, fields, line))
            yield got.groups()

dump = list(lines(dump_path, r"\S+ \S+ %s \S+ %s: (.*)" % (comm, re.escape(event))))
trace = list(lines(trace_path, r" *%s-\d+ .*?: %s: \(.*?\) (.*)" % (comm, re.escape(event))))
for number, (ours, theirs) in enumerate(zip(dump, trace)):
    for field, a, b in zip(fields, ours, theirs):
        want = [one(v) for v in split(b)]
        got = split(a)
        if a.startswith("{") != b.startswith("{") or len(got) != len(want) or any(g not in w for g, w in zip(got, want)):
            sys.exit("hit %d, %s: dump has %r, tracefs %r" % (number, field, a, b))
if len(dump) != len(trace):
    sys.exit("%d hits in the dump, %d in tracefs" % (len(dump), len(trace)))
print(len(dump))
