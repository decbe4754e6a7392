#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a kernel with modules has: their symbols and build-ids, also of one that
# comes meanwhile; BPF programs and patched text; and a clock that is set.
# On one kernel: debian-6.12.
. tests/vm/lib.sh
need_module
out=$TMP/c.pb

collect -q -a -g -o "$out" -e kprobex/vfs_write/ -e kmem:kmalloc -e kmem:kmem_cache_alloc \
	-- bash -c '
	dd if=/dev/zero of=/dev/null bs=1 count=200 2> /dev/null
	# who records looks each second, and at the end
	modprobe dummy && sleep 4 && rmmod dummy
	bpftrace -e "kprobe:vfs_read { @ = count(); } interval:s:1 { exit(); }" > /dev/null
	# (at once: date reads a file between asking for the time and setting it)
	/usr/bin/python3 -c "import time; time.clock_settime(time.CLOCK_REALTIME, time.time() + 3600)"
	sleep 0.5
	dd if=/dev/zero of=/dev/null bs=1 count=200 2> /dev/null' || fail "the recording failed"
date -s "-1 hour" > /dev/null
collect report "$out" | head -n 8
collect dump -g "$out" > "$TMP/dump"
grep -q '^	0x[0-9a-f]* vfs_write+0x' "$TMP/dump" || fail "no vfs_write in the chains"

protoc --python_out="$TMP" --proto_path=proto proto/kprobex.proto
/usr/bin/python3 - "$TMP" "$out" <<'END' || fail "see above"
import re, subprocess, sys
tmp, trace = sys.argv[1:]
sys.path.insert(0, tmp)
import kprobex_pb2 as pb

bodies = {"symbols": pb.KernelSymbols, "modules": pb.KernelModules,
          "ksymbols": pb.Ksymbols, "text_pokes": pb.TextPokes}
found, clocks = {kind: [] for kind in bodies}, []
for packet in pb.Trace.FromString(open(trace, "rb").read()).packet:
    head = pb.Head.FromString(packet.head)
    kind = head.WhichOneof("kind")
    if kind == "clock": clocks.append(head.clock)
    if kind not in bodies: continue
    body = subprocess.run(["zstd", "-dc"], input=packet.data, stdout=subprocess.PIPE, check=True).stdout
    found[kind].append(bodies[kind].FromString(body))

def check(what, ok):
    if not ok: sys.exit("not so: " + what)

# Modules: those of /proc/modules, with readelf's build-ids.
modules = [m for p in found["modules"] for m in p.module]
there = {line.split()[0]: int(line.split()[5], 16) for line in open("/proc/modules")}
for name, address in there.items():
    m = [m for m in modules if m.name.decode() == name]
    check("module %s is known, where it is" % name, len(m) == 1 and m[0].address == address and not m[0].gone)
    notes = open("/sys/module/%s/notes/.note.gnu.build-id" % name, "rb").read()
    check("build-id of " + name, notes[-len(m[0].build_id):] == m[0].build_id and len(m[0].build_id) == 20)
dummy = [m for m in modules if m.name == b"dummy"]
check("a module that came and went", [m.gone for m in dummy] == [False, True])

# Symbols: as in kallsyms, kprobex's own among them or not.
starts = {}
for line in open("/proc/kallsyms"):
    address, _, name = line.split()[:3]
    starts.setdefault(name, set()).add(int(address, 16))
names, wrong = set(), []
for p in found["symbols"]:
    at = 0
    for start, length, module in zip(p.start, p.name_bytes, p.module):
        name = p.names[at:at + length].decode()
        at += length
        names.add(name)
        owner = p.module_name[module - 1].decode() if module else ""
        if owner not in ("bpf", "ftrace", "kprobe", "__builtin__ftrace", "__builtin__kprobes") and start not in starts.get(name, ()):
            wrong.append((name, owner, hex(start)))
check("symbols are kallsyms' %s" % wrong[:5], not wrong)
check("vfs_write and more in %s" % names, "vfs_write" in names and len(names) > 20)
owners = {m.decode() for p in found["symbols"] for m in p.module_name}
print("symbols of", owners)
check("symbols of modules", owners & (set(there) | {"dummy"}))

ksymbols = [s for p in found["ksymbols"] for s in p.symbol]
check("a BPF program came", any(s.name.startswith(b"bpf_prog") and not s.unregistered for s in ksymbols))
check("and went", any(s.name.startswith(b"bpf_prog") and s.unregistered for s in ksymbols))
check("times", all(a.time_ns <= b.time_ns for a, b in zip(ksymbols, ksymbols[1:])))
pokes = [s for p in found["text_pokes"] for s in p.poke]
check("text was patched", any(len(s.new_code) for s in pokes))
print("%d ksymbols, %d pokes, %d symbols, %d modules" % (len(ksymbols), len(pokes), len(names), len(modules)))

# The clock: the first and the last differ by the hour, and where is told.
offset = [c.realtime_ns - c.trace_ns for c in clocks]
unsure = [c.uncertainty_ns for c in clocks]
jumps = [i for i, c in enumerate(clocks) if c.realtime_set]
check("one jump in %s" % offset, len(jumps) == 1)
i = jumps[0]
check("of an hour in %s, unsure by %s" % (offset, unsure),
      abs(offset[i] - offset[i - 1] - 3600 * 10**9) < 10**9 + unsure[i] + unsure[i - 1])
check("seen soon in %s, unsure by %s" % (offset, unsure),
      abs(offset[-1] - offset[i]) < 10**8 + unsure[-1] + unsure[i])

frames = [re.match(r"\t0x\S+(?: (\S+)\+0x)?", line) for line in open(tmp + "/dump") if line.startswith("\t0xffffffff")]
unknown = sum(1 for m in frames if not m[1])
print("%d of %d kernel frames unknown" % (unknown, len(frames)))
check("frames are known", frames and unknown * 100 < len(frames))
END
