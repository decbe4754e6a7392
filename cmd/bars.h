/* SPDX-License-Identifier: GPL-2.0-only */
/* bars - a histogram, a line for each power of two */
#ifndef BARS_H
#define BARS_H

#include <stdbool.h>
#include <stdio.h>

#include "histogram.h"

/* @time: the values are nanoseconds. */
void bars_print(FILE *out, const struct histogram *h, bool time);

#endif /* BARS_H */
