/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * book - the books of a recording, kept while it runs
 *
 * An event's book: count = delivered + overwritten + lost + period_skipped +
 * own_dropped + stopped, and what is left is unexplained. Each term is measured by
 * itself; period_skipped can't be, so it is bounded by what the period explains, and
 * never more. Where values are counted, it is what the samples' weights don't account
 * for one by one, and it can't be bounded if samples were lost with their weights.
 *
 * Kernels that have "event->state != PERF_EVENT_STATE_ACTIVE" in
 * perf_swevent_event() count before that test and sample after it. So
 * sched_wakeup and its like count once more for a woken task that is followed
 * too, without a sample. Such counts stay unexplained. So do hits that a BPF
 * program on the event's own descriptor drops: nothing tells of them. And a hit
 * between the count and that test has no sample if the event is disabled from
 * another CPU just then: that is `stopped`, bounded by one hit a CPU.
 *
 * What BPF programs write isn't counted by perf but when it is lost: its count is
 * what was delivered and what was lost.
 */
#ifndef KPC_BOOK_H
#define KPC_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "evlist.h"
#include "lossrange.h"

/* How an event is sampled, and what its samples said. */
struct kpc_book_rule {
	uint64_t period;  /* hits per sample; 0: they vary, weights tell */
	bool clock;	  /* counts nanoseconds or cycles: a sample isn't a
			   * hit */
	bool valued;	  /* counts values: a sample stands for as many periods
			   * as its weight says */
	uint64_t weights; /* sum over the samples that were read */
	uint64_t max_weight;
	uint64_t left_out; /* records that no packet has room for */
	bool unreadable;   /* something was, and may have been of it */
	bool output;	   /* of BPF programs: perf counts nothing itself */
	struct kpc_probe_account before; /* the probe's book at the start */
	struct kpc_program_account *programs; /* of the probe at the start */
	uint32_t nr_programs;
};

/*
 * Threads that read rings enter their shares in it (share.h), in turn: when they
 * run, who looks at it must have the outlet's lock.
 */
struct kpc_book {
	struct kpc_ledger ledger;
	struct kpc_book_rule *rule;	/* per event */
	struct kpc_loss_ranges *losses; /* per ring; the ledger's point here */
	uint64_t entries;		/* of shares, so far */
};

/* 0 or -ENOMEM. @book is for kpc_book_uninit() in any case. */
int kpc_book_init(struct kpc_book *book, uint32_t nr_events, uint32_t nr_rings);
void kpc_book_uninit(struct kpc_book *book);

/* A loss of @ring, behind those that are there; its count is in `lost` already. */
void kpc_book_loss(struct kpc_book *book, uint32_t ring,
		   const struct kpc_loss_range *range);
/*
 * Sets what perf says of @event. @instances: how many counters there may have
 * been, each of which may have stopped within a period. @stops: how many hits may
 * have been on their way when it was disabled; 0 while it is enabled.
 */
void kpc_book_count(struct kpc_book *book, uint32_t event,
		    const struct kpc_count *count, uint64_t instances,
		    uint64_t stops);
/* Sets the probe's book to what came since the start. */
void kpc_book_probe(struct kpc_book *book, uint32_t event,
		    const struct kpc_probe_account *now);

/*
 * Takes over the list @programs of the probe, as it is at the start (@before), or
 * now: then what ran since is set.
 */
void kpc_book_programs(struct kpc_book *book, uint32_t event, bool before,
		       struct kpc_program_account *programs, uint32_t nr);

struct kpc_book_totals {
	uint64_t delivered;
	uint64_t lost;
	bool lost_unknown; /* of one event at least */
	uint64_t bytes;	   /* read from the rings */
};

struct kpc_book_totals kpc_book_totals(const struct kpc_book *book);

#endif /* KPC_BOOK_H */
