// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "comms.h"

#define SLOTS_FIRST 256u

static uint32_t home(const struct kpc_comms *c, uint32_t tid)
{
	return (tid * 0x9e3779b1u) & (c->nr_slots - 1);
}

/* The slot that has @tid, or the empty one where it would be. */
static struct kpc_comms_slot *find(const struct kpc_comms *c, uint32_t tid)
{
	uint32_t i = home(c, tid);

	while (c->slot[i].tid && c->slot[i].tid != tid)
		i = (i + 1) & (c->nr_slots - 1);
	return &c->slot[i];
}

/* At most half of the slots are in use, so that probing ends. */
static int grow(struct kpc_comms *c)
{
	struct kpc_comms old = *c;
	uint32_t nr = old.nr_slots ? old.nr_slots * 2 : SLOTS_FIRST;

	c->slot = calloc(nr, sizeof(*c->slot));
	if (!c->slot) {
		*c = old;
		return -ENOMEM;
	}
	c->nr_slots = nr;
	for (uint32_t i = 0; i < old.nr_slots; i++)
		if (old.slot[i].tid)
			*find(c, old.slot[i].tid) = old.slot[i];
	free(old.slot);
	return 0;
}

int kpc_comms_set(struct kpc_comms *c, uint32_t tid, uint32_t pid,
		  const char comm[KPC_COMM_BYTES])
{
	struct kpc_comms_slot *slot;

	if (!tid)
		return 0; /* the idle task has no name */
	if ((c->nr + 1) * 2 > c->nr_slots && grow(c))
		return -ENOMEM;
	slot = find(c, tid);
	c->nr += !slot->tid;
	slot->tid = tid;
	slot->pid = pid;
	memcpy(slot->comm, comm, KPC_COMM_BYTES);
	return 0;
}

const struct kpc_comms_slot *kpc_comms_find(const struct kpc_comms *c,
					    uint32_t tid)
{
	const struct kpc_comms_slot *slot;

	if (!c->nr || !tid)
		return NULL;
	slot = find(c, tid);
	return slot->tid ? slot : NULL;
}

const char *kpc_comms_get(const struct kpc_comms *c, uint32_t tid)
{
	const struct kpc_comms_slot *slot = kpc_comms_find(c, tid);

	return slot ? slot->comm : NULL;
}

/* Moves those behind the gap that could not be found across it. */
void kpc_comms_remove(struct kpc_comms *c, uint32_t tid)
{
	uint32_t mask = c->nr_slots - 1;
	uint32_t gap, i;

	if (!kpc_comms_get(c, tid))
		return;
	gap = find(c, tid) - c->slot;
	for (i = (gap + 1) & mask; c->slot[i].tid; i = (i + 1) & mask) {
		uint32_t at = home(c, c->slot[i].tid);

		if (((i - at) & mask) < ((i - gap) & mask))
			continue;
		c->slot[gap] = c->slot[i];
		gap = i;
	}
	c->slot[gap].tid = 0;
	c->nr--;
}

void kpc_comms_uninit(struct kpc_comms *c)
{
	free(c->slot);
	*c = (struct kpc_comms){ 0 };
}
