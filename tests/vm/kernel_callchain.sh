#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# perf record -g: the stack starts at the probed function and goes on upwards, for
# each of the mechanisms that the kernel chooses by place: ftrace at the entry, int3
# or a jump behind it.
. tests/vm/lib.sh
need_module

chain() { # EVENT FUNCTION
	perf record -q -g -o "$TMP/data" -e "$1" -- \
		dd if=/dev/zero of=/dev/null bs=1 count=200 status=none > "$TMP/out" 2>&1 ||
		fail "record -g -e $1: $(cat "$TMP/out")"
	perf script -i "$TMP/data" -F event,ip,sym > "$TMP/script" 2>/dev/null
	# the first three frames of each sample
	awk '/kprobex/ { n = 0; next } NF >= 2 && n < 3 { s = s $2 " "; if (++n == 3) { print s; s = "" } }' \
		"$TMP/script" | sort | uniq -c | sort -rn > "$TMP/chains"
	assert_grep "^ *[12][0-9][0-9] $2 ksys_write (__x64_sys_write|do_syscall_64) $" "$TMP/chains"
}

chain kprobex/vfs_write/ vfs_write

# the first instructions behind the entry's nops, wherever they are
for offset in 5 9; do
	if printf 'p:inside vfs_write+%d n=%%dx:u64\n' "$offset" > "$KPX_DEV" 2>/dev/null; then
		at_exit "echo '-:inside' > $KPX_DEV"
		break
	fi
done
[ -e "$KPX_SYS/events/inside" ] || fail "no place behind the entry: $(cat $KPX_DEBUGFS/error_log)"
chain kprobex/inside/ vfs_write
# by now it may be optimised: the same again
sleep 1
chain kprobex/inside/ vfs_write
perf report -i "$TMP/data" --stdio -g caller > "$TMP/report" 2>/dev/null
assert_grep 'vfs_write' "$TMP/report"
no_events inside
assert_book
