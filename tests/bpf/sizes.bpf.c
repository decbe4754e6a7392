// SPDX-License-Identifier: GPL-2.0-only
/*
 * sizes - how large are the writes?
 *
 * A histogram in powers of two, made where the writes are, so that nothing is
 * recorded for it. With an event, which has every hit as before:
 *
 *	collect -o trace.pb -a --bpf sizes.bpf.o:sizes_asked -e kprobex/vfs_write/ -- sleep 10
 *
 * Without one: open /dev/kprobex, load the object with libbpf and give the
 * program's descriptor to KPX_IOC_BPF_ATTACH, { .name = "vfs_write", .prog_fd }.
 * Either way "bpftool map dump name sizes" shows the slots while it runs: slot N
 * has the writes whose size has N bits. sizes_returned is for a return probe, as
 * "r:written vfs_write", and takes what was written for what was asked for.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "histogram.h"

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
	return 1; /* the event has the hit, too; 0 would drop it */
}

/* vfs_write(file, buf, count, pos) */
SEC("kprobe")
int sizes_asked(struct pt_regs *ctx)
{
	return add(PT_REGS_PARM3(ctx));
}

/* What it returned; an error counts as nothing written. */
SEC("kretprobe")
int sizes_returned(struct pt_regs *ctx)
{
	__s64 written = PT_REGS_RC(ctx);

	return add(written < 0 ? 0 : written);
}

char LICENSE[] SEC("license") = "GPL";
