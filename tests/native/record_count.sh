#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# What was done is what is in the file: 2 million system calls, also by several
# threads, and where a ring is too small, what is lost is counted.
. tests/native/lib.sh
need_recording

# System call 110 is getppid(2) there.
[ "$(uname -m)" = x86_64 ] || skip "knows getppid's number on x86_64 only"

collect -q -o "$TMP/a.pb" -e raw_syscalls:sys_enter -- "$CALLS" 2000000
collect dump "$TMP/a.pb" > "$TMP/dump"
assert_eq "$(($(grep -c ' raw_syscalls:sys_enter: id=110 ' "$TMP/dump") + $(number lost "$TMP/a.pb")))" \
	2000000 "delivered + lost"
assert_eq "$(number unexplained "$TMP/a.pb")" 0 "unexplained"
assert_eq "$(number delivered "$TMP/a.pb")" "$(wc -l < "$TMP/dump")" "delivered and dumped"

collect -q -o "$TMP/t.pb" -e raw_syscalls:sys_enter -- "$CALLS" 50000 8
assert_eq "$(($(collect dump "$TMP/t.pb" | grep -c ' id=110 ') + $(number lost "$TMP/t.pb")))" \
	400000 "delivered + lost of 8 threads"
assert_eq "$(number unexplained "$TMP/t.pb")" 0 "unexplained of 8 threads"

# A collector that doesn't come to run loses, counted, and the book closes.
starved() { # ARGUMENT…
	rm -f "$TMP/l.pb"
	collect -q -a -m 64K -o "$TMP/l.pb" "$@" -e raw_syscalls:sys_enter --flush-interval 20 2> "$TMP/err" &
	pid=$!
	until_true 10 bigger "$TMP/l.pb" 3500
	kill -STOP "$pid"
	"$CALLS" 20000
	kill -TERM "$pid"
	kill -CONT "$pid"
	got=0
	wait "$pid" || got=$?
}
starved
assert_eq "$got" 0 "status of a recording that lost"
lost=$(number lost "$TMP/l.pb")
[ "$lost" -gt 10000 ] || fail "a starved collector lost $lost only"
# (others may be in a hit as the event is stopped)
stopped=$(number stopped "$TMP/l.pb")
[ "$stopped" -le "$(getconf _NPROCESSORS_ONLN)" ] || fail "$stopped hits when it was stopped"
assert_eq "$(($(number delivered "$TMP/l.pb") + lost + stopped))" \
	"$(number count "$TMP/l.pb")" "delivered + lost of a starved collector"
assert_eq "$(number unexplained "$TMP/l.pb")" 0 "unexplained of a starved collector"
# When: each loss of a ring between two times, and all of them.
collect report --json "$TMP/l.pb" | /usr/bin/python3 -c '
import json, sys
trace = json.load(sys.stdin)["traces"][0]
losses = trace["losses"]
assert trace["ledger_is_final"] and losses
assert all(loss["from_ns"] < loss["to_ns"] and loss["losses"] for loss in losses), losses
assert sum(loss["count"] for loss in losses) == int(sys.argv[1]), losses
assert max(loss["to_ns"] for loss in losses) <= trace["start_ns"] + trace["duration_ns"]
' "$lost" || fail "the times of the losses"
collect report "$TMP/l.pb" > "$TMP/report"
grep -q "^ring [0-9]* (CPU [0-9]*): [0-9]* lost between [0-9.]* and [0-9.]*" "$TMP/report" ||
	fail "the report has no time of a loss"
grep -q "^the ledger closes" "$TMP/report" || fail "the report says nothing of the ledger"
starved --strict
assert_eq "$got" 3 "status under --strict"
says "events were lost"
status 0 collect --strict -o "$TMP/l.pb" -e raw_syscalls:sys_enter -- "$CALLS" 1000

# A sample every 1000 hits.
collect -q -c 1000 -o "$TMP/c.pb" -e raw_syscalls:sys_enter -- "$CALLS" 100000
got=$(number delivered "$TMP/c.pb")
if [ "$got" -lt 98 ] || [ "$got" -gt 101 ]; then
	fail "-c 1000 gave $got samples of 100000"
fi
assert_eq "$(number unexplained "$TMP/c.pb")" 0 "unexplained with -c"
