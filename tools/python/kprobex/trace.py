# SPDX-License-Identifier: MIT
"""A trace: what was recorded at once, or a part of that."""
import collections

from . import schema, vectors as vec
from .addresses import Addresses
from .batch import Batch, Same
from .clocks import Clocks
from .errors import Damage
from .packets import body, check_sum, parse
from .row import Layout, Row
from .tasks import Tasks
from .texts import decode

CACHE_BYTES = 64 << 20  # of chunks, decompressed


class Health:
    """What a file's bytes were worth."""

    def __init__(self):
        self.packets = 0  # good ones
        self.damaged_packets = 0
        self.damaged_bytes = 0  # in no good packet, what is behind a cut too
        self.unknown_packets = 0  # they need a newer reader
        self.missing_chunks = 0
        self.cut_traces = 0  # that have no end
        self.good_until = 0

    def problems(self):
        """In words; none: nothing is known to be wrong."""
        if self.cut_traces:
            yield (f"{self.cut_traces} trace{'s' * (self.cut_traces > 1)} without an end: the "
                   "recording was killed, goes on, or the file was cut; all before is here")
        for number, text in ((self.damaged_packets, "damaged: what was in them is missing"),
                             (self.unknown_packets, "skipped: they need a newer reader")):
            if number:
                yield f"{number} packet{'s' * (number > 1)} {text}"
        if self.missing_chunks:
            yield f"{self.missing_chunks} chunks of events missing"

    def __bool__(self):
        return not any(self.problems())

    def __repr__(self):
        return "; ".join(self.problems()) or "whole"


