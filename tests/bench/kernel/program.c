// SPDX-License-Identifier: GPL-2.0-only
#include "program.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A descriptor, or 0: it isn't loaded yet. */
static int fds[NR_VERDICTS][PROGRAMS_MAX];

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	int ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	if (ret < 0) {
		fprintf(stderr, "kernel-bench: bpf(%d): %s\n", cmd,
			strerror(errno));
		exit(1);
	}
	return ret;
}

static int load(unsigned int verdict)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K,
		  .dst_reg = BPF_REG_0,
		  .imm = verdict != DROPS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	unsigned int first = verdict == CALLS ? 0 : 1;
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_KPROBE,
		.insn_cnt = sizeof(insns) / sizeof(insns[0]) - first,
		.insns = (uintptr_t)&insns[first],
		.license = (uintptr_t) "GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

int program_fd(unsigned int verdict, unsigned int slot)
{
	int *fd = &fds[verdict][slot];

	if (!*fd)
		*fd = load(verdict);
	return *fd;
}

int programs_count(void)
{
	union bpf_attr attr = { .enable_stats.type = BPF_STATS_RUN_TIME };

	return bpf(BPF_ENABLE_STATS, &attr);
}

uint64_t program_runs(unsigned int verdict, unsigned int slot)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr = {
		.info.bpf_fd = program_fd(verdict, slot),
		.info.info_len = sizeof(info),
		.info.info = (uintptr_t)&info,
	};

	bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	return info.run_cnt;
}
