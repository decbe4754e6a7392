// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "book.h"
#include "ledger.h"

int kpc_book_init(struct kpc_book *a, uint32_t nr_events, uint32_t nr_rings)
{
	*a = (struct kpc_book){
		.ledger.events =
			calloc(nr_events + 1, sizeof(*a->ledger.events)),
		.ledger.rings = calloc(nr_rings + 1, sizeof(*a->ledger.rings)),
		.ledger.nr_events = nr_events,
		.ledger.nr_rings = nr_rings,
		.rule = calloc(nr_events + 1, sizeof(*a->rule)),
		.losses = calloc(nr_rings + 1, sizeof(*a->losses)),
	};
	if (!a->ledger.events || !a->ledger.rings || !a->rule || !a->losses)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr_rings; i++)
		a->ledger.rings[i].losses = a->losses[i].range;
	return 0;
}

void kpc_book_uninit(struct kpc_book *a)
{
	for (uint32_t i = 0; a->rule && i < a->ledger.nr_events; i++)
		kpc_programs_free(a->rule[i].programs, a->rule[i].nr_programs);
	/* They are in the book's. */
	for (uint32_t i = 0; a->ledger.rings && i < a->ledger.nr_rings; i++)
		a->ledger.rings[i].losses = NULL;
	kpc_ledger_uninit(&a->ledger);
	free(a->losses);
	free(a->rule);
	*a = (struct kpc_book){ 0 };
}

void kpc_book_loss(struct kpc_book *a, uint32_t ring,
		   const struct kpc_loss_range *range)
{
	kpc_loss_ranges_add(&a->losses[ring], range);
	a->ledger.rings[ring].nr_losses = a->losses[ring].nr;
}

/* a * b + c, or the largest number. */
static uint64_t mul_add(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t v;

	if (__builtin_mul_overflow(a, b, &v) ||
	    __builtin_add_overflow(v, c, &v))
		return UINT64_MAX;
	return v;
}

/* How many hits the period may have left unsampled, at most. */
static uint64_t skippable(const struct kpc_book_rule *rule,
			  const struct kpc_event_account *e, uint64_t instances)
{
	uint64_t read = e->delivered + e->overwritten + e->own_dropped;

	if (rule->clock || (rule->valued && e->lost))
		return UINT64_MAX;
	if (rule->valued) {
		uint64_t cut = mul_add(instances, rule->period - 1, 0);
		uint64_t most = mul_add(rule->weights, rule->period, cut);

		return most > read ? most - read : 0;
	}
	if (rule->period)
		return mul_add(read + e->lost + instances, rule->period - 1, 0);
	/* Lost samples and unfinished periods were no longer than any seen. */
	return mul_add(e->lost + instances,
		       rule->max_weight ? rule->max_weight : 1,
		       rule->weights > read ? rule->weights - read : 0);
}

void kpc_book_count(struct kpc_book *a, uint32_t event,
		    const struct kpc_count *count, uint64_t instances,
		    uint64_t stops)
{
	struct kpc_event_account *e = &a->ledger.events[event];
	uint64_t read = e->delivered + e->overwritten + e->own_dropped;
	uint64_t samples, most, rest;

	e->count = count->value;
	e->enabled_ns = count->enabled_ns;
	e->running_ns = count->running_ns;
	e->lost = count->lost;
	if (a->rule[event].output)
		e->count = read + e->lost;
	samples = read + e->lost;
	e->period_skipped = 0;
	e->stopped = 0;
	if (e->count <= samples)
		return;
	most = skippable(&a->rule[event], e, instances);
	rest = e->count - samples;
	e->period_skipped = rest < most ? rest : most;
	rest -= e->period_skipped;
	/* More than can be told so has another cause, and stays unexplained. */
	if (!a->rule[event].valued)
		e->stopped = rest <= stops ? rest : 0;
}

void kpc_book_probe(struct kpc_book *a, uint32_t event,
		    const struct kpc_probe_account *now)
{
	const struct kpc_probe_account *before = &a->rule[event].before;
	struct kpc_event_account *e = &a->ledger.events[event];
	const struct kpc_probe_account was = e->probe;

	e->has_probe = true;
	e->probe = (struct kpc_probe_account){
		.entered = now->entered - before->entered,
		.no_listener = now->no_listener - before->no_listener,
		.offered = now->offered - before->offered,
		.filtered_pred = now->filtered_pred - before->filtered_pred,
		.filtered_bpf = now->filtered_bpf - before->filtered_bpf,
		.recursion = now->recursion - before->recursion,
		.self = now->self - before->self,
		.missed_kprobe = now->missed_kprobe - before->missed_kprobe,
		.missed_return = now->missed_return - before->missed_return,
		.in_flight = now->in_flight,
		.clamped = now->clamped - before->clamped,
		.truncated = now->truncated - before->truncated,
		.by_int3 = now->by_int3 - before->by_int3,
		.deaf = was.deaf || before->deaf || now->deaf,
		.gone = was.gone || before->gone || now->gone,
		.bpf_runs = now->bpf_runs - before->bpf_runs,
		.bpf_busy = now->bpf_busy - before->bpf_busy,
	};
}

void kpc_book_programs(struct kpc_book *a, uint32_t event, bool before,
		       struct kpc_program_account *programs, uint32_t nr)
{
	struct kpc_event_account *e = &a->ledger.events[event];
	struct kpc_book_rule *rule = &a->rule[event];

	if (before) {
		kpc_programs_free(rule->programs, rule->nr_programs);
		rule->programs = programs;
		rule->nr_programs = nr;
		return;
	}
	for (uint32_t i = 0; i < nr; i++)
		for (uint32_t j = 0; j < rule->nr_programs; j++)
			/* One that was put back has begun anew. */
			if (programs[i].id == rule->programs[j].id &&
			    programs[i].runs >= rule->programs[j].runs)
				programs[i].runs -= rule->programs[j].runs;
	kpc_ledger_free_programs(e);
	e->programs = programs;
	e->nr_programs = nr;
}

struct kpc_book_totals kpc_book_totals(const struct kpc_book *a)
{
	struct kpc_book_totals t = { 0 };
	uint64_t in_rings = 0;

	for (uint32_t i = 0; i < a->ledger.nr_events; i++) {
		t.delivered += a->ledger.events[i].delivered;
		t.lost += a->ledger.events[i].lost;
		t.lost_unknown |= a->ledger.events[i].lost_unknown;
	}
	for (uint32_t i = 0; i < a->ledger.nr_rings; i++) {
		t.bytes += a->ledger.rings[i].bytes;
		in_rings += a->ledger.rings[i].lost;
	}
	/* Until events are read the rings know more; on old kernels always. */
	if (in_rings > t.lost)
		t.lost = in_rings;
	return t;
}
