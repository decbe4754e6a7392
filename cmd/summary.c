// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "summary.h"

#define SLOTS_LEAST 64

static bool is_less(const struct summary *summary, uint64_t a, uint64_t b)
{
	return summary->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

static struct summary_value *find(struct summary_value *slots, uint32_t nr,
				  uint64_t value)
{
	uint32_t slot = (value * 0x9e3779b97f4a7c15ull >> 32) & (nr - 1);

	while (slots[slot].count && slots[slot].value != value)
		slot = (slot + 1) & (nr - 1);
	return &slots[slot];
}

/* Keeps the table at most half full. False without memory, or at the limit. */
static bool grow(struct summary *summary)
{
	uint32_t nr = summary->nr_slots ? summary->nr_slots * 2 : SLOTS_LEAST;
	struct summary_value *slots;

	if (summary->distinct >= SUMMARY_MAX)
		return false;
	if (summary->distinct * 2 < summary->nr_slots)
		return true;
	slots = calloc(nr, sizeof(*slots));
	if (!slots)
		return false;
	for (uint32_t i = 0; i < summary->nr_slots; i++)
		if (summary->slots[i].count)
			*find(slots, nr, summary->slots[i].value) =
				summary->slots[i];
	free(summary->slots);
	summary->slots = slots;
	summary->nr_slots = nr;
	return true;
}

static void count_value(struct summary *summary, uint64_t value)
{
	struct summary_value *slot = NULL;

	if (summary->nr_slots)
		slot = find(summary->slots, summary->nr_slots, value);
	if (slot && slot->count) {
		slot->count++;
		return;
	}
	if (!grow(summary)) {
		summary->more = true;
		return;
	}
	slot = find(summary->slots, summary->nr_slots, value);
	*slot = (struct summary_value){ .value = value, .count = 1 };
	summary->distinct++;
}

void summary_add(struct summary *summary, uint64_t value)
{
	if (!summary->n || is_less(summary, value, summary->min))
		summary->min = value;
	if (!summary->n || is_less(summary, summary->max, value))
		summary->max = value;
	summary->sum += summary->is_signed ? (long double)(int64_t)value :
					     (long double)value;
	summary->n++;
	count_value(summary, value);
}

static bool is_commoner(const struct summary *summary,
			const struct summary_value *a,
			const struct summary_value *b)
{
	return a->count != b->count ? a->count > b->count :
				      is_less(summary, a->value, b->value);
}

uint32_t summary_top(const struct summary *summary,
		     struct summary_value top[SUMMARY_TOP])
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < summary->nr_slots; i++) {
		struct summary_value value = summary->slots[i];
		uint32_t at = nr;

		if (!value.count)
			continue;
		for (; at && is_commoner(summary, &value, &top[at - 1]); at--)
			if (at < SUMMARY_TOP)
				top[at] = top[at - 1];
		if (at < SUMMARY_TOP)
			top[at] = value;
		if (nr < SUMMARY_TOP)
			nr++;
	}
	return nr;
}

void summary_uninit(struct summary *summary)
{
	free(summary->slots);
	*summary = (struct summary){ 0 };
}
