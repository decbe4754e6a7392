/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ranges - ranges of addresses that may overlap, of several keys, to be found by
 * an address
 */
#ifndef KPC_RANGES_H
#define KPC_RANGES_H

#include <stdint.h>

#define KPC_RANGES_MAX (1u << 24)

struct kpc_range {
	uint64_t start;
	uint64_t end;
	uint64_t time_ns;
	uint32_t key;
	uint32_t number; /* the caller's */
};

/* Zeroed is empty. */
struct kpc_ranges {
	struct kpc_range *range;
	uint32_t nr;
	uint32_t room;
	uint64_t *reach; /* a tree of ends; NULL: no memory, it's just slower */
	uint32_t leaves;
};

/*
 * The last byte of an address space is in no range. 0, -ENOMEM, -E2BIG, or
 * -EBADMSG if it has no bytes or goes beyond.
 */
int kpc_ranges_add(struct kpc_ranges *ranges, uint32_t key, uint64_t start,
		   uint64_t bytes, uint64_t time_ns, uint32_t number);
/* Sorts, after the last add and before the first find. */
void kpc_ranges_finish(struct kpc_ranges *ranges);
void kpc_ranges_uninit(struct kpc_ranges *ranges);
/*
 * One of @key that has the address; and the next one after @before. NULL: there
 * is none. Of those with one start, later ones come first.
 */
const struct kpc_range *kpc_ranges_find(const struct kpc_ranges *ranges,
					uint32_t key, uint64_t address);
const struct kpc_range *kpc_ranges_next(const struct kpc_ranges *ranges,
					const struct kpc_range *before,
					uint64_t address);

#endif /* KPC_RANGES_H */
