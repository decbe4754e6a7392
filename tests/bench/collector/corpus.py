# SPDX-License-Identifier: GPL-2.0-only
"""The corpora: a load of a fixed amount of work, and the events of it."""
import os
import random
import shutil
import signal
import time

from fail import Fail

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
MIXED = ["raw_syscalls:*", "sched:*", "kmem:*"]


class Corpus:
    def __init__(self, letter, name, events, load, chains=False):
        self.letter, self.name, self.events = letter, name, events
        self.load, self.chains = load, chains

    def title(self):
        return "(%s) %s" % (self.letter, self.name)


def storm(bench, scale):
    return [os.path.join(bench.bin, "storm"), str(int(3000000 * scale))]


def mixed(bench, scale):
    def part(whole):
        return str(max(1, round(whole * scale)))
    return [os.path.join(HERE, "mixed.sh"), bench.bin, bench.folder,
            part(18), part(2), part(90000)]


NATIVE = [
    Corpus("a", "storm", ["raw_syscalls:sys_enter"], storm),
    Corpus("b", "mixed", MIXED, mixed),
    Corpus("c", "chains", MIXED, mixed, chains=True),
]


def prepare(folder, functions=400):
    """What the mixed load reads and compiles, always the same."""
    chance = random.Random(1)
    for directory in range(20):
        path = os.path.join(folder, "files", str(directory))
        os.makedirs(path)
        for number in range(50):
            with open(os.path.join(path, str(number)), "wb") as file:
                file.write(chance.randbytes(chance.randrange(100, 40000)))
    with open(os.path.join(folder, "unit.c"), "w") as file:
        file.write("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n")
        for number in range(functions):
            file.write("int f%d(const char *s, int n)\n{\n\tint sum = %d;\n"
                       "\tfor (int i = 0; i < n; i++)\n\t\tsum += s[i] * %d + (sum >> %d);\n"
                       "\tif (sum > n)\n\t\tprintf(\"%%s %%d\\n\", s, sum);\n\treturn sum;\n}\n"
                       % (number, number, number % 13 + 1, number % 7 + 1))


class Times:
    """How long a load ran, and the CPU time of all its processes."""

    def __init__(self, wall, usage):
        self.wall, self.cpu = wall, usage.ru_utime + usage.ru_stime


def run(words):
    """Runs a load to its end."""
    program = shutil.which(words[0])
    if not program:
        raise Fail("%s isn't there" % words[0])
    null = os.open(os.devnull, os.O_RDWR)
    start = time.monotonic()
    pid = os.posix_spawn(program, words, os.environ,
                         file_actions=[(os.POSIX_SPAWN_DUP2, null, 0),
                                       (os.POSIX_SPAWN_DUP2, null, 1)])
    os.close(null)
    try:
        _, status, usage = os.wait4(pid, 0)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code:
        raise Fail("%s: exit status %d" % (" ".join(words), code))
    return Times(wall, usage)
