/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * procs - the processes and threads of /proc
 */
#ifndef KPC_PROCS_H
#define KPC_PROCS_H

#include <stdint.h>
#include <sys/types.h>

#include "comms.h"

/* What is called for what there is; what these return other than 0 ends it. */
struct kpc_procs_visit {
	/* @comm is NUL-padded */
	int (*thread)(void *ctx, uint32_t pid, uint32_t tid,
		      const char comm[KPC_COMM_BYTES]);
	/* After its threads. */
	int (*process)(void *ctx, uint32_t pid);
	void *ctx;
};

/* Of all processes, or of @pid. What ends meanwhile is left out. */
int kpc_procs_scan(const struct kpc_procs_visit *visit, pid_t pid);

#endif /* KPC_PROCS_H */