class Trace:
    def __init__(self, data, trace_id, health):
        self._data, self.id, self._health = data, trace_id, health
        self.number = self.packets = 0
        self.header = schema.Head().header
        self.has_header = False
        self.layouts = {}  # by the event's id
        self.chunks = []  # Found
        self.tasks, self.clocks, self.addresses = Tasks(), Clocks(), Addresses()
        self.cgroups = {}  # paths by id
        self.ledger = self.first_ledger = self.footer = None
        self._cache, self._cached = collections.OrderedDict(), 0
        self._damaged = set()

    # ---- reading ----

    def add(self, found):
        """A packet of it. Raises Damage if that is no good."""
        add = getattr(self, "_add_" + found.kind, None)
        if add:
            add(found, getattr(found.head, found.kind))
        if found.kind != "chunk":
            found.packet = None

    def _body(self, found, kind):
        return parse(kind, body(found.packet, found.head))

    def _add_header(self, found, header):
        self.header, self.has_header = header, True

    def _add_event(self, found, event):
        self.layouts.setdefault(event.id, Layout(event))

    def _add_chunk(self, found, chunk):
        found.packet = None
        self.chunks.append(found)

    def _add_tasks(self, found, _):
        tasks = self._body(found, schema.Tasks)
        self.tasks.add(tasks)
        self.addresses.add_tasks(tasks)

    def _add_clock(self, found, clock):
        self.clocks.add(clock)

    def _add_ledger(self, found, ledger):
        if ledger.begin:
            self.first_ledger = ledger
        else:
            self.ledger = ledger

    def _add_footer(self, found, footer):
        self.footer = footer

    def _add_maps(self, found, _):
        self.addresses.add_maps(self._body(found, schema.Maps))

    def _add_symbols(self, found, _):
        self.addresses.add_symbols(self._body(found, schema.KernelSymbols))

    def _add_modules(self, found, _):
        self.addresses.add_modules(self._body(found, schema.KernelModules))

    def _add_ksymbols(self, found, _):
        self.addresses.add_ksymbols(self._body(found, schema.Ksymbols))

    def _add_cgroups(self, found, _):
        for cgroup in self._body(found, schema.Cgroups).cgroup:
            self.cgroups[cgroup.id] = decode(cgroup.path)

    def finish(self):
        """All its packets are there: in the order of rings, and what is missing."""
        rings = {}
        for found in self.chunks:
            rings.setdefault(found.head.chunk.ring, {}).setdefault(
                found.head.chunk.sequence, found)
        for ring in rings.values():
            between = max(ring) - min(ring) + 1 - len(ring)
            before = 0 if self.header.HasField("part") else min(ring)
            self._health.missing_chunks += between + before
        self.chunks = [ring[s] for _, ring in sorted(rings.items()) for s in sorted(ring)]
        self._health.cut_traces += self.footer is None

    def batch(self, found):
        """The chunk's rows, or None: it is damaged, which is counted."""
        if found in self._cache:
            self._cache.move_to_end(found)
            return self._cache[found]
        if found in self._damaged:
            return None
        batch = None
        try:
            packet = parse(schema.Packet, self._packet(found))
            check_sum(packet)
            batch = Batch({i: l.event for i, l in self.layouts.items()},
                          found.head.chunk, body(packet, found.head))
        except Damage:
            pass
        if batch is None:
            self.drop(found)
        else:
            self._keep(found, batch)
        return batch

    def drop(self, found):
        """A chunk that turned out to be damaged."""
        if self._cache.pop(found, None):
            self._cached -= found.head.data_bytes
        self._damaged.add(found)
        self._health.damaged_packets += 1
        self._health.damaged_bytes += found.size

    def _packet(self, found):
        raw = self._data[found.offset:found.offset + found.size]
        at = 1
        while raw[at] >= 128:
            at += 1
        return raw[at + 1:]

    def _keep(self, found, batch):
        self._cache[found] = batch
        self._cached += found.head.data_bytes
        while self._cached > CACHE_BYTES and len(self._cache) > 1:
            old, _ = self._cache.popitem(last=False)
            self._cached -= old.head.data_bytes

    # ---- what it says ----

    def cpu(self, ring):
        """The CPU of a ring; -1: none in particular, or not known."""
        return self.header.ring[ring].cpu if ring < len(self.header.ring) else -1

    def cgroup(self, number):
        """The path of a control group; "#ID" without a name, "" if it isn't known."""
        return self.cgroups.get(number, f"#{number}") if number else ""

    @property
    def start(self):
        """When it began, by its clock."""
        return self.header.start_time_ns

    @property
    def merge(self):
        """The uuid of the merge that it is in; b"": none."""
        return self.header.merged.uuid if self.header.HasField("merged") else b""

    @property
    def lost(self):
        """Records that the rings had no room for, as noted in its chunks."""
        return sum(found.head.chunk.lost for found in self.chunks)

    def account(self, event_id):
        """What the last Ledger says of an event, as a dict; of a part, of that alone."""
        numbers = collections.Counter()
        for ledger, sign in ((self.ledger, 1), (self.first_ledger, -1)):
            for account in ledger.event if ledger else ():
                if account.event == event_id:
                    for name in ("count", "delivered", "lost", "period_skipped",
                                 "own_dropped", "overwritten"):
                        numbers[name] += sign * getattr(account, name)
        return dict(numbers)

    # ---- rows ----

    def rings(self, wanted):
        """The chunks that may have rows which are wanted, by ring."""
        rings = {}
        for found in self.chunks:
            if wanted.has_chunk(self, found.head.chunk):
                rings.setdefault(found.head.chunk.ring, []).append(found)
        return rings

    def rows(self, ring, chunks, wanted):
        """The ring's Rows, in its order."""
        for found in chunks:
            batch = self.batch(found)
            if batch is None:
                continue
            try:
                mask = wanted.rows(self, batch)
                makers = self._makers(batch, wanted)
            except Damage:
                self.drop(found)
                continue
            times, tids = vec.listed(batch.times), vec.listed(batch.tids)
            cgroups = vec.listed(batch.cgroups)
            for i, t in enumerate(vec.listed(batch.table_of)):
                maker = makers[t]
                at = maker.next
                maker.next += 1
                if maker.layout and (mask is None or mask[i]):
                    yield Row(self, ring, times[i], tids[i], cgroups[i], maker, at)

    def _makers(self, batch, wanted):
        layouts = [self.layouts[table.event] for table in batch.tables]
        return [_Maker(batch, t, layout) if wanted.has_event(layout.name) else _Unwanted()
                for t, layout in enumerate(layouts)]


class _Unwanted:
    layout, next = None, 0


class _Maker:
    """What rows of a table are made of."""

    def __init__(self, batch, t, layout):
        split = batch.split(t)
        self.layout, self.next = layout, 0
        self.values = [batch.lookup(t, f) for f in range(len(layout.event.field))] if split else []
        self.payloads = Same(None) if split else batch.payloads(t)
        self.chains = batch.chains(t)
        self.weights = vec.listed(batch.weights(t))
