// SPDX-License-Identifier: GPL-2.0-only
/*
 * collect_outputs - for tests/native/bpf_outputs.c: getppid(2) with MAGIC as its
 * first argument gives a record through every kind of map
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "collect_record.h"

#define MAGIC	0x6b70786d61676963ull
#define PPID_NR 110 /* of x86-64 */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 262144);
	__type(value, struct record);
} ring SEC(".maps");

/* Too small for what is written to it; counts what it has no room for. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
	__type(value, __u64);
} tiny SEC(".maps");
__u64 tiny_lost;

/* Nobody counts, and nothing says what is in it; of varying size. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, struct record);
} array SEC(".maps");

/*
 * A struct of the map's name, which a variable brings into the BTF; the declared
 * value is what the kernel has in it.
 */
struct named {
	__u32 a, b, c;
};
struct named *unused;

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} named SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} ring_lost SEC(".maps");

struct enter {
	__u64 common;
	__u64 id;
	__u64 args[6];
};

SEC("tp/raw_syscalls/sys_enter")
int outputs(struct enter *ctx)
{
	struct record on_stack, *r;
	struct named n = { 1, 2, 3 };
	__u64 i = ctx->args[1], *lost;
	__u32 zero = 0;

	if (ctx->id != PPID_NR || ctx->args[0] != MAGIC)
		return 0;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (r) {
		fill(r, i);
		/* The time isn't one of the recording, or it's left out. */
		if (i % 3 == 1)
			r->time_ns = 5;
		if (i % 10 == 9)
			bpf_ringbuf_discard(r, 0);
		else
			bpf_ringbuf_submit(r, 0);
	} else {
		lost = bpf_map_lookup_elem(&ring_lost, &zero);
		if (lost)
			(*lost)++;
	}
	if (bpf_ringbuf_output(&tiny, &i, sizeof(i), BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&tiny_lost, 1);
	bpf_ringbuf_output(&plain, &i, 1 + i % 8, 0);
	fill(&on_stack, i);
	/* One in four is shorter than the type says: it can't be split. */
	bpf_perf_event_output(ctx, &array, BPF_F_CURRENT_CPU, &on_stack,
			      i % 4 == 3 ? 16 : sizeof(on_stack));
	bpf_perf_event_output(ctx, &named, BPF_F_CURRENT_CPU, &n, sizeof(n));
	return 0;
}

char _license[] SEC("license") = "GPL";
