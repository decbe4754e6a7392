// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "aggregate.h"

struct aggregate {
	uint32_t keys; /* at most */
	uint32_t nr;
	uint32_t nr_slots; /* a power of two, at least twice as many */
	uint64_t seed;
	struct aggregate_entry **slot;	/* by hash */
	struct aggregate_entry **entry; /* all of them */
	struct aggregate_entry others;
	struct aggregate_entry total;
};

struct aggregate *aggregate_new(uint32_t keys)
{
	struct aggregate *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->keys = keys ? keys : AGGREGATE_KEYS;
	a->nr_slots = 4;
	while (a->nr_slots < a->keys * 2)
		a->nr_slots *= 2;
	a->slot = calloc(a->nr_slots, sizeof(*a->slot));
	a->entry = calloc(a->keys, sizeof(*a->entry));
	if (!a->slot || !a->entry) {
		aggregate_free(a);
		return NULL;
	}
	/* Keys are names that strangers chose; without it, it's only a hash. */
	if (getrandom(&a->seed, sizeof(a->seed), GRND_NONBLOCK) !=
	    sizeof(a->seed))
		a->seed = 0x9e3779b97f4a7c15ull;
	return a;
}

static void entry_free(struct aggregate_entry *e)
{
	free((char *)e->key);
	free(e->times);
	free(e->few);
	free(e);
}

void aggregate_free(struct aggregate *a)
{
	if (!a)
		return;
	for (uint32_t i = 0; i < a->nr; i++)
		entry_free(a->entry[i]);
	free(a->others.times);
	free(a->others.few);
	free(a->total.times);
	free(a->total.few);
	free(a->slot);
	free(a->entry);
	free(a);
}

/* ---- by key -------------------------------------------------------------- */

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash(const struct aggregate *a, const char *key, size_t bytes)
{
	uint64_t h = mix(a->seed ^ bytes, 0xa0761d6478bd642full), word;

	for (; bytes >= sizeof(word); key += sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		h = mix(h ^ word ^ a->seed, 0xe7037ed1a0b428dbull);
		bytes -= sizeof(word);
	}
	word = 0;
	memcpy(&word, key, bytes);
	return mix(h ^ word, a->seed | 1);
}

/* The slot that has the key, or the empty one where it would be. */
static struct aggregate_entry **find(const struct aggregate *a, uint64_t h,
				     const char *key, size_t bytes)
{
	uint32_t mask = a->nr_slots - 1;
	uint32_t i = h & mask;

	for (; a->slot[i]; i = (i + 1) & mask)
		if (a->slot[i]->hash == h && a->slot[i]->key_bytes == bytes &&
		    !memcmp(a->slot[i]->key, key, bytes))
			break;
	return &a->slot[i];
}

static struct aggregate_entry *entry_new(uint64_t h, const char *key,
					 size_t bytes)
{
	struct aggregate_entry *e = calloc(1, sizeof(*e));
	char *copy = malloc(bytes + 1);

	if (!e || !copy) {
		free(e);
		free(copy);
		return NULL;
	}
	memcpy(copy, key, bytes);
	copy[bytes] = '\0';
	e->key = copy;
	e->key_bytes = bytes;
	e->hash = h;
	return e;
}

struct aggregate_entry *aggregate_at(struct aggregate *a, const char *key,
				     size_t bytes)
{
	uint64_t h = hash(a, key, bytes);
	struct aggregate_entry **slot = find(a, h, key, bytes);
	struct aggregate_entry *e = *slot;

	if (e)
		return e;
	if (a->nr < a->keys)
		e = entry_new(h, key, bytes);
	if (!e)
		return &a->others;
	*slot = e;
	a->entry[a->nr++] = e;
	return e;
}

/* ---- adding -------------------------------------------------------------- */

static void tally_add(struct tally *t, const struct sample *s)
{
	t->count += !s->more;
	t->failed += s->failed;
	if (s->has_sum)
		t->sum += s->sum;
	if (!s->has_ns)
		return;
	t->timed++;
	t->ns += s->ns;
	if (s->ns > t->ns_max)
		t->ns_max = s->ns;
}

static void add_few(struct aggregate_entry *e, const struct few_sample *s)
{
	if (!e->few) {
		e->few = calloc(1, sizeof(*e->few));
		if (!e->few)
			return;
		e->few->is_signed = s->is_signed;
	}
	few_add(e->few, s->value);
}

static void entry_add(struct aggregate_entry *e, const struct sample *s)
{
	tally_add(&e->all, s);
	tally_add(&e->now, s);
	if (!s->has_ns)
		return;
	if (!e->times)
		e->times = calloc(1, sizeof(*e->times));
	if (e->times)
		histogram_add(e->times, s->ns);
	if (s->few)
		add_few(e, s->few);
}

void aggregate_add(struct aggregate *a, struct aggregate_entry *e,
		   const struct sample *s)
{
	entry_add(e, s);
	entry_add(&a->total, s);
}

/* ---- intervals ----------------------------------------------------------- */

static void tally_join(struct tally *into, const struct tally *from)
{
	into->count += from->count;
	into->failed += from->failed;
	into->sum += from->sum;
	into->timed += from->timed;
	into->ns += from->ns;
	if (from->ns_max > into->ns_max)
		into->ns_max = from->ns_max;
}

/* To the others; it is in no slot any more. */
static void retire(struct aggregate *a, struct aggregate_entry *e)
{
	tally_join(&a->others.all, &e->all);
	if (e->times && !a->others.times)
		a->others.times = calloc(1, sizeof(*a->others.times));
	if (e->times && a->others.times)
		histogram_join(a->others.times, e->times);
	entry_free(e);
}

static void trim(struct aggregate *a)
{
	uint32_t nr = 0;

	memset(a->slot, 0, a->nr_slots * sizeof(*a->slot));
	for (uint32_t i = 0; i < a->nr; i++) {
		struct aggregate_entry *e = a->entry[i];

		if (!e->now.count && !e->users) {
			retire(a, e);
			continue;
		}
		*find(a, e->hash, e->key, e->key_bytes) = e;
		a->entry[nr++] = e;
	}
	a->nr = nr;
}

static void tick(struct aggregate_entry *e)
{
	e->last = e->now;
	e->now = (struct tally){ 0 };
}

void aggregate_tick(struct aggregate *a)
{
	if (a->nr > a->keys - a->keys / 4)
		trim(a);
	for (uint32_t i = 0; i < a->nr; i++)
		tick(a->entry[i]);
	tick(&a->others);
	tick(&a->total);
}

static void zero(struct aggregate_entry *e)
{
	e->all = (struct tally){ 0 };
	e->now = e->all;
	e->last = e->all;
	free(e->times);
	free(e->few);
	e->times = NULL;
	e->few = NULL;
}

void aggregate_clear(struct aggregate *a)
{
	for (uint32_t i = 0; i < a->nr; i++)
		zero(a->entry[i]);
	zero(&a->others);
	zero(&a->total);
	trim(a);
}

/* ---- looking ------------------------------------------------------------- */

uint32_t aggregate_nr(const struct aggregate *a)
{
	return a->nr;
}

struct aggregate_entry *aggregate_entry(const struct aggregate *a, uint32_t i)
{
	return a->entry[i];
}

const struct aggregate_entry *aggregate_others(const struct aggregate *a)
{
	return &a->others;
}

const struct aggregate_entry *aggregate_total(const struct aggregate *a)
{
	return &a->total;
}
