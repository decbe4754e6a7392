// SPDX-License-Identifier: GPL-2.0-only
/*
 * latency - how long does a function take, for whom?
 *
 * Two programs, on an entry and on a return probe of one function: the first
 * keeps when a task came, the second makes of it a histogram for each command's
 * name, in powers of two of nanoseconds. With collect:
 *
 *	echo 'p:read_in vfs_read' > /dev/kprobex
 *	echo 'r:read_out vfs_read' > /dev/kprobex
 *	collect -o trace.pb -a --bpf latency.bpf.o -e kprobex/read_in/ -e kprobex/read_out/ \
 *		-- sleep 10
 *
 * Or each program by a KPX_IOC_BPF_ATTACH of its own, { .name = "read_in" } and
 * { .name = "read_out" }; both return 0, so that events have no hits: the numbers
 * are in "bpftool map dump name latencies". A call inside a call of the same
 * task isn't told from it: the inner one counts.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

#include "histogram.h"

struct latency_key {
	char comm[16];
	__u32 slot;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32); /* the thread's id */
	__type(value, __u64);
} started SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct latency_key);
	__type(value, __u64);
} latencies SEC(".maps");

SEC("kprobe")
int latency_entry(struct pt_regs *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&started, &tid, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe")
int latency_return(struct pt_regs *ctx)
{
	__u64 now = bpf_ktime_get_ns(), *count, *start, one = 1;
	__u32 tid = bpf_get_current_pid_tgid();
	struct latency_key key = {};

	start = bpf_map_lookup_elem(&started, &tid);
	if (!start)
		return 0; /* it was inside already when we began */
	key.slot = histogram_slot(now - *start);
	bpf_map_delete_elem(&started, &tid);
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	count = bpf_map_lookup_elem(&latencies, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else if (bpf_map_update_elem(&latencies, &key, &one, BPF_NOEXIST)) {
		/* another CPU was first */
		count = bpf_map_lookup_elem(&latencies, &key);
		if (count)
			__sync_fetch_and_add(count, 1);
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
