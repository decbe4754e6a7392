#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The machine's time of day jumps while it records: the trace's times don't, no
# event is missing or out of order, and the snapshots tell of the jump.
# On one kernel: debian-6.1.
. tests/vm/lib.sh

need_root
[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
numbered=build/tests/native/numbered
now() { awk '{ print int($1) }' /proc/uptime; }
# The other tests are to have the time that there was.
booted=$(($(date +%s) - $(now)))
at_exit "date -s \"@\$(($booted + \$(now)))\" > /dev/null"
out=$TMP/clock.pb
collect -q -o "$out" -e raw_syscalls:sys_enter -- bash -c '
"$1" run -r 20000 "$2" 0 &
numbered=$!
sleep 0.3
date -s "+1 hour" > /dev/null
sleep 0.3
date -s "-3 hours" > /dev/null
sleep 0.3
date -s "2001-01-01" > /dev/null
sleep 0.3
kill $numbered' - $numbered "$TMP/state" || fail "the recording failed"
collect dump "$out" > "$TMP/dump" || fail "the trace isn't whole"
missing=0 events=0
# (bash asks for its parent, too)
summary=$(grep ' numbered ' "$TMP/dump" | $numbered check -k "$TMP/state") || fail "a wrong event"
eval "$summary"
assert_eq "$missing" 0 "calls missing when the clock jumped ($summary)"
[ "$events" -gt 1000 ] || fail "only $events calls were recorded"
awk -F'[. ]' 'NR == 1 { first = $1 } { last = $1 } END { exit last - first > 60 }' "$TMP/dump" ||
	fail "the trace's times jumped"
protoc --proto_path=proto --python_out="$TMP" proto/kprobex.proto
/usr/bin/python3 - "$TMP" "$out" <<'EOF' || fail "the snapshots don't tell of the jump"
import sys
sys.path.insert(0, sys.argv[1])
import kprobex_pb2 as pb
clocks = []
for packet in pb.Trace.FromString(open(sys.argv[2], "rb").read()).packet:
    head = pb.Head.FromString(packet.head)
    if head.WhichOneof("kind") == "clock":
        clocks.append(head.clock)
first, last = clocks[0], clocks[-1]
took = last.trace_ns - first.trace_ns
assert 10**9 < took < 60 * 10**9, took
for name in ("monotonic_ns", "boottime_ns"):
    passed = getattr(last, name) - getattr(first, name)
    assert abs(passed - took) < 10**9, (name, passed, took)
assert last.realtime_ns < 10**9 * 1000000000, last.realtime_ns # of 2001
assert first.realtime_ns > last.realtime_ns + 3600 * 10**9
EOF
collect report "$out" > "$TMP/report" || fail "no report"
grep -q complete "$TMP/report" || fail "the book doesn't close"
