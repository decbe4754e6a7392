/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * aggregate - counts, sums and times by key
 *
 * The number of keys is bounded: what there's no room for is added up as "others".
 * A key is any bytes; what they mean is the caller's.
 */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "few.h"
#include "histogram.h"

#define AGGREGATE_KEYS 16384u
#define AGGREGATE_COMM 17 /* a process' name, with its NUL */

/* A value by itself, beside that as a time. */
struct few_sample {
	uint64_t value;
	bool is_signed;
};

/* What is known of one call, or whatever is counted. */
struct sample {
	bool has_sum;
	bool has_ns;
	bool failed;
	bool more; /* of what was counted already */
	uint64_t sum;
	uint64_t ns;
	const struct few_sample *few; /* NULL: values aren't told apart */
};

struct tally {
	uint64_t count;
	uint64_t failed;
	uint64_t sum;
	uint64_t timed; /* those that have a time */
	uint64_t ns;
	uint64_t ns_max;
};

struct aggregate_entry {
	const char *key; /* NUL behind it; NULL: the others */
	size_t key_bytes;
	uint64_t hash;
	char comm[AGGREGATE_COMM]; /* for the caller */
	struct tally all;	   /* since the beginning */
	struct tally now;	   /* since the last tick */
	struct tally last;	   /* in the interval before that */
	struct histogram *times;   /* NULL: it has none */
	struct few *few;	   /* NULL: the same */
	uint32_t users;		   /* it stays while there are some */
};

struct aggregate;

/* @keys: at most; 0: AGGREGATE_KEYS. NULL without memory. */
struct aggregate *aggregate_new(uint32_t keys);
void aggregate_free(struct aggregate *aggregate); /* NULL ok */

/*
 * The entry of that key, which is made if there's none; of the others, if there is no
 * room or memory. It stays until the next tick, or while it has users.
 */
struct aggregate_entry *aggregate_at(struct aggregate *aggregate,
				     const char *key, size_t bytes);
void aggregate_add(struct aggregate *aggregate, struct aggregate_entry *entry,
		   const struct sample *sample);

/* How many there are, the others aside, and each: in no order. */
uint32_t aggregate_nr(const struct aggregate *aggregate);
struct aggregate_entry *aggregate_entry(const struct aggregate *aggregate,
					uint32_t i);
const struct aggregate_entry *
aggregate_others(const struct aggregate *aggregate);
const struct aggregate_entry *
aggregate_total(const struct aggregate *aggregate);

/*
 * An interval is over: nothing has happened in the next one yet. When room is short,
 * those that had nothing in this one go to the others.
 */
void aggregate_tick(struct aggregate *aggregate);
/* Begins anew: only entries that have users are left, with nothing in them. */
void aggregate_clear(struct aggregate *aggregate);

#endif /* AGGREGATE_H */
