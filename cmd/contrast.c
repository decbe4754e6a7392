// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "contrast.h"
#include "stats.h"

#define WINDOWS_MIN 3u /* that have values */

struct making {
	const struct profile *a, *b;
	double threshold;
	/* Scratch: a value for each window. */
	double *of_a, *of_b;
};

/* ---- what is tested ------------------------------------------------------ */

/*
 * Into @values, a value for each window that can have one; how many. @item NULL: there
 * is none of it.
 */
static uint32_t by_window(const struct profile *p,
			  const struct profile_item *item,
			  enum profile_kind kind, double *values)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < p->nr_windows; i++) {
		double count = item ? item->by_window[i] : 0;

		if (kind == PROFILE_EVENT)
			values[nr++] = count / p->seconds[i];
		else if (kind == PROFILE_FIELD && count)
			values[nr++] = item->level[i] / count;
		else if (kind != PROFILE_FIELD && p->hits[i])
			values[nr++] = count / p->hits[i];
	}
	return nr;
}

static uint32_t windows_with(const struct profile *p,
			     const struct profile_item *item)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < p->nr_windows; i++)
		nr += item->by_window[i] != 0;
	return nr;
}

static void fill_side(struct contrast_side *side, const struct profile *p,
		      const struct profile_item *item)
{
	if (!item)
		return;
	side->count = item->count;
	side->rate = item->count / p->all_seconds;
	side->share = p->all_hits ? (double)item->count / p->all_hits : 0;
	side->windows = windows_with(p, item);
	side->lower_bound = item->lost || item->lost_unknown || p->cut;
	if (item->values && item->count) {
		side->median = profile_quantile(item, 500);
		side->p99 = profile_quantile(item, 990);
	}
}

static double ratio_of(double a, double b)
{
	if (!a)
		return b ? INFINITY : NAN;
	return b / a;
}

static void measure(struct contrast_finding *f, const struct profile_item *a,
		    const struct profile_item *b)
{
	switch (f->kind) {
	case PROFILE_EVENT:
		f->ratio = ratio_of(f->a.rate, f->b.rate);
		break;
	case PROFILE_FIELD:
		f->ratio = f->a.median > 0 && f->b.median > 0 ?
				   f->b.median / f->a.median :
				   NAN;
		if (!a || !b)
			break;
		f->delta = stats_delta(a->values, b->values, PROFILE_CLASSES);
		f->distance =
			stats_distance(a->values, b->values, PROFILE_CLASSES);
		break;
	default:
		f->ratio = ratio_of(f->a.share, f->b.share);
	}
}

static double test(const struct making *m, enum profile_kind kind,
		   const struct profile_item *a, const struct profile_item *b)
{
	uint32_t nr_a = by_window(m->a, a, kind, m->of_a);
	uint32_t nr_b = by_window(m->b, b, kind, m->of_b);

	if (nr_a < WINDOWS_MIN || nr_b < WINDOWS_MIN ||
	    (a ? a->count : 0) + (b ? b->count : 0) < CONTRAST_HITS_MIN)
		return NAN;
	return stats_mann_whitney(m->of_a, nr_a, m->of_b, nr_b);
}

/* ---- verdicts ------------------------------------------------------------ */

/* It is no smaller than what is of interest. */
static bool is_large(const struct contrast_finding *f, double threshold)
{
	double size = fabs(log(f->ratio));

	if (f->kind == PROFILE_FIELD)
		return fabs(f->delta) >= CONTRAST_DELTA;
	if (f->kind != PROFILE_EVENT &&
	    fabs(f->b.share - f->a.share) < CONTRAST_SHARE)
		return false;
	return size >= log1p(threshold);
}

/* The side with fewer may have lost what the other has more. */
static bool loss_explains(const struct contrast_finding *f,
			  const struct profile_item *a,
			  const struct profile_item *b, const struct making *m)
{
	bool fewer_a = f->b.rate > f->a.rate;
	const struct profile_item *fewer = fewer_a ? a : b;
	const struct profile *p = fewer_a ? m->a : m->b;
	double more = fewer_a ? f->b.rate : f->a.rate;

	if (f->kind != PROFILE_EVENT || !fewer)
		return false;
	return fewer->lost_unknown ||
	       (fewer->lost &&
		(fewer->count + fewer->lost) / p->all_seconds >= more);
}

static enum contrast_verdict judge(const struct contrast_finding *f,
				   double threshold)
{
	bool more = f->kind == PROFILE_FIELD ? f->delta > 0 : f->ratio > 1;

	if (!f->a.recorded || !f->b.recorded)
		return CONTRAST_UNRECORDED;
	if (isnan(f->p))
		return CONTRAST_FEW;
	if (f->p >= CONTRAST_LEVEL)
		return CONTRAST_NOISE;
	if (!is_large(f, threshold))
		return CONTRAST_SMALL;
	if (!f->a.count)
		return CONTRAST_NEW;
	if (!f->b.count)
		return CONTRAST_GONE;
	return more ? CONTRAST_MORE : CONTRAST_LESS;
}

