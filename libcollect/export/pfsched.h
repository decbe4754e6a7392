/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pfsched - the scheduler's tracepoints as Perfetto has them: it draws from those who
 * ran on each CPU, and who waited
 */
#ifndef KPC_PFSCHED_H
#define KPC_PFSCHED_H

#include "collect.h"
#include "pfwriter.h"

#define KPC_PF_CPUS_MAX 1024 /* it takes more for damage */

/* What becomes of an event; its fields' numbers there are behind it. */
struct kpc_pf_sched {
	uint32_t number; /* of FtraceEvent */
	uint32_t fields[];
};

/* NULL: it isn't one of them, it has a field that they don't have, or no memory. */
struct kpc_pf_sched *kpc_pf_sched_new(const struct kpc_event *event);
/* A packet. @boot_ns: CLOCK_BOOTTIME; @gap: of the CPU, something was lost before. */
void kpc_pf_sched_put(const struct kpc_pf_sched *sched, struct kpc_pf *pf,
		      const struct kpc_row *row, uint64_t boot_ns, bool gap);

#endif /* KPC_PFSCHED_H */
