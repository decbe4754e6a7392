/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * priority - the recording thread ahead of what it records: it is being kept
 * from the CPU, not being slow, that loses events
 */
#ifndef KPC_PRIORITY_H
#define KPC_PRIORITY_H

#include <sched.h>

struct kpc_priority {
	int policy; /* before; -1: unchanged */
	struct sched_param param;
	int nice;
};

/*
 * SCHED_FIFO 1 for the calling thread, else nice -20. Says in words what it
 * became, NULL if SCHED_FIFO.
 */
const char *kpc_priority_raise(struct kpc_priority *before);
/* nice -20 for the calling thread, if that is permitted. */
void kpc_priority_raise_nice(struct kpc_priority *before);
void kpc_priority_restore(const struct kpc_priority *before);

#endif /* KPC_PRIORITY_H */
