// SPDX-License-Identifier: GPL-2.0-only
/*
 * pidfilter - drop the hits of all processes but one
 *
 * The one is in a map, and can be another one while events are open, which a
 * condition of the probe's can't. With collect:
 *
 *	collect -o trace.pb -a --bpf pidfilter.bpf.o -e kprobex/vfs_write/ -- sleep 60 &
 *	bpftool map update name pidfilter key 0 0 0 0 value 210 4 0 0	# 1234
 *
 * By ioctl: KPX_IOC_BPF_ATTACH { .name = "vfs_write", .prog_fd, .flags =
 * KPX_BPF_LINK }; what it returns in link_fd is kept open as long as the filter
 * is wanted. What it drops is "filtered_bpf" in the probe's book, and counted by
 * events of kprobex/vfs_write-filtered/. 0 in the map: nothing is dropped.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value,
	       __u32); /* the process' id, as in the first PID namespace */
} pidfilter SEC(".maps");

SEC("kprobe")
int pidfilter_only(struct pt_regs *ctx)
{
	__u32 zero = 0, *pid = bpf_map_lookup_elem(&pidfilter, &zero);

	return !pid || !*pid || *pid == bpf_get_current_pid_tgid() >> 32;
}

char LICENSE[] SEC("license") = "GPL";
