// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stats.h"

struct ranked {
	double value;
	bool of_b;
};

static int compare(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

/*
 * The sum of b's ranks; those of equal values are the mean of what they share.
 * @ties: the sum of t^3 - t, of t equal values each.
 */
static double sum_ranks(const struct ranked *all, uint32_t nr, double *ties)
{
	double sum = 0;
	uint32_t end;

	*ties = 0;
	for (uint32_t i = 0; i < nr; i = end) {
		uint32_t of_b = 0;
		double t;

		for (end = i; end < nr && all[end].value == all[i].value; end++)
			of_b += all[end].of_b;
		t = end - i;
		sum += of_b * (i + (t + 1) / 2);
		*ties += t * t * t - t;
	}
	return sum;
}

/* Two-sided, of a sum of ranks. */
static double probability(double sum, double ties, double a, double b)
{
	double n = a + b;
	double u = sum - b * (b + 1) / 2;
	double variance = a * b / 12 * (n + 1 - ties / (n * (n - 1)));
	double off = fabs(u - a * b / 2) - 0.5;

	/* All are equal. */
	if (variance <= 0 || off <= 0)
		return 1;
	return erfc(off / sqrt(variance) / M_SQRT2);
}

double stats_mann_whitney(const double *a, uint32_t nr_a, const double *b,
			  uint32_t nr_b)
{
	uint32_t nr = nr_a + nr_b;
	struct ranked *all;
	double sum, ties;

	if (!nr_a || !nr_b)
		return 1;
	all = malloc(nr * sizeof(*all));
	if (!all)
		return NAN;
	for (uint32_t i = 0; i < nr; i++)
		all[i] = (struct ranked){
			.value = i < nr_a ? a[i] : b[i - nr_a],
			.of_b = i >= nr_a,
		};
	qsort(all, nr, sizeof(*all), compare);
	sum = sum_ranks(all, nr, &ties);
	free(all);
	return probability(sum, ties, nr_a, nr_b);
}

static double total(const uint64_t *counts, uint32_t nr)
{
	double sum = 0;

	for (uint32_t i = 0; i < nr; i++)
		sum += counts[i];
	return sum;
}

double stats_delta(const uint64_t *a, const uint64_t *b, uint32_t nr)
{
	double all_a = total(a, nr), all_b = total(b, nr);
	double below = 0, delta = 0;

	if (!all_a || !all_b)
		return 0;
	for (uint32_t i = 0; i < nr; i++) {
		double above = all_a - below - a[i];

		delta += b[i] / all_b * (below - above) / all_a;
		below += a[i];
	}
	return delta;
}

double stats_distance(const uint64_t *a, const uint64_t *b, uint32_t nr)
{
	double all_a = total(a, nr), all_b = total(b, nr);
	double below_a = 0, below_b = 0, most = 0;

	if (!all_a || !all_b)
		return 0;
	for (uint32_t i = 0; i < nr; i++) {
		below_a += a[i];
		below_b += b[i];
		most = fmax(most, fabs(below_a / all_a - below_b / all_b));
	}
	return most;
}

struct test {
	double p;
	uint32_t at;
};

static int compare_tests(const void *left, const void *right)
{
	const struct test *a = left, *b = right;

	return (a->p > b->p) - (a->p < b->p);
}

bool stats_correct(double *p, uint32_t nr)
{
	struct test *tests = malloc((nr + 1) * sizeof(*tests));
	uint32_t nr_tests = 0;
	double before = 0;

	if (!tests)
		return false;
	for (uint32_t i = 0; i < nr; i++)
		if (!isnan(p[i]))
			tests[nr_tests++] = (struct test){ p[i], i };
	qsort(tests, nr_tests, sizeof(*tests), compare_tests);
	for (uint32_t i = 0; i < nr_tests; i++) {
		before = fmin(1, fmax(before, tests[i].p * (nr_tests - i)));
		p[tests[i].at] = before;
	}
	free(tests);
	return true;
}
