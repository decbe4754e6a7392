#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A trace as Perfetto's: decoded by its schema's numbers it has every event, time and field
# that collect dump has, as slices where calls have an entry and a return or say how long they
# took; clocks, call chains, and losses as the ledger has them.
. tests/native/lib.sh
need_recording
/usr/bin/python3 -c 'import google.protobuf' 2> /dev/null || skip "there's no python3-protobuf"

# same NAME: the export of NAME.pb has the lines of collect dump
same() {
	collect export -q --to perfetto -o "$TMP/$1.pftrace" "$TMP/$1.pb"
	collect report --json "$TMP/$1.pb" > "$TMP/$1.json"
	collect dump "$TMP/$1.pb" | tests/native/export/perfetto_lines.py dump > "$TMP/$1.want" &
	tests/native/export/perfetto_lines.py "$TMP/$1.json" < "$TMP/$1.pftrace" > "$TMP/$1.got" 2> "$TMP/$1.said" ||
		fail "$1: $(cat "$TMP/$1.said")"
	wait $!
	cmp "$TMP/$1.want" "$TMP/$1.got" || {
		diff "$TMP/$1.want" "$TMP/$1.got" | head -4
		fail "$1: events differ"
	}
	assert_eq "$(wc -l < "$TMP/$1.got")" "$(number rows "$TMP/$1.pb")" "$1: events"
}

# said NAME WHAT: how many of it there were
said() {
	sed -n "s/.*$2 \([0-9]*\).*/\1/p" "$TMP/$1.said"
}

collect -q -o "$TMP/many.pb" -m 64M -e raw_syscalls:sys_enter -e raw_syscalls:sys_exit \
	-- "$CALLS" $((MANY / 2))
same many
[ "$(said many slices)" -ge $((MANY / 2)) ] || fail "calls are no slices: $(cat "$TMP/many.said")"

# Chains, the scheduler, interrupts, and names that are no text.
collect -q -o "$TMP/kinds.pb" -a -g -e 'sched:*' -e 'irq:*' -e syscalls:sys_enter_openat \
	-e syscalls:sys_exit_openat -e page-faults -e task:task_newtask \
	-- sh -c 'ls -l / > /dev/null; cp /bin/ls "$0/a\"\\b é"; "$0/a\"\\b é" > /dev/null' "$TMP"
same kinds
for what in slices sched samples; do
	[ "$(said kinds $what)" -gt 10 ] || fail "few $what: $(cat "$TMP/kinds.said")"
done
assert_eq "$(said kinds samples)" "$(grep -c ' stack=' "$TMP/kinds.want")" "samples"

# Entry and return of a function, and a duration that a field says.
collect -q -o "$TMP/calls.pb" -e u:libc:malloc -e ur:libc:malloc \
	-e 'u:libc:free duration_ns=%di:u64' -- ls -l /
same calls
[ "$(said calls slices)" -gt 10 ] || fail "few slices: $(cat "$TMP/calls.said")"

# Losses are in it, and in Perfetto's own statistics.
collect -q -o "$TMP/lossy.pb" -m 4K -e raw_syscalls:sys_enter -- \
	sh -c "$CALLS 200000 & $CALLS 200000 & $CALLS 200000; wait"
[ "$(number lost "$TMP/lossy.pb")" -gt 0 ] || skip "nothing was lost with a ring of 4 KiB"
same lossy

# It streams, and several traces are in one.
collect export -q --to perfetto -o - "$TMP/calls.pb" | cmp - "$TMP/calls.pftrace"
cat "$TMP/calls.pb" "$TMP/kinds.pb" > "$TMP/two.pb"
collect export --to perfetto -o "$TMP/two.pftrace" "$TMP/two.pb" 2> "$TMP/err"
says "$(($(number rows "$TMP/calls.pb") + $(number rows "$TMP/kinds.pb"))) events"
