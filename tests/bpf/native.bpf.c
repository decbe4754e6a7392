// SPDX-License-Identifier: GPL-2.0-only
/*
 * native - what the kernel's own ways of attaching run
 *
 * Of type TRACEPOINT on the trace event kprobex:NAME of a definition whose second
 * and third field are 8 bytes wide, as "p:NAME vfs_write buf=$arg2 count=$arg3";
 * of type PERF_EVENT on an event of the PMU that samples.
 */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "histogram.h"

struct record {
	__u64 common;
	__u64 ip;
	__u64 buf;
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HISTOGRAM_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} sizes SEC(".maps");

static __always_inline int add(__u64 size)
{
	__u32 slot = histogram_slot(size);
	__u64 *count = bpf_map_lookup_elem(&sizes, &slot);

	if (count)
		__sync_fetch_and_add(count, 1);
	return 1;
}

SEC("tracepoint")
int sizes_tracepoint(struct record *record)
{
	return add(record->count);
}

SEC("perf_event")
int sizes_sampled(struct bpf_perf_event_data *ctx)
{
	return add(PT_REGS_PARM3(&ctx->regs));
}

SEC("perf_event")
int sizes_sampled_returned(struct bpf_perf_event_data *ctx)
{
	return add(PT_REGS_RC(&ctx->regs));
}

/* The tracepoint's verdict: even sizes only. */
SEC("tracepoint")
int even_tracepoint(struct record *record)
{
	return !(record->count & 1);
}

char LICENSE[] SEC("license") = "GPL";
