// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cost.h"
#include "outlet.h"
#include "session.h"
#include "sessionlimit.h"
#include "trace_clock.h"

/* Long enough that a burst of a few milliseconds isn't taken for a load. */
#define LOOK_NS (500 * KPC_NS_PER_MS)

/* Where nothing can be measured: what a sample takes on most machines, at most. */
#define GUESS_NS 2000

/* ---- costs --------------------------------------------------------------- */

/* What the kernel does now; an int3 may become a jump at any time. */
static uint32_t mechanisms_of(const struct kpc_session *s, uint32_t event)
{
	const struct kpc_opening *o = &s->events.opening[event];
	uint32_t mechanisms = 0;

	if (o->probe)
		kpc_kprobex_mechanisms(&s->events.kprobex, o->probe,
				       &mechanisms);
	return mechanisms & KPC_COST_ALL;
}

static void measure_probes(struct kpc_session *s,
			   const struct kpc_callchain *callchain)
{
	struct kpc_costs *costs = &s->limit.costs;
	char error[KPC_ERROR_BYTES];
	uint32_t mechanisms = 0;

	for (uint32_t i = 0; i < s->events.nr; i++)
		mechanisms |= mechanisms_of(s, i);
	if (mechanisms & 1u << KPC_MECHANISM_INT3)
		mechanisms |= 1u << KPC_MECHANISM_JUMP;
	costs->size = sizeof(*costs);
	if (kpc_cost_measure(&s->events.kprobex, mechanisms, callchain, costs,
			     error, sizeof(error)))
		kpc_session_log(s, KPC_LOG_WARNING,
				"a hit of a probe is taken to cost %d ns: %s",
				GUESS_NS, error);
}

/* @err: of a measurement, which gave @cost unless it failed. */
static void check_cost(struct kpc_session *s, int err, const char *what,
		       struct kpc_hit_cost *cost)
{
	if (!err)
		return;
	cost->counted_ns = GUESS_NS;
	cost->recorded_ns = GUESS_NS;
	kpc_session_log(s, KPC_LOG_WARNING,
			"a hit of a %s is taken to cost %d ns: it can't be "
			"measured (%s)",
			what, GUESS_NS, strerror(-err));
}

/* The dearest of those in force; what wasn't measured is guessed. */
static void set_costs(const struct kpc_session *s, uint32_t event)
{
	const struct kpc_costs *costs = &s->limit.costs;
	struct kpc_limit_event *e = &s->limit.event[event];
	uint32_t mechanisms = mechanisms_of(s, event);

	e->counted_ns = 0;
	e->recorded_ns = 0;
	for (int i = 0; i < KPC_NR_MECHANISMS; i++) {
		const struct kpc_hit_cost *hit = &costs->hit[i];

		if (!(mechanisms >> i & 1) || *hit->why_not ||
		    hit->recorded_ns < e->recorded_ns)
			continue;
		e->counted_ns = hit->counted_ns;
		e->recorded_ns = hit->recorded_ns;
	}
	if (e->recorded_ns > 0)
		return;
	e->counted_ns = GUESS_NS;
	e->recorded_ns = GUESS_NS;
}

/* ---- looking ------------------------------------------------------------- */

static bool read_now(const struct kpc_session *s, uint32_t event,
		     struct kpc_limit_seen *now)
{
	const struct kpc_opening *o = &s->events.opening[event];
	const struct kpc_event_account *a = &s->book.ledger.events[event];
	struct kpc_probe_account probe = { 0 };
	struct kpc_count count;

	if (kpc_evlist_read(s->evlist, event, &count))
		return false;
	if (o->probe && kpc_kprobex_stats(&s->events.kprobex, o->probe, &probe))
		return false;
	*now = (struct kpc_limit_seen){
		.count = count.value,
		.entered = probe.entered,
		.offered = probe.offered,
		.samples = a->delivered + a->overwritten + a->own_dropped +
			   count.lost,
	};
	return true;
}

static double since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double hits_of(const struct kpc_opening *o,
		      const struct kpc_limit_seen *before,
		      const struct kpc_limit_seen *now)
{
	if (o->probe)
		return since(now->entered, before->entered);
	/* of what counts something else, only samples are known */
	if (o->clock || o->weighted)
		return o->clock ? 0 : since(now->samples, before->samples);
	return since(now->count, before->count);
}

/*
 * Samples are told from the count and the period, because those in the rings haven't
 * been read yet; but for hits that each have a weight of their own.
 */
