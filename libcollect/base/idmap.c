// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "idmap.h"

#define SLOTS_FIRST 64u

static void put(struct kpc_idmap_table *table, uint64_t id, uint32_t number)
{
	uint32_t mask = table->nr_slots - 1;
	uint32_t i = kpc_idmap_hash(id) & mask;

	while (table->slot[i].id)
		i = (i + 1) & mask;
	table->slot[i].number = number;
	__atomic_store_n(&table->slot[i].id, id, __ATOMIC_RELEASE);
}

/* Twice as many slots; at most half are in use, so that probing ends. */
static int grow(struct kpc_idmap *map)
{
	struct kpc_idmap_table *old = map->table;
	uint32_t nr = old ? old->nr_slots * 2 : SLOTS_FIRST;
	struct kpc_idmap_table *table =
		calloc(1, sizeof(*table) + nr * sizeof(*table->slot));

	if (!table)
		return -ENOMEM;
	table->older = old;
	table->nr_slots = nr;
	for (uint32_t i = 0; old && i < old->nr_slots; i++)
		if (old->slot[i].id)
			put(table, old->slot[i].id, old->slot[i].number);
	__atomic_store_n(&map->table, table, __ATOMIC_RELEASE);
	return 0;
}

int kpc_idmap_add(struct kpc_idmap *map, uint64_t id, uint32_t number)
{
	if (!id)
		return -EINVAL;
	if (kpc_idmap_find(map, id) >= 0)
		return 0;
	if (!map->table || (map->nr + 1) * 2 > map->table->nr_slots)
		if (grow(map))
			return -ENOMEM;
	put(map->table, id, number);
	map->nr++;
	return 0;
}

void kpc_idmap_uninit(struct kpc_idmap *map)
{
	struct kpc_idmap_table *older;

	for (struct kpc_idmap_table *at = map->table; at; at = older) {
		older = at->older;
		free(at);
	}
	*map = (struct kpc_idmap){ 0 };
}
