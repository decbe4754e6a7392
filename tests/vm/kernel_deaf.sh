#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kernel.ftrace_enabled and debugfs kprobes/enabled, set to 0 before an event is
# opened and while one is.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
at_exit 'echo 1 > /proc/sys/kernel/ftrace_enabled; echo 1 > /sys/kernel/debug/kprobes/enabled'
build kernel_deaf
"$TMP/kernel_deaf"
define 'p:kpx_deaf kpx_targets:kpxt_win_1'
echo 0 > /sys/kernel/debug/kprobes/enabled
assert_fails 'Input/output error' perf stat -e kprobex/kpx_deaf/ true
echo 1 > /sys/kernel/debug/kprobes/enabled
perf stat -e kprobex/kpx_deaf/ -- sh -c "echo 0 > /sys/kernel/debug/kprobes/enabled
	awk '/kpx_deaf/ { print \$2, \$(NF - 2) }' $KPX_DEBUGFS/stats" > "$TMP/out" 2>&1
assert_grep '^kpx_deaf deaf$' "$TMP/out"
echo 1 > /sys/kernel/debug/kprobes/enabled
assert_book