/* A large change of what is frequent first. */
static double weigh(const struct contrast_finding *f)
{
	double hits = f->a.count > f->b.count ? f->a.count : f->b.count;
	double size = fmin(fabs(log2(f->ratio)), 8);

	if (f->kind == PROFILE_FIELD)
		size = 4 * fabs(f->delta);
	else if (f->kind != PROFILE_EVENT)
		size = 8 * fabs(f->b.share - f->a.share);
	return (isnan(size) ? 0 : size) * log2(1 + hits);
}

/* ---- all of it ----------------------------------------------------------- */

static void add(struct contrast *c, const struct making *m,
		const struct profile_item *a, const struct profile_item *b)
{
	struct contrast_finding *f = &c->finding[c->nr];
	const struct profile_item *any = a ? a : b;

	/* Without hits in either there is nothing to say; of values and functions,
	 * without some in both. */
	if ((!a || !a->count) && (!b || !b->count))
		return;
	if (any->kind == PROFILE_FUNCTION &&
	    (!m->a->has_chains || !m->b->has_chains))
		return;
	if (any->kind == PROFILE_FIELD && (!a || !b || !a->count || !b->count))
		return;
	*f = (struct contrast_finding){
		.kind = any->kind,
		.name = any->name,
		.is_time = any->is_time,
		.ratio = NAN,
	};
	fill_side(&f->a, m->a, a);
	fill_side(&f->b, m->b, b);
	measure(f, a, b);
	f->a.recorded = a || f->kind != PROFILE_EVENT;
	f->b.recorded = b || f->kind != PROFILE_EVENT;
	f->p = f->a.recorded && f->b.recorded ? test(m, f->kind, a, b) : NAN;
	c->nr++;
}

static void judge_all(struct contrast *c, const struct making *m)
{
	for (uint32_t i = 0; i < c->nr; i++) {
		struct contrast_finding *f = &c->finding[i];

		f->verdict = judge(f, m->threshold);
		if (contrast_is_change(f) &&
		    loss_explains(f, profile_find(m->a, f->kind, f->name),
				  profile_find(m->b, f->kind, f->name), m))
			f->verdict = CONTRAST_LOST;
		f->weight = weigh(f);
		c->nr_changes += contrast_is_change(f);
	}
}

static int compare(const void *left, const void *right)
{
	const struct contrast_finding *a = left, *b = right;
	bool change_a = contrast_is_change(a), change_b = contrast_is_change(b);

	if (change_a != change_b)
		return change_b - change_a;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->kind != b->kind)
		return (int)a->kind - (int)b->kind;
	return strcmp(a->name, b->name);
}

static bool correct(struct contrast *c)
{
	double *p = malloc((c->nr + 1) * sizeof(*p));
	bool good = p != NULL;

	for (uint32_t i = 0; good && i < c->nr; i++)
		p[i] = c->finding[i].p;
	good = good && stats_correct(p, c->nr);
	for (uint32_t i = 0; good && i < c->nr; i++)
		c->finding[i].p = p[i];
	free(p);
	return good;
}

static void add_all(struct contrast *c, const struct making *m)
{
	const struct profile *a = m->a, *b = m->b;

	for (uint32_t i = 0; i < a->nr; i++)
		add(c, m, a->item[i],
		    profile_find(b, a->item[i]->kind, a->item[i]->name));
	for (uint32_t i = 0; i < b->nr; i++)
		if (!profile_find(a, b->item[i]->kind, b->item[i]->name))
			add(c, m, NULL, b->item[i]);
}

int contrast_make(struct contrast *c, const struct profile *a,
		  const struct profile *b, double threshold)
{
	struct making m = { .a = a, .b = b, .threshold = threshold };
	int ret = -ENOMEM;

	*c = (struct contrast){ 0 };
	c->finding = calloc(a->nr + b->nr + 1, sizeof(*c->finding));
	m.of_a = calloc(a->nr_windows + 1, sizeof(*m.of_a));
	m.of_b = calloc(b->nr_windows + 1, sizeof(*m.of_b));
	if (!c->finding || !m.of_a || !m.of_b)
		goto out;
	add_all(c, &m);
	if (!correct(c))
		goto out;
	judge_all(c, &m);
	qsort(c->finding, c->nr, sizeof(*c->finding), compare);
	ret = 0;
out:
	free(m.of_a);
	free(m.of_b);
	return ret;
}

void contrast_uninit(struct contrast *c)
{
	free(c->finding);
	*c = (struct contrast){ 0 };
}
