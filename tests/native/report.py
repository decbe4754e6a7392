# SPDX-License-Identifier: GPL-2.0-only
"""What report.sh's reports should have: report.py DUMP ALL SELECTED PLAIN.

Counts what read_trace.py printed, by itself."""
import collections, json, re, sys

LINE = re.compile(r"(\d+)\.(\d{9}) (-?\d+) (\S+) (-?\d+)/(-?\d+) ([^ ]+): ?(.*)")


def rows(path):
    with open(path) as dump:
        for line in dump:
            s, ns, cpu, comm, pid, tid, event, rest = LINE.fullmatch(line.rstrip("\n")).groups()
            fields = dict(re.findall(r"(\w+)=(\S+)", rest))
            yield int(s) * 10**9 + int(ns), int(cpu), comm, int(pid), int(tid), event, fields


def name(comm):
    return {"<idle>": "(idle)", "<...>": "(unknown)"}.get(comm, comm)


def same(what, got, want):
    if got != want:
        missing = {k: (got.get(k), want.get(k)) for k in set(got) | set(want) if got.get(k) != want.get(k)}
        sys.exit("%s: got and want differ: %s" % (what, missing))


def key(row, keys):
    return tuple(row[k] for k in keys)


def counts(table, keys, value="count"):
    return {key(row, keys): row[value] for row in table["rows"]}


def bucket(v):
    """A quarter of a power of two, by its least value."""
    if v < 4:
        return v
    step = 1 << (v.bit_length() - 3)
    return v // step * step


def process(comm, pid):
    return "(idle)" if pid == 0 else "%s (%d)" % (comm, pid)


def calls_of(all_rows):
    """System calls that returned, by thread, with their durations."""
    inside, calls, unpaired, unentered, ended = {}, [], 0, 0, []
    for time, cpu, comm, pid, tid, event, fields in all_rows:
        if event.endswith("sys_enter"):
            if int(fields["id"]) in (60, 231):
                ended.append((comm, pid))
                continue
            unpaired += tid in inside
            inside[tid] = time, comm, pid, fields
        elif event.endswith("sys_exit"):
            if tid not in inside:
                unentered += 1
                continue
            start, comm, pid, entered = inside.pop(tid)
            calls.append((int(entered["id"]), time - start, comm, pid, int(fields["ret"])))
    return calls, unpaired + len(inside), unentered, ended


def check_rates(plain, all_rows):
    for event in plain["events"]:
        rate, want = event["rate"], collections.Counter()
        times = [r[0] for r in all_rows if r[5] == event["name"]]
        for time in times:
            want[min((time - rate["start_ns"]) // rate["bucket_ns"], 59)] += 1
        same("rate of " + event["name"], {i: n for i, n in enumerate(rate["counts"]) if n}, dict(want))
        pids = collections.Counter(r[3] for r in all_rows if r[5] == event["name"])
        assert event["processes"]["distinct"] == len(pids), event["processes"]
        top = [p["count"] for p in event["processes"]["top"]]
        assert top == sorted(pids.values(), reverse=True)[:5], (top, pids)
        for p in event["processes"]["top"]:
            assert pids[p["pid"]] == p["count"], (p, pids)


def check_calls(report, all_rows):
    calls, unpaired, unentered, ended = calls_of(all_rows)
    by_comm, by_cpu, by_process, by_syscall = report["tables"]
    for table in report["tables"]:
        assert table["calls"] and table["count"] == len(calls) + len(ended), (table["count"], len(calls))
        assert table["entries_without_return"] == unpaired, (table, unpaired)
        assert table["returns_without_entry"] == unentered, (table, unentered)
    want = collections.Counter((process(c, p),) for _, _, c, p, _ in calls)
    want.update((process(c, p),) for c, p in ended)
    # a process has its last name
    got = collections.Counter()
    for row in by_process["rows"]:
        got[re.search(r"\((\w+)\)$", row["process"]).group(1)] += row["count"]
    pids = collections.Counter()
    for (text,), n in want.items():
        pids[re.search(r"\((\w+)\)$", text).group(1)] += n
    same("calls by process", dict(got), dict(pids))
    times = collections.defaultdict(list)
    for number, ns, _, _, _ in calls:
        times[number].append(ns)
    got = sorted((r["time_ns"], r["max_ns"]) for r in by_syscall["rows"] if r["time_ns"])
    assert got == sorted((sum(v), max(v)) for v in times.values()), (got, times)
    for row in by_syscall["rows"]:
        if row["syscall"] == "getppid":
            v = sorted(times[110])
            assert row["count"] == len(v) >= 4000, (row, len(v))
            for quantile, field in ((0.5, "p50_ns"), (0.99, "p99_ns")):
                exact = v[int(quantile * len(v))]
                assert abs(row[field] - exact) <= exact / 4, (row, field, exact)
    duration, ret = report["histograms"]
    want = collections.Counter(bucket(ns) for _, ns, _, _, _ in calls)
    got = collections.Counter()
    for row in duration["rows"]:
        for least, n in row.get("histogram", []):
            got[least] += n
    same("durations", dict(got), dict(want))
    rets = collections.Counter(bucket(max(0, int(r[6]["ret"]))) for r in all_rows if r[5].endswith("sys_exit"))
    got = collections.Counter()
    for row in ret["rows"]:
        for least, n in row.get("histogram", []):
            got[least] += n
    same("what they returned", dict(got), dict(rets))


def check_chains(chains, all_rows):
    with_stack = sum("stack" in r[6] for r in all_rows)
    assert chains["events"] == with_stack > 0, (chains["events"], with_stack)
    assert chains["events"] == sum(c["count"] for c in chains["top"]) + chains["others"]
    assert sum(f["self"] for f in chains["functions"]) == with_stack
    total = {f["name"]: f["total"] for f in chains["functions"]}
    within = collections.Counter()
    for chain in chains["top"]:
        for frame in set(chain["frames"]):
            within[frame] += chain["count"]
    assert total["do_syscall_64"] == within["do_syscall_64"] > 0, (total, within)


def main():
    dump, everything, selected, plain = sys.argv[1:]
    all_rows = list(rows(dump))
    report, selected, plain = (json.load(open(path)) for path in (everything, selected, plain))
    assert report["selected"] == len(all_rows) == sum(e["rows"] for e in plain["events"])
    check_rates(plain, all_rows)
    check_calls(report, all_rows)
    check_chains(report["chains"], all_rows)
    table, = selected["tables"]
    want = collections.Counter((r[5], name(r[2])) for r in all_rows
                               if r[2] == "calls" and r[5].startswith("raw_syscalls:"))
    got = {k: v for k, v in counts(table, ("event", "program")).items() if k[1] == "calls"}
    same("of one process", got, dict(want))
    assert not table["calls"] and selected["selected"] == table["count"]
    assert selected["totals"]["delivered"] == len(all_rows)


main()
