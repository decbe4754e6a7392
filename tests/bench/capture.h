/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture - what capture.c writes and bench_encode.c reads: rings as they were
 *
 * A struct capture_head; the names of the events as -e takes them, each ended
 * by a NUL, together name_bytes; nr_ids of struct capture_id; for each ring a
 * uint64_t of how many bytes, and those. As this machine has them in memory:
 * the file is for the machine it was made on, whose tracefs describes the
 * events.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdint.h>

#define CAPTURE_MAGIC 0x3156455254584b50ull

struct capture_head {
	uint64_t magic;
	uint32_t name_bytes;
	uint32_t nr_events;
	uint32_t nr_ids;
	uint32_t nr_rings;
	uint32_t callchain; /* the events were sampled with call chains */
	uint32_t zero;
};

struct capture_id {
	uint64_t id;
	uint64_t event;
};

#endif /* CAPTURE_H */
