# SPDX-License-Identifier: GPL-2.0-only
"""How much slower the traced program runs.

A block is collect, perf, perf, collect, so that a steady drift falls on both; what
is compared is the time from the load's begin to its end, on the clock. The bound
is of the geometric mean over the blocks.
"""
import corpus
import table
from paired import mean_ratio, median

SCALE = 0.35  # of the corpus


def measure(bench, which, blocks):
    untraced, walls, cpus = [], {}, {}
    for i in bench.rounds(max(2, round(blocks * bench.runs / 5))):
        bench.say("slowdown, %s: block %d" % (which.name, i + 1))
        times = corpus.run(which.load(bench, bench.scale * SCALE))
        untraced.append(times.wall)
        for by in (bench.collect, bench.perf, bench.perf, bench.collect):
            _, times = bench.record_corpus(by, which, SCALE)
            walls.setdefault(by.name, []).append(times.wall)
            cpus.setdefault(by.name, []).append(times.cpu)
    mean, upper = mean_ratio(block_ratios(walls))
    cpu_mean, cpu_upper = mean_ratio(block_ratios(cpus))
    return {
        "corpus": which.name, "title": which.title(), "blocks": len(untraced),
        "untraced_s": median(untraced),
        "wall_s": {name: median(values) for name, values in walls.items()},
        "cpu_s": {name: median(values) for name, values in cpus.items()},
        "ratio": mean, "upper": upper, "cpu_ratio": cpu_mean, "cpu_upper": cpu_upper,
        "block_ratios": block_ratios(walls),
    }


def block_ratios(times):
    """Two runs of each are one block."""
    sums = {name: [sum(pair) for pair in zip(values[::2], values[1::2])]
            for name, values in times.items()}
    return [ours / theirs for ours, theirs in zip(sums["collect"], sums["perf"])]


def figures(result):
    return {result["corpus"] + " slowdown upper": result["upper"]}


def show(results):
    rows = [[r["title"], r["blocks"], r["untraced_s"], r["wall_s"]["collect"], r["wall_s"]["perf"],
             r["wall_s"]["collect"] / r["untraced_s"], r["wall_s"]["perf"] / r["untraced_s"],
             r["ratio"], r["upper"], r["cpu_ratio"], r["cpu_upper"]] for r in results]
    table.show("The traced program: seconds from begin to end; collect's of perf record's, mean"
               " and upper 95 % bound; the same of the program's CPU time",
               ["corpus", "blocks", "untraced", "collect", "perf", "collect/un", "perf/un",
                "collect/perf", "upper", "CPU", "upper"], rows)
