/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lives - which threads began, of whom, and which ended, from a trace's Tasks; tasks.h
 * has their names
 */
#ifndef KPC_LIVES_H
#define KPC_LIVES_H

#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

#define KPC_LIVES_MAX (1u << 24) /* kept of a trace */

struct kpc_life {
	uint64_t time_ns;
	uint32_t order; /* in the file */
	uint32_t pid;
	uint32_t tid;
	uint32_t parent_pid; /* its own, of a thread; 0 of an end, as the next */
	uint32_t parent_tid;
	bool ends;
};

/* Zeroed is empty. */
struct kpc_lives {
	struct kpc_life *life;
	uint32_t nr;
	uint32_t room;
};

/*
 * Adds those of a serialised Tasks. -EBADMSG if it is damaged (nothing is added then),
 * -ENOMEM, or -E2BIG if it would be more than KPC_LIVES_MAX.
 */
int kpc_lives_add(struct kpc_lives *lives, struct kpc_wire body);
/* Sorts them by time, after the last add. */
void kpc_lives_finish(struct kpc_lives *lives);
void kpc_lives_uninit(struct kpc_lives *lives);

#endif /* KPC_LIVES_H */
