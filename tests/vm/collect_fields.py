#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Are the lines of `collect dump` and of tracefs the same hits, field by field?

usage: collect_fields.py DUMP TRACE EVENT FIELD...

Compares what the threads of the dump did, in order. Prints how many hits there
were; exits with 1 and the first difference.
"""
import re, sys

dump_path, trace_path, event, *fields = sys.argv[1:]
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

def read(path, shape):
    """The values of all hits, by thread."""
    threads = {}
    for line in open(path, encoding="latin-1", newline="\n"):
        found = re.match(shape, line.rstrip("\n"), re.S)
        if found:
            got = values.match(found[2])
            if not got:
                sys.exit("%s: no fields %s in %s" % (path, fields, line))
            threads.setdefault(int(found[1]), []).append(got.groups())
    return threads

def compare(tid, number, ours, theirs):
    for field, a, b in zip(fields, ours, theirs):
        got, want = split(a), [one(v) for v in split(b)]
        if a.startswith("{") != b.startswith("{") or len(got) != len(want) or any(g not in w for g, w in zip(got, want)):
            sys.exit("thread %d, hit %d, %s: dump has %r, tracefs %r" % (tid, number, field, a, b))

dump = read(dump_path, r"\S+ \S+ \S+ \d+/(\d+) %s: (.*)" % re.escape(event))
trace = read(trace_path, r".*?-(\d+) +\[\d+\] .*?: %s: \(.*?\) (.*)" % re.escape(event))
for tid, ours in dump.items():
    theirs = trace.get(tid, [])
    # The command's first exec is ours and its recording's begin: not what was before.
    if tid == min(dump):
        theirs = theirs[-len(ours):]
    if len(ours) != len(theirs):
        sys.exit("thread %d: %d hits in the dump, %d in tracefs" % (tid, len(ours), len(theirs)))
    for number, (a, b) in enumerate(zip(ours, theirs)):
        compare(tid, number, a, b)
print(sum(map(len, dump.values())))
