// SPDX-License-Identifier: GPL-2.0-only
#include "histogram.h"

/*
 * Values below HISTOGRAM_STEPS have a bucket each; from there on the highest bit
 * says which power of two it is, and the two below it which quarter.
 */
uint32_t histogram_bucket(uint64_t value)
{
	uint32_t bit;

	if (value < HISTOGRAM_STEPS)
		return value;
	bit = 63 - __builtin_clzll(value);
	return (bit - 1) * HISTOGRAM_STEPS +
	       (value >> (bit - 2) & (HISTOGRAM_STEPS - 1));
}

uint64_t histogram_least(uint32_t bucket)
{
	uint32_t bit = bucket / HISTOGRAM_STEPS + 1;

	if (bucket < HISTOGRAM_STEPS)
		return bucket;
	if (bucket >= HISTOGRAM_BUCKETS)
		return UINT64_MAX;
	return (uint64_t)(HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS)
	       << (bit - 2);
}

void histogram_join(struct histogram *into, const struct histogram *from)
{
	into->nr += from->nr;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

uint64_t histogram_quantile(const struct histogram *h, uint32_t per_mille)
{
	/* Rounded up: of one value every quantile is that one. */
	uint64_t rank = (h->nr / 1000) * per_mille +
			((h->nr % 1000) * per_mille + 999) / 1000;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t least = histogram_least(i);

		seen += h->bucket[i];
		if (h->bucket[i] && seen >= rank)
			return least + (histogram_least(i + 1) - least) / 2;
	}
	return 0;
}
