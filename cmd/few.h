/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * few - values and how often each came, as long as they are few
 */
#ifndef FEW_H
#define FEW_H

#include <stdbool.h>
#include <stdint.h>

#define FEW_MAX 24u

struct few_value {
	uint64_t value;
	uint64_t n;
};

/* Zeroed is empty. */
struct few {
	bool is_signed;
	bool more;	/* than there is room for: which ones isn't known */
	uint64_t below; /* of signed ones, how many were below 0 */
	uint32_t nr;
	struct few_value value[FEW_MAX]; /* the least first */
};

void few_add(struct few *few, uint64_t value);

#endif /* FEW_H */
