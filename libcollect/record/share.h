/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * share - what one thread has read since its last chunk, for the book
 *
 * It is entered in the book just when that chunk is put into its place in the
 * file: so the book always tells of exactly what is in the file so far.
 */
#ifndef KPC_SHARE_H
#define KPC_SHARE_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "book.h"
#include "lossrange.h"
#include "queue.h"
#include "writer.h"

struct kpc_share_event {
	uint64_t delivered;
	uint64_t own_dropped;
	uint64_t throttled;
	uint64_t left_out; /* too large for any packet */
	uint64_t weights;
	uint64_t max_weight;
	bool unreadable; /* something, which may have been of it */
	bool noted;
};

struct kpc_share {
	struct kpc_book *book; /* borrowed */
	struct kpc_share_event *event;
	uint32_t *noted; /* those of which there is something to enter */
	uint32_t nr_noted;
	struct kpc_ring_account ring; /* of the chunk's ring, but: */
	struct kpc_loss_ranges losses;
	struct kpc_packet_rows *rows; /* of the chunk, when it is put */
};

/* 0 or -ENOMEM; @share is for kpc_share_uninit() in any case. */
int kpc_share_init(struct kpc_share *share, struct kpc_book *book);
void kpc_share_uninit(struct kpc_share *share);

/* To note something of @event in. */
static inline struct kpc_share_event *kpc_share_event(struct kpc_share *share,
						      uint32_t event)
{
	struct kpc_share_event *e = &share->event[event];

	if (!e->noted) {
		e->noted = true;
		share->noted[share->nr_noted++] = event;
	}
	return e;
}

/*
 * Samples of @event were read: @delivered kept, @own left out; @weights in all
 * of them, @max_weight the largest.
 */
static inline void kpc_share_samples(struct kpc_share *share, uint32_t event,
				     uint64_t delivered, uint64_t own,
				     uint64_t weights, uint64_t max_weight)
{
	struct kpc_share_event *e = kpc_share_event(share, event);

	e->delivered += delivered;
	e->own_dropped += own;
	e->weights += weights;
	if (max_weight > e->max_weight)
		e->max_weight = max_weight;
}

/* One sample was read, and kept or (own) left out. */
static inline void kpc_share_sample(struct kpc_share *share, uint32_t event,
				    uint64_t weight, bool own)
{
	kpc_share_samples(share, event, !own, own, weight, weight);
}

/* Enters it, as of @ring of the trace, and begins anew. By who has the book. */
void kpc_share_enter(struct kpc_share *share, uint32_t ring);
/* Puts the chunk that @writer has made of @ring, if any, and enters it. */
int kpc_share_put(struct kpc_share *share, struct kpc_writer *writer,
		  uint32_t ring);

#endif /* KPC_SHARE_H */
