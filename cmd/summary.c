// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <sys/random.h>

#include "summary.h"

#define SLOTS_LEAST 64

static bool is_less(const struct summary *summary, uint64_t a, uint64_t b)
{
	return summary->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

/* Random, so that a file can't be made of values that collide. */
static uint64_t multiplier(void)
{
	static uint64_t seed;

	if (!seed) {
		if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) !=
		    sizeof(seed))
			seed = 0x9e3779b97f4a7c15ull;
		seed |= 1;
	}
	return seed;
}

/* The product's upper bits are those that all of the value's have a part in. */
static struct summary_value *find(struct summary_value *slots, uint32_t nr,
				  uint64_t value)
{
	uint32_t slot = value * multiplier() >> (64 - __builtin_ctz(nr));

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

static void count_value(struct summary *summary, uint64_t value, uint64_t n)
{
	struct summary_value *slot = NULL;

	if (summary->nr_slots)
		slot = find(summary->slots, summary->nr_slots, value);
	if (slot && slot->count) {
		slot->count += n;
		return;
	}
	if (!grow(summary)) {
		summary->more = true;
		return;
	}
	slot = find(summary->slots, summary->nr_slots, value);
	*slot = (struct summary_value){ .value = value, .count = n };
	summary->distinct++;
}

static void add_bounds(struct summary *summary, uint64_t min, uint64_t max)
{
	if (!summary->n || is_less(summary, min, summary->min))
		summary->min = min;
	if (!summary->n || is_less(summary, summary->max, max))
		summary->max = max;
}

static __int128 number(const struct summary *summary, uint64_t value)
{
	return summary->is_signed ? (__int128)(int64_t)value : (__int128)value;
}

void summary_add_repeated(struct summary *summary, uint64_t value, uint64_t n)
{
	if (!n)
		return;
	add_bounds(summary, value, value);
	summary->sum += number(summary, value) * n;
	summary->n += n;
	count_value(summary, value, n);
}

void summary_add(struct summary *summary, const uint64_t *v, uint32_t n)
{
	uint64_t sign = summary->is_signed ? 1ull << 63 : 0;
	uint64_t min = UINT64_MAX, max = 0;

	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t value = v[i] ^ sign;

		min = value < min ? value : min;
		max = value > max ? value : max;
	}
	add_bounds(summary, min ^ sign, max ^ sign);
	for (uint32_t i = 0; i < n; i++)
		summary->sum += number(summary, v[i]);
	summary->n += n;
	/* Values often come in runs. */
	for (uint32_t i = 0; i < n;) {
		uint32_t start = i;

		while (++i < n && v[i] == v[start])
			;
		count_value(summary, v[start], i - start);
	}
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
