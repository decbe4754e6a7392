/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * limit - what is to be done about events whose hits take too much time
 *
 * A hit that is counted takes counted_ns; one that is recorded, as a sample, more. So
 * raising the period helps as far as that difference goes. What counting alone takes
 * only goes away with the event. Neither is taken back before the end: a load that
 * comes and goes would make the records come and go.
 */
#ifndef KPC_LIMIT_H
#define KPC_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum kpc_limit_act {
	KPC_LIMIT_KEEP,
	KPC_LIMIT_RAISE, /* to the new period */
	KPC_LIMIT_DISARM,
};

struct kpc_limit_event {
	/* what it costs */
	double counted_ns;
	double recorded_ns;
	/* what came since the last time */
	double hits;
	double samples;
	double per_hit; /* what a hit counts for, where it's more than 1; or 0 */
	/* how it is sampled; 0: it's disarmed */
	uint64_t period;
	bool is_frequency; /* period is samples a second: it is lowered */
	bool is_fixed;	   /* neither can be had */
	/* what is to be done */
	enum kpc_limit_act act;
	double took_ns; /* why: what all its hits took, or counting them: */
	bool by_counting;
	int error; /* of doing it, a negative errno; the caller's */
};

/* What its hits took. */
double kpc_limit_cost_ns(const struct kpc_limit_event *event);

/*
 * Chooses acts, and sets periods, so that all together take @budget_ns at most when
 * as many hits come again: of the costliest first. Returns how many are changed.
 */
uint32_t kpc_limit_decide(struct kpc_limit_event *events, uint32_t nr,
			  double budget_ns);

#endif /* KPC_LIMIT_H */
