#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two recordings at once: of symbols and patches of the kernel's text 6.1 gives the one
# that began first too large records, with old bytes of the ring at their ends. Each has
# their times right.
# On one kernel: debian-6.1.
. tests/vm/lib.sh

collect -q -a -o "$TMP/outer.pb" -e sched:sched_process_exec -- \
	collect -q -a -o "$TMP/inner.pb" -e sched:sched_process_exec -- \
	bpftrace -e 'kprobe:vfs_read { @ = count(); } interval:ms:200 { exit(); }' > /dev/null ||
	fail "the recordings failed"

protoc --python_out="$TMP" --proto_path=proto proto/kprobex.proto
/usr/bin/python3 - "$TMP" <<'END' || fail "see above"
import subprocess, sys
tmp = sys.argv[1]
sys.path.insert(0, tmp)
import kprobex_pb2 as pb

def look(path):
    clocks, symbols, times = [], 0, []
    for packet in pb.Trace.FromString(open(path, "rb").read()).packet:
        head = pb.Head.FromString(packet.head)
        kind = head.WhichOneof("kind")
        if kind == "clock": clocks.append(head.clock.trace_ns)
        if kind not in ("ksymbols", "text_pokes"): continue
        body = subprocess.run(["zstd", "-dc"], input=packet.data, stdout=subprocess.PIPE, check=True).stdout
        if kind == "text_pokes":
            times += [p.time_ns for p in pb.TextPokes.FromString(body).poke]
            continue
        found = pb.Ksymbols.FromString(body).symbol
        times += [s.time_ns for s in found]
        symbols += sum(s.name.startswith(b"bpf_prog") for s in found)
    wrong = [t for t in times if not clocks[0] - 10**9 < t <= clocks[-1]]
    print("%s: %d symbols of BPF, %d of all %d at no time of the recording" % (path, symbols, len(wrong), len(times)))
    return symbols >= 2 and not wrong

sys.exit(not all([look(tmp + "/outer.pb"), look(tmp + "/inner.pb")]))
END
