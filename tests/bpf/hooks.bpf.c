// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks - what a program sees depends on how its probe is hooked
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 func_ip, func_ip_runs;
__u64 saved_r12, saved_runs;

/* Calls nothing. */
SEC("kprobe")
int target(struct pt_regs *ctx)
{
	return 1;
}

SEC("kprobe")
int drop(struct pt_regs *ctx)
{
	return 0;
}

/* Asks the kernel's kprobes. */
SEC("kprobe")
int ask(struct pt_regs *ctx)
{
	func_ip = bpf_get_func_ip(ctx);
	__sync_fetch_and_add(&func_ip_runs, 1);
	return 1;
}

/* A register that a function's arguments aren't in. */
SEC("kprobe")
int save(struct pt_regs *ctx)
{
	if (ctx->r12)
		saved_r12 = ctx->r12;
	__sync_fetch_and_add(&saved_runs, 1);
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
