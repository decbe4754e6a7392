# SPDX-License-Identifier: GPL-2.0-only
"""The recorders that are compared, and one recording by one of them."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import time

from fail import Fail

LOOK_S = 0.1
SETTLED_NS = 2e6  # of CPU between two looks, at most: it waits for events
BUSY_S = 3        # with rings; so long it only takes what others do
START_S = 60
STOP_S = 120
PERF_EVENT = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) .*anon_inode:\[perf_event\]", re.M)


class Collect:
    """Leaves itself out, and takes SCHED_FIFO 1, by itself."""
    name = "collect"
    file = "trace.pb"

    def __init__(self, program):
        self.program = program

    def command(self, events, ring, chains, realtime, path):
        words = [self.program, "record", "-q", "-a", "-c", "1", "-m", ring, "-o", path]
        for event in events:
            words += ["-e", event]
        return words + (["-g"] if chains else [])

    def count(self, path):
        report = json.loads(output([self.program, "report", "--json", path]))
        totals = report["totals"]
        return totals["delivered"], totals["lost"]

    def report(self, path):
        return [self.program, "report", path]

    def dump(self, path):
        return [self.program, "dump", path]


class Perf:
    """As collect is by default: own events left out, SCHED_FIFO 1, and no build ids."""

    def __init__(self, compress):
        self.name = "perf -z" if compress else "perf"
        self.file = "z.data" if compress else "perf.data"
        self.compress = compress

    def command(self, events, ring, chains, realtime, path):
        words = ["perf", "record", "-q", "-a", "-c", "1", "-m", ring, "-N", "-B", "-o", path]
        for event in events:
            # a PMU's events take no filter, but kprobex has a term for it
            if event.endswith("/"):
                # and only a tracepoint's arguments are recorded without -R
                words += ["-R", "-e", event[:-1] + ",skip_self=1/"]
            else:
                words += ["-e", event, "--exclude-perf"]
        if realtime:
            words += ["-r", "1"]
        return words + (["-z"] if self.compress else []) + (["-g"] if chains else [])

    def count(self, path):
        return perf_stats(output(["perf", "report", "--stats", "-i", path]))

    def report(self, path):
        return ["perf", "report", "--stdio", "-i", path]

    def dump(self, path):
        return ["perf", "script", "-i", path]


def perf_stats(text):
    """Samples, and those lost, of what perf report --stats prints."""
    samples, lost, section = 0, 0, ""
    for line in text.splitlines():
        if line.endswith(" stats:"):
            section = line
        found = re.match(r" *(SAMPLE|LOST_SAMPLES) events: +(\d+)", line)
        if not found:
            continue
        # of all events, LOST_SAMPLES are records; the dummy's are records of tasks
        if section.startswith("Aggregated"):
            samples += int(found.group(2)) if found.group(1) == "SAMPLE" else 0
        elif found.group(1) == "LOST_SAMPLES" and not section.startswith("dummy"):
            lost += int(found.group(2))
    return samples, lost


def peak_of(status):
    """Of the memory, in bytes, as a process' status has it."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
    return int(found.group(1)) << 10 if found else 0


def output(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # perf report goes on to the end and to 0 after this
    if done.returncode or "failed to process" in done.stderr:
        raise Fail("%s: exit status %d: %s" % (" ".join(words), done.returncode,
                                               done.stderr.strip()[-300:]))
    return done.stdout


def all_of(program):
    return [Collect(program), Perf(True), Perf(False)]


class Recording:
    """What one run of a recorder came to."""

    def __init__(self, recorder, path, usage, ring_bytes, peak_bytes):
        self.name = recorder.name
        self.cpu_ns = (usage.ru_utime + usage.ru_stime) * 1e9
        self.system_ns = usage.ru_stime * 1e9
        self.switches = usage.ru_nvcsw
        self.bytes = os.path.getsize(path)
        self.ring_bytes = ring_bytes
        self.peak_bytes = peak_bytes
        self.events, self.lost = recorder.count(path)


class Process:
    """A recorder that runs."""

    def __init__(self, recorder, words, path, folder, realtime):
        self.recorder, self.path = recorder, path
        self.words, self.log = words, os.path.join(folder, "log")
        if not realtime:
            # collect takes what priority it may have
            words = ["setpriv", "--bounding-set=-sys_nice", "--"] + words
        program = shutil.which(words[0])
        if not program:
            raise Fail("%s isn't installed" % words[0])
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # In the background of a shell SIGINT would be ignored, by us and by them.
        self.pid = os.posix_spawn(program, words, os.environ, setsigdef=[signal.SIGINT],
                                  file_actions=[(os.POSIX_SPAWN_DUP2, log, 1),
                                                (os.POSIX_SPAWN_DUP2, log, 2)])
        os.close(log)
        try:
            self.ring_bytes = self.settle()
            if (self.policy() == os.SCHED_FIFO) != realtime:
                raise self.failed("it has%s real-time priority" % (" no" if realtime else ""))
        except BaseException:
            self.kill()
            raise

    def failed(self, what):
        with open(self.log, errors="replace") as file:
            said = file.read().strip()[-500:]
        return Fail("%s: %s%s" % (" ".join(self.words), what, said and ": " + said))

    def read(self, name):
        with open("/proc/%d/%s" % (self.pid, name)) as file:
            return file.read()

    def policy(self):
        """SCHED_FIFO if any thread has it."""
        policies = [os.sched_getscheduler(int(tid)) & 0xff
                    for tid in os.listdir("/proc/%d/task" % self.pid)]
        return max(policies, key=lambda policy: policy == os.SCHED_FIFO)

    def spent(self):
        """ns of CPU so far."""
        total = 0
        for tid in os.listdir("/proc/%d/task" % self.pid):
            total += int(self.read("task/%s/schedstat" % tid).split()[0])
        return total

    def settle(self):
        """Waits until it records, and waits for events; the size of its rings."""
        deadline = time.monotonic() + START_S
        before, ready = -1e9, None
        while time.monotonic() < deadline:
            try:
                spent = self.spent()
                rings = PERF_EVENT.findall(self.read("maps"))
            except (OSError, IndexError):
                # a thread ended meanwhile, or all of it
                spent, rings = -1e9, []
            now = time.monotonic()
            ready = ready or (rings and now)
            if rings and (spent - before <= SETTLED_NS or now - ready > BUSY_S):
                return sum(int(end, 16) - int(start, 16) for start, end in rings)
            pid, status, _ = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                raise self.failed("ended with %d" % os.waitstatus_to_exitcode(status))
            before = spent
            time.sleep(LOOK_S)
        raise self.failed("not ready after %d s" % START_S)

    def peak(self):
        """Of its memory so far, in bytes."""
        return peak_of(self.read("status"))

    def kill(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def stop(self):
        peak = self.peak()
        os.kill(self.pid, signal.SIGINT)
        deadline = time.monotonic() + STOP_S
        while True:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                self.kill()
                raise self.failed("didn't end within %d s of SIGINT" % STOP_S)
            time.sleep(0.01)
        self.pid = 0
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, -signal.SIGINT, 128 + signal.SIGINT):
            raise self.failed("ended with %d" % code)
        # The peak of a child is at least what Python had when it made it.
        if usage.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:
            peak = max(peak, usage.ru_maxrss << 10)
        return Recording(self.recorder, self.path, usage, self.ring_bytes, peak)

