# SPDX-License-Identifier: MIT
"""Columns, as the schema's section 4 has them, with all that it tells to check."""
import itertools

from . import vectors as vec
from .errors import check

ENCODINGS = ("varint", "zigzag", "delta", "offset", "raw", "index", "run", "lower", "back")


def is_constant(c):
    """The same value in each row, however many there are."""
    return not (c.row_tid or c.HasField("upper") or c.blob or
                any(len(getattr(c, name)) for name in ENCODINGS))


def _sized(repeated, n):
    check(len(repeated) == n, "a column has another number of values")
    return repeated


def _runs(c, n):
    check(sum(c.run) == n, "a column's runs have another number of values")
    return c.run


def _split(c, n):
    check(c.shift < 64 and c.unit < 64 and not c.upper.HasField("upper"),
          "a column can't be put together")
    return vec.joined(column(c.upper, n), c.shift, vec.numbers(_sized(c.lower, n)), c.unit)


def _back(c, n):
    check(not c.entries.back and not c.entries.HasField("upper"), "entries of entries")
    back = vec.numbers(_sized(c.back, n))
    entries = column(c.entries, list(c.back).count(0))
    return vec.take(entries, vec.entries_back(back))


def column(c, n):
    """The n values, as 64-bit patterns."""
    if len(c.varint):
        return vec.numbers(_sized(c.varint, n))
    if len(c.zigzag):
        return vec.wrapped(_sized(c.zigzag, n))
    if len(c.delta):
        return vec.running_sum(_sized(c.delta, n))
    if len(c.offset):
        return vec.above(c.start, _sized(c.offset, n))
    if len(c.raw):
        return vec.numbers(_sized(c.raw, n))
    if len(c.index):
        return vec.take(vec.numbers(c.dict), vec.numbers(_sized(c.index, n)))
    if len(c.run):
        check(len(c.dict) >= len(c.run), "a run has no value")
        return vec.repeat(vec.numbers(c.dict), vec.numbers(_runs(c, n)))
    if c.HasField("upper"):
        return _split(c, n)
    if len(c.back):
        return _back(c, n)
    return vec.full(n, c.constant)


def blobs(c, n):
    """n values of bytes: a list of different ones, and which of them each is (None:
    the first, the second, and so on)."""
    check(sum(c.length) == len(c.blob), "a blob has another size")
    check(len(c.length) <= n, "a blob has too many entries")
    entries, at = [], 0
    for size in c.length:
        entries.append(c.blob[at:at + size])
        at += size
    if len(c.index):
        check(max(c.index) < len(entries), "an index is out of range")
        return entries, list(_sized(c.index, n))
    if len(c.run):
        check(len(entries) >= len(c.run), "a run has no value")
        times = _runs(c, n)
        return entries, list(itertools.chain.from_iterable(
            itertools.repeat(i, k) for i, k in enumerate(times)))
    if not entries:
        return [b""], [0] * n
    return _sized(entries, n), None
