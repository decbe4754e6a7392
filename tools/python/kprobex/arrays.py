# SPDX-License-Identifier: MIT
"""Vectors with numpy; plain.py says what the functions do."""
import numpy as np

from .errors import check

U64, S64 = np.uint64, np.int64


def numbers(repeated):
    return np.array(repeated[:], U64)


def wrapped(repeated):
    return np.array(repeated[:], S64).view(U64)


def running_sum(repeated):
    return np.cumsum(wrapped(repeated), dtype=U64)


def above(start, offsets):
    return np.asarray(offsets if isinstance(offsets, np.ndarray) else offsets[:], U64) + U64(start)


def full(n, value):
    return np.full(n, value, U64)


def take(values, index):
    index = np.asarray(index)
    check(not len(index) or int(index.max()) < len(values), "an index is out of range")
    return values[index.astype(S64)]


def repeat(values, times):
    return np.repeat(values[:len(times)], np.asarray(times).astype(S64))


def joined(upper, shift, lower, unit):
    return upper << U64(shift) | np.asarray(lower) << U64(unit)


def entries_back(back):
    back = np.asarray(back).astype(S64)
    new = back == 0
    made = np.cumsum(new) - new
    check(bool((back <= made).all()), "an entry is out of range")
    return (made - back).astype(U64)


def times(base, low, high):
    return np.cumsum(high << U64(7) | low, dtype=U64) + U64(base)


def split(table_of, nr):
    check(not len(table_of) or int(table_of.max()) < nr, "a table is out of range")
    if nr == 1:
        return [np.arange(len(table_of))]
    table_of = table_of.astype(S64)
    ends = np.cumsum(np.bincount(table_of, minlength=nr))
    return np.split(np.argsort(table_of, kind="stable"), ends[:-1])


def running_most(values, least):
    return np.maximum(np.maximum.accumulate(values), values.dtype.type(least))


def chosen(mask):
    return np.flatnonzero(mask)


def within(values, first, end):
    return (values >= values.dtype.type(first)) & (values <= values.dtype.type(end - 1))


def among(values, wanted):
    return np.isin(values, np.array(sorted(wanted), values.dtype))


def both(a, b):
    return a & b


def concatenate(pieces):
    return np.concatenate(pieces) if pieces else np.empty(0, U64)


def order(keys):
    keys = [np.asarray(key) for key in keys]
    # As a rule only the second makes a difference.
    following = keys[1][1:] >= keys[1][:-1]
    if len(keys[0]) < 2 or (following.all() and (keys[0] == keys[0][0]).all() and
                            (keys[2][1:] > keys[2][:-1]).all()):
        return None
    return np.lexsort(keys[::-1])


def finish(values, signed=False):
    values = np.asarray(values, U64)
    return values.view(S64) if signed else values


def finish_signed(values):
    return np.asarray(values, S64)


def finish_objects(values):
    if isinstance(values, np.ndarray):
        return values
    result = np.empty(len(values), object)
    result[:] = values
    return result


def finish_rows(columns):
    return np.stack(columns, axis=1)


def listed(values, signed=False):
    values = np.asarray(values)
    return (values.view(S64) if signed else values).tolist()
