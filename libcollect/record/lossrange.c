// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "batch_rows.h"
#include "lossrange.h"

/* The two neighbours with the least time between them are one from now on. */
static void fold(struct kpc_loss_ranges *r)
{
	struct kpc_loss_range *a = r->range;
	uint64_t least = UINT64_MAX;
	uint32_t at = 0;

	for (uint32_t i = 0; i + 1 < r->nr; i++) {
		uint64_t gap = a[i + 1].from_ns - a[i].to_ns;

		/* What one row is between touches it. */
		if (a[i + 1].from_ns < a[i].to_ns)
			gap = 0;
		if (gap < least) {
			least = gap;
			at = i;
		}
	}
	a[at].to_ns = a[at + 1].to_ns;
	a[at].count += a[at + 1].count;
	a[at].losses += a[at + 1].losses;
	r->nr--;
	memmove(&a[at + 1], &a[at + 2], (r->nr - at - 1) * sizeof(*a));
}

void kpc_loss_ranges_add(struct kpc_loss_ranges *r,
			 const struct kpc_loss_range *range)
{
	if (r->nr == KPC_LOSS_RANGES_MAX)
		fold(r);
	r->range[r->nr++] = *range;
}

static void add(struct kpc_loss_ranges *r, const struct kpc_batch_loss *loss,
		uint64_t from_ns, uint64_t to_ns)
{
	struct kpc_loss_range range = {
		.from_ns = from_ns,
		.to_ns = to_ns,
		.count = loss->count,
		.losses = 1,
	};

	kpc_loss_ranges_add(r, &range);
}

static uint64_t next_varint(const uint8_t **at)
{
	uint64_t v = 0;

	for (unsigned int shift = 0;; shift += 7) {
		v |= (uint64_t)(**at & 0x7f) << shift;
		if (!(*(*at)++ & 0x80))
			return v;
	}
}

void kpc_loss_ranges_batch(struct kpc_loss_ranges *r, const struct kpc_batch *b,
			   uint64_t before_ns, uint64_t now_ns)
{
	const uint8_t *hi = b->time_hi;
	uint64_t last = before_ns, time = b->first_ns;
	uint32_t done = 0;

	for (uint32_t i = 0; i < b->nr && done < b->nr_losses; i++) {
		time += next_varint(&hi) << 7 | b->time_lo[i];
		while (done < b->nr_losses && b->losses[done].after == i)
			add(r, &b->losses[done++], last, time);
		last = time;
	}
	/* The record that told of it was there already. */
	while (done < b->nr_losses)
		add(r, &b->losses[done++], last, now_ns);
}
