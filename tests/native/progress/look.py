#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""look.py FOLDER: commands that go through long files, on a terminal of their own.

FOLDER has t.pb, none.pb (not compressed), cut.pb and perf.data. What a command reads
comes through a pipe, half of it, and the rest after more than a second: so the line that
says how far it is must come, whatever the machine's speed, and be in each of the stages
that follow.
"""
import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

FOLDER = sys.argv[1]
PAUSE_S = 1.1  # the line comes after a second
FEW = 4096
WAIT_S = 120
ERASE = "\r\x1b[K"


def path(name):
    return os.path.join(FOLDER, name)


def content(name):
    with open(path(name), "rb") as file:
        return file.read()


def on_terminal(terminal):
    """In the child: a session of its own."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


class Run:
    """A command; the terminal is its standard error, and its output unless told."""

    def __init__(self, words, data, stdout=None, term="xterm", width=200, fifo=None):
        words = [word.replace(OUT, OUT % os.getpid()) for word in words]
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, width))
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, FEW)
        env = dict(os.environ, TERM=term)
        self.words, self.raw, self.master = words, bytearray(), master
        self.process = subprocess.Popen(
            words, stdin=read, stdout=slave if stdout is None else stdout, stderr=slave,
            env=env, preexec_fn=lambda: on_terminal(slave), close_fds=True)
        os.close(read)
        os.close(slave)
        if fifo:
            os.close(write)
            self.drain(fifo)
        else:
            self.feed(write, data)
        self.finish()

    def look(self, seconds=0.0):
        """Takes what the terminal got; false at its end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            got = os.read(self.master, 65536)
        except OSError:  # EIO: nobody has it open
            return False
        self.raw += got
        return bool(got)

    def feed(self, write, data):
        """More than the pipe holds at first: then the command has begun to read."""
        half = len(data) // 2
        assert half > 4 * FEW, len(data)
        try:
            for piece in (data[:half], data[half:]):
                for at in range(0, len(piece), FEW):
                    os.write(write, piece[at:at + FEW])
                    self.look()
                if piece is not data[half:]:
                    time.sleep(PAUSE_S)
        except BrokenPipeError:
            pass
        os.close(write)

    def drain(self, fifo):
        """The other way round: what it writes is taken, half of it after a while."""
        path_, half = fifo
        out = os.open(path_, os.O_RDONLY)
        taken, paused = 0, False
        while True:
            if taken > half and not paused:
                time.sleep(PAUSE_S)
                paused = True
            got = os.read(out, 65536)
            if not got:
                break
            taken += len(got)
            self.look()
        os.close(out)
        assert paused, taken

    def finish(self):
        end = time.monotonic() + WAIT_S
        while self.look(0.1):
            if time.monotonic() > end:
                self.process.kill()
                self.fail("it doesn't end")
        os.close(self.master)
        self.status = self.process.wait()
        self.text = self.raw.decode()

    def fail(self, why):
        sys.exit("FAIL: %s: %s: %r" % (" ".join(self.words), why, bytes(self.raw[-3000:])))

    def lines(self):
        """The texts that the line had."""
        return re.findall(r"\r\x1b\[K(collect [^\r\n\x1b]+)", self.text)

    def screen(self):
        """What can be seen at the end."""
        rows, row = [], ""
        for piece in re.split(r"(\r\n|\r\x1b\[K|\x1b\[[0-9;]*m|\r|\n)", self.text):
            if piece == "\r\n":
                rows.append(row)
                row = ""
            elif piece == ERASE:
                row = ""
            elif piece in ("\r", "\n"):
                self.fail("a bare %r" % piece)
            elif not piece.startswith("\x1b"):
                row += piece
        return "".join(line + "\n" for line in rows) + row

    def expect(self, stages, status=0, screen=None, bytes_=None):
        """The line had these in order, and went."""
        if self.status != status:
            self.fail("exit status %d" % self.status)
        left = list(stages)
        percent = -1
        for line in self.lines():
            if left and re.search(left[0], line):
                left.pop(0)
                percent = -1
            shares = re.search(r" ([0-9]+)% of ", line)
            if shares:
                now = int(shares.group(1))
                if not max(percent, 0) <= now <= 100:
                    self.fail("from %d%% to %d%%" % (percent, now))
                percent = now
        if left:
            self.fail("no line with %r" % left[0])
        seen = self.screen()
        if re.search(r"[0-9]% of |: reading, |: scanning, |: writing, ", seen):
            self.fail("the line stays: %r" % seen[-500:])
        if screen is not None and seen != screen:
            self.fail("the screen is %r, not %r" % (seen, screen))
        return self

    def expect_none(self):
        """It never had any."""
        if self.status or self.lines():
            self.fail("exit status %d" % self.status)
        return self


def said(*words, data=None):
    """What it prints elsewhere."""
    return subprocess.run(words, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False).stdout.decode()


READING = r": reading, [0-9.]+[KM]iB, .*/s$"
DECODING = r": [0-9]+% of [0-9.]+[KM]iB(, [0-9.]+[a-z]+ left)?, [0-9,]+ events"
SCANNING = r": scanning, [0-9]+% of "
WRITING = r": writing, [0-9]+% of "


def part(i, n, stage):
    return r"\(%d of %d\)%s" % (i, n, stage)


def together(cases, most=8):
    """Each in a process of its own: most of the time they wait."""
    running, failed = set(), False
    for case in cases + [None] * most:
        if len(running) == most or not case and running:
            pid, status = os.wait()
            running.discard(pid)
            failed |= status != 0
        if not case:
            continue
        pid = os.fork()
        if not pid:
            case()
            os._exit(0)
        running.add(pid)
    sys.exit(failed)


TWICE = [READING, part(1, 2, DECODING), part(2, 2, DECODING)]
OUT = path("out.%d")
os.environ["LC_ALL"] = "C"
null = os.open(os.devnull, os.O_RDWR)
trace = content("t.pb")

def reads(name):
    """Of a compressed trace and of one that isn't; it prints what it does without."""
    data = content(name)
    return [
        lambda: Run(["collect", "report", "-"], data).expect(
            [READING, DECODING], screen=said("collect", "report", "-", data=data)),
        lambda: Run(["collect", "report", "--by", "process,syscall,event", "-"], data).expect(
            TWICE),
        lambda: Run(["collect", "dump", "-"], data, stdout=null).expect(
            [READING, DECODING], screen=""),
        lambda: Run(["collect", "verify", "-"], data).expect(
            [READING, SCANNING, DECODING], screen=said("collect", "verify", "-", data=data)),
    ]


