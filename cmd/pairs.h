/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pairs - a call's entry and its return, of events of their own
 *
 * They come from a ring for each CPU, one ring's after another's, and a thread may
 * have entered on one CPU and returned on another: so halves wait until no earlier
 * one can come any more, and are paired in the order of their times.
 */
#ifndef PAIRS_H
#define PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#define PAIRS_WAITING \
	(1u << 20) /* halves at most; then they are paired early */
#define PAIRS_THREADS (1u << 16) /* that are inside a call */
#define PAIRS_DEPTH   16u	 /* of a function that calls itself */

struct half {
	uint64_t time_ns;
	uint32_t tid;
	uint32_t group; /* an entry is of the return of the same group */
	uint32_t lane; /* in which a thread has nothing else until it returns */
	bool nests;    /* but more of its own group */
	bool is_return;
	/* All the caller's. */
	bool failed;
	bool has_value;
	bool has_ns;
	void *owner;
	uint64_t value;
	uint64_t ns;
	/* Not the caller's: */
	uint32_t depth;	 /* inside of so many of its group */
	uint32_t beyond; /* so many more entered, deeper than PAIRS_DEPTH */
};

struct pairs;

/*
 * @paired is called for each pair, and with a return of NULL for an entry that will
 * have none: the thread entered again where nothing nests, or was inside for longer
 * than most of too many, or deeper than PAIRS_DEPTH, or it came after a later one was
 * paired; with an entry of NULL for a return that has none. NULL without memory.
 */
struct pairs *pairs_new(void (*paired)(void *ctx, const struct half *entry,
				       const struct half *exit),
			void *ctx);
/* Nothing comes any more: entries that are left are given as those that have none. */
void pairs_end(struct pairs *pairs);
/* Ends it before. NULL ok. */
void pairs_free(struct pairs *pairs);
/* A half, in any order. */
void pairs_put(struct pairs *pairs, const struct half *half);
/* Nothing of before @time_ns will come: pairs what is older. */
void pairs_settle(struct pairs *pairs, uint64_t time_ns);

#endif /* PAIRS_H */
