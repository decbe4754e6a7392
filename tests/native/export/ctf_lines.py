#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""ctf_lines.py dump|ctf OUT: lines of collect dump, or of babeltrace2 with
--clock-cycles, brought to one form, in a file OUT.CPU for each CPU, by time.

Letters' case is lost, because babeltrace2 prints hex numbers in capitals."""
import re
import sys

CTF = re.compile(
    r'\[(\d+)\] \S+ (.+?): (?:\{ cpu_id = (\d+) \}, )?'
    r'\{ tid = (-?\d+), pid = (-?\d+), procname = "((?:[^"\\]|\\.)*)" \}, \{ ?(.*?) ?\}$')
DUMP = re.compile(r'(\d+)\.(\d{9}) (-?\d+) (\S+) (-?\d+)/(-?\d+) ([^ ]+):(?: (.*))?$')
ENUM = re.compile(r'\( (?:"[^"]*"|<unknown>)(?:, "[^"]*")* : container=(-?\w+) \)')
ARRAY = re.compile(r'(?:(\w+)_length=\d+ )?(\w+)=\[ ?(.*?) ?\]( |$)')
INDEX = re.compile(r'\[\d+\]=')
ESCAPE = re.compile(r'\\x([0-9a-f]{2})|\\(.)')
NAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unescape(text):
    """Both escape what can't be printed, each in its own way."""
    def one(match):
        if match[1]:
            return chr(int(match[1], 16))
        return NAMED.get(match[2], match[2])
    return ESCAPE.sub(one, text).encode("unicode_escape").decode()


def array(match):
    values = INDEX.sub("", match[3]).split()
    if match[2] == "callchain":
        return "stack=" + ",".join(values) if values else ""
    if match[1]:  # bytes, which dump has as hex digits
        return match[2] + "=" + "".join("%02x" % int(v, 16) for v in values) + match[4]
    return "%s={%s}%s" % (match[2], ",".join(values), match[4])


def common(text):
    return text.replace(" = ", "=").replace(", ", " ").lower()


def ctf(line):
    match = CTF.match(line)
    if not match:
        sys.exit("not a line of babeltrace2's: " + line)
    time, event, cpu, tid, pid, comm, fields = match.groups()
    fields = common(fields)
    if ": container" in fields:
        fields = ENUM.sub(r"\1", fields)
    if "[" in fields:
        fields = ARRAY.sub(array, fields).rstrip()
    return int(time), cpu or "-1", common("%s %s/%s %s: %s" % (comm, pid, tid, event, fields))


def dump(line):
    match = DUMP.match(line)
    if not match:
        sys.exit("not a line of collect dump's: " + line)
    seconds, nanos, cpu, comm, pid, tid, event, fields = match.groups()
    return int(seconds + nanos), cpu, common("%s %s/%s %s: %s" % (comm, pid, tid, event, fields or ""))


def main():
    parse = ctf if sys.argv[1] == "ctf" else dump
    sys.stdin.reconfigure(encoding="latin-1", newline="\n")
    cpus = {}
    for line in sys.stdin:
        time, cpu, text = parse(line.rstrip("\n"))
        if "\\" in text or not text.isascii():
            text = unescape(text)
        cpus.setdefault(cpu, []).append((time, text))
    for cpu, lines in cpus.items():
        lines.sort(key=lambda line: line[0])
        with open(sys.argv[2] + "." + cpu, "w", encoding="latin-1") as out:
            out.writelines("%d %s\n" % line for line in lines)


main()