def exports(format_):
    return [lambda: Run(["collect", "export", "-q", "--to", format_, "-o", OUT, "-"],
                        trace).expect([READING, DECODING], screen="")]


def writes():
    """What it writes is waited for: then there are bytes."""
    os.mkfifo(path("fifo"))
    Run(["collect", "export", "-q", "--to", "json", "-o", path("fifo"), path("t.pb")], None,
        fifo=(path("fifo"), os.path.getsize(path("t.json")) // 2)).expect(
            [DECODING + r".* [0-9.]+[KM]iB written"], screen="")


def mistake(words, data, status):
    """The line goes before that is told, and before what is wrong with the file."""
    return [lambda: Run(words, data).expect([READING], status=status,
                                            screen=said(*words, data=data))]


def dumb():
    if "\x1b" in Run(["collect", "report", "-"], trace, term="dumb").expect_none().text:
        sys.exit("FAIL: escapes on a dumb terminal")


def narrow():
    """No longer than the terminal is wide: what is wrapped isn't erased."""
    run = Run(["collect", "report", "--by", "event", "-"], trace, width=40).expect(
        ["reading", r"\(1 of 2\)", r"\(2 of 2\)"])
    if max(len(line) for line in run.lines()) != 39:
        run.fail("lines of %s" % [len(line) for line in run.lines()])


together(
    reads("t.pb") + reads("none.pb")
    + exports("json") + exports("csv") + exports("perf.data") + exports("perfetto")
    + exports("ctf")
    + mistake(["collect", "report", "-"], b"not a trace\n" * 10000, 1)
    + mistake(["collect", "report", "--by", "event", "--event", "nosuch", "-"], trace, 1)
    + mistake(["collect", "report", "--by", "event", "-f", "nosuch == 1", "-"], trace, 1)
    + mistake(["collect", "report", "-"], content("cut.pb"), 4)
    + mistake(["collect", "verify", "-"], content("cut.pb"), 4)
    + [
        writes, dumb, narrow,
        lambda: Run(["collect", "html", "-", "-o", OUT], trace).expect(TWICE, screen=""),
        lambda: Run(["collect", "diff", path("t.pb"), "-"], trace).expect(
            [part(2, 2, READING), part(2, 2, DECODING)]),
        lambda: Run(["collect", "diff", "-", path("t.pb")], trace).expect(
            [part(1, 2, READING), part(1, 2, DECODING), part(2, 2, DECODING)]),
        lambda: Run(["collect", "repair", "-", "-o", OUT], trace).expect(
            [READING, SCANNING, DECODING, WRITING]),
        lambda: Run(["collect", "merge", path("other.pb"), "-", "-o", OUT], trace).expect(
            [part(2, 2, READING), part(2, 2, SCANNING), part(2, 2, DECODING),
             part(1, 2, WRITING), part(2, 2, WRITING)]),
        lambda: Run(["collect", "import", "-", "-o", OUT], content("perf.data")).expect(
            [READING, DECODING]),
        # each file that is verified is one
        lambda: Run(["collect", "verify", "-", path("none.pb")], trace).expect(
            [part(1, 2, READING), part(1, 2, SCANNING), part(1, 2, DECODING),
             part(2, 2, SCANNING), part(2, 2, DECODING)]),
        # of the parts of a series together, percents are of all of it
        lambda: Run(["collect", "report", "--by", "event", "-"], content("parts.pb")).expect(
            TWICE),
        # no row may be in what is chosen, and it goes on
        lambda: Run(["collect", "dump", "-f", "pid == 4000000", "-"], trace,
                    stdout=null).expect([READING, r"% of .* 0 events"], screen=""),
        # nothing where it could be between what is printed, or would disturb
        lambda: Run(["collect", "dump", "-f", "pid == 4000000", "-"], trace).expect_none(),
        lambda: Run(["sh", "-c", "collect dump - | cat"], trace, stdout=null).expect_none(),
        lambda: Run(["sh", "-c", "collect export -q --to json -o - - | cat"], trace,
                    stdout=null).expect_none(),
        lambda: Run(["bash", "-c", 'set -m; collect report - & wait "$!"'], trace,
                    stdout=null).expect_none(),
    ])
