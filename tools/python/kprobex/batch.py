# SPDX-License-Identifier: MIT
"""A chunk's rows, decoded when they are asked for."""
import itertools

from . import schema, vectors as vec
from .columns import blobs, column, is_constant
from .errors import check
from .packets import parse
from .texts import decode

ROWS_MAX = 1 << 22
TABLES_MAX = 65535
FRAMES_MAX = 1 << 22
VALUES_MAX = 1 << 24
ABSENT = schema.Column()


def text(value, faults):
    """A string's bytes for a user; None where the kernel couldn't read it."""
    if faults and not value:
        return None
    if faults and value == b"\0":
        return ""
    return decode(value)


class Same:
    """A column that has the same value in each row."""

    def __init__(self, value):
        self.value = value

    def __getitem__(self, i):
        return self.value


class Batch:
    def __init__(self, events, chunk, body):
        self.message = parse(schema.Batch, body)
        self.chunk, self.rows = chunk, chunk.events
        self.tables = list(self.message.table)
        self.events = [self._event(events, table) for table in self.tables]
        self._check()
        m = self.message
        self.times = vec.times(m.time_base, column(m.time_lo, self.rows),
                               column(m.time_hi, self.rows))
        self.tids = column(m.tid, self.rows)
        self.table_of = column(m.table_index, self.rows)
        self.cgroups = column(m.cgroup, self.rows)
        self.positions = vec.split(self.table_of, len(self.tables))
        for table, rows in zip(self.tables, self.positions):
            check(len(rows) == table.rows, "a table has another number of rows")
        self._chains = None

    @staticmethod
    def _event(events, table):
        check(table.event in events, "a table is of no known event")
        return events[table.event]

    def _check(self):
        check(self.rows <= ROWS_MAX, "too many rows")
        check(len(self.tables) <= TABLES_MAX, "too many tables")
        check(sum(t.rows for t in self.tables) == self.rows and
              all(t.rows for t in self.tables), "the tables have other rows")
        check(all(t.distinct <= t.rows for t in self.tables), "too many records")
        values = sum((t.distinct or t.rows) for t in self.tables
                     for c in t.column if not is_constant(c))
        check(values <= VALUES_MAX, "too many values")
        check(sum(self.message.stacks.depth) <= FRAMES_MAX, "too many frames")

    def _column(self, t, f):
        for c in self.tables[t].column:
            if c.field == f:
                return c
        return ABSENT

    def _records(self, t):
        """How many there are, and which each row has; None: its own."""
        table = self.tables[t]
        if not table.distinct:
            return table.rows, None
        return table.distinct, column(table.row, table.rows)

    def split(self, t):
        """Its records have fields, and aren't there as a whole."""
        return not self.tables[t].HasField("payload")

    def numbers(self, t, f):
        """A field's values as 64-bit patterns, of table t's rows."""
        c = self._column(t, f)
        records, which = self._records(t)
        if c.row_tid:
            return vec.take(self.tids, self.positions[t])
        values = column(c, records)
        return values if which is None else vec.take(values, which)

    def objects(self, t, f):
        """The same of a field of strings or bytes: what a user gets."""
        records, which = self._records(t)
        entries, index = blobs(self._column(t, f), records)
        field = self.events[t].field[f]
        if field.kind == schema.STRING:
            entries = [text(e, field.faults) for e in entries]
        values = entries if index is None else [entries[i] for i in index]
        if which is None:
            return values
        check(not len(which) or int(max(which)) < len(values), "an index is out of range")
        return [values[i] for i in which]

    def lookup(self, t, f):
        """What has the value of row i at [i]."""
        field = self.events[t].field[f]
        if field.kind in (schema.STRING, schema.BYTES):
            return self.objects(t, f)
        c = self._column(t, f)
        if is_constant(c):
            value = c.constant
            if field.kind == schema.SIGNED and value >= 1 << 63:
                value -= 1 << 64
            return Same(value)
        return vec.listed(self.numbers(t, f), field.kind == schema.SIGNED)

    def payloads(self, t):
        rows = self.tables[t].rows
        if self.split(t):
            return [b""] * rows
        entries, index = blobs(self.tables[t].payload, rows)
        return entries if index is None else [entries[i] for i in index]

    def weights(self, t):
        """The hits that each row stands for; 0: not known."""
        return column(self.tables[t].weight, self.tables[t].rows)

    def chains(self, t):
        """The call chain of each row: a tuple of addresses, innermost first."""
        table, stacks = self.tables[t], self.message.stacks
        if not len(stacks.depth):
            return [()] * table.rows
        if self._chains is None:
            frames = iter(vec.listed(column(stacks.frame, sum(stacks.depth))))
            self._chains = [tuple(itertools.islice(frames, n)) for n in stacks.depth]
        index = vec.listed(column(table.stack, table.rows))
        check(max(index) < len(self._chains), "a call chain is out of range")
        return [self._chains[i] for i in index]
