# SPDX-License-Identifier: GPL-2.0-only
"""What all measurements share: where things are, and how one recording is made."""
import os
import sys

import corpus
import recorder

RING = "16M"


class Bench:
    def __init__(self, folder, program, bin, runs, scale, functions=400):
        self.folder, self.program, self.bin = folder, program, bin
        self.runs, self.scale = runs, scale
        self.recorders = recorder.all_of(program)
        self.collect, self.perf_z, self.perf = self.recorders
        corpus.prepare(folder, functions)

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
        return self.record(by, which.events, which.load(self, self.scale * scale),
                           chains=which.chains, **more)
