#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only
"""Usage: stacks.py FOLDER JSON FOLDED SPEEDSCOPE PPROF [FIELD]

Compares the call chains of a trace, as FOLDED, SPEEDSCOPE and PPROF have them, with those
of JSON, which has all events: how often each came, or what its FIELD adds up to. FOLDER
has pprof_pb2.py. Prints how many call chains there are, and what they add up to."""

import collections
import gzip
import json
import re
import sys

def frame(f):
    """What folded has for a frame of json."""
    file = f.get("file", f.get("module", "unknown"))
    return f.get("symbol") or f"[{file.rsplit('/', 1)[-1]}]"


def clean(name):
    return re.sub(r"[\0-\x20]", "_", name.replace(";", ":"))


def of_json(path, field):
    """By event, comm, pid and frames, outermost first."""
    sums = collections.Counter()
    for line in open(path):
        row = json.loads(line)
        if "stack" not in row or field and field not in row["fields"]:
            continue
        chain = tuple(frame(f) for f in reversed(row["stack"]))
        weight = max(row["fields"][field], 0) if field else 1
        sums[row["event"], row["comm"], row["pid"], chain] += weight
    return sums


def by(sums, key):
    result = collections.Counter()
    for event_comm_pid_chain, weight in sums.items():
        result[key(*event_comm_pid_chain)] += weight
    return +result


def of_folded(path):
    sums = collections.Counter()
    for line in open(path):
        chain, weight = line.rsplit(" ", 1)
        comm, *frames = chain.split(";")
        sums[comm, tuple(re.sub(r"_\[k\]$", "", f) for f in frames)] += int(weight)
    return sums


def of_speedscope(path):
    sums = collections.Counter()
    file = json.load(open(path))
    names = [f["name"] for f in file["shared"]["frames"]]
    for profile in file["profiles"]:
        assert profile["type"] == "sampled" and len(profile["samples"]) == len(profile["weights"])
        assert profile["endValue"] == sum(profile["weights"]), profile["name"]
        for sample, weight in zip(profile["samples"], profile["weights"]):
            comm, *frames = (names[i] for i in sample)
            sums[profile["name"], comm, tuple(frames)] += weight
    return sums


def of_pprof(path, field):
    import pprof_pb2

    profile = pprof_pb2.Profile()
    profile.ParseFromString(gzip.open(path).read())
    text = profile.text
    assert text[0] == ""
    types = [text[t.type] for t in profile.sample_type]
    assert types == ["samples"] + ([field] if field else []), types
    mapping = {m.id: m for m in profile.mapping}
    function = {f.id: f for f in profile.function}
    location = {}
    for l in profile.location:
        file = text[mapping[l.mapping].file] if l.mapping else ""
        if l.line:
            location[l.id] = text[function[l.line[0].function].name]
        else:
            file = "" if file == "[kernel.kallsyms]" else file.rsplit("/", 1)[-1]
            location[l.id] = f"[{file or 'unknown'}]"
        if l.mapping and mapping[l.mapping].limit:
            assert mapping[l.mapping].start <= l.address, file
    assert len(location) == len(profile.location)
    sums = collections.Counter()
    for s in profile.sample:
        labels = {text[l.key]: text[l.text] or l.number for l in s.label}
        chain = tuple(location[i] for i in reversed(s.location))
        sums[labels["event"], labels["comm"], labels["pid"], chain] += s.value[-1]
    for m in profile.mapping:
        if text[m.build_id]:
            print("build-id", text[m.file], text[m.build_id])
    return +sums


def same(what, got, want):
    if got != want:
        key = next(k for k in got.keys() | want.keys() if got[k] != want[k])
        sys.exit(f"{what}: {key}: {got[key]}, not {want[key]}")


def main():
    sys.path.insert(0, sys.argv[1])
    field = sys.argv[6] if len(sys.argv) > 6 else None
    sums = of_json(sys.argv[2], field)
    same("folded", of_folded(sys.argv[3]),
         by(sums, lambda e, c, p, s: (clean(c), tuple(clean(f) for f in s))))
    same("speedscope", of_speedscope(sys.argv[4]), by(sums, lambda e, c, p, s: (e, c, s)))
    same("pprof", of_pprof(sys.argv[5], field), +sums)
    print(len(sums), sum(sums.values()))


main()
