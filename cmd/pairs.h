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

struct half {
	uint64_t time_ns;
	uint32_t tid;
	uint32_t group; /* an entry is of the return of the same group */
	bool is_return;
	/* All the caller's. */
	bool failed;
	bool has_value;
	bool has_ns;
	void *owner;
	uint64_t value;
	uint64_t ns;
};

struct pairs;

/*
 * @paired is called for each pair, and with a return of NULL for an entry that will
 * have none: the thread entered again, or was inside for longer than most of too
 * many, or it came after a later one was paired. NULL without memory.
 */
struct pairs *pairs_new(void (*paired)(void *ctx, const struct half *entry,
				       const struct half *exit),
			void *ctx);
/* Entries that are left are given as those that have none. NULL ok. */
void pairs_free(struct pairs *pairs);
/* A half, in any order. */
void pairs_put(struct pairs *pairs, const struct half *half);
/* Nothing of before @time_ns will come: pairs what is older. */
void pairs_settle(struct pairs *pairs, uint64_t time_ns);

#endif /* PAIRS_H */
