# SPDX-License-Identifier: MIT
"""Who a thread was at a time: the schema's section 3."""
import bisect

from . import schema, vectors as vec
from .texts import decode


def name_of(event):
    return decode(event.comm)


class Tasks:
    def __init__(self):
        self.events = []
        self._by_tid = None

    def add(self, tasks):
        self.events.extend(tasks.event)
        self._by_tid = None

    def _known(self, tid):
        if self._by_tid is None:
            self._by_tid = {}
            for event in self.events:
                if event.what != schema.EXIT:
                    self._by_tid.setdefault(event.tid, []).append(event)
            for tid_, events in self._by_tid.items():
                events.sort(key=lambda e: e.time_ns)
                self._by_tid[tid_] = events, [e.time_ns for e in events]
        return self._by_tid.get(tid)

    def at(self, tid, time_ns):
        """The TaskEvent that says it, or None."""
        known = self._known(tid)
        if known is None:
            return None
        events, times = known
        return events[max(bisect.bisect_right(times, time_ns) - 1, 0)]

    def pid(self, tid, time_ns):
        event = self.at(tid, time_ns)
        return signed_id(event.pid if event else tid)

    def _each(self, tids, times, of_event, of_tid):
        return [of_event(e) if e else of_tid(tid)
                for tid, e in ((tid, self.at(tid, time))
                               for tid, time in zip(vec.listed(tids), vec.listed(times)))]

    def _by_thread(self, tids, times, of_event, of_tid):
        """With numpy: thread by thread."""
        import numpy as np
        order = np.argsort(tids, kind="stable")
        threads, begins = np.unique(tids[order], return_index=True)
        result = np.empty(len(tids), object)
        for tid, rows in zip(threads.tolist(), np.split(order, begins[1:])):
            known = self._known(tid)
            if known is None:
                result[rows] = of_tid(tid)
                continue
            values = np.empty(len(known[0]), object)
            values[:] = [of_event(e) for e in known[0]]
            at = np.searchsorted(np.array(known[1], np.uint64), times[rows], "right")
            result[rows] = values[np.maximum(at.astype(np.int64) - 1, 0)]
        return result

    def _all(self, *args):
        return self._by_thread(*args) if vec.HAVE_NUMPY else self._each(*args)

    def pids(self, tids, times):
        return vec.finish_signed(self._all(
            tids, times, lambda e: signed_id(e.pid), signed_id))

    def comms(self, tids, times):
        return self._all(tids, times, name_of, lambda tid: "")


def signed_id(number):
    """-1 for what isn't known, as collect dump prints it."""
    return -1 if number == schema.TID_UNKNOWN else number
