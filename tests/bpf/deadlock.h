/* SPDX-License-Identifier: GPL-2.0-only */
/* What deadlock.bpf.c and its test have in common. */
#ifndef TESTS_BPF_DEADLOCK_H
#define TESTS_BPF_DEADLOCK_H

#include <linux/types.h>

/* Fewer entries than keys, so that old ones have to go all the time. */
#define DEADLOCK_ENTRIES 128
#define DEADLOCK_KEYS	 512

struct deadlock_prefix {
	__u32 bits;
	__u32 prefix;
};

/* Keys of "runs". */
enum {
	DEADLOCK_LRU,
	DEADLOCK_LPM,
	DEADLOCK_QUEUE,
	DEADLOCK_NESTED,
	DEADLOCK_RUNS
};

#endif /* TESTS_BPF_DEADLOCK_H */
