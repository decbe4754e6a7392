#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Collector against perf record, in paired runs on this machine.

For each load: the CPU time of the recording process itself (user + system, from
wait4(2)), the bytes of its file, and the events in it, under `collect`, `perf
record -z` and `perf record`, with the same events and the same ring memory. The
order rotates, so that a drift of the machine falls on all. Medians; what
counts is the ratios.
"""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

LOADS = {
    "storm": ("raw_syscalls:sys_enter", "{bin}/storm 1500000"),
    "mixed": ("raw_syscalls:*,sched:sched_switch,sched:sched_wakeup,kmem:kmalloc,kmem:kfree",
              "find /usr/share -xdev > /dev/null; cat /usr/lib/x86_64-linux-gnu/*.so* > /dev/null; "
              "perf bench sched messaging -l 300 > /dev/null"),
}
RING = "16M"


def collectors(events, collect, dir):
    # -r 1: collect takes real-time priority by itself, so perf gets it too.
    perf = ["perf", "record", "-q", "-a", "-c1", "-r", "1", "-m", RING, "-B", "-N", "-e", events]
    return {
        "collect": ([collect, "-q", "-a", "-m", RING, "-e", events, "-o", f"{dir}/t.pb"], f"{dir}/t.pb"),
        "perf -z": (perf + ["-z", "-o", f"{dir}/z.data"], f"{dir}/z.data"),
        "perf": (perf + ["-o", f"{dir}/p.data"], f"{dir}/p.data"),
    }


def events_of(name, path, collect):
    """Events in the file, and those it says it lost."""
    if name == "collect":
        report = json.loads(subprocess.run([collect, "report", "--json", path], check=True,
                                           capture_output=True).stdout)
        return report["totals"]["delivered"], report["totals"]["lost"]
    out = subprocess.run(["perf", "report", "--stats", "-i", path], check=True,
                         capture_output=True, text=True).stdout
    total = re.search(r"SAMPLE events:\s+(\d+)", out)
    lost = sum(int(n) for n in re.findall(r"LOST_SAMPLES events:\s+(\d+)", out))
    return int(total.group(1)), lost


def run(name, argv, path, load, collect):
    """Records `load` once; returns (ns of CPU, bytes, events, lost)."""
    pid = os.posix_spawn(shutil.which(argv[0]) or argv[0], argv, os.environ)
    time.sleep(1.0)
    subprocess.run(load, shell=True, check=True)
    os.kill(pid, signal.SIGINT)
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, -signal.SIGINT, 128 + signal.SIGINT):
        sys.exit(f"{name} ended with {code}: {' '.join(argv)}")
    events, lost = events_of(name, path, collect)
    return (usage.ru_utime + usage.ru_stime) * 1e9, os.path.getsize(path), events, lost


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--collect", default="build/collect")
    parser.add_argument("--bin", default="build/bench", help="where storm is")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("load", nargs="*", help=f"of: {' '.join(LOADS)}")
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as dir:
        for load in args.load or LOADS:
            events, command = LOADS[load]
            command = command.format(bin=args.bin)
            todo = collectors(events, args.collect, dir)
            seen = {name: [] for name in todo}
            for i in range(args.runs):
                names = list(todo)
                for name in names[i % 3:] + names[:i % 3]:
                    if sys.stderr.isatty():
                        print(f"\r{load} {i + 1}/{args.runs} {name:8}", end="", file=sys.stderr)
                    seen[name].append(run(name, *todo[name], command, args.collect))
            for name, results in seen.items():
                rows.append({
                    "load": load, "collector": name,
                    "cpu_ns_per_event": statistics.median(r[0] / r[2] for r in results),
                    "bytes_per_event": statistics.median(r[1] / r[2] for r in results),
                    "events": statistics.median(r[2] for r in results),
                    "lost": sum(r[3] for r in results),
                    "cpu_ratio": statistics.median(
                        r[0] / r[2] / (o[0] / o[2]) for r, o in zip(results, seen["perf -z"])),
                    "bytes_ratio": statistics.median(
                        r[1] / r[2] / (o[1] / o[2]) for r, o in zip(results, seen["perf -z"])),
                })
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    if args.json:
        json.dump(rows, sys.stdout, indent=1)
        return
    print(f"{'load':8} {'collector':9} {'CPU ns/event':>12} {'/ perf -z':>9} "
          f"{'bytes/event':>11} {'/ perf -z':>9} {'events':>10} {'lost':>8}")
    for r in rows:
        print(f"{r['load']:8} {r['collector']:9} {r['cpu_ns_per_event']:12.1f} {r['cpu_ratio']:9.2f} "
              f"{r['bytes_per_event']:11.2f} {r['bytes_ratio']:9.2f} {r['events']:10.0f} {r['lost']:8d}")


if __name__ == "__main__":
    main()
