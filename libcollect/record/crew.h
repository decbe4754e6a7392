/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crew - the threads that read a session's rings, and which reads which
 */
#ifndef KPC_CREW_H
#define KPC_CREW_H

#include <stddef.h>
#include <stdint.h>

#include "book.h"
#include "events.h"
#include "evlist.h"
#include "outputs.h"
#include "pump.h"
#include "self.h"
#include "writer.h"

/* All of it is borrowed. */
struct kpc_crew_opts {
	uint32_t threads; /* 0: as many as the rings want */
	struct kpc_evlist *evlist;
	const struct kpc_events *events;
	struct kpc_outputs *outputs;
	struct kpc_book *book;
	const struct kpc_self *self; /* whose samples are left out; NULL ok */
	uint64_t flush_ns;
	struct kpc_trigger *trigger;	 /* NULL: there is none */
	struct kpc_addresses *addresses; /* see kpc_batch_watch(); NULL ok */
};

struct kpc_crew {
	struct kpc_crew_opts opts;
	struct kpc_pump *pump;
	uint32_t nr;
};

/* 0 or a negative errno; @crew is for kpc_crew_uninit() in any case. */
int kpc_crew_init(struct kpc_crew *crew, const struct kpc_crew_opts *opts);
/*
 * Begins the threads, which wait until kpc_crew_go() and then write as @writer
 * does, which was started. 0 or a negative errno.
 */
int kpc_crew_start(struct kpc_crew *crew, struct kpc_writer *writer);
/* Adds the threads that were started. */
void kpc_crew_add_to(const struct kpc_crew *crew, struct kpc_self *self);
/* What there is to say of their priority, or NULL. */
const char *kpc_crew_priority(const struct kpc_crew *crew);
void kpc_crew_go(struct kpc_crew *crew);
/* Waits until all that is in the rings now is put. */
void kpc_crew_flush(struct kpc_crew *crew);
/*
 * All events are disabled: reads what is left, and ends the threads. Returns the
 * first error that one of them had, or 0.
 */
int kpc_crew_finish(struct kpc_crew *crew);
/*
 * Then: what the rings lost at the end, of which no record tells, because nothing
 * came after it, into the book. They were disabled at @end_ns.
 */
void kpc_crew_count_tails(const struct kpc_crew *crew, uint64_t end_ns);
/* Ends the threads at once; those that wait for the writer when it has failed. */
void kpc_crew_abandon(struct kpc_crew *crew);
/* Abandons it, if it wasn't. */
void kpc_crew_uninit(struct kpc_crew *crew);

/* How many threads so many rings of so many CPUs want. */
uint32_t kpc_crew_threads(uint32_t cpus, uint32_t rings);
/*
 * Which of the @threads reads @ring. Neighbours go to one thread: they are near each
 * other on large machines. The first @open of the rings are dealt by themselves:
 * of the others there may be many, whose CPUs never come.
 */
uint32_t kpc_crew_reader(uint32_t ring, uint32_t open, uint32_t rings,
			 uint32_t threads);

#endif /* KPC_CREW_H */
