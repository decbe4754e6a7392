# SPDX-License-Identifier: MIT
"""One row, and the line that `collect dump` prints of it."""
from . import schema
from .tasks import name_of, signed_id
from .texts import decode, encode, escape, word


def _is_ip4(field):
    return (field.kind == schema.HEX and field.bytes == 4 and
            (field.type == b"ip4" or field.type.startswith(b"ip4[")))


def _show(field, value):
    if value is None:
        return "(fault)"
    if field.kind == schema.STRING:
        return '"' + escape(encode(value), '"') + '"'
    if field.kind == schema.BYTES:
        return value.hex()
    if field.kind == schema.HEX:
        return ".".join(str(b) for b in value.to_bytes(4, "big")) if _is_ip4(field) else hex(value)
    return str(value)


class Layout:
    """An event's fields, arrays taken together."""

    def __init__(self, event):
        self.name = decode(event.name)
        self.event = event
        self.fields = {}  # by name: positions
        f = 0
        while f < len(event.field):
            field = event.field[f]
            n = min(field.elements or 1, len(event.field) - f)
            name = decode(field.name)
            # Of two with a name, the first; an own one before a common one.
            if name not in self.fields or event.field[self.fields[name][0]].common:
                if not field.common or name not in self.fields:
                    self.fields[name] = range(f, f + n)
            f += n

    def is_array(self, name):
        return bool(self.event.field[self.fields[name][0]].elements)

    def names(self):
        return [n for n, at in self.fields.items() if not self.event.field[at[0]].common]


class Row:
    """A row: `row["count"]` or `row.count` is a field's value."""
    __slots__ = ("trace", "ring", "time", "_tid", "_cgroup", "_maker", "_at")

    def __init__(self, trace, ring, time, tid, cgroup, maker, at):
        self.trace, self.ring, self.time, self._tid = trace, ring, time, tid
        self._cgroup, self._maker, self._at = cgroup, maker, at

    @property
    def event(self):
        return self._maker.layout.name

    @property
    def cpu(self):
        """-1: not known, as of tid and pid."""
        return self.trace.cpu(self.ring)

    @property
    def tid(self):
        return signed_id(self._tid)

    @property
    def pid(self):
        return self.trace.tasks.pid(self._tid, self.time)

    @property
    def comm(self):
        """The thread's name then; "": not known."""
        task = self.trace.tasks.at(self._tid, self.time)
        return name_of(task) if task else ""

    @property
    def cgroup(self):
        """The path of the control group that it was in; "": not recorded."""
        return self.trace.cgroup(self._cgroup)

    @property
    def values(self):
        """Of all fields, common ones and each element of an array too."""
        return [values[self._at] for values in self._maker.values]

    @property
    def stack(self):
        """The call chain's addresses, innermost first."""
        return self._maker.chains[self._at]

    @property
    def weight(self):
        """The hits that it stands for; 0: not known."""
        return self._maker.weights[self._at]

    @property
    def payload(self):
        """All of it, if it couldn't be split into fields; else None."""
        return self._maker.payloads[self._at]

    def __getitem__(self, name):
        layout, values = self._maker.layout, self._maker.values
        at = layout.fields[name]
        if not values:
            return None
        if layout.is_array(name):
            return tuple(values[f][self._at] for f in at)
        return values[at[0]][self._at]

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"{self.event} has no field {name}") from None

    @property
    def realtime(self):
        """Nanoseconds since 1970, or None."""
        return self.trace.clocks.realtime(self.time)

    @property
    def fields(self):
        return {name: self[name] for name in self._maker.layout.names()}

    @property
    def frames(self):
        """The call chain with names: see Frame."""
        return self.trace.addresses.frames(self.stack, self.pid, self.time)

    def _lead(self):
        merged = self.trace.header.HasField("merged")
        time = self.realtime % 2**64 if merged and self.trace.clocks else self.time
        where = escape(self.trace.header.hostname[:64], " ") + ":" if merged else ""
        comm = word(self.comm) or ("<...>" if self.tid else "<idle>")
        return "%d.%09d %s%d %s %d/%d %s:" % (
            time // 10**9, time % 10**9, where, self.cpu, comm, self.pid, self.tid,
            word(self.event))

    def _texts(self):
        fields, first, end = self._maker.layout.event.field, -1, -1
        values = self.values
        for f, field in enumerate(fields):
            if field.elements:
                first, end = f, f + field.elements
            if field.common:
                continue
            if first < f < end:
                yield ","
            else:
                yield " " + escape(field.name, " ") + ("={" if f == first else "=")
            yield _show(field, values[f]) + ("}" if f == end - 1 else "")

    def __str__(self):
        line = self._lead()
        if self.payload is not None:
            line += " payload=" + self.payload.hex()
        else:
            line += "".join(self._texts())
        if self._cgroup:
            line += ' cgroup="' + escape(encode(self.cgroup), '"') + '"'
        if self.stack:
            line += " stack=" + ",".join(map(hex, self.stack))
        return line

    def __repr__(self):
        return f"<{self}>"
