#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A recording that is cut at the end of any of its packets, and a byte before and
# after: verify says where, and repair makes a whole file of what dump reads from it.
# Damaged, merged, and in parts.
# shellcheck source=tests/native/lib.sh
. tests/native/lib.sh
need_recording

value() { # KEY FILE
	{ collect verify --json "$2" || [ $? = 4 ]; } | sed -E "s/.*\"$1\":\"?([a-z0-9]+).*/\1/"
}

# It is read some hundred times: another one if somebody does very much just now.
for _ in $(seq 60); do
	collect -q -a -o "$TMP/t.pb" --flush-interval 50 -e sched:sched_switch,raw_syscalls:sys_enter \
		-- sh -c 'for i in 1 2; do ls / >/dev/null; sleep 0.1; done'
	[ "$(number rows "$TMP/t.pb")" -gt 50000 ] || break
done
size=$(stat -c %s "$TMP/t.pb")
status 0 collect verify "$TMP/t.pb"
grep -q ': whole: 1 trace, ' "$TMP/out" || fail "$(cat "$TMP/out")"
cp "$TMP/t.pb" "$TMP/before.pb"
status 0 collect repair "$TMP/t.pb" -o "$TMP/same.pb"
cmp "$TMP/t.pb" "$TMP/same.pb"

# From the end on: a cut within a packet says where that begins.
cuts=0
check() { # BYTES BOUNDARY
	head -c "$1" "$TMP/t.pb" >"$TMP/cut.pb"
	assert_eq "$(value verdict "$TMP/cut.pb")" cut "verdict of $1 bytes"
	assert_eq "$(value cut_at "$TMP/cut.pb")" "$2" "cut of $1 bytes"
	status 4 collect repair "$TMP/cut.pb" -o "$TMP/new.pb"
	status 0 collect verify "$TMP/new.pb"
	collect dump "$TMP/cut.pb" >"$TMP/cut.txt" 2>/dev/null || [ $? = 4 ]
	collect dump "$TMP/new.pb" | cmp - "$TMP/cut.txt"
	cuts=$((cuts + 1))
}
end=$size
while head -c $((end - 1)) "$TMP/t.pb" >"$TMP/cut.pb" && at=$(value cut_at "$TMP/cut.pb") &&
	[ "$at" -gt 0 ]; do
	[ "$end" = "$size" ] || check $((end + 1)) "$end"
	[ "$end" = "$size" ] || check "$end" "$end"
	check $((end - 1)) "$at"
	end=$at
	# The Header alone; before it is nothing to be read.
	head -c $((end - 1)) "$TMP/t.pb" >"$TMP/cut.pb"
	collect verify "$TMP/cut.pb" >/dev/null 2>&1 || [ $? = 4 ] || break
done
[ $cuts -ge 20 ] || fail "only $cuts cuts"
cmp "$TMP/t.pb" "$TMP/before.pb"

# A byte in the middle of it all.
cp "$TMP/t.pb" "$TMP/bad.pb"
printf '\377\377' | dd of="$TMP/bad.pb" bs=1 seek=$((size / 2)) conv=notrunc status=none
status 4 collect verify "$TMP/bad.pb"
grep -q 'damaged: [0-9]* bytes at byte [0-9]*' "$TMP/out" || fail "$(cat "$TMP/out")"
status 4 collect repair "$TMP/bad.pb" -o "$TMP/new.pb"
assert_eq "$(value damaged_packets "$TMP/new.pb")" 0 "damaged packets of what was repaired"
status 1 collect repair "$TMP/bad.pb" -o "$TMP/bad.pb"
says "another file"
status 1 collect verify "$TMP/t.pb" Makefile
status 2 collect verify
status 2 collect repair "$TMP/t.pb"
status 2 collect merge -o "$TMP/new.pb"

# Two recordings, one order: every line of both, by the wall clock.
collect -q -a -o "$TMP/u.pb" -e raw_syscalls:sys_exit -- ls / >/dev/null
status 0 collect merge "$TMP/t.pb" "$TMP/u.pb" -o "$TMP/both.pb"
says "2 traces"
status 0 collect verify "$TMP/both.pb"
collect dump "$TMP/both.pb" >"$TMP/both.txt"
LC_ALL=C sort -s -k1,1 "$TMP/both.txt" | cmp - "$TMP/both.txt"
{ collect dump "$TMP/t.pb" && collect dump "$TMP/u.pb"; } | cut -d ' ' -f 3- | LC_ALL=C sort >"$TMP/apart"
cut -d ' ' -f 3- "$TMP/both.txt" | LC_ALL=C sort | cmp - "$TMP/apart"
status 1 collect merge "$TMP/t.pb" "$TMP/both.pb" -o "$TMP/new.pb"
says "there already"

# A part is what grep would leave.
collect dump --event 'sched:*' --cpu 0 "$TMP/t.pb" >"$TMP/part"
collect dump "$TMP/t.pb" | awk '$2 == 0 && $5 == "sched:sched_switch:"' | cmp - "$TMP/part"
status 2 collect dump --time 5 "$TMP/t.pb"
