// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "ranges.h"

#define BLOCK 16u /* ranges that are looked at in turn */

int kpc_ranges_add(struct kpc_ranges *r, uint32_t key, uint64_t start,
		   uint64_t bytes, uint64_t time_ns, uint32_t number)
{
	uint32_t room = r->room ? r->room * 2 : 64;
	struct kpc_range *grown;

	if (!bytes || bytes > UINT64_MAX - start)
		return -EBADMSG;
	if (r->nr == KPC_RANGES_MAX)
		return -E2BIG;
	if (r->nr == r->room) {
		grown = realloc(r->range, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		r->range = grown;
		r->room = room;
	}
	r->range[r->nr++] = (struct kpc_range){
		.start = start,
		.end = start + bytes,
		.time_ns = time_ns,
		.key = key,
		.number = number,
	};
	return 0;
}

void kpc_ranges_uninit(struct kpc_ranges *r)
{
	free(r->range);
	free(r->reach);
	*r = (struct kpc_ranges){ 0 };
}

static int compare(const void *left, const void *right)
{
	const struct kpc_range *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/*
 * A binary tree over blocks of ranges, each node with the highest end below it: the
 * root is 1, the children of i are 2 i and 2 i + 1, and the blocks are the leaves.
 */
void kpc_ranges_finish(struct kpc_ranges *r)
{
	uint32_t leaves = 1;

	if (r->nr)
		qsort(r->range, r->nr, sizeof(*r->range), compare);
	while (leaves * BLOCK < r->nr)
		leaves *= 2;
	free(r->reach);
	r->reach = calloc(leaves * 2, sizeof(*r->reach));
	r->leaves = leaves;
	if (!r->reach)
		return;
	for (uint32_t i = 0; i < r->nr; i++)
		if (r->range[i].end > r->reach[leaves + i / BLOCK])
			r->reach[leaves + i / BLOCK] = r->range[i].end;
	for (uint32_t i = leaves - 1; i; i--)
		r->reach[i] = r->reach[2 * i] > r->reach[2 * i + 1] ?
				      r->reach[2 * i] :
				      r->reach[2 * i + 1];
}

/* The last block before that one which has an end above the address; -1: none. */
static int64_t block_below(const struct kpc_ranges *r, uint32_t block,
			   uint64_t address)
{
	uint32_t i = r->leaves + block;

	if (!r->reach)
		return (int64_t)block - 1;
	while (i > 1 && (!(i & 1) || r->reach[i - 1] <= address))
		i /= 2;
	if (i <= 1)
		return -1;
	for (i--; i < r->leaves;)
		i = 2 * i + (r->reach[2 * i + 1] > address);
	return i - r->leaves;
}

/* From @i - 1 downwards. */
static const struct kpc_range *below(const struct kpc_ranges *r, uint32_t i,
				     uint32_t key, uint64_t address)
{
	while (i) {
		const struct kpc_range *range = &r->range[i - 1];
		int64_t block;

		if (range->key != key)
			return NULL;
		if (range->end > address)
			return range;
		if (--i % BLOCK)
			continue;
		block = i ? block_below(r, i / BLOCK, address) : -1;
		i = (block + 1) * BLOCK;
	}
	return NULL;
}

const struct kpc_range *kpc_ranges_find(const struct kpc_ranges *r,
					uint32_t key, uint64_t address)
{
	uint32_t low = 0, n = r->nr;

	while (n) { /* the first that begins above it */
		const struct kpc_range *range = &r->range[low + n / 2];

		if (range->key < key ||
		    (range->key == key && range->start <= address)) {
			low += n / 2 + 1;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return below(r, low, key, address);
}

const struct kpc_range *kpc_ranges_next(const struct kpc_ranges *r,
					const struct kpc_range *before,
					uint64_t address)
{
	return below(r, before - r->range, before->key, address);
}
