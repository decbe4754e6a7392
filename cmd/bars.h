/* SPDX-License-Identifier: GPL-2.0-only */
/* bars - a histogram, a line for each power of two */
#ifndef BARS_H
#define BARS_H

#include <stdbool.h>
#include <stdio.h>

#include "few.h"
#include "histogram.h"

/* The same of values by themselves; @name says what one is called, NULL: nothing. */
void bars_values(FILE *out, const struct few *few,
		 const char *(*name)(void *ctx, uint64_t value), void *ctx);
/*
 * @time: the values are nanoseconds. @below of them, counted as 0, were below that.
 * What many powers of two have none of is three dots.
 */
void bars_print(FILE *out, const struct histogram *h, bool time,
		uint64_t below);

#endif /* BARS_H */
