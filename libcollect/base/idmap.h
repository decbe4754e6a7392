/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idmap - from perf's event ids to small numbers
 *
 * One thread adds, others may look meanwhile: a table that has become too small
 * is kept for them until the end.
 */
#ifndef KPC_IDMAP_H
#define KPC_IDMAP_H

#include <stdint.h>

struct kpc_idmap_slot {
	uint64_t id; /* 0: empty; perf's ids begin with 1 */
	uint32_t number;
};

struct kpc_idmap_table {
	struct kpc_idmap_table *older;
	uint32_t nr_slots; /* a power of two */
	struct kpc_idmap_slot slot[];
};

/* Zeroed is empty. */
struct kpc_idmap {
	struct kpc_idmap_table *table; /* NULL: nothing was added */
	uint32_t nr;
};

/* 0, -ENOMEM, or -EINVAL for id 0. The number of an id that is there stays. */
int kpc_idmap_add(struct kpc_idmap *map, uint64_t id, uint32_t number);
void kpc_idmap_uninit(struct kpc_idmap *map);

static inline uint32_t kpc_idmap_hash(uint64_t id)
{
	return (id * 0x9e3779b97f4a7c15ull) >> 32;
}

/* The number, or -1. */
static inline int64_t kpc_idmap_find(const struct kpc_idmap *map, uint64_t id)
{
	/* Acquire: pairs with the release in grow(), and with that in put(). */
	const struct kpc_idmap_table *table =
		__atomic_load_n(&map->table, __ATOMIC_ACQUIRE);
	uint64_t at;

	if (!table || !id)
		return -1;
	for (uint32_t i = kpc_idmap_hash(id);; i++) {
		const struct kpc_idmap_slot *slot =
			&table->slot[i & (table->nr_slots - 1)];

		at = __atomic_load_n(&slot->id, __ATOMIC_ACQUIRE);
		if (at == id)
			return slot->number;
		if (!at)
			return -1;
	}
}

#endif /* KPC_IDMAP_H */
