#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Probes on what the module, perf and the ring themselves call, with stacks: refused,
# or harmless and counted, by us or by the kernel; our own handler is refused.
. tests/vm/lib.sh
need_module

n=0
for symbol in perf_tp_event perf_output_begin_forward perf_prepare_sample get_perf_callchain \
	perf_event_output_forward perf_swevent_get_recursion_context ring_buffer_wakeup \
	kprobex:kpx_attach_get kprobex:kpx_attach_put kprobex:event_add memset \
	perf_callchain_kernel unwind_next_frame perf_event_wakeup tracing_gen_ctx_irq_test; do
	n=$((n + 1))
	printf 'p:test_rec%d %s\n' "$n" "$symbol" > "$KPX_DEV" 2> /dev/null || continue
	at_exit "[ ! -e $KPX_SYS/events/test_rec$n ] || echo '-:test_rec$n' > $KPX_DEV"
	events="${events-}${events+ }-e kprobex/test_rec$n/"
done
[ -n "${events-}" ] || fail "not one could be probed"
# shellcheck disable=SC2086 # several words
perf record -q -g -o "$TMP/data" -e kprobex/vfs_write/ $events -- \
	dd if=/dev/zero of=/dev/null bs=1 count=300 status=none > "$TMP/out" 2>&1 ||
	fail "$(cat "$TMP/out")"
perf script -i "$TMP/data" -F event 2> /dev/null | grep -c 'kprobex/vfs_write/' > "$TMP/n" || :
assert_eq "$(cat "$TMP/n")" 300 "samples of vfs_write beside the others"
cat "$KPX_DEBUGFS/stats"
# ours drop what hits on top of a hit; of kprobes the kernel counts it as missed
dropped=$(awk 'NR == 1 { for (i = 2; i <= NF; i++) at[$i] = i - 1 }
	NR > 1 { n += $at["recursion"] + $at["missed_kprobe"] }
	END { print n }' "$KPX_DEBUGFS/stats")
[ "$dropped" -ge 300 ] || fail "$dropped hits are counted as dropped, want at least 300"
assert_fails 'Invalid argument' bash -c 'echo "p:x kprobex:kpx_hit" > /dev/kprobex'
sleep 0.3
assert_book
