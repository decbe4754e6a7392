/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch - samples of one ring, gathered as pointers, encoded as columns
 *
 * A batch copies nothing: the caller's memory (the mapped ring, or a bounce
 * buffer for the record that wraps) must stay as it is until the batch was
 * written or reset.
 */
#ifndef KPC_BATCH_H
#define KPC_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addresses.h"
#include "buf.h"
#include "collect.h"
#include "veil.h"

#define KPC_BATCH_EVENTS    32768      /* rows at most */
#define KPC_BATCH_RAW_BYTES (2u << 20) /* ring bytes at most */

struct kpc_batch;

struct kpc_sample {
	uint64_t time_ns;
	uint32_t event; /* kpc_event.id */
	uint32_t tid;
	const uint8_t *raw; /* what the event's field offsets refer to */
	uint32_t raw_bytes; /* may be longer than the fields, or too short:
				 * then it is kept whole as payload */
	uint32_t chain_depth;
	const uint64_t *chain; /* u64-aligned, or NULL */
	uint64_t weight;       /* 0: not known */
	uint64_t cgroup;       /* … nor this */
	bool whole; /* keep it as payload, though it could be split */
};

/*
 * @events: the trace's events, borrowed for the batch's life, by id.
 * Returns 0, -ENOMEM, or -EINVAL if an event's fields make no sense
 * (kpc_event_check).
 */
int kpc_batch_new(struct kpc_batch **batch, const struct kpc_event *events,
		  uint32_t nr_events);
void kpc_batch_free(struct kpc_batch *batch);
void kpc_batch_reset(struct kpc_batch *batch);

/*
 * Has the kernel's addresses in call chains and in fields noted while it is
 * encoded; borrowed.
 */
void kpc_batch_watch(struct kpc_batch *batch, struct kpc_addresses *addresses);

/*
 * Has what tells of people, machines and memory replaced while it is encoded, and
 * unparsed records left out but for their number; borrowed. NULL: not.
 */
void kpc_batch_veil(struct kpc_batch *batch, const struct kpc_veil *veil);

/* Appends a sample. False if the batch is full (write it, then add again). */
bool kpc_batch_add(struct kpc_batch *batch, const struct kpc_sample *sample);
/* Notes a loss after the samples so far; @event: id + 1, or 0. */
int kpc_batch_add_loss(struct kpc_batch *batch, uint64_t count, uint32_t event);
/*
 * Counts a record that was no sample of a known event; and keeps its bytes, if
 * there are any and not too many of the kind: they must stay as samples do.
 */
void kpc_batch_add_unparsed(struct kpc_batch *batch, const void *record,
			    uint32_t bytes);
/* Ring bytes that the samples took, for Chunk.raw_bytes and the bound. */
void kpc_batch_add_bytes(struct kpc_batch *batch, uint32_t ring_bytes);

uint32_t kpc_batch_events(const struct kpc_batch *batch);
uint32_t kpc_batch_raw_bytes(const struct kpc_batch *batch);
/* Nothing in it: no samples, losses or unparsed records. */
bool kpc_batch_empty(const struct kpc_batch *batch);

/* What a Chunk says of its Batch. */
struct kpc_batch_summary {
	uint64_t first_time_ns;
	uint64_t last_time_ns;
	uint64_t lost;
	uint64_t features; /* Head.required_features */
};

/* Appends the serialised Batch to @body. Returns 0 or -ENOMEM. */
int kpc_batch_encode(struct kpc_batch *batch, struct kpc_buf *body,
		     struct kpc_batch_summary *summary);

#endif /* KPC_BATCH_H */
