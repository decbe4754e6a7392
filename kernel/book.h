/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * book - what became of a probe's hits, counted by each CPU for itself
 *
 * entered is the sum of the verdicts when no hit is in flight.
 */
#ifndef KPX_BOOK_H
#define KPX_BOOK_H

#include <linux/types.h>

/*
 * Of several listeners the highest verdict counts: what one of them missed is in
 * the book, whoever else saw the hit.
 */
enum kpx_verdict {
	KPX_NO_LISTENER,
	KPX_SELF,
	KPX_FILTERED,
	KPX_FILTERED_BPF,
	KPX_OFFERED,
	KPX_RECURSION,
	KPX_NR_VERDICTS,
};

static inline enum kpx_verdict kpx_verdict_max(enum kpx_verdict a,
					       enum kpx_verdict b)
{
	return a > b ? a : b;
}

/**
 * struct kpx_book - written by this CPU's hits, read by anybody
 * @bpf_runs:	hits on which the programs ran
 * @bpf_busy:	… on which they couldn't; their verdict is KPX_RECURSION
 * @calls, @returns: of functions with a return hook; what is inside is the
 *		difference, summed over CPUs
 */
struct kpx_book {
	u64 entered;
	u64 verdicts[KPX_NR_VERDICTS];
	u64 clamped;
	u64 truncated;
	u64 by_int3;
	u64 bpf_runs;
	u64 bpf_busy;
	u64 calls;
	u64 returns;
};

#endif /* KPX_BOOK_H */
