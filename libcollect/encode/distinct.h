/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * distinct - numbers the different records of each event as they come
 *
 * Many loads do the same few things again and again: where at most half of the
 * records of an event are new, their columns have each once, and a row has the
 * number of its own. The thread id of a trace entry doesn't count: the row has
 * it.
 */
#ifndef KPC_DISTINCT_H
#define KPC_DISTINCT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "diff.h"

#define KPC_DISTINCT_MAX   8192u /* in a batch, of all events */
#define KPC_DISTINCT_SLOTS (4 * KPC_DISTINCT_MAX)
#define KPC_DISTINCT_CHECK 256 /* rows, before it is to pay */
#define KPC_DISTINCT_STEPS 64  /* for a record: more are no chance */

struct kpc_distinct_entry {
	const uint8_t *raw;
	uint32_t hash;
	uint16_t table; /* of the batch */
	uint16_t number;
};

/* Of a batch. Zeroed is empty. */
struct kpc_distinct {
	uint16_t slot[KPC_DISTINCT_SLOTS]; /* entry + 1 */
	struct kpc_distinct_entry entry[KPC_DISTINCT_MAX];
	uint32_t nr;
};

static inline void kpc_distinct_reset(struct kpc_distinct *d)
{
	if (d->nr)
		memset(d->slot, 0, sizeof(d->slot));
	d->nr = 0;
}

/* Words at fixed places, each with a factor of its own: they go in parallel. */
static inline uint64_t kpc_distinct_hash(const struct kpc_diff *d,
					 const uint8_t *raw)
{
	uint64_t factor = 0x9e3779b97f4a7c15ull, sum, word;
	uint32_t at;

	memcpy(&word, raw, sizeof(word));
	sum = (word & d->first_word) * factor;
	for (at = 8; at + 8 <= d->bytes; at += 8) {
		factor += 0x5851f42d4c957f2eull; /* even: it stays odd */
		memcpy(&word, raw + at, sizeof(word));
		sum += (word ^ word >> 32) * factor;
	}
	if (at < d->bytes) {
		memcpy(&word, raw + d->bytes - 8, sizeof(word));
		sum += (word ^ word >> 32) * 0xd1342543de82ef95ull;
	}
	return sum ^ sum >> 29;
}

/*
 * The entry of @raw in @table: one that there is, or a new one (*@fresh) with
 * the number @next. NULL: there is no room, or so many collide that somebody has
 * made them to. @same compares records.
 */
static inline __attribute__((always_inline)) const struct kpc_distinct_entry *
kpc_distinct_find(struct kpc_distinct *all, const struct kpc_diff *d,
		  const uint8_t *raw, uint16_t table, uint16_t next,
		  bool *fresh,
		  bool (*same)(const struct kpc_diff *, const uint8_t *,
			       const uint8_t *))
{
	uint32_t hash = (kpc_distinct_hash(d, raw) >> 24) + table;
	uint32_t at = hash % KPC_DISTINCT_SLOTS;
	struct kpc_distinct_entry *entry;
	uint32_t steps = 0;

	*fresh = false;
	while (all->slot[at]) {
		entry = &all->entry[all->slot[at] - 1];
		if (entry->hash == hash && entry->table == table &&
		    same(d, entry->raw, raw))
			return entry;
		if (++steps == KPC_DISTINCT_STEPS)
			return NULL;
		at = (at + 1) % KPC_DISTINCT_SLOTS;
	}
	if (all->nr == KPC_DISTINCT_MAX)
		return NULL;
	entry = &all->entry[all->nr++];
	*entry = (struct kpc_distinct_entry){ raw, hash, table, next };
	all->slot[at] = all->nr;
	*fresh = true;
	return entry;
}

#endif /* KPC_DISTINCT_H */
