// SPDX-License-Identifier: GPL-2.0-only
/*
 * deadlock - programs that want the lock of a map, wherever they are hit
 *
 * Each changes the map that it is named for. What it is hit in may be that map's
 * own code, with the lock held. nested_update calls what is probed itself.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

#include "deadlock.h"

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, DEADLOCK_ENTRIES);
	__type(key, __u32);
	__type(value, __u64);
} lru SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, DEADLOCK_ENTRIES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct deadlock_prefix);
	__type(value, __u64);
} lpm SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, DEADLOCK_ENTRIES);
	__type(value, __u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, DEADLOCK_ENTRIES);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, DEADLOCK_RUNS);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

static __always_inline void count_in(__u32 key)
{
	__u64 *count = bpf_map_lookup_elem(&runs, &key);

	if (count)
		++*count;
}

SEC("kprobe")
int deadlock_lru(struct pt_regs *ctx)
{
	__u32 key = bpf_get_prandom_u32() % DEADLOCK_KEYS;
	__u64 value = key;

	count_in(DEADLOCK_LRU);
	bpf_map_update_elem(&lru, &key, &value, BPF_ANY);
	return 1;
}

SEC("kprobe")
int deadlock_lpm(struct pt_regs *ctx)
{
	struct deadlock_prefix key = {
		.bits = 32,
		.prefix = bpf_get_prandom_u32() % DEADLOCK_KEYS,
	};
	__u64 value = key.prefix;

	count_in(DEADLOCK_LPM);
	if (bpf_map_update_elem(&lpm, &key, &value, BPF_ANY))
		bpf_map_delete_elem(&lpm, &key);
	return 1;
}

SEC("kprobe")
int deadlock_queue(struct pt_regs *ctx)
{
	__u64 value = 1;

	count_in(DEADLOCK_QUEUE);
	bpf_map_push_elem(&queue, &value, BPF_EXIST);
	bpf_map_pop_elem(&queue, &value);
	return 1;
}

SEC("kprobe")
int nested_update(struct pt_regs *ctx)
{
	__u32 key = 1;
	__u64 value = 1;

	count_in(DEADLOCK_NESTED);
	bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
	bpf_map_delete_elem(&hash, &key);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
