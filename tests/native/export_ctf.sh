#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A trace of many events as CTF: babeltrace2 reads it without a complaint, and has
# every event, time and field that collect dump has. Of one that lost events it says how
# many, as the ledger does.
. tests/native/lib.sh
need_recording
command -v babeltrace2 > /dev/null || skip "there's no babeltrace2"

# read_ctf DIR: its events, and what it says besides
read_ctf() {
	babeltrace2 --clock-cycles --no-delta "$1" 2> "$TMP/said"
}

# same NAME: the export of NAME.pb has the lines of collect dump
same() {
	collect export -q --to ctf -o "$TMP/$1.ctf" "$TMP/$1.pb"
	collect dump "$TMP/$1.pb" | tests/native/export/ctf_lines.py dump "$TMP/$1.want" &
	read_ctf "$TMP/$1.ctf" | tests/native/export/ctf_lines.py ctf "$TMP/$1.got"
	wait $!
	for want in "$TMP/$1".want.*; do
		cmp "$want" "$TMP/$1.got.${want##*.}" || {
			diff "$want" "$TMP/$1.got.${want##*.}" | head -4
			fail "$1: events on CPU ${want##*.} differ"
		}
	done
	assert_eq "$(cat "$TMP/$1".got.* | wc -l)" "$(number rows "$TMP/$1.pb")" "$1: events"
}

collect -q -o "$TMP/many.pb" -m 64M -e raw_syscalls:sys_enter -e raw_syscalls:sys_exit \
	-- "$CALLS" $((MANY / 2))
same many
assert_eq "$(cat "$TMP/said")" "" "babeltrace2 complains"

discarded() { # babeltrace2 tells of so many, on stdin
	sed -n 's/.*Tracer discarded \([0-9]*\) event.*/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}

# All kinds of fields, chains and events of the whole system; whatever others do meanwhile.
collect -q -o "$TMP/kinds.pb" -m 64M -a -g -e 'sched:*' -e 'timer:*' -e 'irq:*' -e 'syscalls:sys_enter_*' \
	-e task:task_newtask -e page-faults -- sh -c 'ls -l / > /dev/null; cp /bin/ls "$0/a\"\\b é"' "$TMP"
same kinds
assert_eq "$(grep -v 'WARNING: Tracer discarded [0-9]* event' "$TMP/said")" "" "babeltrace2 complains"
assert_eq "$(discarded < "$TMP/said")" "$(number lost "$TMP/kinds.pb")" "discarded events of all kinds"
grep -q '"_' "$TMP/kinds.ctf/metadata" && fail "a name in quotes"
grep -q 'domain = "kernel"' "$TMP/kinds.ctf/metadata" || fail "the trace isn't the kernel's"

# Losses, each at its time.
collect -q -o "$TMP/lossy.pb" -m 4K -e raw_syscalls:sys_enter -- \
	sh -c "$CALLS 200000 & $CALLS 200000 & $CALLS 200000; wait"
lost=$(number lost "$TMP/lossy.pb")
[ "$lost" -gt 0 ] || skip "nothing was lost with a ring of 4 KiB"
same lossy
assert_eq "$(babeltrace2 "$TMP/lossy.ctf" 2>&1 > /dev/null | discarded)" "$lost" "discarded events"

# What stands there is left alone; several traces have a directory each.
status 1 collect export --to ctf -o "$TMP/lossy.ctf" "$TMP/lossy.pb"
says "is there already"
status 1 collect export --to ctf -o - "$TMP/lossy.pb"
says "is a directory"
cat "$TMP/lossy.pb" "$TMP/many.pb" > "$TMP/two.pb"
collect export -q --to ctf -o "$TMP/two.ctf" "$TMP/two.pb"
assert_eq "$(read_ctf "$TMP/two.ctf" | wc -l)" $(($(number rows "$TMP/lossy.pb") + $(number rows "$TMP/many.pb"))) \
	"events of two traces"
