/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drain - from the rings into the file, a batch at a time
 *
 * Samples stay in their ring until there is a batch of them, or until they have
 * waited long enough; so no batch is ever open between two passes, nothing is
 * copied, and memory is bounded by the rings. (A small ring's go to a copy.)
 */
#ifndef KPC_DRAIN_H
#define KPC_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "evlist.h"
#include "intake.h"
#include "share.h"
#include "writer.h"

/* A ring that it reads. */
struct kpc_drain_ring {
	struct kpc_evlist *evlist; /* whose it is, */
	uint32_t index;		   /* there */
	uint32_t number;	   /* in the trace */
	struct kpc_ring *ring;
	bool polled;	    /* its descriptor is, by who waits */
	uint64_t last_ns;   /* of the last row that was read from it */
	uint64_t looked_ns; /* when it was last looked at */
	uint64_t mark;	    /* see kpc_drain_mark() */
	uint64_t since_ns;  /* what waits in it came after that, or 0 */
	uint64_t eager_ns;  /* until then it isn't left alone, or 0, */
	uint64_t eager_at;  /* which began there */
};

struct kpc_drain {
	struct kpc_share *share;
	struct kpc_writer *writer;
	struct kpc_batch *batch;
	struct kpc_intake *intake; /* of the evlist's events; owned */
	uint32_t nr_events;	   /* of these */
	uint32_t first_event;	   /* what the first is in the trace */
	uint64_t flush_ns;
	struct kpc_drain_ring *ring;
	uint32_t nr_rings;
};

/* Reads ring @index of @evlist too, @number in the trace. 0 or -ENOMEM. */
int kpc_drain_add(struct kpc_drain *drain, struct kpc_evlist *evlist,
		  uint32_t index, uint32_t number);
/* Frees the intake, too. */
void kpc_drain_uninit(struct kpc_drain *drain);

/*
 * Looks at every ring, and writes at most one chunk of each: if there's enough
 * for one, if something may have waited for flush_ns, or if @all. Returns 1 if
 * there is more to do at once, 0 if not, or the writer's errno.
 */
int kpc_drain_pass(struct kpc_drain *drain, uint64_t now_ns, bool all);
/* When the next flush is due; UINT64_MAX if nothing waits. */
uint64_t kpc_drain_due_ns(const struct kpc_drain *drain);

/* A ring fills up faster than a wake-up takes: it should be looked at again. */
bool kpc_drain_is_eager(const struct kpc_drain *drain, uint64_t now_ns);

/* Notes where each ring ends now, and says if all is read up to there. */
void kpc_drain_mark(struct kpc_drain *drain);
bool kpc_drain_reached(const struct kpc_drain *drain);

/*
 * From @ring into the batch, until that is full or there is no more. For tests.
 */
void kpc_drain_read(struct kpc_drain *drain, struct kpc_ring *ring);
/* The same of one record; false if the batch is full. */
bool kpc_drain_record(struct kpc_drain *drain,
		      const struct perf_event_header *record);

#endif /* KPC_DRAIN_H */
