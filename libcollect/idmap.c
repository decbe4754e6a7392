// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "idmap.h"

#define SLOTS_FIRST 64u

static void put(struct kpc_idmap *map, struct kpc_idmap_slot slot)
{
	uint32_t mask = map->nr_slots - 1;
	uint32_t i = kpc_idmap_hash(slot.id) & mask;

	while (map->slot[i].id)
		i = (i + 1) & mask;
	map->slot[i] = slot;
}

/* Twice as many slots; at most half are in use, so that probing ends. */
static int grow(struct kpc_idmap *map)
{
	uint32_t nr = map->nr_slots ? map->nr_slots * 2 : SLOTS_FIRST;
	struct kpc_idmap old = *map;

	map->slot = calloc(nr, sizeof(*map->slot));
	if (!map->slot) {
		*map = old;
		return -ENOMEM;
	}
	map->nr_slots = nr;
	for (uint32_t i = 0; i < old.nr_slots; i++)
		if (old.slot[i].id)
			put(map, old.slot[i]);
	free(old.slot);
	return 0;
}

int kpc_idmap_add(struct kpc_idmap *map, uint64_t id, uint32_t number)
{
	if (!id)
		return -EINVAL;
	if (kpc_idmap_find(map, id) >= 0)
		return 0;
	if ((map->nr + 1) * 2 > map->nr_slots && grow(map))
		return -ENOMEM;
	put(map, (struct kpc_idmap_slot){ id, number });
	map->nr++;
	return 0;
}

void kpc_idmap_uninit(struct kpc_idmap *map)
{
	free(map->slot);
	*map = (struct kpc_idmap){ 0 };
}
