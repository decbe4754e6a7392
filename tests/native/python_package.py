#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The package in tools/python against collect: python_package.py [--plain] FOLDER

FOLDER has traces that python_package.sh recorded. --plain: without numpy.
"""
import glob
import json
import subprocess
import sys
import warnings

if "--plain" in sys.argv:
    sys.argv.remove("--plain")
    sys.modules["numpy"] = None  # then it can't be imported
WORK = sys.argv[1]

import kprobex  # noqa: E402
from kprobex import schema, vectors  # noqa: E402
from kprobex.crc32c import crc32c  # noqa: E402


def collect(*words, status=0):
    run = subprocess.run(["collect", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.returncode in (status, 4 if status is None else status), (words, run)
    return run.stdout.decode()


def lines(recording, frames=True):
    """As collect dump -g has them."""
    result = []
    for row in recording.rows():
        result.append(str(row))
        for frame in row.frames if frames else ():
            name = str(frame)
            result.append(f"\t{frame.address:#x}" + ("" if name == hex(frame.address) else f" {name}"))
    return "".join(line + "\n" for line in result)


def same(recording, dump, what, frames=True):
    mine = lines(recording, frames).splitlines()
    for i, (a, b) in enumerate(zip(mine, dump.splitlines())):
        assert a == b, f"{what}, line {i + 1}: {a!r}, collect: {b!r}"
    assert len(mine) == dump.count("\n"), f"{what}: {len(mine)} lines, collect {dump.count(chr(10))}"


def quietly(*sources):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return kprobex.open(*sources)


def listed(values):
    return [v.tolist() if hasattr(v, "tolist") else v for v in
            (values if not hasattr(values, "tolist") else values.tolist())]


def check_tables(path):
    """Columns have what rows have."""
    recording = kprobex.open(path)
    rows = {}
    for row in recording.rows():
        rows.setdefault(row.event, []).append(row)
    assert len(rows) >= 1
    for name, mine in rows.items():
        table = recording[name]
        assert len(table) == len(mine), (name, len(table), len(mine))
        for column, attribute in (("times", "time"), ("tids", "tid"), ("pids", "pid"),
                                  ("comms", "comm"), ("cpus", "cpu"), ("stacks", "stack"),
                                  ("weights", "weight")):
            want = [getattr(row, attribute) for row in mine]
            assert listed(getattr(table, column)) == want, (path, name, column)
        if recording.traces[0].clocks:
            assert listed(table.realtimes) == [row.realtime for row in mine], name
        for field in table.fields:
            if mine[0].payload is None:
                got = [tuple(v) if isinstance(v, list) else v for v in listed(table[field])]
                assert got == [row[field] for row in mine], (path, name, field)
        assert table.frames(0) == mine[0].frames


def check_golden():
    traces = sorted(glob.glob("tests/golden/*.pb"))
    assert len(traces) >= 20
    for path in traces:
        with open(path[:-3] + ".txt") as want:
            same(kprobex.open(path), want.read(), path, frames=False)
        check_tables(path)


def check_recorded():
    path = f"{WORK}/all.pb"
    recording = kprobex.open(path)
    assert recording.health, recording.health
    same(recording, collect("dump", "-g", path), path)
    check_tables(path)
    report = json.loads(collect("report", "--json", path))
    for event in report["events"]:
        account = recording.ledger()[event["name"]]
        for key in ("count", "delivered", "lost"):
            assert account[key] == event[key], (event["name"], key)
        assert len(recording[event["name"]]) == event["delivered"]
    assert sum(recording["sched:sched_switch"].calls().values()) == len(recording["sched:sched_switch"])


def check_selection():
    path = f"{WORK}/all.pb"
    recording = kprobex.open(path)
    row = next(row for row in recording.rows() if row.comm == "sh")
    for options, wanted in (
            (["--event", "sched:*ex[ei]*"], {"events": "sched:*ex[ei]*"}),
            (["--cpu", str(row.cpu)], {"cpus": [row.cpu]}),
            (["--pid", str(row.pid)], {"pids": [row.pid]}),
            (["--time", "+0.05-+0.2"], {"seconds": (0.05, 0.2)}),
            (["--time", "%d.%09d-" % divmod(row.time, 10**9)], {"ns": (row.time, None)}),
            (["--time", "+0.1-", "--pid", str(row.pid)], {"seconds": (0.1, None), "pids": [row.pid]})):
        selected = recording.select(**wanted)
        same(selected, collect("dump", "-g", *options, path), options)
        counts = {}
        for chosen in selected.rows():
            counts[chosen.event] = counts.get(chosen.event, 0) + 1
        for name in selected:
            assert len(selected[name]) == counts.get(name, 0), (options, name)
    assert recording.task(row._tid, row.time) == (row.pid, "sh")


def check_several():
    first, second = f"{WORK}/first.pb", f"{WORK}/second.pb"
    both = kprobex.open(first, second)
    want = collect("dump", "-g", first) + collect("dump", "-g", second)
    same(both, want, "two files")
    with open(first, "rb") as a, open(second, "rb") as b:
        same(kprobex.open(a.read() + b.read()), want, "cat")
    name = "raw_syscalls:sys_enter"
    assert len(both[name]) == sum(len(trace[name]) for trace in map(kprobex.open, (first, second)))
    merged = f"{WORK}/merged.pb"
    collect("merge", first, second, "-o", merged)
    same(kprobex.open(merged), collect("dump", "-g", merged), merged)
    times = listed(kprobex.open(merged)[name].realtimes)
    assert times == sorted(times) and len(times) == len(both[name])
    parts = sorted(glob.glob(f"{WORK}/part.*.pb"))
    assert len(parts) > 1, parts
    series = kprobex.open(*parts)
    account = series.ledger()[name]
    assert account["delivered"] == len(series[name]) == account["count"] - account["lost"], account


def check_damage():
    """A cut, and wrong bytes: as collect reads it, and it is said."""
    with open(f"{WORK}/first.pb", "rb") as file:
        whole = file.read()
    broken = f"{WORK}/broken.pb"
    for i in range(1, 10):
        at = len(whole) * i // 10
        flipped = bytearray(whole)
        flipped[at] ^= 0x55
        for data in (whole[:at], bytes(flipped)):
            with open(broken, "wb") as file:
                file.write(data)
            dump = collect("dump", "-g", broken, status=None)
            recording = quietly(broken)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                same(recording, dump, f"damage at {at}")
            assert not recording.health, at
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        kprobex.open(whole[:len(whole) // 2])
    assert [w.category for w in said] == [kprobex.DamageWarning], said
    for nothing in (b"", b"#!/bin/sh\n"):
        try:
            kprobex.open(nothing)
        except kprobex.Error:
            continue
        raise AssertionError("that is no trace")


def check_newer():
    """A chunk that needs a feature that isn't known is skipped, and counted."""
    with open("tests/golden/varint.pb", "rb") as file:
        data = file.read()
    out, at, changed = bytearray(), 0, 0
    while at < len(data):
        size = sum((byte & 127) << 7 * i for i, byte in enumerate(data[at + 1:at + 6]))
        packet = schema.Packet.FromString(data[at + 6:at + 6 + size])
        head = schema.Head.FromString(packet.head)
        if head.WhichOneof("kind") == "chunk":
            head.required_features = 1 << 40
            packet.head = head.SerializeToString()
            packet.crc32c = crc32c(packet.head, packet.data)
            changed += 1
        text = packet.SerializeToString()
        out += bytes([0x0A] + [len(text) >> 7 * i & 127 | (128 if i < 4 else 0) for i in range(5)])
        out += text
        at += 6 + size
    recording = quietly(bytes(out))
    assert recording.health.unknown_packets == changed == 1
    assert not list(recording.rows()) and len(recording["varint"]) == 0


def check_hostile():
    """What made readers fail before: nothing but an Error."""
    traces = glob.glob("tests/fuzz/corpus/reader/*")
    assert len(traces) > 100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in traces:
            try:
                recording = kprobex.open(path)
                lines(recording)
                for name in recording:
                    table = recording[name]
                    for column in ("times", "pids", "comms", "cpus", "stacks", "weights"):
                        getattr(table, column)
                    for field in table.fields:
                        table[field]
            except (kprobex.Error, KeyError):
                pass


def check_pandas():
    table = kprobex.open(f"{WORK}/all.pb")["sched:sched_switch"]
    frame = table.to_pandas()
    assert len(frame) == len(table) and str(frame.index.tz) == "UTC"
    assert (frame.comm == table.comms).all() and (frame.next_pid == table.next_pid).all()
    counts = kprobex.open("tests/golden/array.pb")["array"].to_pandas()
    assert len(counts) == 6


def main():
    check_golden()
    check_recorded()
    check_several()
    if vectors.HAVE_NUMPY:
        check_selection()
        check_damage()
        check_newer()
        check_hostile()
        check_pandas()


main()
