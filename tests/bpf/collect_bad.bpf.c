// SPDX-License-Identifier: GPL-2.0-only
/* collect_bad - for tests/vm/collect_bpf.sh: the verifier refuses it */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/vfs_write")
int wild(void *ctx)
{
	return *(volatile int *)bpf_get_current_pid_tgid();
}

char _license[] SEC("license") = "GPL";
