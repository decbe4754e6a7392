/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ahead - chunks loaded by threads before they are asked for
 *
 * The jobs are given in the order in which they will be asked for, as far as that
 * is known; asking in another order works, and only costs time. What is loaded
 * and not yet asked for is bounded in number and memory.
 */
#ifndef KPC_AHEAD_H
#define KPC_AHEAD_H

#include "load.h"

#define KPC_AHEAD_THREADS_MAX  8
#define KPC_AHEAD_MEMORY_BYTES (256u << 20) /* of what waits, about */

struct kpc_job {
	const struct kpc_trace *trace;
	const struct kpc_chunk *chunk;
	uint64_t need_ns; /* for the caller's sorting */
	uint32_t ring;	  /* the caller's */
	uint8_t state;
	struct kpc_load *load;
};

struct kpc_ahead;

/*
 * Takes over @jobs, malloc'ed. @threads: at most so many; 0: the caller's thread
 * loads, with @decompressor, which is borrowed. 0 or -ENOMEM (@jobs are freed
 * then, too).
 */
int kpc_ahead_new(struct kpc_ahead **ahead, const struct kpc_input *input,
		  struct kpc_decompressor *decompressor, struct kpc_job *jobs,
		  uint32_t nr, unsigned int threads, enum kpc_rows_want want);
const struct kpc_job *kpc_ahead_job(const struct kpc_ahead *ahead, uint32_t i);
uint32_t kpc_ahead_nr(const struct kpc_ahead *ahead);
/*
 * The chunk of job @i, each at most once, to be given back. Its err says whether
 * it could be loaded. NULL without memory.
 */
struct kpc_load *kpc_ahead_get(struct kpc_ahead *ahead, uint32_t i);
void kpc_ahead_put(struct kpc_ahead *ahead, struct kpc_load *load);
/* NULL ok. All loads must have been given back. */
void kpc_ahead_free(struct kpc_ahead *ahead);

#endif /* KPC_AHEAD_H */
