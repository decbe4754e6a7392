#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a hit costs in the kernel: kprobex against the kernel's kprobe events.

One boot, all variants armed at once, each on a function of its own that a loop
in the kernel calls; rounds go over all of them in turn, so that a drift of the
machine falls on all. Each figure is a round's time less that of the function
without a probe, by hit; medians and quartiles over the rounds. Ratios are taken
in each round, before the median. Both sides record the same three integers with
the same sample_type into rings of the same size, which are emptied between two
measurements. A measurement is short, a tenth of a millisecond: beside other work
most of them are then whole, and few have a while in which the emulated CPU
didn't run.

The programs table has BPF programs of two instructions on a probe at a function's
entry, with no sampling event open. Ours are attached to the probe and nothing is
open. "stock ftrace" is one kprobe event with all of them, each attached through a
perf event of its own that is open on another CPU, so that a program's 1 finds
nobody. "stock libbpf" is what libbpf does: a probe and a perf event for each
program, counting on the CPU that is measured. "call" is a third instruction: they call a
helper, and return 1. With 0 programs the probe is armed
by a counting event on another CPU.

A second boot counts instructions: under QEMU's -icount shift=0 the guest's cycle
counter advances by one for each. Those figures are exact and repeat; the times
are an emulator's.

Exit status: 0, also when a bound is missed (1 with --check); 1 if the
measurement failed: hits that don't add up, records that aren't right, no VM.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
PROGRAM = "build/bench/kernel-bench"
SCENARIOS = ["armed", "counted", "sampled", "filtered", "return", "return-sampled"]
BASE = 0  # the number of the call without a probe
OURS, STOCK, LIBBPF = ("kprobex", "auto"), ("stock", "ftrace"), ("stock", "libbpf")
PROGRAMS = [0, 1, 4, 16, 64]
RETURNS = ["0", "1", "call"]  # by the number that kernel-bench has for it


def programs(count, verdict):
    """The scenario of so many programs that return that."""
    return "programs-%d-%d" % (count, verdict if count else 0)


# What is held against a bound: two variants, and the most that the first may
# cost as a part of the second.
BOUNDS = [
    ("counting", OURS + ("counted",), STOCK + ("counted",), 0.75),
    ("sampling three integers, -c1", OURS + ("sampled",), STOCK + ("sampled",), 0.80),
    ("no listener on this CPU", OURS + ("armed",), OURS + ("sampled",), 0.25),
    # neither side has a sampling event
    ("one empty program", OURS + (programs(1, 0),), STOCK + (programs(1, 0),), 0.70),
    ("one empty program", OURS + (programs(1, 0),), LIBBPF + (programs(1, 0),), 0.70),
]

# What no probe gets below: perf's handling of a ready record, in a loop that
# takes some 30 instructions itself, and the same in a function that ftrace calls
# and that looks for nothing, guards and counts nothing.
FLOOR_PERF, FLOOR_FTRACE = ("floor", "perf", "sampled"), ("floor", "ftrace", "sampled")

# Rows that probe at the same place in the same way.
PAIRS = [
    (OURS, STOCK),
    (("kprobex", "ftrace"), STOCK),
    (("kprobex", "auto-body"), ("stock", "optimised")),
    (("kprobex", "jump"), ("stock", "optimised")),
]


class Fail(Exception):
    """There is no measurement: exit status 1."""


class Variant:
    def __init__(self, words):
        self.key = tuple(words[:3])
        self.available = words[3] == "ok"
        self.reason = "" if self.available else " ".join(words[4:])


class Run:
    """What kernel-bench said in one boot."""

    def __init__(self, output, turns, timed):
        self.variants, self.rounds, done = {}, {}, False
        for line in output.splitlines():
            word, *words = line.split()
            if word == "variant":
                self.variants[int(words[0])] = Variant(words[1:])
            elif word == "round":
                number, variant, ns, cycles = map(int, words)
                self.rounds.setdefault(number, {})[variant] = (ns if timed else cycles) / turns
            elif word == "done":
                done = True
        if not done:
            raise Fail("the benchmark didn't come to its end")
        self.numbers = {v.key: n for n, v in self.variants.items() if v.available}

    def costs(self, key):
        """Above no probe, for each round: ns, or instructions."""
        number = self.numbers.get(key)
        if number is None:
            return []
        # perf's part is in the loop itself, not in a function that it calls
        base = None if key == FLOOR_PERF else BASE
        return [r[number] - (0 if base is None else r[base])
                for _, r in sorted(self.rounds.items())]

    def base(self):
        return spread([r[BASE] for r in self.rounds.values()])

    def ratios(self, one, other):
        return [a / b for a, b in zip(self.costs(one), self.costs(other))]


