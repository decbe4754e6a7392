/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * queue - finished packets on their way to the one thread that writes them
 *
 * A ring of bytes of a fixed size: packets are copied into it and out of it in
 * one order, nothing is allocated on the way. Who puts waits while it is full;
 * so what can't be written in time is lost in perf's rings, where it is counted.
 *
 * Producers hold the order lock while they put. Who has to put several packets
 * behind each other, or to say something of just the packets that were put so
 * far, holds it around that.
 */
#ifndef KPC_QUEUE_H
#define KPC_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kpc_queue;

/* So many samples of an event. */
struct kpc_packet_rows {
	uint32_t event;
	uint32_t rows;
};

/* What a packet is, for who writes it. */
struct kpc_packet_info {
	uint32_t kind; /* the field of Head that it has */
	uint32_t ring; /* of a chunk; as its Head has them */
	uint32_t events;
	uint32_t nr_rows;
	uint64_t sequence;
	uint64_t first_time_ns; /* of other packets: when it was made, twice */
	uint64_t last_time_ns;
	/* What the chunk has; only for who is putting it, and only if he knows. */
	const struct kpc_packet_rows *rows; /* nr_rows of them */
};

struct kpc_queue_item {
	struct kpc_packet_info info;
	const void *data;
	size_t bytes;
};

struct kpc_queue_stats {
	uint64_t waits;	  /* a producer found it full */
	uint64_t wait_ns; /* and waited so long, all together */
	uint64_t most_bytes;
};

#define KPC_QUEUE_BYTES_MIN (64u << 10)

/* @bytes: at least KPC_QUEUE_BYTES_MIN are taken. 0 or -ENOMEM. */
int kpc_queue_new(struct kpc_queue **queue, size_t bytes);
/* NULL ok. */
void kpc_queue_free(struct kpc_queue *queue);

/* ---- producers ----------------------------------------------------------- */

/* One thread may take it several times over. */
void kpc_queue_lock(struct kpc_queue *queue);
void kpc_queue_unlock(struct kpc_queue *queue);
/*
 * As lock, but not if others have it for longer than a few milliseconds, or if
 * there's no room for about so many bytes: then it's false, and not locked.
 */
bool kpc_queue_trylock(struct kpc_queue *queue, size_t bytes);

/*
 * Copies the packet behind those that were put before; waits for room. One that
 * has more bytes than the queue is waited for until it is written, or after a
 * failure until the consumer is done with it. Returns 0, or what kpc_queue_fail()
 * was given.
 */
int kpc_queue_put(struct kpc_queue *queue, const struct kpc_packet_info *info,
		  const void *data, size_t bytes);
/*
 * With the order lock held: waits until all that was put is written; until it is
 * given back nothing is. 0, or what kpc_queue_fail() was given.
 */
int kpc_queue_sync(struct kpc_queue *queue);
/* What was put is all. */
void kpc_queue_close(struct kpc_queue *queue);
void kpc_queue_stats(struct kpc_queue *queue, struct kpc_queue_stats *stats);

/* ---- the consumer -------------------------------------------------------- */

/*
 * Waits for packets, and gives at most @max that follow each other; they stay
 * until kpc_queue_done(). 0: it was closed and all is written, or it failed.
 */
uint32_t kpc_queue_take(struct kpc_queue *queue, struct kpc_queue_item *items,
			uint32_t max);
/* Those of the last take are written: their room is free. */
void kpc_queue_done(struct kpc_queue *queue);
/* Nothing is taken any more: who puts, or waits to, gets @err. */
void kpc_queue_fail(struct kpc_queue *queue, int err);

#endif /* KPC_QUEUE_H */
