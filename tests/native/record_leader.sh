#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# -p follows what lives of a process: threads that begin while its events are
# opened, and those that outlive the first thread.
. tests/native/lib.sh
need_recording
out=$TMP/t.pb
event=raw_syscalls:sys_enter

gcc -std=gnu11 -O1 -Wall -Wextra -pthread -o "$TMP/threads" tests/native/threads/threads.c ||
	fail "threads.c doesn't compile"

# 150 threads are there, another begins each 2 ms while we open; all make calls.
"$TMP/threads" spawn > "$TMP/calls" &
pid=$!
sleep 0.2
status 0 collect -q --strict -o "$out" -e $event -p "$pid"
wait "$pid" || fail "the process failed"
assert_eq "$(collect dump "$out" | grep -c ' id=110 ')" "$(cat "$TMP/calls")" "calls of all threads"

# Its first thread has ended before, and ends on the way.
for delay in 0.6 0.1; do
	"$TMP/threads" orphan > "$TMP/calls" &
	pid=$!
	sleep "$delay"
	status 0 collect -q -m 2M -o "$out" -e $event -p "$pid"
	wait "$pid" || fail "the process failed"
	assert_eq "$(number delivered "$out")" "$(number count "$out")" "nothing is lost"
	assert_eq "$(collect dump "$out" | grep -c ' id=110 ')" "$(cat "$TMP/calls")" \
		"calls behind a zombie leader"
done
