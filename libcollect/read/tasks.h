/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tasks - who a thread was at a time, from the trace's Tasks
 */
#ifndef KPC_TASKS_H
#define KPC_TASKS_H

#include <stdint.h>

#include "taskevent.h"
#include "wire.h"

#define KPC_TASKS_MAX (1u << 24) /* kept of a trace */

struct kpc_task {
	uint64_t time_ns;
	uint32_t order; /* in the file */
	uint32_t tid;
	uint32_t pid;
	char comm[KPC_COMM_BYTES + 1];
};

struct kpc_task_range;

/* Zeroed is empty. */
struct kpc_tasks {
	struct kpc_task *tasks;
	uint32_t nr;
	uint32_t room;
	struct kpc_task_range *ranges; /* a hash table by thread */
	uint32_t nr_ranges;
	uint64_t seed; /* of the hash: a file can't be made to collide */
};

/*
 * Adds the events of a serialised Tasks. -EBADMSG if it is damaged (nothing is
 * added then), -ENOMEM, or -E2BIG if it would be more than KPC_TASKS_MAX.
 */
int kpc_tasks_add(struct kpc_tasks *tasks, struct kpc_wire body);
/* Sorts, after the last add and before the first find. 0 or -ENOMEM. */
int kpc_tasks_finish(struct kpc_tasks *tasks);
/* The thread at that time, or NULL. Quickest if times go forward. */
const struct kpc_task *kpc_tasks_find(struct kpc_tasks *tasks, uint32_t tid,
				      uint64_t time_ns);
void kpc_tasks_uninit(struct kpc_tasks *tasks);

#endif /* KPC_TASKS_H */
