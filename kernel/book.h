/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * book - what became of a probe's hits, counted by each CPU for itself
 *
 * entered is the sum of the verdicts when no hit is in flight.
 */
#ifndef KPX_BOOK_H
#define KPX_BOOK_H

#include <linux/types.h>

/* Of several classes the highest verdict counts. */
enum kpx_verdict {
	KPX_NO_LISTENER,
	KPX_SELF,
	KPX_FILTERED,
	KPX_RECURSION,
	KPX_OFFERED,
	KPX_NR_VERDICTS,
};

/**
 * struct kpx_book - written by this CPU's hits, read by anybody
 * @calls, @returns: of functions with a return hook; what is inside is the
 *		difference, summed over CPUs
 */
struct kpx_book {
	u64 entered;
	u64 verdicts[KPX_NR_VERDICTS];
	u64 clamped;
	u64 truncated;
	u64 by_int3;
	u64 calls;
	u64 returns;
};

#endif /* KPX_BOOK_H */
