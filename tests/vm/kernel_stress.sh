#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Eight threads that define, remove, open, read, fork and hit at random for
# KPX_STRESS_SECONDS (10); then the books close, nothing is left, and the module
# unloads.
. tests/vm/lib.sh
need_module
build kernel_stress

cp "$KPX_DEV" "$TMP/before"
timeout 300 "$TMP/kernel_stress" "${KPX_STRESS_SECONDS:-10}" || fail "kernel_stress: $?"
cmp "$TMP/before" "$KPX_DEV" || fail "probes were left behind"
no_events vfs_write
assert_book
cat "$KPX_DEBUGFS/stats"
if [ -n "${KPX_MODULE-}" ]; then
	at_exit restore_module
	rmmod kprobex || fail "doesn't unload"
	for path in "$KPX_DEV" "$KPX_SYS" "$KPX_DEBUGFS"; do
		[ ! -e "$path" ] || fail "unload left $path"
	done
fi
