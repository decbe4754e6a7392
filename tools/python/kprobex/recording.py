# SPDX-License-Identifier: MIT
"""Files of traces."""
import builtins
import collections
import contextlib
import heapq
import mmap
import os
import warnings

from .errors import Damage, DamageWarning, Error
from .packets import scan
from .table import Table
from .texts import decode
from .trace import Health, Trace
from .wanted import Wanted


def _map(path):
    with builtins.open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise Error(f"{path}: the file is empty")
        with contextlib.suppress(ValueError, OSError):
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return file.read()


LOOKBACK = 8  # traces whose packets may still come


def _trace_of(found, traces):
    """The trace that a packet is of; None: another begins."""
    header = found.head.header if found.kind == "header" else None
    if header is not None and not header.repeat:
        return None
    for trace in traces[:-LOOKBACK - 1:-1]:
        if trace.id == found.trace:
            return trace
    return None


def _add(trace, found, health):
    # A Header is there again, in case the first is damaged.
    if found.kind == "header" and trace.has_header:
        return
    try:
        trace.add(found)
    except Damage:
        health.damaged_packets += 1
        health.damaged_bytes += found.size


def _without_strays(traces, health):
    """Once there is a Header, a trace that has none is packets with a damaged id."""
    kept = [trace for trace in traces if trace.has_header]
    if not kept:
        return traces
    for trace in traces:
        if not trace.has_header:
            health.packets -= trace.packets
            health.damaged_packets += trace.packets
    return kept


def _read(data, health):
    traces = []
    for found in scan(data, health):
        trace = _trace_of(found, traces)
        if trace is None:
            trace = Trace(data, found.trace, health)
            traces.append(trace)
        trace.packets += 1
        _add(trace, found, health)
    return _without_strays(traces, health)


class Recording(collections.abc.Mapping):
    """What `open()` gives. A mapping: `recording["vfs_write"]` is the Table of an
    event; iterating over `recording.rows()` gives rows of all, in the order of time.
    """

    def __init__(self, traces, health, wanted=None):
        self.traces = traces
        self.health = health
        self._wanted = wanted or Wanted()
        self._tables = {}

    # ---- events ----

    @property
    def events(self):
        """The names of the events that have been recorded."""
        names = dict.fromkeys(layout.name for trace in self.traces
                              for layout in trace.layouts.values())
        return [name for name in names if self._wanted.has_event(name)]

    def __getitem__(self, name):
        if name not in self._tables:
            if name not in self.events:
                raise KeyError(f"{name!r} isn't among the events: {', '.join(self.events)}")
            with self._warning():
                self._tables[name] = Table(name, self.traces, self._wanted)
        return self._tables[name]

    def __iter__(self):
        return iter(self.events)

    def __len__(self):
        return len(self.events)

    @contextlib.contextmanager
    def _warning(self):
        """Says so if reading finds damage."""
        before = self.health.damaged_packets
        yield
        if self.health.damaged_packets != before:
            warnings.warn(repr(self.health), DamageWarning, stacklevel=4)

    # ---- rows ----

    def rows(self):
        """All Rows, in the order of time, as `collect dump` prints them. Several
        traces follow each other; those that `collect merge` put together are one."""
        done = set()
        with self._warning():
            for trace in self.traces:
                if trace.number in done:
                    continue
                group = [t for t in self.traces if t is trace or
                         (trace.merge and t.merge == trace.merge)]
                done.update(t.number for t in group)
                yield from self._group(group)

    def _group(self, traces):
        rings = []
        for trace in traces:
            for ring, chunks in trace.rings(self._wanted).items():
                rings.append(self._keyed(trace, ring, chunks))
        for *_, row in heapq.merge(*rings, key=lambda keyed: keyed[:3]):
            yield row

    def _keyed(self, trace, ring, chunks):
        by_wall = trace.merge and trace.clocks
        for row in trace.rows(ring, chunks, self._wanted):
            yield row.realtime if by_wall else row.time, trace.number, ring, row

    def select(self, ns=None, seconds=None, events=None, cpus=None, pids=None):
        """The same with only some of the rows: of the times (first, before), as `ns` of
        the trace's clock or in `seconds` since its beginning (None: no limit); of
        `events`, a name or a list of them, with * and ?; of `cpus` and of `pids`."""
        wanted = Wanted(ns, seconds, events, cpus, pids)
        return Recording(self.traces, self.health, wanted)

    # ---- what it says of itself ----

    def ledger(self):
        """What became of each event's samples: a dict by name of dicts (count,
        delivered, lost, period_skipped, own_dropped, overwritten)."""
        result = {}
        for trace in self.traces:
            for event_id, layout in trace.layouts.items():
                total = result.setdefault(layout.name, collections.Counter())
                for key, number in trace.account(event_id).items():
                    total[key] += number
        return {name: dict(total) for name, total in result.items()}

    def task(self, tid, ns):
        """(pid, comm) of a thread at a time of the trace's clock; None: not known."""
        for trace in self.traces:
            event = trace.tasks.at(tid, ns)
            if event:
                return event.pid, decode(event.comm)
        return None

    def realtime(self, ns):
        """Nanoseconds since 1970 of a time of the (first) trace's clock."""
        return self.traces[0].clocks.realtime(ns)

    @property
    def start(self):
        """When the first trace began, by its clock."""
        return self.traces[0].start

    def __repr__(self):
        host = self.traces[0].header.hostname.decode("utf-8", "replace")
        return f"<recording on {host}: {', '.join(self.events)}; {self.health!r}>"


def open(*paths):
    """Opens one trace file, or several, such as the parts of a series.

    Of one that is cut or damaged it reads what is there, warns (DamageWarning), and
    `health` says what is missing. Error: none of it is a trace.
    """
    if not paths:
        raise TypeError("which trace file?")
    traces, health = [], Health()
    for path in paths:
        found = _read(path if isinstance(path, bytes) else _map(path), health)
        if not found:
            name = "these bytes" if isinstance(path, bytes) else path
            raise Error(f"{name}: no trace of kprobex, or nothing in it is readable")
        traces += found
    for number, trace in enumerate(traces):
        trace.number = number
        trace.finish()
    if not health:
        warnings.warn(repr(health), DamageWarning, stacklevel=2)
    return Recording(traces, health)
