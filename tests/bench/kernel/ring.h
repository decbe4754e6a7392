/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring - a sampling event's ring, read between two measurements
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <stdint.h>

/* 256 KiB: a batch fits into half of it, so nobody is woken up meanwhile. */
#define RING_PAGES  64
#define RING_WAKEUP (RING_PAGES * 4096 / 2)

struct ring {
	void *map;
	uint64_t tail;
};

struct variant;

/* Maps the ring of @fd. 0 or -errno. */
int ring_open(struct ring *ring, int fd);

/*
 * Reads all there is: the samples of @variant's turns from @first on, each of
 * which must have the arguments of its turn. Adds to variant->records.
 */
void ring_drain(struct variant *variant, uint64_t first);

#endif /* BENCH_RING_H */
