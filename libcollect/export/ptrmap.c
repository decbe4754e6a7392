// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "ptrmap.h"

#define SLOTS_LEAST 64

static struct kpc_ptrmap_slot *slot_of(const struct kpc_ptrmap *map,
				       const void *key)
{
	uint32_t mask = map->nr_slots - 1;
	uint32_t at = ((uintptr_t)key * 0x9e3779b97f4a7c15ull >> 40) & mask;

	while (map->slot[at].key && map->slot[at].key != key)
		at = (at + 1) & mask;
	return &map->slot[at];
}

void *kpc_ptrmap_find(struct kpc_ptrmap *map, const void *key)
{
	if (map->last.key == key)
		return map->last.value;
	if (!map->nr)
		return NULL;
	map->last = *slot_of(map, key);
	map->last.key = key;
	return map->last.value;
}

static int grow(struct kpc_ptrmap *map)
{
	struct kpc_ptrmap grown = *map;

	grown.nr_slots = map->nr_slots ? map->nr_slots * 2 : SLOTS_LEAST;
	grown.slot = calloc(grown.nr_slots, sizeof(*grown.slot));
	if (!grown.slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < map->nr_slots; i++)
		if (map->slot[i].key)
			*slot_of(&grown, map->slot[i].key) = map->slot[i];
	free(map->slot);
	*map = grown;
	return 0;
}

int kpc_ptrmap_put(struct kpc_ptrmap *map, const void *key, void *value)
{
	int err = map->nr * 2 >= map->nr_slots ? grow(map) : 0;

	if (err)
		return err;
	map->last = (struct kpc_ptrmap_slot){ key, value };
	*slot_of(map, key) = map->last;
	map->nr++;
	return 0;
}

void kpc_ptrmap_uninit(struct kpc_ptrmap *map, void (*release)(void *value))
{
	for (uint32_t i = 0; release && i < map->nr_slots; i++)
		if (map->slot[i].key)
			release(map->slot[i].value);
	free(map->slot);
	*map = (struct kpc_ptrmap){ 0 };
}
