/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * histogram - how values are distributed: buckets of a quarter of a power of two, so
 * that a quantile is right within an eighth
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS	  4u /* of a power of two */
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * 63)

/* Zeroed is empty. */
struct histogram {
	uint64_t nr;
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

/* Which bucket has @value. */
uint32_t histogram_bucket(uint64_t value);
/* The least value of a bucket; of the one after the last: UINT64_MAX. */
uint64_t histogram_least(uint32_t bucket);

static inline void histogram_add(struct histogram *h, uint64_t value)
{
	h->nr++;
	h->bucket[histogram_bucket(value)]++;
}

void histogram_join(struct histogram *into, const struct histogram *from);
/*
 * The value that @per_mille of all don't exceed: the middle of its bucket. 0 of an
 * empty one.
 */
uint64_t histogram_quantile(const struct histogram *h, uint32_t per_mille);

#endif /* HISTOGRAM_H */