static double samples_of(const struct kpc_session *s, uint32_t event,
			 const struct kpc_limit_seen *before,
			 const struct kpc_limit_seen *now, double seconds)
{
	const struct kpc_limit_event *e = &s->limit.event[event];
	const struct kpc_opening *o = &s->events.opening[event];
	double samples = e->hits;

	if (e->is_frequency)
		samples =
			least(samples, s->target.cpus.nr * seconds * e->period);
	else if (o->probe || !o->weighted)
		samples = since(now->count, before->count) / e->period;
	if (o->probe)
		samples = least(samples, since(now->offered, before->offered));
	return samples;
}

static void set_rates(const struct kpc_session *s, uint32_t event,
		      const struct kpc_limit_seen *now, double seconds)
{
	const struct kpc_limit_seen *before = &s->limit.seen[event];
	const struct kpc_opening *o = &s->events.opening[event];
	struct kpc_limit_event *e = &s->limit.event[event];
	double offered = since(now->offered, before->offered);

	e->hits = hits_of(o, before, now);
	e->samples = samples_of(s, event, before, now, seconds);
	e->per_hit = o->valued && offered > 0 ?
			     since(now->count, before->count) / offered :
			     0;
	/*
	 * The kernel can't change what was inherited already, and samples each hit
	 * that has a weight of its own.
	 */
	e->is_fixed = (o->attr.inherit && kpc_side_forks(s->side)) ||
		      (o->weighted && o->attr.sample_type & PERF_SAMPLE_PERIOD);
}

/* ---- init ---------------------------------------------------------------- */

static void measure(struct kpc_session *s)
{
	const struct kpc_callchain callchain = kpc_session_callchain(s);
	struct kpc_session_limit *limit = &s->limit;
	bool has_users[2] = { false }, has_others = false;

	for (uint32_t i = 0; i < s->events.nr; i++) {
		const struct kpc_opening *o = &s->events.opening[i];

		has_users[o->stepping] |= o->user;
		has_others |= !o->user && !o->probe;
	}
	if (s->events.has_kprobex)
		measure_probes(s, &callchain);
	for (int i = 0; i < 2; i++)
		if (has_users[i])
			check_cost(s,
				   kpc_cost_measure_uprobe(i, &callchain,
							   &limit->user[i]),
				   "probe in a program", &limit->user[i]);
	if (has_others)
		check_cost(s,
			   kpc_cost_measure_tracepoint(&callchain,
						       &limit->other),
			   "tracepoint", &limit->other);
}

static void init_event(struct kpc_session *s, uint32_t event)
{
	const struct kpc_opening *o = &s->events.opening[event];
	const struct kpc_hit_cost *cost =
		o->user ? &s->limit.user[o->stepping] : &s->limit.other;
	struct kpc_limit_event *e = &s->limit.event[event];

	e->is_frequency = o->attr.freq;
	e->period = o->attr.sample_period;
	/* The kernel makes a period of a clock's frequency when it's opened. */
	if (o->clock && e->is_frequency && e->period) {
		e->is_frequency = false;
		e->period = KPC_NS_PER_S / e->period;
	}
	/* A clock's count is nanoseconds: only its samples are hits. */
	e->counted_ns = o->clock ? 0 : cost->counted_ns;
	e->recorded_ns = cost->recorded_ns;
}

int kpc_session_limit_init(struct kpc_session *s)
{
	struct kpc_session_limit *limit = &s->limit;

	limit->ppm = s->opts.max_overhead_ppm;
	s->book.ledger.max_overhead_ppm = limit->ppm;
	if (!limit->ppm)
		return 0;
	limit->event = calloc(s->events.nr + 1, sizeof(*limit->event));
	limit->seen = calloc(s->events.nr + 1, sizeof(*limit->seen));
	if (!limit->event || !limit->seen)
		return -ENOMEM;
	measure(s);
	for (uint32_t i = 0; i < s->events.nr; i++) {
		init_event(s, i);
		read_now(s, i, &limit->seen[i]);
	}
	limit->looked_ns = kpc_trace_clock();
	return 0;
}

void kpc_session_limit_uninit(struct kpc_session_limit *limit)
{
	free(limit->event);
	free(limit->seen);
	limit->event = NULL;
	limit->seen = NULL;
}

/* ---- doing --------------------------------------------------------------- */

