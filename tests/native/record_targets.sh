#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Whom it records: a process that runs, CPUs, all; with what: stacks, software
# events, several events.
. tests/native/lib.sh
need_recording
event=raw_syscalls:sys_enter
out=$TMP/t.pb

# -p: what it does from now on, with threads that begin later.
mkfifo "$TMP/go"
"$CALLS" -w 10000 3 < "$TMP/go" &
pid=$!
exec 3> "$TMP/go"
recording -q -o "$out" -e $event -p "$pid" --flush-interval 50
echo go >&3
exec 3>&-
wait "$pid" || fail "the process failed"
wait "$collector" || fail "collect -p failed: $(cat "$TMP/err")"
assert_eq "$(collect dump "$out" | grep -c ' id=110 ')" 30000 "calls of -p"
assert_eq "$(collect dump "$out" | awk '{ print $3 }' | sort -u)" calls "names of -p"

# -C: only that CPU.
collect -q -C 0 -o "$out" -e $event -- taskset -c 0 "$CALLS" 20000
assert_eq "$(collect dump "$out" | awk '{ print $2 }' | sort -u)" 0 "CPUs of -C 0"
[ "$(collect dump "$out" | grep -c ' calls .* id=110 ')" -gt 19000 ] || fail "-C 0 misses calls"

# -a doesn't record the collector itself. (The child that becomes sleep has its
# name at first, but isn't the collector.)
collect -q -a -o "$out" -e 'raw_syscalls:*' --flush-interval 20 -- sleep 1 &
pid=$!
wait "$pid" || fail "collect -a failed"
own=$(collect dump "$out" | awk -v pid="$pid" 'index($4, pid "/") == 1' | wc -l)
all=$(collect dump "$out" | wc -l)
[ "$all" -gt 0 ] || fail "nothing was recorded: this shows nothing"
[ "$own" -eq 0 ] || fail "$own of $all events are the collector's own"

# -g, software events, and several at once.
collect -q -g -o "$out" -e page-faults,$event,cpu-clock -e cs -- sh -c 'ls -R /usr/include > /dev/null'
collect dump "$out" > "$TMP/dump"
for name in page-faults $event cpu-clock; do
	grep -q " $name: .*stack=0x" "$TMP/dump" || fail "no stacks of $name"
done
grep -q ' page-faults: ip=0x' "$TMP/dump" || fail "no address of page-faults"
assert_eq "$(number unexplained "$out")" 0 "unexplained of four events"
awk '{ split($4, id, "/"); if (id[1] != id[2] || $3 == "") exit 1 }' "$TMP/dump" ||
	fail "threads without a name or process"

# The same event twice is one; a pattern is several.
collect -q -o "$out" -e $event,$event -e 'raw_syscalls:sys_*' -- true
assert_eq "$(collect report --json "$out" | grep -o '"name":"raw_syscalls:[a-z_]*"' | sort -u | wc -l)" 2 "events"
