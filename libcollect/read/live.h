/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * live - the rows of a recording while it is made, in the same process
 *
 * Chunks are decoded as they are from a file. Who a thread is comes by another
 * way than they do, and may come later: a chunk waits until the names are known
 * up to its last row.
 */
#ifndef KPC_LIVE_H
#define KPC_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect.h"
#include "queue.h"

struct kpc_live;

struct kpc_live_opts {
	const struct kpc_event *events; /* borrowed */
	uint32_t nr_events;
	const int32_t *ring_cpus; /* copied */
	uint32_t nr_rings;
	bool ask_proc; /* of threads that no packet names: ids are ours */
	void (*row)(void *ctx, const struct kpc_row *row);
	void *ctx;
};

/* 0 or -ENOMEM. */
int kpc_live_new(struct kpc_live **live, const struct kpc_live_opts *opts);
/* NULL ok. */
void kpc_live_free(struct kpc_live *live);

/*
 * Takes a packet, as kpc_outlet_consume() gives it: chunks, one thread at a time,
 * whose rows are given before this returns; and names of threads, by any thread.
 * Others are passed over. 0, -ENOMEM, or -EBADMSG: it isn't one of ours.
 */
int kpc_live_put(void *live, const struct kpc_packet_info *info,
		 const void *packet, size_t bytes);
/* All names up to this time (trace clock) were put. From any thread. */
void kpc_live_names_until(struct kpc_live *live, uint64_t time_ns);
/* How many rows were given. From any thread. */
uint64_t kpc_live_rows(const struct kpc_live *live);

#endif /* KPC_LIVE_H */
