// SPDX-License-Identifier: GPL-2.0-only
/* verdict - returns what a map says, and counts how often it did */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} verdict SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

SEC("kprobe")
int verdict_pass(struct pt_regs *ctx)
{
	__u32 zero = 0, *value = bpf_map_lookup_elem(&verdict, &zero);
	__u64 *count = bpf_map_lookup_elem(&runs, &zero);

	if (count)
		__sync_fetch_and_add(count, 1);
	return value ? *value : 1;
}

char LICENSE[] SEC("license") = "GPL";
