/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * summary - what values a field had: least, most, sum, and the commonest
 */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#define SUMMARY_TOP 5
#define SUMMARY_MAX 65536u /* distinct values that are told apart */

struct summary_value {
	uint64_t value;
	uint64_t count;
};

/* Zeroed is empty. */
struct summary {
	bool is_signed;
	uint64_t n;
	uint64_t min;
	uint64_t max;
	__int128 sum;
	struct summary_value *values; /* in the order of their coming */
	uint32_t distinct;
	bool more;	   /* there were more distinct values */
	uint8_t slot_bits; /* the hash table has 1 << slot_bits; 0: none yet */
	uint32_t *slots;   /* behind them: 0, or a position + 1 and a tag */
	struct summary_value top[SUMMARY_TOP]; /* when it's finished */
	uint32_t nr_top;
};

/* @v[i] came @times[i] times; NULL: once each. */
void summary_add(struct summary *summary, const uint64_t *v,
		 const uint32_t *times, uint32_t n);
/*
 * Nothing is added any more: only the commonest values are kept, for of many files
 * put together there are many summaries.
 */
void summary_finish(struct summary *summary);
/* The commonest values, most first, equals by value; how many there are. */
uint32_t summary_top(const struct summary *summary,
		     struct summary_value top[SUMMARY_TOP]);
void summary_uninit(struct summary *summary);

#endif /* SUMMARY_H */
