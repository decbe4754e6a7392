/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * weigh - how a value drives a sampling event whose unit isn't hits
 *
 * perf takes a sample for each period that a count crosses, one after the
 * other in the probed context: a hit that counts a gigabyte would stall the
 * machine. So one hit makes one sample at most, and its record says how many
 * periods it stands for.
 */
#ifndef KPX_CORE_WEIGH_H
#define KPX_CORE_WEIGH_H

#include <linux/types.h>

/* No single hit counts for more: 281 TB, or 3 days of nanoseconds. */
#define KPX_VALUE_MAX (1ULL << 48)

/*
 * What a hit counts for. An argument is seen before the kernel has checked it:
 * write(fd, buf, -1) arrives as 2^64-1 and writes nothing, so what is negative
 * as a signed number counts as 0. *@clamped tells that it was changed.
 */
static inline u64 kpx_clamp(u64 value, bool *clamped)
{
	*clamped = value > KPX_VALUE_MAX;
	if (!*clamped)
		return value;
	return (s64)value < 0 ? 0 : KPX_VALUE_MAX;
}

/**
 * struct kpx_weight - a value, as it goes to perf
 * @periods:	how many periods it completes; 0: no sample is due
 * @pass:	with a sample: what brings the period to its boundary
 * @rest:	with a sample: what is left for the next period
 */
struct kpx_weight {
	u64 periods;
	u64 pass;
	u64 rest;
};

/*
 * @period_left: perf's counter, which runs from -period to 0; @period: the
 * next one's length, not 0. @pass may be 0, if an interrupt used the period up.
 */
static inline struct kpx_weight kpx_weigh(u64 value, s64 period_left,
					  u64 period)
{
	struct kpx_weight weight = {};
	u64 left = period_left < 0 ? -(u64)period_left : 0;

	if (value < left)
		return weight;
	weight.pass = left;
	weight.periods = 1 + (value - left) / period;
	weight.rest = (value - left) % period;
	return weight;
}

#endif /* KPX_CORE_WEIGH_H */
