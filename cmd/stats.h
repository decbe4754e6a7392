/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats - is it noise? Tests that suppose nothing of how values are distributed
 *
 * What is compared are ranks, not values: one burst, however large, is one large
 * value and no proof of anything.
 */
#ifndef STATS_H
#define STATS_H

#include <stdint.h>

/*
 * How likely a difference between two samples is that is at least as large as this
 * one, if both are of one distribution: the two-sided test of Mann and Whitney, by
 * the normal approximation with corrections for continuity and ties. 1 if one is
 * empty. NAN without memory.
 */
double stats_mann_whitney(const double *a, uint32_t nr_a, const double *b,
			  uint32_t nr_b);

/*
 * Of two distributions, as counts in the same @nr classes in ascending order:
 * Cliff's delta, the chance that a value of @b is above one of @a less that of the
 * reverse, from -1 to 1; and by how much the shares below a value differ at most
 * (Kolmogorov and Smirnov's), from 0 to 1. 0 if one is empty.
 */
double stats_delta(const uint64_t *a, const uint64_t *b, uint32_t nr);
double stats_distance(const uint64_t *a, const uint64_t *b, uint32_t nr);

/*
 * Corrects @p, the results of @nr tests, so that the chance that even one of those
 * that are below a level is so by chance is no higher than the level (Holm's
 * method). NAN, no test, stays. False without memory.
 */
_Bool stats_correct(double *p, uint32_t nr);

#endif /* STATS_H */
