# SPDX-License-Identifier: MIT
"""Which rows are wanted: by time, event, CPU and process."""
import fnmatch

from . import vectors as vec

FOREVER = 2**64


class Wanted:
    def __init__(self, ns=None, seconds=None, events=None, cpus=None, pids=None):
        """ns: (from, before), by a trace's clock; seconds: the same since the
        trace's start. None: all, as either of the two."""
        self.ns, self.seconds = ns, seconds
        self.events = [events] if isinstance(events, str) else events
        self.cpus = None if cpus is None else frozenset(cpus)
        self.pids = None if pids is None else frozenset(pids)

    def has_event(self, name):
        return self.events is None or any(fnmatch.fnmatchcase(name, p) for p in self.events)

    def times(self, trace):
        """The first, and the first after them."""
        first, end = self.ns or (None, None)
        if self.seconds:
            first, end = (None if s is None else trace.start + int(round(s * 1e9))
                          for s in self.seconds)
        return max(first or 0, 0), FOREVER if end is None else min(max(end, 0), FOREVER)

    def has_chunk(self, trace, chunk):
        cpu = trace.cpu(chunk.ring)
        if self.cpus is not None and cpu not in self.cpus:
            return False
        first, end = self.times(trace)
        # Rows of a BPF ring buffer have times that a program gave them: then these are
        # no bounds, nor where the last row is before the first.
        is_ordered = cpu >= 0 and chunk.first_time_ns <= chunk.last_time_ns
        if is_ordered and (chunk.last_time_ns < first or chunk.first_time_ns >= end):
            return False
        return self.events is None or not len(chunk.event) or any(
            e in trace.layouts and self.has_event(trace.layouts[e].name) for e in chunk.event)

    def rows(self, trace, batch):
        """A mask of a batch's rows, or None: all of them."""
        first, end = self.times(trace)
        mask = None
        if first > 0 or end < FOREVER:
            mask = (vec.within(batch.times, first, end) if end > first else
                    vec.among(batch.times, ()))
        if self.pids is not None:
            pids = vec.among(trace.tasks.pids(batch.tids, batch.times), self.pids)
            mask = pids if mask is None else vec.both(mask, pids)
        return mask

