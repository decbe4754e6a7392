# SPDX-License-Identifier: GPL-2.0-only
"""The few figures of the README, as a Markdown table."""
import table

NAMES = ("collect", "perf -z", "perf")
RATES = {"rate": "", "rate-nice": ", without real-time priority"}


def row(what, values):
    cells = [values.get(name) for name in NAMES]
    return "| %s | %s |" % (what, " | ".join(
        cell if isinstance(cell, str) else table.number(cell) for cell in cells))


def lines(found):
    cells = found["cells"]
    made = ["| | `collect` | `perf record -z` | `perf record` |", "|---|---|---|---|"]
    for name in [n for n in cells if n.startswith("cost-")]:
        by_name = {r["name"]: r for r in cells[name]["recorders"]}
        title = cells[name]["title"]
        made.append(row("%s: CPU, ns per event" % title,
                        {n: r["cpu_ns"] for n, r in by_name.items()}))
        made.append(row("%s: file, bytes per event" % title,
                        {n: r["bytes"] for n, r in by_name.items()}))
    for name in [n for n in cells if n.startswith("slowdown-")]:
        one = cells[name]
        made.append(row("%s: the traced program's time, of untraced" % one["title"],
                        {n: one["wall_s"][n] / one["untraced_s"] for n in one["wall_s"]}))
    for name in [n for n in RATES if n in cells]:
        rates = cells[name]["recorders"]
        made.append(row("events a second without loss%s" % RATES[name], {
            n: "%s%.1f M" % ("" if r["limit"] == "lost" else "≥ ", r["rate"] / 1e6)
            for n, r in rates.items()}))
    for name in [n for n in cells if n.startswith("reading-")]:
        one = cells[name]
        for verb, what in (("report", "report"), ("dump", "dump, or `perf script`")):
            made.append(row("%s: %s, ns per event" % (one["title"], what), one[verb]["wall_ns"]))
    for one in cells["report"]["reports"] if "report" in cells else []:
        what = "%s of %s events" % (one["title"], "{:,}".format(one["events"]))
        made.append(row("%s, s" % what, {one["name"]: one["seconds"]}))
        made.append(row("%s, peak MiB" % what, {one["name"]: one["peak_bytes"] / (1 << 20)}))
    return made


def show(found):
    print("Linux %s, %d CPUs, medians of %d runs:\n" % (found["kernel"], found["cpus"],
                                                      found["runs"]))
    for line in lines(found):
        print(line)
