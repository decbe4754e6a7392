/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfrows - samples of a perf.data on their way into chunks
 *
 * perf writes what it finds in one ring after the other, so a CPU's samples come in
 * their order, but those that don't say which CPU they are of don't. They wait in
 * memory until there are enough to be sorted, and the older half of them is written.
 */
#ifndef KPC_PERFROWS_H
#define KPC_PERFROWS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "lossrange.h"
#include "perfsample.h"
#include "writer.h"

struct kpc_perfrow {		  /* a record, or a loss */
	struct kpc_sample sample; /* points into data */
	uint64_t number;	  /* in its ring, as it came */
	uint64_t lost;		  /* 0: it is a sample */
	uint32_t lost_event;	  /* id + 1, or 0 */
	uint32_t bytes;		  /* of the record */
	bool is_unreadable;
	uint64_t own[2]; /* what the sample has that isn't in the record */
	uint64_t data[];
};

struct kpc_perfring {
	struct kpc_perfrow **row;
	uint32_t nr;
	uint32_t room;
	size_t bytes;
	bool is_sorted;
	uint64_t last_ns; /* of those that are written */
	struct kpc_ring_account account;
	struct kpc_loss_ranges losses;
};

struct kpc_perfrows {
	struct kpc_writer *writer;
	struct kpc_batch *batch;
	struct kpc_perfring *ring; /* the last is of no CPU */
	uint32_t nr_rings;
	struct kpc_event_account *account; /* of each event */
	size_t bytes;			   /* in all rings */
	uint64_t late; /* came when later ones were written already */
};

/* @rows is for uninit in any case. 0 or a negative errno, as of all. */
int kpc_perfrows_init(struct kpc_perfrows *rows, struct kpc_writer *writer,
		      const struct kpc_event *events, uint32_t nr_events,
		      uint32_t nr_rings);
/*
 * Copies the record; @sample, which has the time, points into it, but its raw record
 * may be elsewhere, of two words at most.
 */
int kpc_perfrows_add(struct kpc_perfrows *rows, int32_t cpu,
		     const struct perf_event_header *record,
		     const struct kpc_sample *sample);
int kpc_perfrows_add_lost(struct kpc_perfrows *rows, int32_t cpu,
			  uint64_t time_ns, uint64_t lost, uint32_t event);
/* A record that is no sample of a known event. */
int kpc_perfrows_add_unreadable(struct kpc_perfrows *rows, int32_t cpu,
				const struct perf_event_header *record);
/* Writes all that there is. */
int kpc_perfrows_finish(struct kpc_perfrows *rows);
void kpc_perfrows_uninit(struct kpc_perfrows *rows);

#endif /* KPC_PERFROWS_H */
