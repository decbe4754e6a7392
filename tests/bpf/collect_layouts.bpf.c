// SPDX-License-Identifier: GPL-2.0-only
/*
 * collect_layouts - for tests/unit/test_bpf.c and tests/vm/collect_bpf.sh: types of
 * records that aren't what they may seem to be
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Neither a time nor a thread: they are several. */
struct several {
	__u64 time_ns[2];
	__u32 tid[3];
	__u32 last;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__type(value, struct several);
} several SEC(".maps");
__u64 several_lost;

/* Structs within structs, more than the collector follows. */
#define IN(x)     \
	struct {  \
		x \
	} in;
#define IN5(x) IN(IN(IN(IN(IN(x)))))
struct deep {
	__u64 time_ns;
	IN5(IN5(IN5(IN5(__u64 x;))))
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__type(value, struct deep);
} deep SEC(".maps");
__u64 deep_lost;

SEC("kprobe/vfs_write")
int layouts(void *ctx)
{
	struct several s = { { 1, 2 }, { 3, 4, 5 }, 6 };
	__u64 d[2] = { 1, 0x0807060504030201 };

	if (bpf_ringbuf_output(&several, &s, sizeof(s), 0))
		__sync_fetch_and_add(&several_lost, 1);
	if (bpf_ringbuf_output(&deep, d, sizeof(d), 0))
		__sync_fetch_and_add(&deep_lost, 1);
	return 1;
}

char _license[] SEC("license") = "GPL";
