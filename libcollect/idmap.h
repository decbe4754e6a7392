/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idmap - from perf's event ids to small numbers
 */
#ifndef KPC_IDMAP_H
#define KPC_IDMAP_H

#include <stdint.h>

struct kpc_idmap_slot {
	uint64_t id; /* 0: empty; perf's ids begin with 1 */
	uint32_t number;
};

/* Zeroed is empty. */
struct kpc_idmap {
	struct kpc_idmap_slot *slot; /* a power of two of them */
	uint32_t nr_slots;
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
	uint32_t mask = map->nr_slots - 1;

	if (!map->nr_slots || !id)
		return -1;
	for (uint32_t i = kpc_idmap_hash(id) & mask; map->slot[i].id;
	     i = (i + 1) & mask)
		if (map->slot[i].id == id)
			return map->slot[i].number;
	return -1;
}

#endif /* KPC_IDMAP_H */
