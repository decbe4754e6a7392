/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * contrast - what is different in two profiles, and what is noise
 *
 * How often: the rates in the windows of one are tested against those of the other;
 * of processes and functions their shares of all hits. Values: the windows' means of
 * their classes. A finding is a change if the test, corrected for how many there are,
 * says so at 5 %, and the change isn't smaller than what is of interest.
 */
#ifndef CONTRAST_H
#define CONTRAST_H

#include <stdbool.h>
#include <stdint.h>

#include "profile.h"

#define CONTRAST_LEVEL	   0.05
#define CONTRAST_THRESHOLD 0.1	 /* by so much, a tenth, it has to change */
#define CONTRAST_DELTA	   0.147 /* Cliff's; a smaller one is negligible */
#define CONTRAST_SHARE	   0.01	 /* of all hits */
#define CONTRAST_HITS_MIN  5u	 /* of which something may follow */

enum contrast_verdict {
	CONTRAST_NOISE,	     /* no more than what windows differ by */
	CONTRAST_SMALL,	     /* it differs, but by less than the threshold */
	CONTRAST_UNRECORDED, /* one of the two didn't look for it */
	CONTRAST_FEW,  /* too few hits, or windows that have some, to tell */
	CONTRAST_LOST, /* what was lost may be all of the change */
	CONTRAST_LESS, /* from here on: a change */
	CONTRAST_MORE,
	CONTRAST_GONE, /* only in the first */
	CONTRAST_NEW,
};

/* One side of it. */
struct contrast_side {
	bool recorded; /* an event: it was looked for */
	uint64_t count;
	double rate;	    /* hits a second */
	double share;	    /* of all hits */
	double median, p99; /* of values; -1: below 0 */
	uint32_t windows;   /* that have some */
	bool lower_bound;   /* more may have happened */
};

struct contrast_finding {
	enum profile_kind kind;
	const char *name; /* a profile's */
	bool is_time;
	struct contrast_side a, b;
	double ratio; /* b to a: of rates, shares, or medians; 0 or INFINITY: one
			  * has none; NAN: unknown */
	double delta;	 /* of values: Cliff's */
	double distance; /* … and Kolmogorov's */
	double p;	 /* corrected; NAN: it wasn't tested */
	enum contrast_verdict verdict;
	double weight; /* how important it is */
};

struct contrast {
	struct contrast_finding *finding; /* the most important first */
	uint32_t nr;
	uint32_t nr_changes; /* those are the first */
};

static inline bool contrast_is_change(const struct contrast_finding *finding)
{
	return finding->verdict >= CONTRAST_LESS;
}

/*
 * Compares. @threshold: as CONTRAST_THRESHOLD. 0 or -ENOMEM. For contrast_uninit() in
 * any case; names are of the profiles.
 */
int contrast_make(struct contrast *contrast, const struct profile *a,
		  const struct profile *b, double threshold);
void contrast_uninit(struct contrast *contrast);

#endif /* CONTRAST_H */
