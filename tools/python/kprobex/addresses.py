# SPDX-License-Identifier: MIT
"""What an address was: the schema's section 7."""
import bisect
import itertools
from typing import NamedTuple

from . import schema
from .errors import check
from .texts import decode, word

ANCESTORS_MAX = 64  # forks without an exec


class Frame(NamedTuple):
    """An address of a call chain. `name` is a function of the kernel, `path` a file
    of a program, and `offset` where in that; both are "" where it isn't known."""
    address: int
    kernel: bool
    name: str = ""
    module: str = ""
    path: str = ""
    offset: int = 0

    def __str__(self):
        what = self.name or self.path or self.module
        if not what:
            return f"{self.address:#x}"
        module = f" [{word(self.module)}]" if self.module else ""
        return f"{word(what)}+{self.offset:#x}{module}"


class Ranges:
    """Things that were at addresses, which may overlap."""

    def __init__(self):
        self._all = []  # (start, end, order, time, thing)
        self._starts = None

    def add(self, start, size, time, thing):
        self._all.append((start, start + size, len(self._all), time, thing))
        self._starts = None

    def _finish(self):
        self._all.sort(key=lambda r: r[:3])
        self._starts = [r[0] for r in self._all]
        self._most = list(itertools.accumulate((r[1] for r in self._all), max))
        self._known = {}

    def at(self, address):
        """(start, time, thing) of each that has it, as they were added."""
        if self._starts is None:
            self._finish()
        found = self._known.get(address)
        if found is None:
            found = []
            i = bisect.bisect_right(self._starts, address) - 1
            while i >= 0 and self._most[i] > address:
                if self._all[i][1] > address:
                    found.append(self._all[i])
                i -= 1
            found.sort(key=lambda r: r[2])
            found = self._known[address] = [(r[0], r[3], r[4]) for r in found]
        return found


def _last_before(found, time):
    best = None
    for r in found:
        if r[1] <= time and (best is None or r[1] > best[1]):
            best = r
    return best


def _first_after(found, time):
    after = [r for r in found if r[1] >= time]
    if after:
        return min(after, key=lambda r: r[1])
    return max(found, key=lambda r: r[1], default=None)


class Addresses:
    def __init__(self):
        self.symbols, self.ksymbols, self.modules = Ranges(), Ranges(), Ranges()
        self.maps = {}  # by pid
        self.births = {}  # by pid: (time, parent or 0)

    def add_symbols(self, m):
        nr = len(m.start)
        check(len(m.bytes) == len(m.module) == len(m.name_bytes) == nr and
              sum(m.name_bytes) == len(m.names) and
              (not nr or max(m.module) <= len(m.module_name)), "symbols are damaged")
        modules = [""] + [decode(name) for name in m.module_name]
        at = 0
        for start, size, module, length in zip(m.start, m.bytes, m.module, m.name_bytes):
            name = decode(m.names[at:at + length])
            self.symbols.add(start, size, m.time_ns, (name, modules[module]))
            at += length

    def add_ksymbols(self, m):
        for s in m.symbol:
            thing = s.unregistered, (decode(s.name), "bpf" if s.type == 1 else "")
            self.ksymbols.add(s.address, s.bytes, s.time_ns, thing)

    def add_modules(self, m):
        for module in m.module:
            if module.address and module.bytes:
                self.modules.add(module.address, module.bytes, m.time_ns,
                                 (module.gone, decode(module.name)))

    def add_maps(self, m):
        columns = m.what, m.time_ns, m.pid, m.start, m.bytes, m.offset, m.file_index
        check(len({len(c) for c in columns}) == 1 and
              (not len(m.pid) or max(m.file_index) < len(m.file)), "mappings are damaged")
        paths = [decode(f.path) for f in m.file]
        for what, time, pid, start, size, offset, index in zip(*columns):
            thing = what == 1, offset, paths[index]
            self.maps.setdefault(pid, Ranges()).add(start, size, time, thing)

    def add_tasks(self, m):
        for e in m.event:
            if e.exec or e.parent_pid:
                births = self.births.setdefault(e.pid, [])
                bisect.insort(births, (e.time_ns, -e.parent_pid))

    def kernel(self, address, time):
        """The Frame of a kernel's address at that time."""
        found = _last_before(self.ksymbols.at(address), time)
        if found and not found[2][0]:
            name, module = found[2][1]
            return Frame(address, True, name, module, "", address - found[0])
        found = _first_after(self.symbols.at(address), time)
        if found:
            name, module = found[2]
            return Frame(address, True, name, module, "", address - found[0])
        modules = self.modules.at(address)
        found = _last_before(modules, time) or _first_after(modules, time)
        if found and not found[2][0]:
            return Frame(address, True, "", found[2][1], "", address - found[0])
        return Frame(address, True)

    def user(self, pid, address, time):
        """The Frame of an address of that process."""
        for _ in range(ANCESTORS_MAX):
            births = self.births.get(pid, [])
            i = bisect.bisect_right(births, (time, float("inf"))) - 1
            since = births[i][0] if i >= 0 else None
            found = self.maps[pid].at(address) if pid in self.maps else []
            hit = _last_before([r for r in found if since is None or r[1] >= since], time)
            if hit is None and since is None:
                hit = next((r for r in found if r[2][0]), None)
            if hit:
                start, _, (_, offset, path) = hit
                return Frame(address, False, "", "", path, offset + address - start)
            if since is None or not births[i][1]:
                break
            pid, time = -births[i][1], since
        return Frame(address, False)

    def frames(self, chain, pid, time):
        """Of a call chain: its Frames, innermost first, without perf's marks."""
        frames, kernel = [], False
        for address in chain:
            if address >= schema.CONTEXT_MAX:
                kernel = address == schema.CONTEXT_KERNEL
            elif kernel:
                frames.append(self.kernel(address, time))
            else:
                frames.append(self.user(pid, address, time))
        return frames
