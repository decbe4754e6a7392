/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pump - a thread that reads rings: from them into the queue, a batch at a time
 *
 * All that it works with is its own: batch, compressor, share of the book.
 */
#ifndef KPC_PUMP_H
#define KPC_PUMP_H

#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "drain.h"
#include "outputs.h"
#include "priority.h"
#include "thread.h"

enum kpc_pump_order {
	KPC_PUMP_READ,
	KPC_PUMP_FINISH, /* nothing comes any more: read what is left, and end */
	KPC_PUMP_ABANDON /* end */
};

/* Zeroed members are fine for uninit, wake_fd -1 aside. */
struct kpc_pump {
	struct kpc_thread thread;
	struct kpc_share share;
	struct kpc_batch *batch;
	struct kpc_writer *writer;
	struct kpc_drain drain;
	struct kpc_outputs *outputs; /* reads those too; NULL: not this one */
	sem_t go;
	int wake_fd; /* an eventfd: look at the order */
	_Atomic int order;
	_Atomic uint32_t asked;	 /* to put what is in the rings now */
	_Atomic uint32_t served; /* so far */
	_Atomic bool ended;
	struct pollfd *polls; /* wake_fd, the rings', the outputs' */
	uint32_t nr_polls;
	bool deaf;	      /* a ring has no event left that could wake us */
	const char *priority; /* as kpc_priority_raise() says it */
	int err;	      /* how it ended */
};

/* What is to be read is added to pump->drain. 0 or a negative errno. */
int kpc_pump_init(struct kpc_pump *pump, struct kpc_book *book,
		  const struct kpc_event *events, uint32_t nr_events);
/* Begins its thread, which waits for kpc_pump_go(). 0 or a negative errno. */
int kpc_pump_start(struct kpc_pump *pump);
void kpc_pump_go(struct kpc_pump *pump);
void kpc_pump_order(struct kpc_pump *pump, enum kpc_pump_order order);
/*
 * From another thread: waits until all that is in its rings now is put. The others
 * may be asked meanwhile, and then waited for: @number is from ask().
 */
uint32_t kpc_pump_ask(struct kpc_pump *pump);
void kpc_pump_await(struct kpc_pump *pump, uint32_t number);
/* Waits for its end; then pump->err is valid. */
void kpc_pump_join(struct kpc_pump *pump);
/* Ends it, if it runs. */
void kpc_pump_abandon(struct kpc_pump *pump);
void kpc_pump_uninit(struct kpc_pump *pump);

#endif /* KPC_PUMP_H */
