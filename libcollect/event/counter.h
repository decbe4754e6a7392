/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counter - the kernel's software events, and those of the CPU's counters, by the
 * names that perf gives them
 */
#ifndef KPC_COUNTER_H
#define KPC_COUNTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nearmiss.h"

struct kpc_counter {
	char name[32];	 /* perf's */
	uint32_t type;	 /* PERF_TYPE_SOFTWARE, _HARDWARE, _HW_CACHE or _RAW */
	uint64_t config; /* of perf_event_attr */
};

/* page-faults, cycles, L1-dcache-load-misses, r1a8; false: none of those */
bool kpc_counter_find(struct kpc_counter *counter, const char *name,
		      size_t bytes);
/* All names, for what was mistyped. */
void kpc_counter_offer(struct kpc_nearmiss *near);

#endif /* KPC_COUNTER_H */
