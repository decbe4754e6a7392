#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Eight threads that do everything at random for KPX_RANDOM_SECONDS (60, and 20
# where the kernel checks little), from KPX_RANDOM_SEED or a seed that is said.
# Then the books close, nothing is left of probes or memory, and the module
# unloads.
# In the debug kernel, too: 160 s.
. tests/vm/lib.sh
need_module
build kernel_random
[ -n "${KPX_MODULE-}" ] || skip "KPX_MODULE isn't set"
at_exit '[ -d /sys/module/kprobex ] || insmod "$KPX_MODULE"'

seconds=20
[ "${KPX_KERNEL-}" != debug ] || seconds=60
seconds=${KPX_RANDOM_SECONDS:-$seconds}

run() {
	cp "$KPX_DEV" "$TMP/list"
	timeout $(($1 + 300)) "$TMP/kernel_random" "$@" || fail "kernel_random: $?"
	cmp "$TMP/list" "$KPX_DEV" || fail "probes were left behind"
	no_events vfs_write
	assert_book
	cat "$KPX_DEBUGFS/stats"
	rmmod kprobex || fail "doesn't unload"
	for path in "$KPX_DEV" "$KPX_SYS" "$KPX_DEBUGFS"; do
		[ ! -e "$path" ] || fail "unload left $path"
	done
}

# The first round fills what the kernel keeps: pools, per-CPU chunks, tables.
run 5 > "$TMP/first" || fail "the first round: $(cat "$TMP/first")"
memory_now > "$TMP/before"
insmod "$KPX_MODULE"
run "$seconds" ${KPX_RANDOM_SEED:+"$KPX_RANDOM_SEED"}
assert_memory_flat "$TMP/before"
