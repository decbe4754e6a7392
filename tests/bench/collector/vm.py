# SPDX-License-Identifier: GPL-2.0-only
"""The same with kprobex probes in place of the tracepoints, in a VM.

Where the VM is emulated, QEMU counts instructions: with -icount shift=0 the guest's
clock goes on by 1 ns for each, so that a process' CPU time in ns is the number of
instructions that ran for it, in the kernel too. That is exact and repeats, so one run
is enough, with little in it. What a recorder needs to begin and to end is then large
beside the events: a recording of nothing is taken off, and told by itself.
"""
import json
import os
import subprocess
import tempfile
import time

import bench as shared
import corpus
import table
from fail import Fail

TOP = os.path.realpath(os.path.join(corpus.HERE, "../.."))
KERNEL = "debian-6.12"
MINUTES = 9
FUNCTIONS = 40  # of the file that is compiled
PROBES = {
    "bench_getppid": "__x64_sys_getppid",
    "bench_wake": "try_to_wake_up task=$arg1:x64 state=$arg2:u32",
}
MIXED = ["kprobex/vfs_read/", "kprobex/vfs_write/", "kprobex/do_sys_openat2/",
         "kprobex/bench_wake/"]


def storm(bench, scale):
    return [os.path.join(bench.bin, "storm"), str(int(100000 * scale))]


def mixed(bench, scale):
    return [os.path.join(corpus.HERE, "mixed.sh"), bench.bin, bench.folder, "3", "1",
            str(int(8000 * scale))]


GUEST = [
    corpus.Corpus("a", "getppid", ["kprobex/bench_getppid/"], storm),
    corpus.Corpus("b", "mixed", MIXED, mixed),
    corpus.Corpus("c", "chains", MIXED, mixed, chains=True),
]


# ---- inside -----------------------------------------------------------------

def guest(options):
    for name, rest in PROBES.items():
        with open("/dev/kprobex", "w") as file:
            file.write("p:%s %s\n" % (name, rest))
    with tempfile.TemporaryDirectory() as folder:
        bench = shared.Bench(folder, options.collect, options.bin, 1, options.scale,
                             options.seconds, FUNCTIONS)
        return [one(bench, which) for which in GUEST]


def one(bench, which):
    load = which.load(bench, bench.scale)
    corpus.run(load)  # its files are in the cache then
    found = {"title": which.title(), "untraced_cpu_ns": corpus.run(load).cpu * 1e9,
             "recorders": {}}
    for by in bench.recorders:
        idle, _ = bench.record(by, which.events, lambda: time.sleep(0.2), chains=which.chains)
        recording, times = bench.record(by, which.events, load, chains=which.chains)
        found["recorders"][by.name] = {
            "events": recording.events, "lost": recording.lost, "bytes": recording.bytes,
            "idle_events": idle.events, "idle_bytes": idle.bytes,
            "cpu_ns": recording.cpu_ns, "idle_cpu_ns": idle.cpu_ns,
            "load_cpu_ns": times.cpu * 1e9,
        }
    return found


# ---- outside ----------------------------------------------------------------

def boot(bench, counted):
    """What guest() gave there."""
    command = ["/usr/bin/python3", "-B", os.path.join(corpus.HERE, "collector"), "--guest"]
    if bench.scale < 1:
        command.append("--quick")
    env = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        if counted:
            # tools/vm has no word for it, and takes QEMU from PATH
            wrapper = os.path.join(folder, "qemu-system-x86_64")
            with open(wrapper, "w") as file:
                file.write('#!/bin/sh\nPATH=${PATH#*:}\n'
                           'exec qemu-system-x86_64 "$@" -icount shift=0\n')
            os.chmod(wrapper, 0o755)
            env["PATH"] = folder + ":" + env["PATH"]
        done = subprocess.run(
            [os.path.join(TOP, "tools/vm"), "--kernel", KERNEL, "--module",
             "--timeout", str(60 * MINUTES), "--"] + command,
            cwd=TOP, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Fail("the VM ended with %d: %s" % (done.returncode, done.stderr[-500:]))
    return json.loads(done.stdout)


def measure(bench):
    bench.say("vm: counting instructions")
    try:
        return {"unit": "instructions", "kernel": KERNEL, "corpora": boot(bench, True)}
    except Fail as why:
        # KVM counts none
        bench.say("vm: no instructions, measuring time")
        return {"unit": "ns", "kernel": KERNEL, "corpora": boot(bench, False),
                "no_instructions": str(why)}


def net(one, what):
    """Per event, without that of a recording of nothing."""
    return (one[what] - one["idle_" + what]) / max(1, one["events"] - one["idle_events"])


def show(result):
    rows, notes = [], []
    for which in result["corpora"]:
        z, plain = which["recorders"]["perf -z"], which["recorders"]["perf"]
        for name, r in which["recorders"].items():
            rows.append([
                which["title"], name, r["events"], r["lost"], r["idle_cpu_ns"] / 1e6,
                net(r, "cpu_ns"), net(r, "cpu_ns") / net(z, "cpu_ns"),
                net(r, "cpu_ns") / net(plain, "cpu_ns"), r["bytes"] / r["events"],
                net(r, "bytes"), net(r, "bytes") / net(z, "bytes"),
                r["load_cpu_ns"] / which["untraced_cpu_ns"],
                r["load_cpu_ns"] / plain["load_cpu_ns"]])
    if "no_instructions" in result:
        notes.append("not counted in instructions: " + result["no_instructions"])
    table.show("kprobex probes in a VM (%s): %s per event, and bytes, beyond those of a recording"
               " of nothing; the program's own %s" % (result["kernel"], result["unit"],
                                                      result["unit"]),
               ["corpus", "recorder", "events", "lost", "idle, M", "CPU", "/perf -z", "/perf",
                "bytes, all", "bytes", "/perf -z", "program/un", "/perf"], rows, 2, notes)
