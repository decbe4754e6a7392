/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drain - from the rings into the file, a batch at a time
 *
 * Samples stay in their ring until there is a batch of them, or until they have
 * waited long enough; so no batch is ever open between two passes, nothing is
 * copied, and memory is bounded by the rings.
 */
#ifndef KPC_DRAIN_H
#define KPC_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "book.h"
#include "batch.h"
#include "evlist.h"
#include "intake.h"
#include "writer.h"

struct kpc_drain {
	struct kpc_evlist *evlist;
	struct kpc_intake *intake; /* of the evlist's events */
	struct kpc_book *book;
	struct kpc_writer *writer;
	struct kpc_batch *batch;
	uint32_t nr_events;
	/* What the evlist's first event and ring are in the trace. */
	uint32_t first_event;
	uint32_t first_ring;
	uint64_t flush_ns;
	uint64_t *since_ns; /* per ring of it: first seen waiting, or 0 */
	bool written;	    /* a chunk, since this was last reset */
	bool unreadable; /* something in a ring, which may have been samples */
};

/*
 * Looks at every ring, and writes at most one chunk of each: if there's enough
 * for one, if something has waited for flush_ns, or if @all. Returns 1 if there
 * is more to do at once, 0 if not, or the writer's errno.
 */
int kpc_drain_pass(struct kpc_drain *drain, uint64_t now_ns, bool all);
/* When the next flush is due; UINT64_MAX if nothing waits. */
uint64_t kpc_drain_due_ns(const struct kpc_drain *drain);

/*
 * From @ring, number @number in the trace, into the batch, until that is full
 * or there is no more. For tests.
 */
void kpc_drain_read(struct kpc_drain *drain, uint32_t number,
		    struct kpc_ring *ring);
/* The same of one record; false if the batch is full. */
bool kpc_drain_record(struct kpc_drain *drain, uint32_t ring,
		      const struct perf_event_header *record);

#endif /* KPC_DRAIN_H */
