/* SPDX-License-Identifier: GPL-2.0-only */
/* perfevents - the events of a perf.data in the terms of a trace */
#ifndef KPC_PERFEVENTS_H
#define KPC_PERFEVENTS_H

#include <stdint.h>

#include "collect.h"
#include "perfmeta.h"

struct kpc_perfevents {
	struct kpc_event *event; /* by the number of the attr */
	uint32_t nr;
	uint32_t unknown; /* tracepoints without a format: records are kept whole */
};

/* 0 or -ENOMEM; @events is for uninit in any case. */
int kpc_perfevents_init(struct kpc_perfevents *events,
			const struct kpc_perfmeta *meta);
void kpc_perfevents_uninit(struct kpc_perfevents *events);

#endif /* KPC_PERFEVENTS_H */
