/* SPDX-License-Identifier: GPL-2.0-only */
/* trace_clock - the clock of all times in a trace */
#ifndef KPC_TRACE_CLOCK_H
#define KPC_TRACE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define KPC_TRACE_CLOCK CLOCK_MONOTONIC
#define KPC_NS_PER_S	1000000000ull
#define KPC_NS_PER_MS	1000000ull
#define KPC_NS_PER_US	1000ull

static inline uint64_t kpc_trace_clock(void)
{
	struct timespec now = { 0 };

	clock_gettime(KPC_TRACE_CLOCK, &now);
	return now.tv_sec * KPC_NS_PER_S + now.tv_nsec;
}

#endif /* KPC_TRACE_CLOCK_H */
