// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "bars.h"
#include "quantity.h"

#define BAR	40 /* columns */
#define POWERS	65 /* lines: of 0, and of each highest bit */
#define LARGEST (POWERS - 1)

/* What is below 2^power and not below the one before it. */
static uint64_t count_of(const struct histogram *h, uint32_t power)
{
	uint64_t end = power ? UINT64_MAX >> (64 - power) : 0;
	uint64_t begin = power ? end / 2 + 1 : 0;
	uint64_t n = 0;

	for (uint32_t i = histogram_bucket(begin); i <= histogram_bucket(end);
	     i++)
		n += h->bucket[i];
	return n;
}

static const char *least(uint32_t power, bool time, char text[QUANTITY_TEXT])
{
	uint64_t value = power ? UINT64_C(1) << (power - 1) : 0;

	return time ? quantity_time(value, text) : quantity_count(value, text);
}

void bars_print(FILE *out, const struct histogram *h, bool time)
{
	uint64_t count[POWERS], most = 1;
	uint32_t first = LARGEST, last = 0;

	for (uint32_t i = 0; i < POWERS; i++) {
		count[i] = count_of(h, i);
		if (!count[i])
			continue;
		first = i < first ? i : first;
		last = i;
		most = count[i] > most ? count[i] : most;
	}
	for (uint32_t i = first; i <= last; i++) {
		char from[QUANTITY_TEXT], n[QUANTITY_TEXT];
		int bar = (double)count[i] / most * BAR + 0.5;

		fprintf(out, "%26s  %14s%s%.*s\n", least(i, time, from),
			quantity_count(count[i], n), bar ? "  " : "", bar,
			"########################################");
	}
}
