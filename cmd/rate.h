/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rate - how often something happened, over the time of a trace
 */
#ifndef RATE_H
#define RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

#define RATE_BUCKETS 60u

struct rate {
	uint64_t start_ns;
	uint64_t bucket_ns; /* 0: nothing is known of times */
	uint64_t n[RATE_BUCKETS];
};

/* From the trace's first to its last time. */
void rate_init(struct rate *rate, uint64_t start_ns, uint64_t end_ns);
/* Where a time belongs: what is outside belongs to the ends. */
uint32_t rate_bucket(const struct rate *rate, uint64_t time_ns);
/* Quickest if times go forward. */
void rate_add(struct rate *rate, const uint64_t *time_ns, uint32_t nr);
/* The fullest bucket's. */
uint64_t rate_most(const struct rate *rate);

/*
 * A column for each bucket, higher for more: in blocks if the locale's characters
 * are UTF-8, else in ASCII. A blank is none.
 */
void rate_spark(struct text *out, const struct rate *rate);
void rate_json(struct text *out, const struct rate *rate);

#endif /* RATE_H */
