// SPDX-License-Identifier: GPL-2.0-only
/*
 * dispatch - one program decides which one is to look at the hit
 *
 * By the size of a write: the small ones are counted, the medium ones are
 * counted with their bytes, and only the large ones are let through to events.
 * The programs are in a map, where each can be exchanged while hits go on. With
 * collect, whose recording then has the large writes alone:
 *
 *	collect -o trace.pb -a --bpf dispatch.bpf.o:dispatch -e kprobex/vfs_write/ -- sleep 10
 *
 * By ioctl: load the object with libbpf, which fills the map, and attach only
 * "dispatch" by KPX_IOC_BPF_ATTACH { .name = "vfs_write", .prog_fd }.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum {
	SMALL,	/* below 64 bytes */
	MEDIUM, /* below 4096 */
	LARGE,
	NR_CLASSES
};

struct size_class {
	__u64 writes;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_CLASSES);
	__type(key, __u32);
	__type(value, struct size_class);
} classes SEC(".maps");

static __always_inline void add(__u32 which, __u64 bytes)
{
	struct size_class *size_class = bpf_map_lookup_elem(&classes, &which);

	if (!size_class)
		return;
	__sync_fetch_and_add(&size_class->writes, 1);
	__sync_fetch_and_add(&size_class->bytes, bytes);
}

SEC("kprobe")
int dispatch_small(struct pt_regs *ctx)
{
	add(SMALL, 0);
	return 0;
}

SEC("kprobe")
int dispatch_medium(struct pt_regs *ctx)
{
	add(MEDIUM, PT_REGS_PARM3(ctx));
	return 0;
}

SEC("kprobe")
int dispatch_large(struct pt_regs *ctx)
{
	add(LARGE, PT_REGS_PARM3(ctx));
	return 1;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, NR_CLASSES);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} handlers SEC(".maps") = {
	.values = {
		[SMALL] = (void *)&dispatch_small,
		[MEDIUM] = (void *)&dispatch_medium,
		[LARGE] = (void *)&dispatch_large,
	},
};

SEC("kprobe")
int dispatch(struct pt_regs *ctx)
{
	__u64 size = PT_REGS_PARM3(ctx);

	bpf_tail_call(ctx, &handlers,
		      size < 64	  ? SMALL :
		      size < 4096 ? MEDIUM :
				    LARGE);
	return 1; /* there's no such program: not our business */
}

char LICENSE[] SEC("license") = "GPL";