def spread(values):
    if not values:
        return None
    if len(values) == 1:
        values = values * 2
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": middle, "q1": low, "q3": high}


def boot(options, rounds, turns, icount):
    """Runs kernel-bench in a VM; its output."""
    env = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        if icount:
            # tools/vm has no word for it, and takes QEMU from PATH.
            wrapper = os.path.join(folder, "qemu-system-x86_64")
            with open(wrapper, "w") as file:
                file.write('#!/bin/sh\nPATH=${PATH#*:}\n'
                           'exec qemu-system-x86_64 "$@" -icount shift=0\n')
            os.chmod(wrapper, 0o755)
            env["PATH"] = folder + ":" + env["PATH"]
        command = "insmod build/bench/%s/kpx_bench.ko && exec %s %d %d" % (
            options.kernel, PROGRAM, rounds, turns)
        done = subprocess.run(
            [os.path.join(TOP, "tools/vm"), "--kernel", options.kernel, "--module",
             # a kernel that doesn't get along with -icount mustn't keep us
             "--timeout", "120" if icount else "600", "--append", options.append, "--", "sh", "-c", command],
            cwd=TOP, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Fail("the VM ended with %d" % done.returncode)
    return done.stdout


def count_instructions(options):
    """A Run, or why there is none."""
    # Nothing but the timer's tick varies, so a few rounds are enough.
    turns = 200
    try:
        return Run(boot(options, 9, turns, True), turns, False)
    except Fail as error:
        return str(error)


def verdicts(times, counts):
    found = []
    for name, one, other, bound in BOUNDS:
        ratio = spread(times.ratios(one, other))
        if ratio is None:
            verdict = "ABSENT"
        else:
            verdict = "PASS" if ratio["median"] <= bound else "MISSED"
        found.append({
            "name": name, "variant": " ".join(one), "of": " ".join(other), "bound": bound,
            "ratio": ratio, "verdict": verdict,
            "instructions_ratio": instructions_ratio(counts, one, other),
        })
    return found


def instructions_ratio(counts, one, other):
    ratio = spread(counts.ratios(one, other)) if counts else None
    return ratio and ratio["median"]


def floors(times, counts):
    """What is left of the stock event's sampling cost where nothing is ours."""
    found = []
    whole = STOCK + ("sampled",)
    for name, key in (("perf alone", FLOOR_PERF), ("perf, called by ftrace", FLOOR_FTRACE)):
        found.append({"name": name, "of": " ".join(whole),
                      "ratio": spread(times.ratios(key, whole)),
                      "instructions_ratio": instructions_ratio(counts, key, whole)})
    return found


def pairings():
    """Two ways to probe, and the scenarios in which they're compared."""
    for one, other in PAIRS:
        yield one, other, SCENARIOS
    counted = [programs(n, verdict) for n in PROGRAMS for verdict in (0, 1) if n or not verdict]
    counted.append(programs(1, RETURNS.index("call")))
    for other in (STOCK, LIBBPF):
        yield OURS, other, counted


def results(options, times, counts, no_counts):
    variants = []
    for number, variant in sorted(times.variants.items()):
        if number == BASE:
            continue
        count = spread(counts.costs(variant.key)) if counts else None
        variants.append({
            "side": variant.key[0], "mechanism": variant.key[1], "scenario": variant.key[2],
            "available": variant.available, "reason": variant.reason,
            "ns": spread(times.costs(variant.key)),
            "instructions": count and count["median"],
        })
    pairs = []
    for one, other, scenarios in pairings():
        for scenario in scenarios:
            ratio = spread(times.ratios(one + (scenario,), other + (scenario,)))
            if ratio:
                pairs.append({
                    "variant": " ".join(one), "of": " ".join(other), "scenario": scenario,
                    "ratio": ratio, "instructions_ratio": instructions_ratio(
                        counts, one + (scenario,), other + (scenario,)),
                })
    return {
        "kernel": options.kernel, "rounds": len(times.rounds), "turns": options.turns,
        "no_probe_ns": times.base(), "no_instructions": no_counts,
        "variants": variants, "pairs": pairs, "bounds": verdicts(times, counts),
        "floors": floors(times, counts),
    }


# ---- print ------------------------------------------------------------------

class Tables:
    """Figures by row and column: of events, and of BPF programs."""

    def __init__(self, items, row):
        self.events, self.programs = {}, {}
        for item in items:
            scenario, name = item["scenario"], row(item)
            if scenario in SCENARIOS:
                self.events.setdefault(name, {})[scenario] = item
                continue
            count, verdict = map(int, scenario.split("-")[1:])
            # with none there is nothing to return
            for returned in [verdict] if count else range(len(RETURNS)):
                row_name = "%s, %s" % (name, RETURNS[returned])
                self.programs.setdefault((returned, row_name), {})[count] = item

    def print(self, what, cell, width=18):
        print_table(what, "", SCENARIOS, self.events, cell, width)
        print_table(what + ", with so many BPF programs", "and what they return", PROGRAMS,
                    {name: cells for (_, name), cells in
                     sorted(self.programs.items(), key=lambda row: row[0][0])}, cell, width + 2)


def print_table(title, heading, columns, rows, cell, width):
    print("\n" + title)
    print("%-22s" % heading + "".join("%*s" % (width, c) for c in columns))
    for row, cells in rows.items():
        print("%-22s" % row + "".join(
            "%*s" % (width, cell(cells[c]) if c in cells else "-") for c in columns))


def time_cell(variant):
    ns = variant["ns"]
    return "%.0f (%.0f-%.0f)" % (ns["median"], ns["q1"], ns["q3"]) if ns else "-"


def instructions_cell(variant):
    count = variant["instructions"]
    return "-" if count is None else "%.0f" % count


def ratio_cell(pair):
    return "%.2f (%.2f-%.2f)" % tuple(pair["ratio"][k] for k in ("median", "q1", "q3"))


def print_missing(variants):
    """One line for each reason of a row."""
    reasons = {}
    for v in variants:
        if not v["available"]:
            key = (v["side"], v["mechanism"], v["reason"])
            reasons.setdefault(key, []).append(v["scenario"])
    for (side, mechanism, reason), scenarios in reasons.items():
        print("not available: %s %s, %s: %s" % (side, mechanism, ", ".join(scenarios), reason))


def print_results(found):
    variants = Tables(found["variants"], lambda v: v["side"] + " " + v["mechanism"])
    pairs = Tables(found["pairs"], pair_row)
    print("%s, %d rounds of %d hits; a call without a probe: %.0f ns" % (
        found["kernel"], found["rounds"], found["turns"], found["no_probe_ns"]["median"]))
    variants.print("ns per hit above no probe: median (quartiles)", time_cell)
    print_missing(found["variants"])
    if found["no_instructions"]:
        print("\ninstructions per hit: not available: " + found["no_instructions"])
    else:
        variants.print("instructions per hit above no probe", instructions_cell)
    pairs.print("time of ours as a part of the stock event's, paired: median (quartiles)", ratio_cell)
    print()
    for b in found["bounds"]:
        print_bound(b)
    for f in found["floors"]:
        print("floor   %-28s %s / %s: %.2f%s" % (
            "of sampling", f["name"], f["of"], f["ratio"]["median"], also_counted(f)))


def pair_row(pair):
    """Of the programs' rows there are two that probe in the same way."""
    return pair["variant"] if pair["scenario"] in SCENARIOS else "/ " + pair["of"]


def print_bound(bound):
    ratio = "%.2f" % bound["ratio"]["median"] if bound["ratio"] else "not measured"
    print("%-6s  %-28s %s / %s: %s, at most %.2f%s" % (
        bound["verdict"], bound["name"], bound["variant"], bound["of"], ratio, bound["bound"],
        also_counted(bound)))


def also_counted(ratio):
    counted = ratio["instructions_ratio"]
    return "" if counted is None else "; by instructions %.2f" % counted


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default="debian-6.12", choices=("debian-6.1", "debian-6.12"))
    parser.add_argument("--rounds", type=int, default=1000, help="default 1000")
    parser.add_argument("--turns", type=int, default=60,
                        help="calls of each function in a round, at most 1024; default 60")
    parser.add_argument("--append", default="", metavar="WORDS",
                        help="more of the kernel's command line, such as preempt=full")
    parser.add_argument("--no-instructions", action="store_true", help="only one boot")
    parser.add_argument("--json", action="store_true", help="all figures, on stdout")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bound is missed")
    return parser.parse_args()


def main():
    options = parse()
    times = Run(boot(options, options.rounds, options.turns, False), options.turns, True)
    counts, no_counts = None, "--no-instructions"
    if not options.no_instructions:
        got = count_instructions(options)
        counts, no_counts = (got, None) if isinstance(got, Run) else (None, got)
    found = results(options, times, counts, no_counts)
    if options.json:
        json.dump(found, sys.stdout, indent=1)
        print()
    else:
        print_results(found)
    if any(b["verdict"] == "ABSENT" for b in found["bounds"]):
        raise Fail("what a bound is for couldn't be measured")
    missed = any(b["verdict"] == "MISSED" for b in found["bounds"])
    return 1 if options.check and missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Fail as error:
        sys.exit("kernel bench: %s" % error)
