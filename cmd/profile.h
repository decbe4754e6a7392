/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * profile - what a trace file is like, to be compared with another: how often its
 * events are in each of so many windows of time, how the values of their fields are
 * distributed, and whose they are
 *
 * Windows tell noise from change: what differs between two traces by no more than
 * it does between the windows of each is noise. Memory is bounded: of values, classes
 * are counted, and what there are too many names of is left out, which is counted.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "histogram.h"
#include "selection.h"

#define PROFILE_WINDOWS	    20u
#define PROFILE_WINDOWS_MAX 1000u
#define PROFILE_ITEMS_MAX   16384u
/* Of values: those below 0, and each bucket of a histogram. */
#define PROFILE_CLASSES (HISTOGRAM_BUCKETS + 1)

enum profile_kind {
	PROFILE_EVENT,
	PROFILE_FIELD,
	PROFILE_PROCESS,  /* by name */
	PROFILE_FUNCTION, /* the innermost of a call chain */
	PROFILE_NR_KINDS,
};

/* One of them. Arrays by window have as many as the profile. */
struct profile_item {
	enum profile_kind kind;
	char *name;   /* of a field "EVENT FIELD" */
	bool is_time; /* a field's values are nanoseconds */
	uint64_t hash;
	uint64_t count; /* hits; of a field, values */
	uint64_t *by_window;
	/* Fields only. */
	double *level;	  /* by window: the sum of the values' classes */
	uint64_t *values; /* how many are in each of PROFILE_CLASSES, */
	double *sums;	  /* and what they add up to */
	/* Events only, of all traces. */
	uint64_t lost;
	bool lost_unknown;
};

struct profile {
	uint32_t nr_windows; /* of all traces together */
	double *seconds;     /* of each */
	uint64_t *hits;	     /* in each, of all events */
	double all_seconds;
	uint64_t all_hits;
	uint32_t traces;
	struct profile_item **item; /* in no order */
	uint32_t nr;
	uint64_t left_out; /* hits whose names there was no room for */
	bool cut;	   /* a trace has no end, or isn't whole */
	bool has_chains;
	bool has_ledger; /* each trace has an account of what it lost */
	/* private */
	struct profile_item **slot;
	uint64_t seed;
};

/* What is left open: 0, NULL. */
struct profile_opts {
	uint32_t windows;		   /* of a trace */
	const struct selection *selection; /* NULL: all */
	const char *const *fields;	   /* by name, whatever they are;
					    * NULL-terminated; NULL: quantities */
};

/*
 * Reads all of the reader's traces. 0, or a negative errno: -E2BIG, there are too many
 * traces. @profile is for profile_uninit() in any case.
 */
int profile_read(struct profile *profile, struct kpc_reader *reader,
		 const struct profile_opts *opts);
void profile_uninit(struct profile *profile);
/* NULL: it has none of that kind and name. */
const struct profile_item *profile_find(const struct profile *profile,
					enum profile_kind kind,
					const char *name);
/*
 * What @per_mille of a field's values don't exceed: the mean of its class, which is the
 * value itself where all in there are equal. -1: below 0.
 */
double profile_quantile(const struct profile_item *item, uint32_t per_mille);

#endif /* PROFILE_H */
