#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A mechanism in force changes: the kernel takes a jump away and gives it back.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
at_exit 'echo 1 > /proc/sys/debug/kprobes-optimization'
build kernel_mode_change
"$TMP/kernel_mode_change"
assert_book

# the column of stats, and error_log's line
define 'p:kpx_mode kpx_targets:kpxt_win_2'
define 'p:kpx_entry kpx_targets:kpxt_entry_2'
perf stat -e kprobex/kpx_mode,mode=2/ -e kprobex/kpx_entry,mode=1/ -- \
	awk '/kpx_/ { print $2, $(NF - 2) }' "$KPX_DEBUGFS/stats" > "$TMP/out" 2>&1
assert_grep '^kpx_mode jump$' "$TMP/out"
assert_grep '^kpx_entry int3$' "$TMP/out"
assert_eq "$(count kprobex/kpx_entry,mode=3/ "$CALL" entry_2 5)" 5 "mode=3 at an entry"
assert_eq "$(count kprobex/kpx_mode,mode=3/ true)" '<not supported>' "mode=3 elsewhere"
assert_grep 'open: error -95 MODE_FTRACE\(105\)' "$KPX_DEBUGFS/error_log"
assert_eq "$(count kprobex/kpx_entry,mode=1,unit=1/ true)" '<not supported>' "time with mode=1"
assert_grep 'open: error -95 MODE_RETURN\(104\)' "$KPX_DEBUGFS/error_log"
