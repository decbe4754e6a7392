# SPDX-License-Identifier: GPL-2.0-only
"""What all measurements share: where things are, and how one recording is made."""
import os
import sys
import time

import corpus
import recorder
from fail import Fail

RING = "16M"


class Bench:
    def __init__(self, folder, program, bin, runs, scale, seconds, functions=400):
        self.folder, self.program, self.bin = folder, program, bin
        self.runs, self.scale, self.seconds = runs, scale, seconds
        self.recorders = recorder.all_of(program)
        self.collect, self.perf_z, self.perf = self.recorders
        corpus.prepare(folder, functions)

    def rounds(self, wanted, least=2):
        """Numbers of rounds from 0: as many as wanted, fewer where they take too long."""
        end = time.monotonic() + self.seconds
        for i in range(wanted):
            if i >= least and time.monotonic() > end:
                return
            yield i

    def say(self, text):
        """Where we are, on a terminal."""
        if sys.stderr.isatty():
            print("\r\033[K" + text, end="", file=sys.stderr, flush=True)

    def record(self, by, events, load, ring=RING, chains=False, realtime=True, keep=False):
        """Records the load, which is a list of words or a function; the Recording and what
        the load gave. The file, by.file, is deleted unless told to keep it."""
        path = os.path.join(self.folder, by.file)
        process = recorder.Process(by, by.command(events, ring, chains, realtime, path), path,
                                   self.folder, realtime)
        try:
            loaded = load() if callable(load) else corpus.run(load)
            recording = process.stop()
        finally:
            process.kill()
            if not keep and os.path.exists(path):
                os.unlink(path)
        return recording, loaded

    def record_corpus(self, by, which, scale=1.0, **more):
        recording, loaded = self.record(by, which.events, which.load(self, self.scale * scale),
                                        chains=which.chains, **more)
        if not recording.events:
            raise Fail("there are no events in what %s recorded" % by.name)
        return recording, loaded
