# SPDX-License-Identifier: GPL-2.0-only
"""What a recorder spends on an event: its own CPU time, all of it, and bytes of its file."""
import table
from paired import median, median_ratio

AGREE = 0.02  # the part by which two recorders' events of one load may differ


def measure(bench, which):
    runs = {by.name: [] for by in bench.recorders}
    idle = {}
    for by in bench.recorders:
        bench.say("cost, %s: nothing recorded, %s" % (which.name, by.name))
        idle[by.name] = min(bench.record(by, which.events, ["true"], chains=which.chains)[0].cpu_ns
                            for _ in range(2))
    for i in bench.rounds(bench.runs):
        turn = i % len(bench.recorders)
        for by in bench.recorders[turn:] + bench.recorders[:turn]:
            bench.say("cost, %s: run %d of %d, %s" % (which.name, i + 1, bench.runs, by.name))
            recording, _ = bench.record_corpus(by, which)
            runs[by.name].append(recording)
    return {"corpus": which.name, "title": which.title(), "runs": len(runs["collect"]),
            "recorders": [summary(name, runs, idle) for name in runs]}


def summary(name, runs, idle):
    mine = runs[name]
    cpu = {of: [r.cpu_ns / r.events for r in runs[of]] for of in runs}
    net = {of: [(r.cpu_ns - idle[of]) / r.events for r in runs[of]] for of in runs}
    size = {of: [r.bytes / r.events for r in runs[of]] for of in runs}
    return {
        "name": name, "events": median([r.events for r in mine]),
        "lost": sum(r.lost for r in mine), "ring_bytes": max(r.ring_bytes for r in mine),
        "cpu_ns": median(cpu[name]), "system_ns": median([r.system_ns / r.events for r in mine]),
        "cpu_ms": median([r.cpu_ns / 1e6 for r in mine]),
        "idle_ms": idle[name] / 1e6, "net_ns": median(net[name]),
        "net_ratio_z": median_ratio(net[name], net["perf -z"]),
        "wakeups": median([r.switches for r in mine]),
        "bytes": median(size[name]), "peak_bytes": max(r.peak_bytes for r in mine),
        "cpu_ratios": {of: median_ratio(cpu[name], cpu[of]) for of in runs},
        "bytes_ratios": {of: median_ratio(size[name], size[of]) for of in runs},
        "all_cpu_ns": cpu[name], "all_bytes": size[name],
    }


def figures(result):
    ours = result["recorders"][0]
    name = result["corpus"]
    return {
        name + " cpu/z": ours["cpu_ratios"]["perf -z"],
        name + " cpu/perf": ours["cpu_ratios"]["perf"],
        name + " bytes/z": ours["bytes_ratios"]["perf -z"],
        name + " bytes": ours["bytes"],
    }


def remarks(result):
    """What keeps the rows from being comparable."""
    found = []
    by_name = {r["name"]: r for r in result["recorders"]}
    ours = by_name["collect"]
    for name, r in by_name.items():
        if r["lost"]:
            found.append("%s: %s lost %d events" % (result["title"], name, r["lost"]))
        apart = abs(r["events"] - ours["events"]) / r["events"]
        if apart > AGREE:
            found.append("%s: the events of collect and %s differ by %.1f %%" % (
                result["title"], name, 100 * apart))
    return found


def show(results):
    rows, notes = [], []
    for result in results:
        for r in result["recorders"]:
            rows.append([result["title"], r["name"], result["runs"], r["events"], r["lost"], r["cpu_ns"],
                         r["system_ns"], r["cpu_ratios"]["perf -z"], r["cpu_ratios"]["perf"],
                         r["idle_ms"], r["net_ns"], r["net_ratio_z"],
                         r["bytes"], r["bytes_ratios"]["perf -z"], r["bytes_ratios"]["perf"],
                         r["wakeups"]])
        notes += remarks(result)
    rings = {r["name"]: r["ring_bytes"] for result in results for r in result["recorders"]}
    notes.append("rings mapped, KiB: " + ", ".join(
        "%s %d" % (name, size >> 10) for name, size in rings.items()))
    table.show("Cost of an event: the recorder's CPU time (ns, user + system, start and end"
               " included; net of what\nrecording nothing takes, idle) and its file (bytes); medians",
               ["corpus", "recorder", "runs", "events", "lost", "CPU", "system", "/perf -z", "/perf",
                "idle ms", "net", "/perf -z", "bytes", "/perf -z", "/perf", "sleeps"], rows, 2, notes)
