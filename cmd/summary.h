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
	uint64_t count; /* 0: a free slot */
};

/* Zeroed is empty. */
struct summary {
	bool is_signed;
	uint64_t n;
	uint64_t min;
	uint64_t max;
	__int128 sum;
	struct summary_value *slots; /* a hash table */
	uint32_t nr_slots;
	uint32_t distinct;
	bool more; /* there were more distinct values */
};

void summary_add(struct summary *summary, const uint64_t *v, uint32_t n);
void summary_add_repeated(struct summary *summary, uint64_t value, uint64_t n);
/* The commonest values, most first, equals by value; how many there are. */
uint32_t summary_top(const struct summary *summary,
		     struct summary_value top[SUMMARY_TOP]);
void summary_uninit(struct summary *summary);

#endif /* SUMMARY_H */
