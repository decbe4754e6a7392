// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "limit.h"

/* Of what is left for samples, so that a little more doesn't cross the limit again. */
#define HEADROOM   0.8
#define PERIOD_MAX (1ull << 40)

static double counting_ns(const struct kpc_limit_event *e)
{
	return e->hits * e->counted_ns;
}

/* What one sample takes beyond being counted. */
static double sample_ns(const struct kpc_limit_event *e)
{
	return e->recorded_ns > e->counted_ns ? e->recorded_ns - e->counted_ns :
						0;
}

double kpc_limit_cost_ns(const struct kpc_limit_event *e)
{
	return e->period ? counting_ns(e) + e->samples * sample_ns(e) : 0;
}

/* @by_counting: it would take too much without any sample. */
static void disarm(struct kpc_limit_event *e, bool by_counting)
{
	e->act = KPC_LIMIT_DISARM;
	e->by_counting = by_counting;
	e->took_ns = by_counting ? counting_ns(e) : kpc_limit_cost_ns(e);
	e->period = 0;
}

/* A power of two, so that there aren't many of them. False: it can't be. */
static bool raise(struct kpc_limit_event *e, double wanted)
{
	/* one that a single hit fills makes no fewer samples */
	uint64_t period = e->period < e->per_hit && !e->is_frequency ?
				  (uint64_t)e->per_hit :
				  e->period;
	uint64_t factor = 2;

	while (factor < wanted && factor < PERIOD_MAX)
		factor *= 2;
	if (e->is_frequency ? e->period / factor == 0 :
			      period > PERIOD_MAX / factor)
		return false;
	e->act = KPC_LIMIT_RAISE;
	e->took_ns = kpc_limit_cost_ns(e);
	if (e->is_frequency)
		e->period /= factor;
	else
		e->period = period * factor;
	e->samples /= factor;
	return true;
}

/* It is to take @share_ns at most. */
static void lower(struct kpc_limit_event *e, double share_ns)
{
	double left_ns = HEADROOM * (share_ns - counting_ns(e));
	double samples_ns = e->samples * sample_ns(e);

	if (!e->is_fixed && left_ns <= 0)
		disarm(e, counting_ns(e) > 0);
	else if (e->is_fixed || samples_ns <= left_ns ||
		 !raise(e, samples_ns / left_ns))
		disarm(e, false);
}

static double total_ns(const struct kpc_limit_event *events, uint32_t nr)
{
	double ns = 0;

	for (uint32_t i = 0; i < nr; i++)
		ns += kpc_limit_cost_ns(&events[i]);
	return ns;
}

/* Each once: what that did is seen next time. */
static struct kpc_limit_event *costliest(struct kpc_limit_event *events,
					 uint32_t nr)
{
	struct kpc_limit_event *most = NULL;
	double most_ns = 0;

	for (uint32_t i = 0; i < nr; i++) {
		double ns = kpc_limit_cost_ns(&events[i]);

		if (events[i].act != KPC_LIMIT_KEEP || ns <= most_ns)
			continue;
		most = &events[i];
		most_ns = ns;
	}
	return most;
}

uint32_t kpc_limit_decide(struct kpc_limit_event *events, uint32_t nr,
			  double budget_ns)
{
	double all_ns = total_ns(events, nr);
	uint32_t changed = 0;

	for (uint32_t i = 0; i < nr; i++)
		events[i].act = KPC_LIMIT_KEEP;
	while (total_ns(events, nr) > budget_ns) {
		struct kpc_limit_event *most = costliest(events, nr);

		if (!most)
			break;
		/* what it would have if all were lowered alike */
		lower(most, budget_ns * kpc_limit_cost_ns(most) / all_ns);
		changed++;
	}
	return changed;
}
