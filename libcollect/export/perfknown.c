// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* tdestroy() */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "perfknown.h"

int kpc_perfknown_thread(struct kpc_perfknown *known, uint32_t pid,
			 uint32_t tid, const char *comm)
{
	const struct kpc_comms_slot *slot = kpc_comms_find(&known->comms, tid);
	char padded[KPC_COMM_BYTES] = { 0 };
	int err;

	memcpy(padded, comm, strnlen(comm, KPC_COMM_BYTES));
	if (slot && slot->pid == pid &&
	    !memcmp(slot->comm, padded, sizeof(padded)))
		return 0;
	err = kpc_comms_set(&known->comms, tid, pid, padded);
	return err ? err : 1;
}

int kpc_perfknown_build_id(struct kpc_perfknown *known, uint64_t hash)
{
	int err;

	hash += !hash;
	if (kpc_idmap_find(&known->build_ids, hash) >= 0)
		return 0;
	err = kpc_idmap_add(&known->build_ids, hash, 0);
	return err ? err : 1;
}

/* Those that overlap are the same, as none that are kept do. */
static int compare(const void *left, const void *right)
{
	const struct kpc_perfknown_range *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->end <= b->start)
		return -1;
	return b->end <= a->start;
}

int kpc_perfknown_range(struct kpc_perfknown *known,
			const struct kpc_perfknown_range *range,
			void (*forget)(void *ctx,
				       const struct kpc_perfknown_range *gone),
			void *ctx)
{
	struct kpc_perfknown_range **found, *gone, *copy;

	while ((found = tfind(range, &known->ranges, compare))) {
		gone = *found;
		if (gone->start == range->start && gone->end == range->end &&
		    gone->hash == range->hash)
			return 0;
		tdelete(range, &known->ranges, compare);
		if (forget)
			forget(ctx, gone);
		free(gone);
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = *range;
	if (tsearch(copy, &known->ranges, compare))
		return 1;
	free(copy);
	return -ENOMEM;
}

void kpc_perfknown_forget(struct kpc_perfknown *known, uint32_t pid,
			  uint32_t tid, bool process)
{
	const struct kpc_perfknown_range all = { .pid = pid,
						 .end = UINT64_MAX };
	struct kpc_perfknown_range **found, *gone;

	kpc_comms_remove(&known->comms, tid);
	while (process && (found = tfind(&all, &known->ranges, compare))) {
		gone = *found;
		tdelete(gone, &known->ranges, compare);
		free(gone);
	}
}

void kpc_perfknown_uninit(struct kpc_perfknown *known)
{
	kpc_comms_uninit(&known->comms);
	kpc_idmap_uninit(&known->build_ids);
	tdestroy(known->ranges, free);
	known->ranges = NULL;
}
