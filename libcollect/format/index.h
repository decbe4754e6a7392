/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * index - where a trace's chunks are and what is in them, as it is written
 *
 * Entries are serialised as they come, and go out as an Index packet from time
 * to time: a long trace takes no more memory than a short one.
 */
#ifndef KPC_INDEX_H
#define KPC_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "kprobex.pb-c.h"
#include "packer.h"
#include "wire.h"

#define KPC_INDEX_BODY_BYTES (64u << 10) /* about; then a packet is due */

/* The events of a Batch's tables. Zeroed is empty: not known. */
struct kpc_event_set {
	uint32_t *event;
	uint32_t *rows;
	uint32_t nr;
	uint32_t room;
};

struct kpc_index_entry { /* as IndexEntry of the schema */
	uint64_t offset;
	uint64_t sequence;
	uint64_t first_time_ns;
	uint64_t last_time_ns;
	uint32_t bytes;
	uint32_t ring;
	uint32_t events;
};

/* Zeroed is empty. */
struct kpc_index {
	struct kpc_buf body; /* the Index that the next packet has */
	uint32_t chunks;     /* in it */
	uint64_t previous;   /* offset of the Index packet written last, or 0 */
};

/*
 * Takes the events of a serialised Batch, which is well-formed (a writer's own,
 * or one that was decoded). None if they are too many. 0 or -ENOMEM.
 */
int kpc_event_set_load(struct kpc_event_set *set, struct kpc_wire batch);
void kpc_event_set_uninit(struct kpc_event_set *set);

/*
 * Reads the next entry of an Index that may be hostile, and its events into @set.
 * 1, 0 at the end, -EBADMSG or -ENOMEM.
 */
int kpc_index_next(struct kpc_wire *body, struct kpc_index_entry *entry,
		   struct kpc_event_set *set);

/* The chunk whose packet of @bytes is at @offset. 0 or -ENOMEM. */
int kpc_index_add(struct kpc_index *index, const Kprobex__Chunk *chunk,
		  uint64_t offset, uint32_t bytes);
bool kpc_index_is_due(const struct kpc_index *index);
/* Makes the packet of the chunks so far. 0 or a negative errno. */
int kpc_index_pack(const struct kpc_index *index, struct kpc_packer *packer);
/* It was written at @offset from the Header's packet. */
void kpc_index_written(struct kpc_index *index, uint64_t offset);
void kpc_index_uninit(struct kpc_index *index);

#endif /* KPC_INDEX_H */
