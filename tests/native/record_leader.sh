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

mkfifo "$TMP/go"
# begin HOW: $pid, which takes lines that go to 3, and leaves in $TMP/calls how many it made
begin() {
	"$TMP/threads" "$1" < "$TMP/go" > "$TMP/calls" &
	pid=$!
	exec 3> "$TMP/go"
}

# follow OPTION…: the process; the ring has room for all, however seldom it is read
follow() {
	recording -q -m 64M -o "$out" -e $event -p "$pid" "$@"
}

# calls WHAT: they begin, all are there, and both end
calls() {
	echo go >&3
	exec 3>&-
	wait "$pid" || fail "the process failed"
	wait "$collector" || fail "collect: $? $(cat "$TMP/err")"
	assert_eq "$(collect dump "$out" | grep -c ' id=110 ')" "$(cat "$TMP/calls")" "$1"
}

end_leader() {
	echo end >&3
	until_true 10 grep -q ') Z ' "/proc/$pid/stat"
}

# 150 threads are there, another begins each 2 ms while we open; all make calls.
begin spawn
sleep 0.2
follow --strict
calls "calls of all threads"

# Its first thread has ended before, and ends on the way.
for when in before after; do
	begin orphan
	[ $when = after ] || end_leader
	follow
	[ $when = before ] || end_leader
	calls "calls behind a leader that ended $when"
	assert_eq "$(number delivered "$out")" "$(number count "$out")" "nothing is lost"
done
