#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The module calls a function of its own that can be probed in every way; and goes,
# with a probe still on that.
# In the debug kernel, too: 15 s.
. tests/vm/lib.sh
need_module
cp "$KPX_DEV" "$TMP/before"
build kernel_trial
"$TMP/kernel_trial" || fail "kernel_trial"
cmp "$TMP/before" "$KPX_DEV" || fail "probes were left behind"
assert_book
if [ -n "${KPX_MODULE-}" ]; then
	at_exit restore_module
	echo 'p:own kprobex:kpx_trial_target' > "$KPX_DEV"
	perf stat -a -e kprobex/own/ true 2> /dev/null || fail "perf stat on the module's own function"
	for _ in $(seq 500); do rmmod kprobex 2> /dev/null && break; sleep 0.05; done
	! module_loaded || fail "rmmod with a probe on its own function"
fi
