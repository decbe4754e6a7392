// SPDX-License-Identifier: GPL-2.0-only
/* collect_probe - for tests/vm/collect_bpf.sh: programs for probes on vfs_write */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "collect_record.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__type(value, struct record);
} ring SEC(".maps");
__u64 ring_lost;

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(value, struct record);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
	__type(value, __s64);
} returns SEC(".maps");

SEC("kprobe/vfs_write")
int both(struct pt_regs *ctx)
{
	struct record r;

	fill(&r, PT_REGS_PARM3(ctx));
	r.cookie = bpf_get_attach_cookie(ctx);
	if (bpf_ringbuf_output(&ring, &r, sizeof(r), 0))
		__sync_fetch_and_add(&ring_lost, 1);
	bpf_perf_event_output(ctx, &array, BPF_F_CURRENT_CPU, &r, sizeof(r));
	return 1;
}

SEC("kretprobe/vfs_write")
int result(struct pt_regs *ctx)
{
	__s64 value = PT_REGS_RC(ctx);

	bpf_ringbuf_output(&returns, &value, sizeof(value), 0);
	return 1;
}

/* Keeps the hits of the process that the cookie says. Only if it's asked for. */
SEC("?kprobe/filter")
int only_the_process_of_the_cookie(struct pt_regs *ctx)
{
	return bpf_get_current_pid_tgid() >> 32 == bpf_get_attach_cookie(ctx);
}

char _license[] SEC("license") = "GPL";
