// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keyhash.h"
#include "records.h"

#define ROOM_LEAST 64u

void kpc_records_uninit(struct kpc_records *records)
{
	free(records->data);
	free(records->slots);
	records->data = NULL;
	records->slots = NULL;
	records->nr = 0;
	records->room = 0;
	records->nr_slots = 0;
}

static uint32_t find_slot(const struct kpc_records *records, const void *key)
{
	uint64_t hash =
		kpc_keyhash_bytes(kpc_keyhash_key(), key, records->key_bytes);
	uint32_t mask = records->nr_slots - 1;
	uint32_t slot = hash & mask;

	while (records->slots[slot] &&
	       memcmp(kpc_records_at(records, records->slots[slot] - 1), key,
		      records->key_bytes) != 0)
		slot = (slot + 1) & mask;
	return slot;
}

/* Slots are twice as many as there's room for. */
static int grow(struct kpc_records *records)
{
	uint32_t room = records->room ? records->room * 2 : ROOM_LEAST;
	char *data = reallocarray(records->data, room, records->bytes);
	uint32_t *slots;

	if (!data)
		return -ENOMEM;
	records->data = data;
	slots = calloc(room * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(records->slots);
	records->slots = slots;
	records->nr_slots = room * 2;
	records->room = room;
	for (uint32_t i = 0; i < records->nr; i++)
		slots[find_slot(records, kpc_records_at(records, i))] = i + 1;
	return 0;
}

int64_t kpc_records_add(struct kpc_records *records, const void *record)
{
	uint32_t slot;
	int err;

	if (records->nr == records->room) {
		err = grow(records);
		if (err)
			return err;
	}
	slot = find_slot(records, record);
	if (records->slots[slot])
		return records->slots[slot] - 1;
	if (records->nr == records->max)
		return -E2BIG;
	memcpy(kpc_records_at(records, records->nr), record, records->bytes);
	records->slots[slot] = ++records->nr;
	return records->nr - 1;
}
