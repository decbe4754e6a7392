/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flight - the packets that were made last, kept in memory until they are dumped
 *
 * A ring of bytes of a fixed size, all of it taken at the beginning. The oldest
 * packets make room for new ones, and go when they are too old: what samples they
 * had is moved in the book from those delivered to those overwritten.
 *
 * All calls but those of the lock are by who has the lock.
 */
#ifndef KPC_FLIGHT_H
#define KPC_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "book.h"
#include "queue.h"

struct kpc_flight;

#define KPC_FLIGHT_BYTES_MIN (1u << 20)

/*
 * @bytes: of the packets, at least KPC_FLIGHT_BYTES_MIN are taken; @keep_ns: no
 * longer than this, 0: as long as there is room. @book is borrowed. 0, or
 * -ENOMEM, also if that is more than the machine has.
 */
int kpc_flight_new(struct kpc_flight **flight, size_t bytes, uint64_t keep_ns,
		   struct kpc_book *book);
void kpc_flight_free(struct kpc_flight *flight); /* NULL ok */

/* As of the queue: one thread may take it several times over. */
void kpc_flight_lock(struct kpc_flight *flight);
void kpc_flight_unlock(struct kpc_flight *flight);
/* False if others have it for longer than a few milliseconds. */
bool kpc_flight_trylock(struct kpc_flight *flight);

/* A packet that was made at @now_ns. Copied, with info->rows. */
void kpc_flight_put(struct kpc_flight *flight,
		    const struct kpc_packet_info *info, const void *data,
		    size_t bytes, uint64_t now_ns);
/*
 * Drops the oldest as far as they were put before @ns: none has a row of then or
 * later.
 */
void kpc_flight_drop_before(struct kpc_flight *flight, uint64_t ns);
/* All are in a file: they go, and were not overwritten. */
void kpc_flight_clear(struct kpc_flight *flight);

/*
 * The packet at *@position, from the oldest (0) on, in the order they were put;
 * false: there are no more. Its info has no rows. @item is valid until something is
 * put or dropped.
 */
bool kpc_flight_next(const struct kpc_flight *flight, uint64_t *position,
		     struct kpc_queue_item *item);
/* When the last one was put that went for want of room, or 0. */
uint64_t kpc_flight_squeezed_ns(const struct kpc_flight *flight);
/* When the oldest one that is there was put, or 0. */
uint64_t kpc_flight_oldest_ns(const struct kpc_flight *flight);

#endif /* KPC_FLIGHT_H */
