#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints a trace as `collect dump` does, from the schema alone.

usage: read_trace.py DIRECTORY_OF_kprobex_pb2 FILE
(protoc --python_out=DIRECTORY proto/kprobex.proto). Expects an undamaged file.
"""
import heapq, itertools, subprocess, sys
sys.path.insert(0, sys.argv[1])
import kprobex_pb2 as pb

M = 2**64

def signed(v):
    return v - M if v >= M >> 1 else v

def column(c, n):
    if c.varint: return c.varint
    if c.zigzag: return [v % M for v in c.zigzag]
    if c.delta: return [v % M for v in itertools.accumulate(c.delta)]
    if c.offset: return [(c.start + v) % M for v in c.offset]
    if c.raw: return c.raw
    if c.index: return [c.dict[i] for i in c.index]
    if c.run: return [v for v, k in zip(c.dict, c.run) for _ in range(k)]
    if c.HasField("upper"): return [(u << c.shift | l << c.unit) % M for u, l in zip(column(c.upper, n), c.lower)]
    if c.back:
        e, v, m = column(c.entries, list(c.back).count(0)), [], 0
        for b in c.back:
            v.append(e[m - b])
            m += not b
        return v
    return [c.constant] * n

def blobs(c, n):
    ends = list(itertools.accumulate(c.length))
    e = [c.blob[b - k:b] for b, k in zip(ends, c.length)]
    if c.index: return [e[i] for i in c.index]
    if c.run: return [v for v, k in zip(e, c.run) for _ in range(k)]
    return e or [b""] * n

def escape(b, extra):
    return "".join(chr(c) if 32 <= c < 127 and chr(c) not in "\\" + extra
                   else "\\x%02x" % c for c in b)

def show(kind, v):
    return (str, lambda v: str(signed(v)), hex,
            lambda v: '"' + escape(v, '"') + '"', bytes.hex)[kind](v)

def value(field, v):
    if not field.faults: return show(field.kind, v)
    return show(field.kind, b"" if v == b"\0" else v) if v else "(fault)"

def group(i, names):
    return ' cgroup="%s"' % escape(names.get(i, b"#%d" % i), '"') if i else ""

def rows(chunk, body, events, cgroups):
    b, n = pb.Batch.FromString(body), chunk.events
    deltas = zip(column(b.time_hi, n), column(b.time_lo, n))
    times = list(itertools.accumulate((h << 7 | l for h, l in deltas), lambda t, d: (t + d) % M, initial=b.time_base))[1:]
    index, tids = column(b.table_index, n), column(b.tid, n)
    groups = [group(i, cgroups) for i in column(b.cgroup, n)]
    frames, chains = iter(column(b.stacks.frame, sum(b.stacks.depth))), []
    for depth in b.stacks.depth:
        chains.append([next(frames) for _ in range(depth)])
    lines = []
    for t, table in enumerate(b.table):
        event, k = events[table.event], table.rows
        which = column(table.row, k) if table.distinct else range(k) # record of each row
        mine = [tid for tid, i in zip(tids, index) if i == t]
        by_field, text = {c.field: c for c in table.column}, [""] * k
        first = end = -1 # the array that it is in, or was
        for f, field in enumerate(event.field):
            c = by_field.get(f, pb.Column())
            values = (blobs if field.kind >= 3 else column)(c, table.distinct or k)
            values = mine if c.row_tid else [values[i] for i in which]
            if field.elements: first, end = f, f + field.elements
            if field.common or table.HasField("payload"): continue
            before = "," if first < f < end else " %s=%s" % (escape(field.name, " "), "{" if f == first else "")
            text = [s + before + value(field, v) + ("}" if f == end - 1 else "") for s, v in zip(text, values)]
        if table.HasField("payload"):
            text = [" payload=" + v.hex() for v in blobs(table.payload, k)]
        text = [s + g for s, g in zip(text, [g for g, i in zip(groups, index) if i == t])]
        if chains:
            text = [s + (" stack=" + ",".join(map(hex, chains[i])) if chains[i] else "") for s, i in zip(text, column(table.stack, k))]
        lines.append(iter([escape(event.name, " ") + ":" + s for s in text]))
    return [(time, chunk.ring, tid, next(lines[i])) for time, tid, i in zip(times, tids, index)]

def print_trace(trace):
    tasks = {tid: sorted(v, key=lambda e: e.time_ns) for tid, v in trace["tasks"].items()}
    rings = [itertools.chain.from_iterable(rows(c, d, trace["events"], trace["cgroups"]) for c, d in sorted(chunks, key=lambda c: c[0].sequence)) for chunks in trace["rings"].values()]
    for time, ring, tid, text in heapq.merge(*rings, key=lambda r: r[:2]):
        known = tasks.get(tid, [])
        task = ([e for e in known if e.time_ns <= time] or known[:1] or [None])[-1]
        comm = escape(task.comm, " ") if task else ""
        unknown = -1 if tid == 2**32 - 1 else tid
        print("%d.%09d %d %s %d/%d %s" % (time // 10**9, time % 10**9, trace["cpus"][ring], comm or ("<...>" if tid else "<idle>"), task.pid if task else unknown, unknown, text))

traces = []
for packet in pb.Trace.FromString(open(sys.argv[2], "rb").read()).packet:
    head = pb.Head.FromString(packet.head)
    kind, body = head.WhichOneof("kind"), packet.data
    if head.codec == pb.CODEC_ZSTD:
        body = subprocess.run(["zstd", "-dc"], input=body, stdout=subprocess.PIPE, check=True).stdout
    if kind == "header" and not head.header.repeat:
        traces.append({"events": {}, "rings": {}, "tasks": {}, "cgroups": {}, "cpus": [r.cpu for r in head.header.ring]})
    elif kind == "event":
        traces[-1]["events"][head.event.id] = head.event
    elif kind == "chunk":
        traces[-1]["rings"].setdefault(head.chunk.ring, []).append((head.chunk, body))
    elif kind == "tasks":
        for event in pb.Tasks.FromString(body).event:
            if event.what != pb.TaskEvent.WHAT_EXIT:
                traces[-1]["tasks"].setdefault(event.tid, []).append(event)
    elif kind == "cgroups":
        traces[-1]["cgroups"].update((c.id, c.path) for c in pb.Cgroups.FromString(body).cgroup)
for trace in traces:
    print_trace(trace)
