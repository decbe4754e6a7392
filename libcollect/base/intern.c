// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "intern.h"
#include "keyhash.h"

#define ROOM_LEAST 64

void kpc_intern_uninit(struct kpc_intern *intern)
{
	free(intern->entries);
	free(intern->slots);
	*intern = (struct kpc_intern){ 0 };
}

/* The slot of @hash and @span, or the free one where it belongs. */
static uint32_t find_slot(const struct kpc_intern *intern, uint64_t hash,
			  struct kpc_span span)
{
	uint32_t mask = intern->nr_slots - 1;
	uint32_t slot = hash & mask;

	while (intern->slots[slot]) {
		const struct kpc_intern_entry *entry =
			&intern->entries[intern->slots[slot] - 1];

		if (entry->hash == hash && entry->span.bytes == span.bytes &&
		    (!span.bytes ||
		     !memcmp(entry->span.at, span.at, span.bytes)))
			break;
		slot = (slot + 1) & mask;
	}
	return slot;
}

void kpc_intern_reset(struct kpc_intern *intern)
{
	if (intern->nr)
		memset(intern->slots, 0,
		       intern->nr_slots * sizeof(*intern->slots));
	intern->nr = 0;
}

static void rehash(struct kpc_intern *intern)
{
	uint32_t mask = intern->nr_slots - 1;

	for (uint32_t i = 0; i < intern->nr; i++) {
		uint32_t slot = intern->entries[i].hash & mask;

		while (intern->slots[slot])
			slot = (slot + 1) & mask;
		intern->slots[slot] = i + 1;
	}
}

static int grow(struct kpc_intern *intern)
{
	uint32_t room = intern->room ? intern->room * 2 : ROOM_LEAST;
	struct kpc_intern_entry *entries;
	uint32_t *slots;

	if (room > UINT32_MAX / 4)
		return -ENOMEM;
	entries = realloc(intern->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	intern->entries = entries;
	slots = calloc((size_t)room * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(intern->slots);
	intern->key = kpc_keyhash_key();
	intern->slots = slots;
	intern->nr_slots = room * 2;
	intern->room = room;
	rehash(intern);
	return 0;
}

int64_t kpc_intern_add(struct kpc_intern *intern, struct kpc_span span)
{
	uint64_t hash;
	uint32_t slot;
	int err;

	if (intern->nr == intern->room) {
		err = grow(intern);
		if (err)
			return err;
	}
	hash = kpc_keyhash_bytes(intern->key, span.at, span.bytes);
	slot = find_slot(intern, hash, span);
	if (!intern->slots[slot]) {
		intern->entries[intern->nr++] = (struct kpc_intern_entry){
			.span = span,
			.hash = hash,
		};
		intern->slots[slot] = intern->nr;
	}
	return intern->slots[slot] - 1;
}
