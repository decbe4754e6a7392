# SPDX-License-Identifier: GPL-2.0-only
"""What the figures are held against: each bound, and whether it is met."""
import table


class Bound:
    """A figure by its key, and the most or the least that it may be."""

    def __init__(self, what, key, most=None, least=None):
        self.what, self.key, self.most, self.least = what, key, most, least

    def limit(self):
        if self.most is not None:
            return "<= %s" % table.number(self.most)
        return ">= %s" % table.number(self.least)


def corpora(what, key, mosts):
    return [Bound("(%s) %s" % (letter, what), "%s %s" % (corpus, key), most)
            for (letter, corpus), most in zip((("a", "storm"), ("b", "mixed"), ("c", "chains")),
                                              mosts) if most is not None]


BOUNDS = (
    corpora("CPU time per event, of perf -z's", "cpu/z", (0.12, 0.30, 0.40))
    + corpora("CPU time per event, of perf's", "cpu/perf", (0.5, 0.5, 0.5))
    + corpora("bytes per event, of perf -z's", "bytes/z", (0.20, 0.45, 0.45))
    + corpora("bytes per event", "bytes", (None, 2.4, None))
    + [
        Bound("(a) lost where perf loses 5 %, events", "storm loss", most=0),
        Bound("(b) lost where perf loses 5 %, events", "mixed loss", most=0),
    ]
    + corpora("the traced program's time, of perf's, upper 95 % bound", "slowdown upper",
              (1.02, 1.02, 1.02))
    # collect's samples are small unless told otherwise
    + corpora("the same, with small samples", "slowdown upper", (0.9, 0.9, 0.9))
    + [
        Bound("peak memory of ten times the events, ratio", "memory growth", most=1.05),
        Bound("(a) report, times as fast as perf report", "storm report speed", least=20),
        Bound("(b) report, times as fast as perf report", "mixed report speed", least=20),
        Bound("(a) dump, times as fast as perf script", "storm dump speed", least=5),
        Bound("(b) dump, times as fast as perf script", "mixed dump speed", least=5),
        Bound("report of 100 million events, MiB", "big report MiB", most=2048),
    ]
)


def judge(bound, figures):
    """In words."""
    value = figures.get(bound.key)
    if value is None:
        return "not measured"
    limit = bound.most if bound.most is not None else bound.least
    over = value - limit if bound.most is not None else limit - value
    if over <= 0:
        return "met"
    part = " (%.0f %%)" % (100 * over / limit) if limit else ""
    return "MISSED by %s%s" % (table.short(over), part)


def show(figures, bounds=BOUNDS):
    measured = [b for b in bounds if b.key in figures]
    rows = [[b.what, figures[b.key], b.limit(), judge(b, figures)] for b in measured]
    notes = []
    if len(measured) < len(bounds):
        notes.append("%d more weren't measured" % (len(bounds) - len(measured)))
    table.show("Bounds", ["figure", "is", "bound", ""],
               [[table.number(cell) for cell in row[:3]] + [row[3]] for row in rows], notes=notes)
