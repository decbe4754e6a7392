// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

#define FIRST 1024u

struct pairs {
	void (*paired)(void *ctx, const struct half *entry,
		       const struct half *exit);
	void *ctx;
	struct half *waiting;
	uint32_t nr;
	uint32_t room;
	struct half *inside; /* by thread; group UINT32_MAX: a free slot */
	uint32_t nr_inside;
};

#define FREE  UINT32_MAX
#define SLOTS (PAIRS_THREADS * 2)

struct pairs *pairs_new(void (*paired)(void *ctx, const struct half *entry,
				       const struct half *exit),
			void *ctx)
{
	struct pairs *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->paired = paired;
	p->ctx = ctx;
	p->room = FIRST;
	p->waiting = malloc(p->room * sizeof(*p->waiting));
	p->inside = malloc(SLOTS * sizeof(*p->inside));
	if (!p->waiting || !p->inside) {
		free(p->waiting);
		free(p->inside);
		free(p);
		return NULL;
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		p->inside[i].group = FREE;
	return p;
}

/* ---- threads that are inside a call -------------------------------------- */

static uint32_t home(const struct half *half)
{
	uint64_t key = (uint64_t)half->lane << 32 | half->tid;

	return ((key + half->depth) * 0x9e3779b97f4a7c15ull >> 40) &
	       (SLOTS - 1);
}

static bool is_same(const struct half *a, const struct half *b)
{
	return a->tid == b->tid && a->lane == b->lane && a->depth == b->depth;
}

static struct half *find(struct pairs *p, const struct half *half)
{
	uint32_t i = home(half);

	while (p->inside[i].group != FREE && !is_same(&p->inside[i], half))
		i = (i + 1) & (SLOTS - 1);
	return &p->inside[i];
}

/* Moves those behind the gap that could not be found across it. */
static void leave(struct pairs *p, struct half *half)
{
	uint32_t gap = half - p->inside;

	for (uint32_t i = (gap + 1) & (SLOTS - 1); p->inside[i].group != FREE;
	     i = (i + 1) & (SLOTS - 1)) {
		uint32_t at = home(&p->inside[i]);

		if (((i - at) & (SLOTS - 1)) < ((i - gap) & (SLOTS - 1)))
			continue;
		p->inside[gap] = p->inside[i];
		gap = i;
	}
	p->inside[gap].group = FREE;
	p->nr_inside--;
}

static int by_time(const void *left, const void *right)
{
	const struct half *a = left;
	const struct half *b = right;

	return a->time_ns < b->time_ns ? -1 : a->time_ns > b->time_ns;
}

/*
 * Threads that ended within a call stay there: the quarter that entered first goes.
 * False without memory.
 */
static bool make_room(struct pairs *p)
{
	struct half *all = malloc(p->nr_inside * sizeof(*all));
	uint32_t nr = 0, gone = p->nr_inside / 4;

	if (!all)
		return false;
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (p->inside[i].group != FREE)
			all[nr++] = p->inside[i];
		p->inside[i].group = FREE;
	}
	qsort(all, nr, sizeof(*all), by_time);
	for (uint32_t i = 0; i < gone; i++)
		p->paired(p->ctx, &all[i], NULL);
	for (uint32_t i = gone; i < nr; i++)
		*find(p, &all[i]) = all[i];
	p->nr_inside = nr - gone;
	free(all);
	return true;
}

/* A free slot for it: how deep it is goes into @half. NULL: there is none. */
static struct half *below(struct pairs *p, struct half *half)
{
	for (half->depth = 0; half->depth < PAIRS_DEPTH; half->depth++) {
		struct half *slot = find(p, half);

		if (slot->group == FREE)
			return slot;
	}
	return NULL;
}

static void put_inside(struct pairs *p, const struct half *half)
{
	if (p->nr_inside == PAIRS_THREADS && !make_room(p)) {
		p->paired(p->ctx, half, NULL);
		return;
	}
	*find(p, half) = *half;
	p->nr_inside++;
}

/* Its return, which comes before that of the innermost one, is to be passed over. */
static void enter_too_deep(struct pairs *p, struct half *half)
{
	half->depth = PAIRS_DEPTH - 1;
	find(p, half)->beyond++;
	p->paired(p->ctx, half, NULL);
}

static void enter(struct pairs *p, struct half *half)
{
	struct half *slot;

	if (half->nests) {
		if (below(p, half))
			put_inside(p, half);
		else
			enter_too_deep(p, half);
		return;
	}
	half->depth = 0;
	slot = find(p, half);
	if (slot->group == FREE) {
		put_inside(p, half);
	} else if (half->time_ns < slot->time_ns) {
		p->paired(p->ctx, half, NULL); /* it came too late */
	} else {
		p->paired(p->ctx, slot, NULL); /* its return was lost */
		*slot = *half;
	}
}

/* The entry that it may be of: the innermost of its lane. NULL: there is none. */
static struct half *innermost(struct pairs *p, struct half *half)
{
	struct half *found = NULL;
	uint32_t most = half->nests ? PAIRS_DEPTH : 1;

	for (half->depth = 0; half->depth < most; half->depth++) {
		struct half *slot = find(p, half);

		if (slot->group == FREE)
			break;
		found = slot;
	}
	return found;
}

static void take(struct pairs *p, struct half *half)
{
	struct half *slot, entry;

	if (!half->is_return) {
		enter(p, half);
		return;
	}
	slot = innermost(p, half);
	if (slot && slot->beyond) {
		slot->beyond--;
		slot = NULL;
	}
	/* It entered before we looked; or its entry went when this one came. */
	if (!slot || half->time_ns < slot->time_ns) {
		p->paired(p->ctx, NULL, half);
		return;
	}
	entry = *slot;
	leave(p, slot);
	if (entry.group == half->group) {
		p->paired(p->ctx, &entry, half);
	} else {
		p->paired(p->ctx, &entry, NULL);
		p->paired(p->ctx, NULL, half);
	}
}

/* ---- in order ------------------------------------------------------------ */

static int compare(const void *left, const void *right)
{
	const struct half *a = left;
	const struct half *b = right;

	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return a->is_return - b->is_return;
}

void pairs_settle(struct pairs *p, uint64_t time_ns)
{
	uint32_t i = 0;

	qsort(p->waiting, p->nr, sizeof(*p->waiting), compare);
	for (; i < p->nr && p->waiting[i].time_ns < time_ns; i++)
		take(p, &p->waiting[i]);
	p->nr -= i;
	memmove(p->waiting, p->waiting + i, p->nr * sizeof(*p->waiting));
}

static void grow(struct pairs *p)
{
	uint32_t room = p->room * 2;
	struct half *grown = NULL;

	if (room <= PAIRS_WAITING)
		grown = realloc(p->waiting, room * sizeof(*grown));
	if (!grown) {
		pairs_settle(p, UINT64_MAX);
		return;
	}
	p->waiting = grown;
	p->room = room;
}

void pairs_put(struct pairs *p, const struct half *half)
{
	if (p->nr == p->room)
		grow(p);
	p->waiting[p->nr++] = *half;
}

void pairs_end(struct pairs *p)
{
	pairs_settle(p, UINT64_MAX);
	for (uint32_t i = 0; i < SLOTS; i++) {
		if (p->inside[i].group == FREE)
			continue;
		p->paired(p->ctx, &p->inside[i], NULL);
		p->inside[i].group = FREE;
	}
	p->nr_inside = 0;
}

void pairs_free(struct pairs *p)
{
	if (!p)
		return;
	pairs_end(p);
	free(p->waiting);
	free(p->inside);
	free(p);
}
