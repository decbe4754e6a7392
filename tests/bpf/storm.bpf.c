// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm - is what a hit runs an array of ours, whole?
 *
 * storm_first is always the first, storm_last the last of those that say
 * something, and between them are one or two of A, B and C. Each writes its
 * letter behind the others' on this CPU; the last one reads the word. Nothing
 * else may come in between: a hit has preemption off.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

#include "storm.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} words SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STORM_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} found SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STORM_PROGRAMS);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

static __always_inline void count_in(void *map, __u32 key)
{
	__u64 *count = bpf_map_lookup_elem(map, &key);

	if (count)
		++*count;
}

/* The first has begun the word with 1, so that 0 is none. */
static __always_inline int write_letter(__u32 letter)
{
	__u32 zero = 0;
	__u64 *word = bpf_map_lookup_elem(&words, &zero);

	count_in(&runs, letter);
	if (word)
		*word = *word << 2 | letter;
	return 1;
}

SEC("kprobe")
int storm_first(struct pt_regs *ctx)
{
	__u32 zero = 0;
	__u64 *word = bpf_map_lookup_elem(&words, &zero);

	count_in(&runs, STORM_FIRST);
	if (word)
		*word = *word ? STORM_WORDS - 1 : 1;
	return 1;
}

SEC("kprobe")
int storm_a(struct pt_regs *ctx)
{
	return write_letter(STORM_A);
}

SEC("kprobe")
int storm_b(struct pt_regs *ctx)
{
	return write_letter(STORM_B);
}

SEC("kprobe")
int storm_c(struct pt_regs *ctx)
{
	return write_letter(STORM_C);
}

SEC("kprobe")
int storm_last(struct pt_regs *ctx)
{
	__u32 zero = 0;
	__u64 *word = bpf_map_lookup_elem(&words, &zero);

	count_in(&runs, STORM_LAST);
	if (!word)
		return 1;
	count_in(&found, *word < STORM_WORDS ? *word : STORM_WORDS - 1);
	*word = 0;
	return 1;
}

/* One that comes and goes with a link, or with an event. */
SEC("kprobe")
int storm_guest(struct pt_regs *ctx)
{
	count_in(&runs, STORM_GUEST);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
