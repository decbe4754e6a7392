/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outlet - finished packets into the trace file, in one order, whoever made
 * them
 *
 * At first each packet is written at once. From kpc_outlet_start() on packets
 * go through a queue to a thread that writes, so that a disk that is slow keeps
 * nobody waiting while the queue has room. With kpc_outlet_keep() there is neither
 * file nor thread: the last chunks are kept, for dumps. With kpc_outlet_consume()
 * there is no file: somebody in this process takes the packets. After a failure of
 * any kind every further call returns the same error, and nothing more is written.
 */
#ifndef KPC_OUTLET_H
#define KPC_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flight.h"
#include "queue.h"
#include "tracefile.h"

struct kpc_outlet;

/* As kpc_tracefile_open(). */
int kpc_outlet_open(struct kpc_outlet **outlet, const char *path, int level,
		    char *error, size_t error_size);
/* For who begins it, before the outlet is started; then for what it says. */
struct kpc_tracefile *kpc_outlet_file(struct kpc_outlet *outlet);
/* Where the file goes. */
struct kpc_sink *kpc_outlet_sink(const struct kpc_outlet *outlet);
/* While a pipe's reader stalls, see kpc_sink_give_up_when(). Before start. */
void kpc_outlet_give_up_when(struct kpc_outlet *outlet,
			     bool (*give_up)(void *ctx), void *ctx);

/* From now on through a queue of @bytes. 0 or a negative errno. */
int kpc_outlet_start(struct kpc_outlet *outlet, size_t bytes);
/* The thread that writes; 0: there is none. */
uint32_t kpc_outlet_tid(const struct kpc_outlet *outlet);

/*
 * Of one that was opened without a path, before anything is put: it keeps chunks
 * and clocks, as kpc_flight_new(); of the rest, which only one thread puts, what a
 * dump doesn't begin with is left out. Nothing is to be started or waited for.
 */
int kpc_outlet_keep(struct kpc_outlet *outlet, size_t bytes, uint64_t keep_ns,
		    struct kpc_book *book);
/* What it keeps; NULL: it writes. */
struct kpc_flight *kpc_outlet_flight(const struct kpc_outlet *outlet);
/*
 * Begins a dump, as kpc_tracefile_begin_dump(): what is put from now on goes there,
 * but chunks. A failure from here to the end is the dump's: putting succeeds then,
 * and the text is kpc_outlet_dump_error().
 */
int kpc_outlet_dump_begin(struct kpc_outlet *outlet, const char *path,
			  uint64_t start_ns);
/* With the lock held: all that is kept goes there, and stays. */
int kpc_outlet_dump_kept(struct kpc_outlet *outlet);
/*
 * Ends it; after a failure, also the caller's @err, leaves it. 0 or the first
 * failure.
 */
int kpc_outlet_dump_end(struct kpc_outlet *outlet, int err,
			enum kpc_exit_reason reason);
/* Of the last one, also after its end; and in words. */
int kpc_outlet_dump_failed(const struct kpc_outlet *outlet);
const char *kpc_outlet_dump_error(const struct kpc_outlet *outlet);
/* Ledgers go there instead until it's NULL; what is in it is replaced. */
void kpc_outlet_ledger_into(struct kpc_outlet *outlet, struct kpc_buf *into);
/* A packet that was made before, into the dump. */
void kpc_outlet_dump_packet(struct kpc_outlet *outlet, uint32_t kind,
			    const struct kpc_buf *packet);

/* 0, or a negative errno, with which all of it fails. */
typedef int (*kpc_consume_fn)(void *ctx, const struct kpc_packet_info *info,
			      const void *packet, size_t bytes);
/*
 * Of one that was opened without a path, before anything is put: @consume takes the
 * packets instead of a file. Chunks come to it through the queue, by the outlet's
 * thread; others at once, by whoever puts them.
 */
void kpc_outlet_consume(struct kpc_outlet *outlet, kpc_consume_fn consume,
			void *ctx);

/* As of the queue; from any thread, once it is started. */
void kpc_outlet_lock(struct kpc_outlet *outlet);
void kpc_outlet_unlock(struct kpc_outlet *outlet);
bool kpc_outlet_trylock(struct kpc_outlet *outlet, size_t bytes);
int kpc_outlet_put(struct kpc_outlet *outlet,
		   const struct kpc_packet_info *info, const void *packet,
		   size_t bytes);
/*
 * With the lock held: waits until all that was put is written. Then the file is
 * the caller's until it unlocks. 0 or the outlet's failure.
 */
int kpc_outlet_sync(struct kpc_outlet *outlet);
void kpc_outlet_stats(struct kpc_outlet *outlet, struct kpc_queue_stats *stats);

/* Waits until all that was put is written, then ends the file. */
int kpc_outlet_finish(struct kpc_outlet *outlet, enum kpc_exit_reason reason);

/*
 * Something failed with @err: that is the outlet's failure, if it's the first.
 * Returns the first one.
 */
int kpc_outlet_fail(struct kpc_outlet *outlet, int err, const char *text);
/* 0 or the first failure. */
int kpc_outlet_failed(const struct kpc_outlet *outlet);
/* In words; "" if nothing failed. */
const char *kpc_outlet_error(const struct kpc_outlet *outlet);
/* Nobody else may be using it. Stops its thread. NULL ok. */
void kpc_outlet_free(struct kpc_outlet *outlet);

#endif /* KPC_OUTLET_H */
