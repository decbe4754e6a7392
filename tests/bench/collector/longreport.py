# SPDX-License-Identifier: GPL-2.0-only
"""The report of a long recording: time, CPU time and memory, beside perf's of its own."""
import os

import memory
import table
from fail import Skip
from paired import median

EVENTS = 10000000
BYTES = 150  # an event of perf's, at most, for what the disk must have room
BY = ["--by", "comm,event"]


def commands(bench, path):
    """What is run of which file: a title, the recorder, and the words."""
    ours, perfs = path[bench.collect.name], path[bench.perf.name]
    plain = bench.collect.report(ours)
    return [("collect report", bench.collect.name, plain),
            ("collect report " + " ".join(BY), bench.collect.name, plain[:-1] + BY + plain[-1:]),
            ("perf report --stdio", bench.perf.name, bench.perf.report(perfs))]


def measure(bench):
    events = int(EVENTS * bench.scale)
    room = os.statvfs(bench.folder)
    if room.f_bavail * room.f_frsize < events * BYTES:
        raise Skip("%s has no room for what perf records of %d events" % (bench.folder, events))
    recordings, path = {}, {}
    try:
        for by in (bench.collect, bench.perf):
            path[by.name] = os.path.join(bench.folder, by.file)
            bench.say("report: recording %d events by %s" % (events, by.name))
            storm = [os.path.join(bench.bin, "storm"), str(events)]
            recordings[by.name], _ = bench.record(by, ["raw_syscalls:sys_enter"], storm,
                                                  keep=True)
        runs = {title: [] for title, _, _ in commands(bench, path)}
        for i in bench.rounds(bench.runs):
            for title, _, words in commands(bench, path):
                bench.say("report: %s, run %d" % (title, i + 1))
                runs[title].append(memory.read(words))
    finally:
        for name in path.values():
            if os.path.exists(name):
                os.unlink(name)
    return {"reports": [result(title, recordings[name], runs[title])
                        for title, name, _ in commands(bench, path)]}


def result(title, recording, runs):
    return {"title": title, "name": recording.name, "events": recording.events,
            "bytes": recording.bytes, "runs": len(runs),
            "seconds": median([r.seconds for r in runs]),
            "cpu_seconds": median([r.cpu_seconds for r in runs]),
            "peak_bytes": max(r.peak_bytes for r in runs)}


def show(found):
    rows = [[r["title"], r["events"], r["bytes"] / 1e6, r["seconds"], r["cpu_seconds"],
             r["seconds"] * 1e9 / r["events"], r["peak_bytes"] / (1 << 20)]
            for r in found["reports"]]
    table.show("The report of a long recording: medians of %d runs, and the most memory"
               % found["reports"][0]["runs"],
               ["command", "events", "file MB", "s", "CPU s", "ns/event", "peak MiB"], rows)
