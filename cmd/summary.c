// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "summary.h"

#define NUMBER_BITS    17 /* of SUMMARY_MAX, and 0: free */
#define NUMBER_MASK    ((1u << NUMBER_BITS) - 1)
#define SLOT_BITS_FAR  12 /* from here on it's worth to look ahead */
#define SLOT_BITS_MOST 17 /* twice SUMMARY_MAX */
#define TABLE_BYTES(bits)                               \
	((sizeof(struct summary_value) << ((bits)-1)) + \
	 (sizeof(uint32_t) << (bits)))
#define HUGE_BYTES (2u << 20)
#define RUNS	   32 /* values looked up at once */

struct run {
	uint64_t value;
	uint64_t hash;
	uint64_t times;
};

_Static_assert(TABLE_BYTES(SLOT_BITS_MOST) <= HUGE_BYTES,
	       "the largest table is in one page");

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

static uint32_t slot_of(uint64_t hash, unsigned int bits)
{
	/* The product's upper bits are those that all of the value's have a part in. */
	return hash >> (64 - bits);
}

/* What a slot says of a value beside its number: bits that slot_of() hasn't. */
static uint32_t tag_of(uint64_t hash)
{
	return (hash >> 32) << NUMBER_BITS;
}

static struct summary_value *value_of(const struct summary *summary,
				      uint32_t slot)
{
	return &summary->values[(slot & NUMBER_MASK) - 1];
}

/* The slot that the value has, or would have. */
static uint32_t *find(const struct summary *summary, uint64_t value,
		      uint64_t hash)
{
	uint32_t mask = (1u << summary->slot_bits) - 1;
	uint32_t at = slot_of(hash, summary->slot_bits);
	uint32_t tag = tag_of(hash);

	for (;; at = (at + 1) & mask) {
		uint32_t *slot = &summary->slots[at];

		if (!*slot || ((*slot & ~NUMBER_MASK) == tag &&
			       value_of(summary, *slot)->value == value))
			return slot;
	}
}

static void put_all(struct summary *summary)
{
	uint32_t mask = (1u << summary->slot_bits) - 1;

	for (uint32_t i = 0; i < summary->distinct; i++) {
		uint64_t hash = summary->values[i].value * multiplier();
		uint32_t at = slot_of(hash, summary->slot_bits);

		while (summary->slots[at])
			at = (at + 1) & mask;
		summary->slots[at] = tag_of(hash) | (i + 1);
	}
}

/*
 * Memory for the table: values, half as many as there are slots, and then those.
 * All of the largest is in one huge page, if there are any: one fault instead of
 * hundreds, and no miss of the TLB for each look-up. Not calloc(): then a page
 * faults twice, for a look and for what is put.
 */
static struct summary_value *new_table(unsigned int bits)
{
	size_t bytes = TABLE_BYTES(bits);
	void *table;

	if (bits < SLOT_BITS_MOST)
		return malloc(bytes);
	table = aligned_alloc(HUGE_BYTES, HUGE_BYTES);
	if (table)
		madvise(table, HUGE_BYTES, MADV_HUGEPAGE);
	return table;
}

/* Keeps the table at most half full. False without memory, or at the limit. */
static bool grow(struct summary *summary)
{
	static const uint8_t next[SLOT_BITS_MOST] = {
		[0] = 4,
		[4] = 8,
		[8] = 12,
		[12] = SLOT_BITS_MOST,
	};
	struct summary_value *values;
	unsigned int bits;
	uint32_t *slots;

	if (summary->distinct >= SUMMARY_MAX)
		return false;
	if (summary->slot_bits &&
	    summary->distinct * 2 < 1u << summary->slot_bits)
		return true;
	bits = next[summary->slot_bits];
	values = new_table(bits);
	if (!values)
		return false;
	if (summary->distinct)
		memcpy(values, summary->values,
		       summary->distinct * sizeof(*values));
	slots = (uint32_t *)(values + (1u << (bits - 1)));
	memset(slots, 0, sizeof(*slots) << bits);
	free(summary->values);
	summary->values = values;
	summary->slots = slots;
	summary->slot_bits = bits;
	put_all(summary);
	return true;
}

