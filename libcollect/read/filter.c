// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

/* ---- what is chosen ------------------------------------------------------ */

static int copy_patterns(struct kpc_choice *choice, const char *const *events)
{
	size_t nr = 0;

	while (events[nr])
		nr++;
	choice->events = calloc(nr + 1, sizeof(*choice->events));
	if (!choice->events)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		choice->events[i] = strdup(events[i]);
		if (!choice->events[i])
			return -ENOMEM;
	}
	return 0;
}

static int compare_cpus(const void *left, const void *right)
{
	const int32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static int compare_pids(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

/* A sorted copy of @nr numbers of four bytes, or NULL if there are none. */
static int copy_numbers(void *out, const void *from, uint32_t nr,
			int (*compare)(const void *, const void *))
{
	void **to = out;

	if (!nr)
		return 0;
	*to = malloc(nr * 4ull);
	if (!*to)
		return -ENOMEM;
	memcpy(*to, from, nr * 4ull);
	qsort(*to, nr, 4, compare);
	return 0;
}

int kpc_choice_copy(struct kpc_choice *choice, const struct kpc_selection *from)
{
	int err = 0;

	*choice = (struct kpc_choice){ .to_ns = UINT64_MAX };
	if (!from)
		return 0;
	if (from->size != sizeof(*from))
		return -EINVAL;
	choice->from_ns = from->from_ns;
	if (from->to_ns)
		choice->to_ns = from->to_ns;
	if (from->events && *from->events)
		err = copy_patterns(choice, from->events);
	if (!err)
		err = copy_numbers(&choice->cpus, from->cpus, from->nr_cpus,
				   compare_cpus);
	if (!err)
		err = copy_numbers(&choice->pids, from->pids, from->nr_pids,
				   compare_pids);
	if (err) {
		kpc_choice_uninit(choice);
		return err;
	}
	choice->nr_cpus = from->nr_cpus;
	choice->nr_pids = from->nr_pids;
	return 0;
}

void kpc_choice_uninit(struct kpc_choice *choice)
{
	for (char **event = choice->events; event && *event; event++)
		free(*event);
	free(choice->events);
	free(choice->cpus);
	free(choice->pids);
	*choice = (struct kpc_choice){ .to_ns = UINT64_MAX };
}

bool kpc_choice_has_pid(const struct kpc_choice *choice, uint32_t pid)
{
	return !choice->nr_pids || bsearch(&pid, choice->pids, choice->nr_pids,
					   sizeof(pid), compare_pids);
}

bool kpc_choice_has_cpu(const struct kpc_choice *choice, int32_t cpu)
{
	return !choice->nr_cpus || bsearch(&cpu, choice->cpus, choice->nr_cpus,
					   sizeof(cpu), compare_cpus);
}

/* ---- of a trace ---------------------------------------------------------- */

static bool matches(char *const *patterns, const char *name)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, name, 0))
			return true;
	return false;
}

static int init_events(struct kpc_filter *filter,
		       const struct kpc_choice *choice,
		       const struct kpc_trace *trace)
{
	filter->events = calloc(trace->nr_events + 1, sizeof(*filter->events));
	if (!filter->events)
		return -ENOMEM;
	for (uint32_t i = 0; i < trace->nr_events; i++)
		filter->events[i] =
			trace->events[i].name &&
			(!choice->events ||
			 matches(choice->events, trace->events[i].name)) &&
			(!filter->programs ||
			 filter->programs[i]->first != KPC_EXPR_FALSE);
	return 0;
}

int kpc_filter_init(struct kpc_filter *filter, const struct kpc_choice *choice,
		    const struct kpc_expr *expr, uint64_t start_ns,
		    const struct kpc_trace *trace)
{
	int err;

	*filter = (struct kpc_filter){ .nr_programs = trace->nr_events };
	if (!choice->events && !expr)
		return 0;
	err = expr ? kpc_rowfilter_bind(expr, trace, start_ns,
					&filter->programs) :
		     0;
	return err ? err : init_events(filter, choice, trace);
}

void kpc_filter_uninit(struct kpc_filter *filter)
{
	kpc_rowfilter_free(filter->programs, filter->nr_programs);
	free(filter->events);
	*filter = (struct kpc_filter){ 0 };
}

static bool may_have(const struct kpc_filter *filter,
		     const struct kpc_rowfilter_bounds *bounds, uint32_t event)
{
	return filter->events[event] &&
	       (!filter->programs ||
		kpc_rowfilter_may(filter->programs[event], bounds));
}

static bool has_event(const struct kpc_filter *filter,
		      const struct kpc_trace *trace,
		      const struct kpc_chunk *chunk,
		      const struct kpc_rowfilter_bounds *bounds)
{
	const struct kpc_event_rows *set = trace->sets + chunk->set;

	if (!filter->events || !chunk->nr_set)
		return true;
	for (uint32_t i = 0; i < chunk->nr_set; i++)
		if (set[i].event < trace->nr_events &&
		    may_have(filter, bounds, set[i].event))
			return true;
	return false;
}

bool kpc_filter_has_chunk(const struct kpc_filter *filter,
			  const struct kpc_choice *choice,
			  const struct kpc_trace *trace,
			  const struct kpc_chunk *chunk, uint64_t first_key,
			  uint64_t last_key)
{
	const struct kpc_rowfilter_bounds bounds = {
		.ring = chunk->ring,
		.cpu = kpc_trace_cpu(trace, chunk->ring),
		.first_key = first_key,
		.last_key = last_key,
	};

	return kpc_choice_has_cpu(choice, bounds.cpu) &&
	       has_event(filter, trace, chunk, &bounds);
}

/* The kernel's times in a ring are; those that programs say need not be. */
bool kpc_filter_is_ordered(const struct kpc_trace *trace,
			   const struct kpc_chunk *chunk)
{
	return kpc_trace_cpu(trace, chunk->ring) >= 0 &&
	       chunk->first_time_ns <= chunk->last_time_ns;
}
