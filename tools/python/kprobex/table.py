# SPDX-License-Identifier: MIT
"""The rows of one event, by column."""
import collections

from . import schema, vectors as vec
from .errors import Damage



class _Span:
    """Rows of a table in a chunk."""

    def __init__(self, trace, found, t, layout, rows, picked, keys):
        self.trace, self.found, self.t, self.layout = trace, found, t, layout
        self.rows = rows  # in the batch
        self.picked = picked  # of the table's rows; None: all
        self.keys = keys


class Table:
    """`table["count"]`, or `table.count`, is a field's values, in the order of time:
    an array of numpy (2-dimensional, of an array), or array.array without it;
    strings are str (None: the kernel couldn't read it), other bytes are bytes.

    What isn't a field: `times` (ns, the trace's clock), `realtimes` (ns since 1970),
    `tids`, `pids`, `comms`, `cpus`, `cgroups` (paths), `weights` (hits that a sample stands for),
    `stacks` (tuples of addresses), `payloads`.
    """

    def __init__(self, name, traces, wanted):
        self.name = name
        self._wanted = wanted
        self._columns = {}
        self.layouts = [(trace, layout) for trace in traces
                        for layout in trace.layouts.values() if layout.name == name]
        self._spans, self._before, group = [], 0, {}
        for trace in traces:
            # Merged traces are one group, in which the wall clock orders.
            merge = trace.merge or trace.number
            group.setdefault(merge, len(group))
            self._add(trace, group[merge])
        self._settle()

    # ---- which rows ----

    def _add(self, trace, group):
        ids = {i for i, layout in trace.layouts.items() if layout.name == self.name}
        most = {}  # of each ring, so far
        for ring, chunks in trace.rings(self._wanted).items():
            for found in chunks:
                known = found.head.chunk.event
                if len(known) and not ids.intersection(known):
                    continue
                batch = trace.batch(found)
                if batch is not None:
                    self._add_batch(trace, group, ring, found, batch, ids, most)

    def _add_batch(self, trace, group, ring, found, batch, ids, most):
        if not batch.rows:
            return
        merged = trace.header.HasField("merged")
        keys = trace.clocks.all(batch.times) if merged and trace.clocks else batch.times
        # A ring's rows stay in its order, whatever times they have.
        keys = vec.running_most(keys, most.get(ring, 0))
        most[ring] = int(keys[len(keys) - 1])
        try:
            mask = self._wanted.rows(trace, batch)
            self._before += batch.rows
            for t, table in enumerate(batch.tables):
                if table.event in ids:
                    self._add_span(trace, group, found, batch, t, mask, keys)
        except Damage:
            trace.drop(found)

    def _add_span(self, trace, group, found, batch, t, mask, keys):
        rows, picked = batch.positions[t], None
        if mask is not None:
            picked = vec.chosen(vec.take(mask, rows) if len(rows) else [])
            if not len(picked):
                return
            rows = vec.take(rows, picked)
        n = len(rows)
        key = vec.full(n, group), vec.take(keys, rows), vec.above(self._before, rows)
        self._spans.append(_Span(trace, found, t, trace.layouts[batch.tables[t].event],
                                 rows, picked, key))

    def _settle(self):
        keys = [vec.concatenate([s.keys[i] for s in self._spans]) for i in range(3)]
        self._order = vec.order(keys) if self._spans else None
        self._rows = sum(len(s.rows) for s in self._spans)
        for span in self._spans:
            span.keys = None

    def __len__(self):
        return self._rows

    # ---- columns ----

    def _gather(self, of_span):
        """Of each span's rows, put into their order."""
        pieces = []
        for span in self._spans:
            batch = span.trace.batch(span.found)
            if batch is None:
                raise Damage("a chunk is damaged: it was good when the table was made")
            values = of_span(span, batch)
            pieces.append(values)
        values = vec.concatenate(pieces)
        return values if self._order is None else vec.take(values, self._order)

    def _of_table(self, get):
        """Of the rows that a span has of its table's."""
        def of_span(span, batch):
            values = get(span, batch)
            return values if span.picked is None else vec.take(values, span.picked)
        return self._gather(of_span)

    def _objects(self, get):
        return self._of_table(lambda span, batch: vec.finish_objects(get(span, batch)))

    def _keep(self, name, make):
        if name not in self._columns:
            self._columns[name] = make()
        return self._columns[name]

    def _raw_times(self):
        return self._keep(("times",), lambda: self._gather(
            lambda span, batch: vec.take(batch.times, span.rows)))

    def _raw_tids(self):
        return self._keep(("tids",), lambda: self._gather(
            lambda span, batch: vec.take(batch.tids, span.rows)))

    @property
    def times(self):
        """Nanoseconds of the trace's clock."""
        return vec.finish(self._raw_times())

    @property
    def tids(self):
        """Threads; -1: not known, 0: idle."""
        return vec.finish_signed([-1 if t == schema.TID_UNKNOWN else t
                                  for t in vec.listed(self._raw_tids())])

    @property
    def pids(self):
        return self._keep(("pids",), lambda: vec.finish_signed(self._gather(
            lambda s, b: s.trace.tasks.pids(vec.take(b.tids, s.rows), vec.take(b.times, s.rows)))))

    @property
    def comms(self):
        """Names of the threads, at those times; "": not known."""
        return self._keep(("comms",), lambda: vec.finish_objects(self._gather(
            lambda s, b: s.trace.tasks.comms(vec.take(b.tids, s.rows), vec.take(b.times, s.rows)))))

    @property
    def cpus(self):
        """-1: not known."""
        return vec.finish_signed([c - 1 for c in vec.listed(self._gather(
            lambda s, b: vec.full(len(s.rows), s.trace.cpu(b.chunk.ring) + 1)))])

    @property
    def cgroups(self):
        """Paths of the control groups that the threads were in; "": not recorded."""
        return self._keep(("cgroups",), lambda: vec.finish_objects(self._gather(
            lambda s, b: vec.finish_objects(
                [s.trace.cgroup(c) for c in vec.listed(vec.take(b.cgroups, s.rows))]))))

    @property
    def realtimes(self):
        """Nanoseconds since 1970."""
        return self._keep(("realtimes",), lambda: vec.finish_signed(self._gather(
            lambda s, b: s.trace.clocks.all(vec.take(b.times, s.rows)))))

    @property
    def weights(self):
        return vec.finish(self._of_table(lambda s, b: b.weights(s.t)))

    @property
    def stacks(self):
        """Call chains as addresses, innermost first; see also frames() and calls()."""
        return self._keep(("stacks",), lambda: vec.finish_objects(
            self._objects(lambda s, b: b.chains(s.t))))

    @property
    def payloads(self):
        """Whole records, where they couldn't be split into fields; else b""."""
        return vec.finish_objects(self._objects(lambda s, b: b.payloads(s.t)))

    @property
    def fields(self):
        """The names of its fields."""
        return self.layouts[0][1].names() if self.layouts else []

    def _field(self, name):
        for _, layout in self.layouts:
            if name not in layout.fields:
                raise KeyError(f"{self.name} has no field {name!r}, but "
                               f"{', '.join(layout.names())}")
        kinds = {(layout.event.field[layout.fields[name][0]].kind, len(layout.fields[name]),
                  layout.is_array(name)) for _, layout in self.layouts}
        if len(kinds) != 1:
            raise KeyError(f"{name!r} isn't the same in all of the events called {self.name}: "
                           "select one trace")
        return kinds.pop()

    def _element(self, name, i, kind):
        def position(span):
            return span.layout.fields[name][i]
        if kind in (schema.STRING, schema.BYTES):
            return vec.finish_objects(self._objects(lambda s, b: b.objects(s.t, position(s))))
        return vec.finish(self._of_table(lambda s, b: b.numbers(s.t, position(s))),
                          kind == schema.SIGNED)

    def _make(self, name):
        kind, elements, is_array = self._field(name)
        columns = [self._element(name, i, kind) for i in range(elements)]
        return vec.finish_rows(columns) if is_array else columns[0]

    def __getitem__(self, name):
        return self._keep(name, lambda: self._make(name))

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __dir__(self):
        return list(super().__dir__()) + self.fields

    # ---- together ----

    def frames(self, i):
        """The call chain of row i: Frames, innermost first."""
        chain, time = self.stacks[i], int(self._raw_times()[i])
        trace = self._keep(("traces",), lambda: self._objects(
            lambda s, b: [s.trace] * b.tables[s.t].rows))[i]
        return trace.addresses.frames(chain, int(self.pids[i]), time)

    def calls(self):
        """How often each call chain was there, as names, outermost first: a Counter of
        tuples. Offsets are left away."""
        counts, names = collections.Counter(), {}
        pids = self.pids
        for i, chain in enumerate(self.stacks):
            key = chain, pids[i]
            if key not in names:
                names[key] = tuple(reversed([f.name or f.path or f.module or hex(f.address)
                                             for f in self.frames(i)]))
            counts[names[key]] += 1
        return counts

    def to_pandas(self):
        """A DataFrame: time (UTC, where the trace has a clock), cpu, comm, pid, tid,
        then the fields."""
        import pandas
        has_clock = all(span.trace.clocks for span in self._spans)
        time = (pandas.to_datetime(self.realtimes, unit="ns", utc=True) if has_clock
                else pandas.to_timedelta(self.times, unit="ns"))
        columns = {"cpu": self.cpus, "comm": self.comms, "pid": self.pids, "tid": self.tids}
        for name in self.fields:
            # A field may be called as what each row has.
            key = name if name not in columns else f"{name}_"
            value = self[name]
            columns[key] = list(value) if self._field(name)[2] else value
        return pandas.DataFrame(columns, index=pandas.Index(time, name="time"))

    def __repr__(self):
        return f"<{self.name}: {len(self)} rows; {', '.join(self.fields)}>"
