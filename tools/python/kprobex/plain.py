# SPDX-License-Identifier: MIT
"""Vectors without numpy: lists of int while they are worked on, array.array in
the end. numpy.py has the same functions, and is many times quicker."""
import array
import itertools

from .errors import check

M = 2**64


def numbers(repeated):
    return list(repeated)


def wrapped(repeated):
    """Signed numbers, as 64-bit patterns."""
    return [v % M for v in repeated]


def running_sum(repeated):
    """Of signed numbers, as 64-bit patterns."""
    return [v % M for v in itertools.accumulate(repeated)]


def above(start, offsets):
    return [(start + v) % M for v in offsets]


def full(n, value):
    return [value] * n


def take(values, index):
    check(not index or max(index) < len(values), "an index is out of range")
    return [values[i] for i in index]


def repeat(values, times):
    return [v for v, k in zip(values, times) for _ in range(k)]


def joined(upper, shift, lower, unit):
    return [(u << shift | l << unit) % M for u, l in zip(upper, lower)]


def entries_back(back):
    """For each value which entry it is."""
    made, index = 0, []
    for b in back:
        check(b <= made, "an entry is out of range")
        index.append(made - b)
        made += not b
    return index


def times(base, low, high):
    deltas = (h << 7 | l for h, l in zip(high, low))
    return [t % M for t in itertools.accumulate(deltas, initial=base)][1:]


def split(table_of, nr):
    """The positions of each table's rows."""
    rows = [[] for _ in range(nr)]
    check(not table_of or max(table_of) < nr, "a table is out of range")
    for i, t in enumerate(table_of):
        rows[t].append(i)
    return rows


def running_most(values, least):
    return list(itertools.accumulate(values, max, initial=least))[1:]


def chosen(mask):
    return [i for i, good in enumerate(mask) if good]


def within(values, first, end):
    return [first <= v < end for v in values]


def among(values, wanted):
    return [v in wanted for v in values]


def both(a, b):
    return [x and y for x, y in zip(a, b)]


def concatenate(pieces):
    return [v for piece in pieces for v in piece]


def order(keys):
    """The positions, sorted by the first of the keys, then the next ones; or None
    if they are in order."""
    rows = list(zip(*keys))
    by = sorted(range(len(rows)), key=rows.__getitem__)
    return None if all(i == j for i, j in enumerate(by)) else by


def finish(values, signed=False):
    """What a user gets."""
    if signed:
        return array.array("q", [v - M if v >= M >> 1 else v for v in values])
    return array.array("Q", values)


def finish_signed(values):
    return array.array("q", values)


def finish_objects(values):
    return list(values)


def finish_rows(columns):
    """Of an array: a tuple for each row."""
    return list(zip(*columns))


def listed(values, signed=False):
    return [v - M if v >= M >> 1 else v for v in values] if signed else list(values)
