#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tasks that only come and go below an inherited event, KPX_SHORT_TASKS of them
# (5000; 1000 in the debug kernel): each counts once and leaves nothing behind.
# In the debug kernel, too: 70 s.
. tests/vm/lib.sh
need_module
build kernel_forks
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
at_exit '[ -d /sys/module/kprobex ] || insmod "$KPX_MODULE"'

tasks=5000
[ "${KPX_KERNEL-}" != debug ] || tasks=1000
tasks=${KPX_SHORT_TASKS:-$tasks}

forks() {
	n=$(count kprobex/vfs_write/ "$TMP/kernel_forks" "$1")
	assert_eq "$n" "$1" "one write of each of $1 tasks"
	perf record -q -o "$TMP/data" -e kprobex/vfs_write/ -c 1000 -- "$TMP/kernel_forks" "$1" \
		> "$TMP/out" 2>&1 || fail "$(cat "$TMP/out")"
	no_events vfs_write
	assert_book
	rmmod kprobex || fail "doesn't unload"
}

forks 100
memory_now > "$TMP/before"
insmod "$KPX_MODULE"
forks "$tasks"
assert_memory_flat "$TMP/before"
