#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The collector's figures on this machine, beside those of perf record.

Three corpora: (a) a getppid storm, raw_syscalls:sys_enter; (b) file reads, a
compile and pipe ping-pong, raw_syscalls:*, sched:* and kmem:*; (c) the same with
call chains. Each measurement records the same load, of a fixed amount of work, by
`collect`, `perf record -z` and `perf record` in turn: all of the system, every hit,
rings of the same size, SCHED_FIFO 1, own events left out, no build ids. Files are
in /dev/shm if that has room, so that no disk takes part. Ratios are taken between
runs that follow each other, before the median. `make bench-vm` (--only vm) boots a
VM and records kprobex probes there instead of tracepoints.

Figures are reported and not asserted. Exit status: 0, also when a bound is missed;
1 if a measurement failed.
"""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time

import bounds
import corpus
import cost
import longreport
import loss
import memory
import reading
import slowdown
import summary
import vm
from bench import Bench
from fail import Fail, Skip

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__)))))
ROOM = 6 << 30  # for the largest files, of perf

STORM, MIXED, CHAINS = corpus.NATIVE

# Each is a minute or two: a name, and what is measured under it.
CELLS = {
    "cost-storm": lambda b: cost.measure(b, STORM),
    "cost-mixed": lambda b: cost.measure(b, MIXED),
    "cost-chains": lambda b: cost.measure(b, CHAINS),
    "slowdown-storm": lambda b: slowdown.measure(b, STORM, 10),
    "slowdown-mixed": lambda b: slowdown.measure(b, MIXED, 8),
    "slowdown-chains": lambda b: slowdown.measure(b, CHAINS, 6),
    "loss-storm": lambda b: loss.measure_rings(b, STORM, True),
    "loss-storm-nice": lambda b: loss.measure_rings(b, STORM, False),
    "loss-mixed": lambda b: loss.measure_rings(b, MIXED, True),
    "loss-mixed-nice": lambda b: loss.measure_rings(b, MIXED, False),
    "rate": lambda b: loss.measure_rates(b, True),
    "rate-nice": lambda b: loss.measure_rates(b, False),
    "memory": memory.measure,
    "report": longreport.measure,
    "reading-storm": lambda b: reading.measure(b, STORM),
    "reading-mixed": lambda b: reading.measure(b, MIXED),
    "vm": vm.measure,
}
APART = ["vm"]  # only if asked for


def figures_of(name, result):
    kind = name.partition("-")[0]
    if kind == "loss":
        return loss.figures([result])
    module = {"cost": cost, "slowdown": slowdown, "memory": memory, "reading": reading}.get(kind)
    return module.figures(result) if module else {}


def show(found):
    def of(kind):
        return [result for name, result in found["cells"].items()
                if name.partition("-")[0] == kind]

    print("%s, Linux %s, %d CPUs; %d runs" % (found["machine"], found["kernel"], found["cpus"],
                                              found["runs"]), end="")
    print("" if found["scale"] == 1 else "; loads of %g of their size: only for trying"
          % found["scale"])
    if of("cost"):
        cost.show(of("cost"))
    if of("slowdown"):
        slowdown.show(of("slowdown"))
    if of("loss"):
        loss.show_rings(of("loss"))
    if of("rate"):
        loss.show_rates(of("rate"))
    for result in of("memory"):
        memory.show(result)
    reading.show(of("reading"))
    for result in of("report"):
        longreport.show(result)
    for result in of("vm"):
        vm.show(result)
    for name, why in {**found["skipped"], **found["failed"]}.items():
        print("\n%s: %s: %s" % (name, "FAILED" if name in found["failed"] else "skipped", why))
    if found["figures"]:
        bounds.show(found["figures"])


def folder_of(options):
    if options.dir:
        return options.dir
    try:
        room = os.statvfs("/dev/shm")
        if room.f_bavail * room.f_frsize > ROOM:
            return "/dev/shm"
    except OSError:
        pass
    return tempfile.gettempdir()


def measure(options):
    found = {"machine": os.uname().machine, "kernel": os.uname().release, "cpus": os.cpu_count(),
             "runs": options.runs, "scale": options.scale,
             "cells": {}, "figures": {}, "failed": {}, "skipped": {}, "seconds": {}}
    with tempfile.TemporaryDirectory(prefix="kprobex-bench-", dir=folder_of(options)) as folder:
        bench = Bench(folder, options.collect, options.bin, options.runs, options.scale,
                      options.seconds)
        for name in options.only or [name for name in CELLS if name not in APART]:
            start = time.monotonic()
            try:
                found["cells"][name] = CELLS[name](bench)
                found["figures"].update(figures_of(name, found["cells"][name]))
            except Skip as why:
                found["skipped"][name] = str(why)
            except Fail as why:
                found["failed"][name] = str(why)
            found["seconds"][name] = time.monotonic() - start
        bench.say("")
    return found


def merge(paths):
    """What several runs wrote with --json: of a measurement, the last."""
    found = None
    for path in paths:
        try:
            with open(path) as file:
                one = json.load(file)
        except (OSError, ValueError) as error:
            raise Fail("%s isn't what --json writes: %s" % (path, error))
        if found is None:
            found = one
            continue
        for key in ("cells", "figures", "failed", "skipped", "seconds"):
            found[key].update(one[key])
    return found


def parse():
    parser = argparse.ArgumentParser(description=__doc__, prog="make bench",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, help="of each pair; default 5, or 2 with --quick")
    parser.add_argument("--seconds", type=float, default=80,
                        help="after so many in one measurement there are fewer runs than that;"
                        " default 80")
    parser.add_argument("--only", action="append", choices=CELLS, metavar="NAME",
                        help="one measurement, or again for more: %s; without it, all but %s"
                        % (", ".join(CELLS), ", ".join(APART)))
    parser.add_argument("--quick", action="store_true",
                        help="small loads, to see that it works")
    parser.add_argument("--json", action="store_true", help="all figures, on stdout")
    parser.add_argument("--markdown", action="store_true", help="a summary, as a table")
    parser.add_argument("--read", nargs="+", metavar="FILE",
                        help="measure nothing: print what runs with --json wrote, together")
    parser.add_argument("--guest", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--dir", help="where the files go")
    parser.add_argument("--collect", default=os.path.join(TOP, "build/collect"))
    parser.add_argument("--bin", default=os.path.join(TOP, "build/bench"),
                        help="where storm and pingpong are")
    options = parser.parse_args()
    options.scale = 0.02 if options.quick else 1
    if options.runs is None:
        options.runs = 2 if options.quick else 5
    if options.runs < 1:
        parser.error("--runs takes a number from 1")
    return options


def main():
    options = parse()
    if options.guest:
        json.dump(vm.guest(options), sys.stdout)
        return 0
    if not options.read:
        for program in ("perf", "setpriv", "gcc"):
            if not shutil.which(program):
                raise Fail("%s isn't installed (run tools/setup)" % program)
        if os.geteuid():
            raise Fail("recording all of the system needs root")
    found = merge(options.read) if options.read else measure(options)
    if options.json:
        json.dump(found, sys.stdout, indent=1)
        print()
    elif options.markdown:
        summary.show(found)
    else:
        show(found)
    return 1 if found["failed"] else 0


def stop(number, _):
    # The way out goes through the finally clauses, which end recorders.
    sys.exit(128 + number)


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        sys.exit(main())
    except Fail as error:
        sys.exit("bench: %s" % error)