static void count_run(struct summary *summary, const struct run *run)
{
	uint32_t *slot = NULL;

	if (summary->slot_bits)
		slot = find(summary, run->value, run->hash);
	if (slot && *slot) {
		value_of(summary, *slot)->count += run->times;
		return;
	}
	if (!grow(summary)) {
		summary->more = true;
		return;
	}
	slot = find(summary, run->value, run->hash);
	summary->values[summary->distinct++] = (struct summary_value){
		.value = run->value,
		.count = run->times,
	};
	*slot = tag_of(run->hash) | summary->distinct;
}

/*
 * A large table is in no near cache: first all that is needed of it is asked for,
 * and then one isn't waited for after the other.
 */
static void prefetch(const struct summary *summary, const struct run *runs,
		     uint32_t nr)
{
	unsigned int bits = summary->slot_bits;

	for (uint32_t i = 0; i < nr; i++)
		__builtin_prefetch(
			&summary->slots[slot_of(runs[i].hash, bits)]);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t slot = summary->slots[slot_of(runs[i].hash, bits)];

		if (slot)
			__builtin_prefetch(value_of(summary, slot), 1);
	}
}

static void count_runs(struct summary *summary, const struct run *runs,
		       uint32_t nr)
{
	if (summary->slot_bits >= SLOT_BITS_FAR)
		prefetch(summary, runs, nr);
	for (uint32_t i = 0; i < nr; i++)
		count_run(summary, &runs[i]);
}

/* Equal values often follow each other. */
static void count_values(struct summary *summary, const uint64_t *v,
			 const uint32_t *times, uint32_t n)
{
	struct run runs[RUNS];
	uint32_t nr = 0;

	for (uint32_t i = 0; i < n;) {
		struct run *run = &runs[nr];

		*run = (struct run){ .value = v[i] };
		do
			run->times += times ? times[i] : 1;
		while (++i < n && v[i] == run->value);
		run->hash = run->value * multiplier();
		nr += run->times != 0;
		if (nr == RUNS) {
			count_runs(summary, runs, nr);
			nr = 0;
		}
	}
	count_runs(summary, runs, nr);
}

static __int128 number(const struct summary *summary, uint64_t value)
{
	return summary->is_signed ? (__int128)(int64_t)value : (__int128)value;
}

/* Those of no rows are none. */
static void add_numbers(struct summary *summary, const uint64_t *v,
			const uint32_t *times, uint32_t n)
{
	uint64_t sign = summary->is_signed ? 1ull << 63 : 0;
	uint64_t min = UINT64_MAX, max = 0, rows = 0;
	__int128 sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t value = v[i] ^ sign;

		if (times && !times[i])
			continue;
		min = value < min ? value : min;
		max = value > max ? value : max;
		sum += number(summary, v[i]) * (times ? times[i] : 1);
		rows += times ? times[i] : 1;
	}
	if (!rows)
		return;
	min ^= sign;
	max ^= sign;
	if (!summary->n || is_less(summary, min, summary->min))
		summary->min = min;
	if (!summary->n || is_less(summary, summary->max, max))
		summary->max = max;
	summary->sum += sum;
	summary->n += rows;
}

void summary_add(struct summary *summary, const uint64_t *v,
		 const uint32_t *times, uint32_t n)
{
	add_numbers(summary, v, times, n);
	count_values(summary, v, times, n);
}

static bool is_commoner(const struct summary *summary,
			const struct summary_value *a,
			const struct summary_value *b)
{
	return a->count != b->count ? a->count > b->count :
				      is_less(summary, a->value, b->value);
}

void summary_finish(struct summary *summary)
{
	summary->nr_top = summary_top(summary, summary->top);
	free(summary->values);
	summary->values = NULL;
	summary->slots = NULL;
}

uint32_t summary_top(const struct summary *summary,
		     struct summary_value top[SUMMARY_TOP])
{
	uint32_t nr = 0;

	if (summary->nr_top) {
		memcpy(top, summary->top, sizeof(summary->top));
		return summary->nr_top;
	}
	for (uint32_t i = 0; i < summary->distinct; i++) {
		struct summary_value value = summary->values[i];
		uint32_t at = nr;

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
	free(summary->values);
	*summary = (struct summary){ 0 };
}
