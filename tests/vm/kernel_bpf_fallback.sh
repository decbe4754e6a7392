#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the kernel's guard can't be had the module has its own: said in the
# statistics, programs decide as they do elsewhere, and those that could deadlock
# are refused.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_bpf_fallback
build kernel_bpf_verdict

# this kernel's can be had
assert_eq "$(cat /sys/module/kprobex/parameters/bpf_fallback)" N "the parameter"
! grep -qi fallback "$KPX_DEBUGFS/stats" || fail "stats: $(cat "$KPX_DEBUGFS/stats")"
"$TMP/kernel_bpf_fallback" 0 || fail "without the parameter"
assert_book
at_exit restore_module
reload bpf_fallback=1
assert_grep '[Ff]allback' "$KPX_DEBUGFS/stats"
"$TMP/kernel_bpf_fallback" 1 || fail "with bpf_fallback=1"
"$TMP/kernel_bpf_verdict" || fail "verdicts with bpf_fallback=1"
assert_book
