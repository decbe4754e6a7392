// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "addresses.h"
#include "keyhash.h"
#include "thread.h"

#define SLOTS_FIRST 1024u

struct kpc_addresses {
	pthread_mutex_t lock;
	uint64_t key;	/* of the hashes; not changed */
	uint64_t *slot; /* 0: empty; a power of two of them */
	uint32_t nr_slots;
	uint32_t nr;
	uint64_t *waiting;
	uint32_t nr_waiting;
	uint32_t room;
	uint64_t lost;
	_Atomic uint64_t epoch; /* counts what was forgotten */
};

int kpc_addresses_new(struct kpc_addresses **out)
{
	struct kpc_addresses *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->slot = calloc(SLOTS_FIRST, sizeof(*a->slot));
	if (!a->slot) {
		free(a);
		return -ENOMEM;
	}
	a->nr_slots = SLOTS_FIRST;
	a->epoch = 1;
	a->key = kpc_keyhash_key();
	kpc_mutex_init(&a->lock, PTHREAD_MUTEX_NORMAL);
	*out = a;
	return 0;
}

void kpc_addresses_free(struct kpc_addresses *a)
{
	if (!a)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a->slot);
	free(a->waiting);
	free(a);
}

/* ---- the set; all with the lock held ------------------------------------- */

/* A program's call chain has what it wrote to its stack, kernel addresses too. */
static uint32_t hash(const struct kpc_addresses *a, uint64_t address)
{
	return kpc_keyhash_mix(a->key, 0, address);
}

/* The slot that has it, or the empty one where it would be. */
static uint64_t *find(const struct kpc_addresses *a, uint64_t address)
{
	uint32_t mask = a->nr_slots - 1;
	uint32_t i = hash(a, address) & mask;

	while (a->slot[i] && a->slot[i] != address)
		i = (i + 1) & mask;
	return &a->slot[i];
}

/* At most half of the slots are in use, so that probing ends. */
static bool grow(struct kpc_addresses *a)
{
	struct kpc_addresses old = *a;
	uint64_t *slot = calloc(old.nr_slots * 2ull, sizeof(*slot));

	if (!slot)
		return false;
	a->slot = slot;
	a->nr_slots = old.nr_slots * 2;
	for (uint32_t i = 0; i < old.nr_slots; i++)
		if (old.slot[i])
			*find(a, old.slot[i]) = old.slot[i];
	free(old.slot);
	return true;
}

static bool append_waiting(struct kpc_addresses *a, uint64_t address)
{
	uint32_t room = a->room ? a->room * 2 : 256;
	uint64_t *waiting;

	if (a->nr_waiting == a->room) {
		waiting = realloc(a->waiting, room * sizeof(*waiting));
		if (!waiting)
			return false;
		a->waiting = waiting;
		a->room = room;
	}
	a->waiting[a->nr_waiting++] = address;
	return true;
}

static void insert(struct kpc_addresses *a, uint64_t address)
{
	uint64_t *slot = find(a, address);

	if (*slot)
		return;
	if (a->nr == KPC_ADDRESSES_MAX ||
	    ((a->nr + 1) * 2 > a->nr_slots && !grow(a)) ||
	    !append_waiting(a, address)) {
		a->lost++;
		return;
	}
	*find(a, address) = address;
	a->nr++;
}

/* ---- adding -------------------------------------------------------------- */

void kpc_addresses_add(struct kpc_addresses *a, struct kpc_address_cache *cache,
		       const uint64_t *v, uint32_t n)
{
	uint64_t epoch = a->epoch;
	bool locked = false;

	if (cache->epoch != epoch) {
		memset(cache->seen, 0, sizeof(cache->seen));
		cache->epoch = epoch;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint64_t *seen;

		if (v[i] < KPC_KERNEL_FIRST || v[i] > KPC_KERNEL_LAST)
			continue;
		seen = &cache->seen[hash(a, v[i]) & (KPC_ADDRESS_CACHE - 1)];
		if (*seen == v[i])
			continue;
		*seen = v[i];
		if (!locked)
			pthread_mutex_lock(&a->lock);
		locked = true;
		insert(a, v[i]);
	}
	if (locked)
		pthread_mutex_unlock(&a->lock);
}

/* ---- taking -------------------------------------------------------------- */

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

void kpc_addresses_take(struct kpc_addresses *a, uint64_t **list, uint32_t *nr)
{
	pthread_mutex_lock(&a->lock);
	*list = a->waiting;
	*nr = a->nr_waiting;
	a->waiting = NULL;
	a->nr_waiting = 0;
	a->room = 0;
	pthread_mutex_unlock(&a->lock);
	if (*nr)
		qsort(*list, *nr, sizeof(**list), compare);
}

uint32_t kpc_addresses_waiting(struct kpc_addresses *a)
{
	uint32_t nr;

	pthread_mutex_lock(&a->lock);
	nr = a->nr_waiting;
	pthread_mutex_unlock(&a->lock);
	return nr;
}

void kpc_addresses_forget(struct kpc_addresses *a, uint64_t start, uint64_t end)
{
	struct kpc_addresses old;
	uint64_t *slot;

	pthread_mutex_lock(&a->lock);
	slot = calloc(a->nr_slots, sizeof(*slot));
	if (slot) {
		old = *a;
		a->slot = slot;
		a->nr = 0;
		for (uint32_t i = 0; i < old.nr_slots; i++) {
			uint64_t address = old.slot[i];

			if (!address || (address >= start && address < end))
				continue;
			*find(a, address) = address;
			a->nr++;
		}
		free(old.slot);
		a->epoch++;
	}
	pthread_mutex_unlock(&a->lock);
}

uint64_t kpc_addresses_lost(struct kpc_addresses *a)
{
	uint64_t lost;

	pthread_mutex_lock(&a->lock);
	lost = a->lost;
	pthread_mutex_unlock(&a->lock);
	return lost;
}
