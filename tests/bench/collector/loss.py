# SPDX-License-Identifier: GPL-2.0-only
"""What is lost in small rings, and how many events a second aren't.

The ring is halved until perf record loses 5 % of the events or more; all record
the load with that ring. The rate grows until something is lost, with a storm on
each CPU, so that the recorder has to take its time from one of them.
"""
import os
import subprocess

import bench as shared
import table
from fail import Fail
from paired import median

SCALE = 0.2          # of the corpus
LOST = 0.05          # of perf's events
LARGEST, SMALLEST = 16 << 20, 4096
FIRST_RATE, STEP = 1000000, 1.4
RATE_S = 0.6         # a try of a rate
KEPT_UP = 0.9        # of the rate that was asked for: more can't be made


def ring_word(size):
    return "%dM" % (size >> 20) if size >= 1 << 20 else "%dK" % (size >> 10)


def part(recording):
    return recording.lost / max(1, recording.events + recording.lost)


def measure_rings(bench, which, realtime):
    """The largest ring with which perf loses, and what each loses there."""
    def record(by, size):
        bench.say("loss, %s%s: ring of %s, %s" % (
            which.name, "" if realtime else " without priority", ring_word(size), by.name))
        recording, _ = bench.record_corpus(by, which, SCALE, ring=ring_word(size),
                                           realtime=realtime)
        return recording

    size = LARGEST
    while part(record(bench.perf, size)) < LOST and size > SMALLEST:
        size //= 2
    runs = {by.name: [] for by in bench.recorders}
    for _ in bench.rounds(max(1, bench.runs // 2), 1):
        for by in bench.recorders:
            runs[by.name].append(record(by, size))
    return {
        "corpus": which.name, "title": which.title(), "realtime": realtime, "ring_bytes": size,
        "lost": {name: median([r.lost for r in rs]) for name, rs in runs.items()},
        "lost_part": {name: median([part(r) for r in rs]) for name, rs in runs.items()},
        "most_lost": {name: max(r.lost for r in rs) for name, rs in runs.items()},
    }


def storms(bench, rate):
    """One on each CPU; the calls a second that they made."""
    cpus = sorted(os.sched_getaffinity(0))
    running = [subprocess.Popen([os.path.join(bench.bin, "storm"), "-c", str(cpu),
                                 "-r", str(rate / len(cpus)), str(RATE_S)],
                                stdout=subprocess.PIPE, text=True) for cpu in cpus]
    made = 0.0
    for process in running:
        said, _ = process.communicate()
        if process.returncode:
            raise Fail("storm: exit status %d" % process.returncode)
        calls, seconds = said.split()
        made += int(calls) / float(seconds)
    return made


def measure_rates(bench, realtime):
    """Of each recorder, the highest rate without loss, and whether that was all."""
    found = {}
    for by in bench.recorders:
        rate, best, limit = FIRST_RATE, 0.0, "lost"
        while True:
            bench.say("rate%s, %s: %d events a second" % (
                "" if realtime else " without priority", by.name, rate))
            recording, made = record_rate(bench, by, rate, realtime)
            if recording.lost:  # once may be chance
                recording, made = record_rate(bench, by, rate, realtime)
            if recording.lost:
                break
            best = max(best, made)
            if made < KEPT_UP * rate:
                limit = "no more could be made"
                break
            rate *= STEP
        found[by.name] = {"rate": best, "limit": limit}
    return {"realtime": realtime, "recorders": found}


def record_rate(bench, by, rate, realtime):
    return bench.record(by, ["raw_syscalls:sys_enter"], lambda: storms(bench, rate),
                        realtime=realtime)


def figures(rings):
    return {r["corpus"] + " loss": r["most_lost"]["collect"] for r in rings if r["realtime"]}


PRIORITY = {True: "real-time", False: "none"}


def show_rings(results):
    rows = []
    for r in results:
        for name in r["lost"]:
            rows.append([r["title"], PRIORITY[r["realtime"]], ring_word(r["ring_bytes"]), name,
                         r["lost"][name], 100 * r["lost_part"][name], r["most_lost"][name]])
    table.show("Loss in the first ring, of %s halved, with which perf record loses %d %%"
               % (shared.RING, 100 * LOST),
               ["corpus", "priority", "ring", "recorder", "lost", "%", "most lost"], rows, 4)


def show_rates(results):
    rows = [[PRIORITY[r["realtime"]], name, one["rate"], one["limit"]]
            for r in results for name, one in r["recorders"].items()]
    table.show("Highest rate without loss, storms on all CPUs, rings of %s: events a second"
               % shared.RING, ["priority", "recorder", "rate", "beyond it"], rows, 2)
