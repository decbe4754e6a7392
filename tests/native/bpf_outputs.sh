#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What a BPF program writes to perf event arrays and ring buffers is in the file,
# with the fields that its type has, each record once; what is lost is counted, or
# said to be unknown. By a program on a tracepoint: the map's side is the same.
. tests/native/lib.sh
need_recording
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"

N=2000
got=0
build/tests/native/bpf_outputs build/tests/bpf/collect_outputs.bpf.o "$TMP/o.pb" $N > "$TMP/err" 2>&1 || got=$?
[ $got != 77 ] || skip "bpf(2) isn't allowed here: $(tail -n 1 "$TMP/err")"
assert_eq "$got" 0 "status of the helper: $(cat "$TMP/err")"
collect dump "$TMP/o.pb" > "$TMP/dump"
protoc --proto_path=proto --python_out="$TMP" kprobex.proto
/usr/bin/python3 tests/read_trace.py "$TMP" "$TMP/o.pb" | cmp - "$TMP/dump" ||
	fail "read_trace.py reads it otherwise"

collect report --json "$TMP/o.pb" > "$TMP/json"
/usr/bin/python3 - "$TMP/json" "$TMP/dump" "$N" <<- 'END' || fail "the records, see above"
	import json, re, sys
	n = int(sys.argv[3])
	events = {e["name"]: e for e in json.load(open(sys.argv[1]))["events"]}
	rows = {}
	for line in open(sys.argv[2]):
	    head, _, text = line.rstrip("\n").partition(": ")
	    time, cpu, comm, ids, event = head.split()
	    rows.setdefault(event, []).append((int(time.replace(".", "")), int(cpu), ids, text))

	def same(got, want, what):
	    assert got == want, "%s: got %r, want %r" % (what, got, want)

	def field(text, name):
	    return re.search(r"(?:^| )%s=(\S+)" % re.escape(name), text).group(1)

	for name, e in events.items():
	    same(e["unexplained"], 0, name + " unexplained")
	    same(e["delivered"], len(rows[name]), name + " delivered and dumped")

	same({name: e["time"] for name, e in events.items()},
	     {"bpf:array": "event", "bpf:named": "event", "bpf:ring": "field",
	      "bpf:tiny": "read", "bpf:plain": "read"}, "whose times they are")

	# A ring buffer: what was discarded isn't there; each other once, in order.
	ring = rows["bpf:ring"]
	want = [i for i in range(n) if i % 10 != 9]
	same(events["bpf:ring"]["lost"], 0, "ring lost")
	same([int(field(r[3], "count")) for r in ring], want, "ring")
	fields = (' comm="bpf_outputs" colour=-1 three=5 minus=-3 wide=1095522080376 inner.low=-2'
	          ' inner.bytes={1,0,255} pointer=0xffff800000001000 shorts={0,65535,0}'
	          ' names={"ab","wxyz"} yes=1 either=04030201')
	for time, cpu, ids, text in ring:
	    assert text.endswith(fields), text
	    same(cpu, -1, "CPU of a ring buffer")
	    same(ids, field(text, "pid") + "/" + field(text, "tid"), "thread of a record")
	    said = int(field(text, "time_ns"))
	    if said == 5:
	        assert time > 10**9, "a time that isn't in the recording was taken"
	    else:
	        same(time, said, "time of a record")
	assert any("time_ns=5 " in r[3] for r in ring)

	# One that loses: it says how many, and what is there is in order.
	tiny = [int(field(r[3], "value")) for r in rows["bpf:tiny"]]
	same(len(tiny) + events["bpf:tiny"]["lost"], n, "tiny: delivered + lost")
	assert events["bpf:tiny"]["lost"] > 0 and not events["bpf:tiny"]["complete"]
	same(tiny, sorted(set(tiny)), "tiny")
	same({r[2] for r in rows["bpf:tiny"]}, {"-1/-1"}, "threads that nothing tells")

	# One of which nobody says what it has, or loses.
	same(events["bpf:plain"]["lost"], None, "plain lost")
	assert not events["bpf:plain"]["complete"]
	assert any("unknown" in r for r in events["bpf:plain"]["reasons"])
	plain = [bytes.fromhex(field(r[3], "payload")) for r in rows["bpf:plain"]]
	same(plain, [i.to_bytes(8, "little")[:1 + i % 8] for i in range(n)], "plain")

	# Perf event arrays: their own time, CPU and thread; what is too short is whole.
	array = rows["bpf:array"]
	same(len(array), n, "array")
	for i, (time, cpu, ids, text) in enumerate(array):
	    assert cpu >= 0
	    if i % 4 == 3:
	        # 16 bytes behind a u32, padded to 8
	        same(len(field(text, "payload")), 2 * 20, "a short record's bytes")
	        same(text.split("=")[0], "payload", "a short record")
	        tid = int.from_bytes(bytes.fromhex(field(text, "payload"))[8:12], "little")
	    else:
	        same(int(field(text, "count")), i, "array")
	        assert text.endswith(fields), text
	        tid = int(field(text, "tid"))
	        assert 0 <= time - int(field(text, "time_ns")) < 10**9
	    same(int(ids.split("/")[1]), tid, "thread of a record")
	same([r[3] for r in rows["bpf:named"]], ["a=1 b=2 c=3"] * n, "named")
END
