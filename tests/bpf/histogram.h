/* SPDX-License-Identifier: GPL-2.0-only */
/* For the programs in this folder: histograms in powers of two. */
#ifndef TESTS_BPF_HISTOGRAM_H
#define TESTS_BPF_HISTOGRAM_H

#include <linux/types.h>

/* Slot N counts values of N bits: 0; 1; 2 and 3; 4 to 7; … */
#define HISTOGRAM_SLOTS 65

static inline __attribute__((always_inline)) __u32 histogram_slot(__u64 value)
{
	__u32 slot = 0;

	if (value >> 32) {
		value >>= 32;
		slot += 32;
	}
	if (value >> 16) {
		value >>= 16;
		slot += 16;
	}
	if (value >> 8) {
		value >>= 8;
		slot += 8;
	}
	if (value >> 4) {
		value >>= 4;
		slot += 4;
	}
	if (value >> 2) {
		value >>= 2;
		slot += 2;
	}
	if (value >> 1) {
		value >>= 1;
		slot += 1;
	}
	return slot + value;
}

#endif /* TESTS_BPF_HISTOGRAM_H */
