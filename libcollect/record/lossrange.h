/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lossrange - when a ring had no room: of many losses those that are nearest to
 * each other are put together
 */
#ifndef KPC_LOSSRANGE_H
#define KPC_LOSSRANGE_H

#include <stdint.h>

#include "batch.h"
#include "collect.h"

#define KPC_LOSS_RANGES_MAX 32 /* of a ring */

/* Zeroed is empty. */
struct kpc_loss_ranges {
	struct kpc_loss_range range[KPC_LOSS_RANGES_MAX];
	uint32_t nr;
};

/* Behind those that are there: @range isn't earlier than any. */
void kpc_loss_ranges_add(struct kpc_loss_ranges *ranges,
			 const struct kpc_loss_range *range);
/*
 * The losses in @batch, before it is encoded. The last row of its ring before it
 * was at @before_ns (0: there was none); it is read at @now_ns.
 */
void kpc_loss_ranges_batch(struct kpc_loss_ranges *ranges,
			   const struct kpc_batch *batch, uint64_t before_ns,
			   uint64_t now_ns);

#endif /* KPC_LOSSRANGE_H */
