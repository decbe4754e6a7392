/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfknown - what perf was told of threads, of their processes' mappings and of the
 * kernel's symbols: it is told of each before the first sample that needs it, and
 * again when it is something else
 */
#ifndef KPC_PERFKNOWN_H
#define KPC_PERFKNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "comms.h"
#include "idmap.h"

struct kpc_perfknown_range {
	uint32_t pid; /* of a mapping */
	uint64_t start;
	uint64_t end;
	uint64_t hash; /* of what it is */
};

/* Zeroed is empty. */
struct kpc_perfknown {
	struct kpc_comms comms; /* by thread */
	void *ranges;		/* a tree: they don't overlap */
	struct kpc_idmap build_ids;
};

/* These return 1: it wasn't known, and is now; 0: it was; or -ENOMEM. */
int kpc_perfknown_thread(struct kpc_perfknown *known, uint32_t pid,
			 uint32_t tid, const char *comm);
int kpc_perfknown_build_id(struct kpc_perfknown *known, uint64_t hash);
/* Calls @forget with those that overlap it, which aren't known any more. */
int kpc_perfknown_range(struct kpc_perfknown *known,
			const struct kpc_perfknown_range *range,
			void (*forget)(void *ctx,
				       const struct kpc_perfknown_range *gone),
			void *ctx);
/*
 * A thread began or ended: it has no name yet; and no mappings, if a @process did. Ids
 * are used again.
 */
void kpc_perfknown_forget(struct kpc_perfknown *known, uint32_t pid,
			  uint32_t tid, bool process);
void kpc_perfknown_uninit(struct kpc_perfknown *known);

#endif /* KPC_PERFKNOWN_H */
