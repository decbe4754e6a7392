# SPDX-License-Identifier: GPL-2.0-only
"""Memory: of a recording and of one ten times as long, and of reading that one."""
import os
import resource
import subprocess
import time

import recorder
import table
from fail import Fail, Skip

EVENTS = 10000000  # and ten times as many
BYTES = 20         # an event, at most, for what the disk must have room
READ_S = 600


def measure(bench):
    short = int(EVENTS * bench.scale)
    room = os.statvfs(bench.folder)
    if room.f_bavail * room.f_frsize < 10 * short * BYTES:
        raise Skip("%s has no room for %d events" % (bench.folder, 10 * short))
    recordings = []
    path = os.path.join(bench.folder, bench.collect.file)
    try:
        for events in (short, 10 * short):
            bench.say("memory: recording %d events" % events)
            storm = [os.path.join(bench.bin, "storm"), str(events)]
            recording, _ = bench.record(bench.collect, ["raw_syscalls:sys_enter"], storm,
                                        keep=True)
            recordings.append(recording)
        bench.say("memory: report of %d events" % events)
        report = read(bench.collect.report(path))
    finally:
        if os.path.exists(path):
            os.unlink(path)
    return {
        "recordings": [{"events": r.events, "lost": r.lost, "bytes": r.bytes,
                        "peak_bytes": r.peak_bytes, "ring_bytes": r.ring_bytes}
                       for r in recordings],
        "report": {"events": recordings[-1].events, "seconds": report.seconds,
                   "peak_bytes": report.peak_bytes},
    }


class Reading:
    """What one run of a reader took."""

    def __init__(self, seconds, cpu_seconds, peak_bytes):
        self.seconds, self.cpu_seconds, self.peak_bytes = seconds, cpu_seconds, peak_bytes


def read(words):
    """Runs a reader."""
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    peak = 0
    while True:
        # as it is at the end isn't told: look often
        try:
            with open("/proc/%d/status" % process.pid) as file:
                peak = max(peak, recorder.peak_of(file.read()))
        except OSError:
            pass
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() - start > READ_S:
            process.kill()
            process.wait()
            raise Fail("%s: took more than %d s" % (" ".join(words), READ_S))
        time.sleep(0.005)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Fail("%s: exit status %d" % (" ".join(words), process.returncode))
    if usage.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
        peak = max(peak, usage.ru_maxrss << 10)
    return Reading(seconds, usage.ru_utime + usage.ru_stime, peak)


def figures(result):
    peaks = [r["peak_bytes"] for r in result["recordings"]]
    found = {"memory growth": peaks[1] / peaks[0]}
    # of fewer it says nothing
    if result["report"]["events"] >= 10 * EVENTS:
        found["big report MiB"] = result["report"]["peak_bytes"] / (1 << 20)
    return found


def show(result):
    rows = [["collect", r["events"], r["lost"], r["bytes"] / 1e6, r["peak_bytes"] / (1 << 20),
             "-", "-"] for r in result["recordings"]]
    report = result["report"]
    rows.append(["collect report", report["events"], "-", "-", report["peak_bytes"] / (1 << 20),
                 report["seconds"], report["seconds"] * 1e9 / report["events"]])
    table.show("Memory of a storm and of one ten times as long (the rings are beside it)",
               ["command", "events", "lost", "file MB", "peak MiB", "s", "ns/event"], rows)
