// SPDX-License-Identifier: GPL-2.0-only
/*
 * tail - every hit is one of two programs', whichever is in the map just then
 *
 * tail_direct's index is a constant, for which the kernel patches the jump;
 * tail_indirect's isn't.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "tail.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TAIL_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} targets SEC(".maps");

static __always_inline void count_in(__u32 key)
{
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (count)
		++*count;
}

SEC("kprobe")
int tail_even(struct pt_regs *ctx)
{
	count_in(TAIL_EVEN);
	return 1;
}

SEC("kprobe")
int tail_odd(struct pt_regs *ctx)
{
	count_in(TAIL_ODD);
	return 0;
}

SEC("kprobe")
int tail_direct(struct pt_regs *ctx)
{
	bpf_tail_call(ctx, &targets, 0);
	count_in(TAIL_MISSED);
	return 1;
}

SEC("kprobe")
int tail_indirect(struct pt_regs *ctx)
{
	bpf_tail_call(ctx, &targets, PT_REGS_PARM2(ctx) & 1);
	count_in(TAIL_MISSED);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
