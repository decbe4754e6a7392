/* SPDX-License-Identifier: GPL-2.0-only */
/* statprint - what was counted, as a table or as JSON */
#ifndef STATPRINT_H
#define STATPRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "collect.h"
#include "table.h"

struct stat_printer {
	bool json;
	FILE *out;
	struct kpc_counter *before; /* at the last interval; NULL: there's none */
	uint64_t before_ns;
	int widths[TABLE_COLUMNS]; /* as printed last */
	int failed;		   /* errno of the first failed write */
};

/* All, or what came since the last interval. */
void stat_print(struct stat_printer *printer, const struct kpc_counts *counts,
		bool interval);
/* What keeps a count from being all there was. */
void stat_print_doubts(FILE *out, const struct kpc_counts *counts);

#endif /* STATPRINT_H */
