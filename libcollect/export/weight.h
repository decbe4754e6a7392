/* SPDX-License-Identifier: GPL-2.0-only */
/* weight - what an event counts for where call chains are added up */
#ifndef KPC_WEIGHT_H
#define KPC_WEIGHT_H

#include "format.h"
#include "ptrmap.h"

struct kpc_weight {
	const char *what;	  /* as opts.weight; borrowed */
	struct kpc_ptrmap fields; /* by event: 1 + the field's number */
	uint64_t negative; /* values below 0 so far, which count for nothing */
};

/* Zeroed is unused. */
void kpc_weight_init(struct kpc_weight *weight, const struct kpc_export *x);
void kpc_weight_uninit(struct kpc_weight *weight);
/* 1, 0 if the row has no such field, or -ENOMEM. */
int kpc_weight_of(struct kpc_weight *weight, const struct kpc_row *row,
		  uint64_t *value);
/* Of the sum: "nanoseconds", "bytes" or "" (a number). */
const char *kpc_weight_unit(const struct kpc_weight *weight);
/* What it is a number of: "samples", "hits", or the field's name. */
const char *kpc_weight_name(const struct kpc_weight *weight);

#endif /* KPC_WEIGHT_H */
