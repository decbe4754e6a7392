# SPDX-License-Identifier: GPL-2.0-only
"""Reading: each recorder's own recording of one load, by its own commands, to /dev/null."""
import os

import corpus
import table
from paired import median, median_ratio

SCALE = 0.4


def measure(bench, which):
    kept = {}
    try:
        for by in (bench.collect, bench.perf):
            bench.say("reading, %s: recording by %s" % (which.name, by.name))
            recording, _ = bench.record_corpus(by, which, SCALE, keep=True)
            kept[by.name] = recording
        return {
            "corpus": which.name, "title": which.title(),
            "events": {name: r.events for name, r in kept.items()},
            "report": compare(bench, which, kept, "report"),
            "dump": compare(bench, which, kept, "dump"),
        }
    finally:
        for by in (bench.collect, bench.perf):
            path = os.path.join(bench.folder, by.file)
            if os.path.exists(path):
                os.unlink(path)


def compare(bench, which, kept, verb):
    """ns per event, by the clock and of CPU."""
    walls, cpus = {}, {}
    for i in range(bench.runs):
        for by in (bench.collect, bench.perf):
            words = getattr(by, verb)(os.path.join(bench.folder, by.file))
            bench.say("reading, %s: %s, run %d" % (which.name, " ".join(words[:2]), i + 1))
            times = corpus.run(words)
            events = kept[by.name].events
            walls.setdefault(by.name, []).append(times.wall * 1e9 / events)
            cpus.setdefault(by.name, []).append(times.cpu * 1e9 / events)
    return {
        "wall_ns": {name: median(values) for name, values in walls.items()},
        "cpu_ns": {name: median(values) for name, values in cpus.items()},
        "faster": median_ratio(walls["perf"], walls["collect"]),
    }


def figures(result):
    return {"%s %s speed" % (result["corpus"], verb): result[verb]["faster"]
            for verb in ("report", "dump")}


NAMES = {"report": ("collect report", "perf report --stdio"),
         "dump": ("collect dump", "perf script")}


def show(results):
    rows = []
    for r in results:
        for verb, names in NAMES.items():
            one = r[verb]
            rows.append([r["title"], names[0], one["wall_ns"]["collect"], one["cpu_ns"]["collect"],
                         names[1], one["wall_ns"]["perf"], one["cpu_ns"]["perf"], one["faster"]])
    if rows:
        table.show("Reading: ns per event, by the clock and of CPU; each its own recording",
                   ["corpus", "ours", "ns", "CPU", "perf's", "ns", "CPU", "times as fast"], rows, 2)
