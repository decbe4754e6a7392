/* SPDX-License-Identifier: GPL-2.0-only */
/* What helpers.bpf.c and its test have in common. */
#ifndef TESTS_BPF_HELPERS_H
#define TESTS_BPF_HELPERS_H

#include <linux/types.h>

#define HELPERS_STACK 32 /* frames */

/* Keys of "results". */
enum {
	HELPERS_TASK,
	HELPERS_KERNEL,
};

struct helpers_result {
	__u64 runs;
	__u64 pid_tgid;
	__u64 uid_gid;
	__u64 cookie;
	__u64 func_ip;
	__u64 ktime_ns;
	__u32 cpu;
	__s32 kernel_stack;
	__s32 user_stack;
	__s32 read_ret;
	__s32 string_ret;
	__s32 bad_ret;
	char comm[16];
	char bytes[16];
	char string[16];
};

/* In "ring" and "output". */
struct helpers_record {
	__u64 pid_tgid;
	__u64 count;
	__u64 cookie;
};

#endif /* TESTS_BPF_HELPERS_H */
