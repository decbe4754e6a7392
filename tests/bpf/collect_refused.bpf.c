// SPDX-License-Identifier: GPL-2.0-only
/*
 * collect_refused - for tests/vm/collect_bpf.sh: programs that the verifier takes,
 * and that can't be on a probe
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe.multi/vfs_write")
int multi(void *ctx)
{
	return 1;
}

SEC("tp/raw_syscalls/sys_enter")
int trace(void *ctx)
{
	return 1;
}

char _license[] SEC("license") = "GPL";
