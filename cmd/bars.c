// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "bars.h"
#include "quantity.h"

#define BAR	40 /* columns */
#define POWERS	65 /* lines: of 0, and of each highest bit */
#define LARGEST (POWERS - 1)
#define DOTS	4 /* lines without anything are shown, at most */

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

static void print_bar(FILE *out, const char *from, uint64_t count,
		      uint64_t most)
{
	char n[QUANTITY_TEXT];
	int bar = (double)count / most * BAR + 0.5;

	fprintf(out, "%26s  %14s%s%.*s\n", from, quantity_count(count, n),
		bar ? "  " : "", bar,
		"########################################");
}

void bars_values(FILE *out, const struct few *few,
		 const char *(*name)(void *ctx, uint64_t value), void *ctx)
{
	uint64_t most = 1;

	for (uint32_t i = 0; i < few->nr; i++)
		most = few->value[i].n > most ? few->value[i].n : most;
	for (uint32_t i = 0; i < few->nr; i++) {
		uint64_t value = few->value[i].value;
		const char *called = name(ctx, value);
		char text[64];

		if (few->is_signed)
			snprintf(text, sizeof(text), "%" PRId64 "%s%s",
				 (int64_t)value, called ? " " : "",
				 called ? called : "");
		else
			snprintf(text, sizeof(text), "%" PRIu64 "%s%s", value,
				 called ? " " : "", called ? called : "");
		print_bar(out, text, few->value[i].n, most);
	}
}

/* So many lines from there on have nothing. */
static uint32_t empty(const uint64_t count[POWERS], uint32_t from,
		      uint32_t last)
{
	uint32_t i = from;

	while (i < last && !count[i])
		i++;
	return i - from;
}

static void print_powers(FILE *out, const uint64_t count[POWERS],
			 uint32_t first, uint32_t last, uint64_t most,
			 bool time)
{
	for (uint32_t i = first; i <= last; i++) {
		uint32_t skip = empty(count, i, last);
		char from[QUANTITY_TEXT];

		if (skip > DOTS) {
			fprintf(out, "%26s\n", "...");
			i += skip;
		}
		print_bar(out, least(i, time, from), count[i], most);
	}
}

void bars_print(FILE *out, const struct histogram *h, bool time, uint64_t below)
{
	uint64_t count[POWERS], most = below ? below : 1;
	uint32_t first = LARGEST, last = 0;

	for (uint32_t i = 0; i < POWERS; i++) {
		count[i] = count_of(h, i);
		if (!i)
			count[i] -= below < count[i] ? below : count[i];
		if (!count[i])
			continue;
		first = i < first ? i : first;
		last = i;
		most = count[i] > most ? count[i] : most;
	}
	if (below)
		print_bar(out, "below 0", below, most);
	print_powers(out, count, first, last, most, time);
}
