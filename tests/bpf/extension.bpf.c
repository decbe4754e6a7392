// SPDX-License-Identifier: GPL-2.0-only
/*
 * extension - takes the place of the function "target" of another program's, and
 * calls what that did not
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

SEC("freplace/target")
int extension(struct pt_regs *ctx)
{
	return bpf_get_attach_cookie(ctx) & 1;
}

char LICENSE[] SEC("license") = "GPL";