/* In the book, and in the kernel. 0 or a negative errno of the kernel's. */
static int do_act(struct kpc_session *s, uint32_t event, uint64_t now_ns)
{
	const struct kpc_limit_event *e = &s->limit.event[event];
	struct kpc_event_account *a = &s->book.ledger.events[event];

	if (e->act == KPC_LIMIT_DISARM) {
		a->disarmed_ns = now_ns;
		return kpc_evlist_disarm(s->evlist, event);
	}
	/* at the worst all that was left unsampled was so by this one */
	if (s->book.rule[event].period && !e->is_frequency)
		s->book.rule[event].period = e->period;
	a->raised_ns = now_ns;
	a->raised_to = e->period;
	a->raises++;
	return kpc_evlist_set_period(s->evlist, event, e->period,
				     e->is_frequency);
}

/* What follows "a sample every N", or "it has N". */
static const char *period_unit(const struct kpc_session *s, uint32_t event)
{
	if (s->limit.event[event].is_frequency)
		return " samples a second";
	switch (s->events.event[event].unit) {
	case KPC_UNIT_NS:
		return " ns";
	case KPC_UNIT_HITS:
		return " hits";
	default:
		return " of the field's sum";
	}
}

static void tell_act(struct kpc_session *s, uint32_t event, double time_ns)
{
	const struct kpc_limit_event *e = &s->limit.event[event];
	const char *name = s->events.event[event].name;
	double took = 100 * e->took_ns / time_ns, limit = s->limit.ppm / 1e4;

	if (e->act == KPC_LIMIT_DISARM)
		kpc_session_log(s, KPC_LOG_WARNING,
				"%s took %.3g %% of the CPUs' time%s, of %.4g "
				"%% that all may take: it is disarmed, until "
				"the end",
				name, took,
				e->by_counting ? " by being counted alone" : "",
				limit);
	else
		kpc_session_log(s, KPC_LOG_WARNING,
				"%s took %.3g %% of the CPUs' time, of %.4g %% "
				"that all may take: from now on it has %s"
				"%" PRIu64 "%s",
				name, took, limit,
				e->is_frequency ? "" : "a sample every ",
				e->period, period_unit(s, event));
}

static void tell_failed(struct kpc_session *s, uint32_t event, int err)
{
	kpc_session_log(s, KPC_LOG_WARNING,
			"cannot change how %s is sampled: %s",
			s->events.event[event].name, strerror(-err));
}

/* With the book locked. */
static void look(struct kpc_session *s, double seconds)
{
	for (uint32_t i = 0; i < s->events.nr; i++) {
		struct kpc_limit_seen now;

		if (!s->limit.event[i].period || !read_now(s, i, &now))
			continue;
		if (s->events.opening[i].probe)
			set_costs(s, i);
		set_rates(s, i, &now, seconds);
		s->limit.seen[i] = now;
	}
}

static void act(struct kpc_session *s, uint64_t now_ns)
{
	for (uint32_t i = 0; i < s->events.nr; i++)
		if (s->limit.event[i].act != KPC_LIMIT_KEEP)
			s->limit.event[i].error = do_act(s, i, now_ns);
}

/* Without a lock: who is told may take their time. */
static void tell(struct kpc_session *s, double time_ns)
{
	for (uint32_t i = 0; i < s->events.nr; i++) {
		const struct kpc_limit_event *e = &s->limit.event[i];

		if (e->act == KPC_LIMIT_KEEP)
			continue;
		tell_act(s, i, time_ns);
		if (e->error)
			tell_failed(s, i, e->error);
	}
}

void kpc_session_limit_look(struct kpc_session *s, uint64_t now_ns)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(s->writer);
	struct kpc_session_limit *limit = &s->limit;
	double time_ns;
	bool changed;

	/* while what is written stalls, as always: the next time */
	if (!limit->ppm || now_ns - limit->looked_ns < LOOK_NS ||
	    !kpc_outlet_trylock(outlet, 0))
		return;
	now_ns = kpc_trace_clock();
	time_ns = now_ns - limit->looked_ns;
	look(s, time_ns / 1e9);
	limit->looked_ns = now_ns;
	time_ns *= sysconf(_SC_NPROCESSORS_ONLN);
	changed = kpc_limit_decide(limit->event, s->events.nr,
				   time_ns * limit->ppm / 1e6);
	if (changed)
		act(s, now_ns);
	kpc_outlet_unlock(outlet);
	if (changed)
		tell(s, time_ns);
}
