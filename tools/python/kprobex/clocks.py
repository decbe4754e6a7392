# SPDX-License-Identifier: MIT
"""The wall clock's time of a moment: the schema's section 6."""
import bisect

from . import vectors as vec
from .errors import Error

SLEW_SHARE = 1000


def _towards_zero(a, b):
    return abs(a) // b * (1 if a >= 0 else -1)


class Clocks:
    def __init__(self):
        self._points = []  # (trace_ns, realtime_ns - trace_ns)

    def __bool__(self):
        return bool(self._points)

    def add(self, snapshot):
        point = snapshot.trace_ns, snapshot.realtime_ns - snapshot.trace_ns
        bisect.insort(self._points, point)

    def _at(self, time_ns):
        return max(bisect.bisect_right(self._points, (time_ns, float("inf"))) - 1, 0)

    def _slew(self, i):
        """From point i on: since when, by how much, in which time."""
        since, offset = self._points[i]
        if i + 1 < len(self._points):
            following, then = self._points[i + 1]
            span, by = following - since, then - offset
            if span and abs(by) <= span // SLEW_SHARE:
                return since, offset, by, span
        return since, offset, 0, 1

    def realtime(self, time_ns):
        """Nanoseconds since 1970, or None if the trace has no snapshot."""
        if not self._points:
            return None
        since, offset, by, span = self._slew(self._at(time_ns))
        if time_ns > since:
            offset += _towards_zero(by * (time_ns - since), span)
        return time_ns + offset

    def realtimes(self, times):
        return vec.finish_signed([min(max(self.realtime(t), -2**63), 2**63 - 1)
                                  for t in vec.listed(times)])

    def _realtimes_numpy(self, times):
        import numpy as np
        known = np.array([p[0] for p in self._points], np.uint64)
        at = np.maximum(np.searchsorted(known, times, "right").astype(np.int64) - 1, 0)
        result = np.empty(len(times), np.int64)
        for i in np.unique(at).tolist():
            rows = at == i
            since, offset, by, span = self._slew(i)
            if not (-2**62 < offset < 2**62 and abs(by) * span < 2**62 and since < 2**62):
                return self.realtimes(times)
            then = times[rows].astype(np.int64)
            inside = by * np.maximum(then - since, 0)
            result[rows] = then + offset + np.sign(inside) * (np.abs(inside) // span)
        return result

    def all(self, times):
        """realtime() of each. Error without a snapshot."""
        if not self._points:
            raise Error("the trace doesn't say what the wall clock showed")
        if not len(times) or not vec.HAVE_NUMPY or int(times.max()) >= 2**62:
            return self.realtimes(times)
        return self._realtimes_numpy(times)
