// SPDX-License-Identifier: GPL-2.0-only
/* test_stats - known values; and what comes of chance alone comes out as chance */
#include <math.h>
#include <string.h>

#include "stats.h"
#include "unit.h"

#define NR(_array) (sizeof(_array) / sizeof(*(_array)))

static void about(double got, double want)
{
	if (fabs(got - want) > 1e-6 + fabs(want) * 1e-4)
		fail_msg("got %.9g, want %.9g", got, want);
}

/*
 * By hand: a value of b is above one of a in 22 of 25 pairs, 12.5 are to be expected,
 * with a variance of 25 * 11 / 12. With ties: in 12.5 of 16, where 8 are; of 3 equal
 * values and of 4 the variance is less, 16 / 12 * (9 - (24 + 60) / (8 * 7)).
 */
static void test_mann_whitney(void **state)
{
	static const double a[] = { 1, 2, 3, 4, 8 };
	static const double b[] = { 5, 6, 7, 9, 10 };
	static const double c[] = { 1, 2, 2, 3 };
	static const double d[] = { 2, 3, 3, 3 };
	static const double same[] = { 7, 7, 7 };

	(void)state;
	about(stats_mann_whitney(a, 5, b, 5), 0.0601028);
	about(stats_mann_whitney(b, 5, a, 5), 0.0601028);
	about(stats_mann_whitney(a, 5, b, 5),
	      erfc(9 / sqrt(25 * 11 / 12.) / sqrt(2)));
	about(stats_mann_whitney(c, 4, d, 4),
	      erfc(4 / sqrt(16 / 12. * 7.5) / sqrt(2)));
	about(stats_mann_whitney(same, 3, same, 3), 1);
	about(stats_mann_whitney(same, 3, same, 0), 1);
}

/* Of one burst of any size nothing follows. */
static void test_burst(void **state)
{
	double a[20], b[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		a[i] = 10 + i % 3;
		b[i] = 10 + (i + 1) % 3;
	}
	b[7] = 1e9;
	assert_true(stats_mann_whitney(a, 20, b, 20) > 0.5);
	for (int i = 0; i < 20; i++)
		b[i] = a[i] + 3;
	assert_true(stats_mann_whitney(a, 20, b, 20) < 1e-6);
}

static void test_distributions(void **state)
{
	static const uint64_t a[] = { 2, 2, 0, 0 };
	static const uint64_t b[] = { 0, 2, 2, 0 };
	static const uint64_t c[] = { 0, 0, 0, 9 };
	static const uint64_t none[] = { 0, 0, 0, 0 };

	(void)state;
	/* Of 16 pairs 12 are above, and 4 equal. */
	about(stats_delta(a, b, 4), 0.75);
	about(stats_delta(b, a, 4), -0.75);
	about(stats_delta(a, a, 4), 0);
	about(stats_delta(a, c, 4), 1);
	about(stats_delta(a, none, 4), 0);
	about(stats_distance(a, b, 4), 0.5);
	about(stats_distance(a, c, 4), 1);
	about(stats_distance(a, a, 4), 0);
	about(stats_distance(none, a, 4), 0);
}

static void test_correct(void **state)
{
	double p[] = { 0.01, 0.04, NAN, 0.03, 0.005 };

	(void)state;
	assert_true(stats_correct(p, NR(p)));
	about(p[4], 0.02);
	about(p[0], 0.03);
	about(p[3], 0.06);
	about(p[1], 0.06);
	assert_true(isnan(p[2]));
	p[0] = 0.9;
	p[1] = 0.8;
	assert_true(stats_correct(p, 2));
	about(p[0], 1);
	about(p[1], 1);
	assert_true(stats_correct(NULL, 0));
}

/* ---- chance --------------------------------------------------------------- */

static uint64_t seed = 42;

/* From 0 to below 1; the same in each run. */
static double chance(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 11) / 9007199254740992.0;
}

static double poisson(double mean)
{
	double limit = exp(-mean), product = chance();
	int n = 0;

	for (; product > limit; n++)
		product *= chance();
	return n;
}

/* Bursts: most windows have few, some have a hundred times as many. */
static double bursts(void)
{
	return poisson(chance() < 0.1 ? 200 : 2);
}

static double steady(void)
{
	return poisson(20);
}

/* Both of one distribution: how often p is below 5 %, in per cent. */
static double wrong(double (*draw)(void), uint32_t trials, uint32_t deciles[10])
{
	uint32_t nr = 0;

	memset(deciles, 0, 10 * sizeof(*deciles));
	for (uint32_t i = 0; i < trials; i++) {
		double a[20], b[20], p;

		for (int j = 0; j < 20; j++) {
			a[j] = draw();
			b[j] = draw();
		}
		p = stats_mann_whitney(a, 20, b, 20);
		nr += p < 0.05;
		deciles[p >= 1 ? 9 : (int)(p * 10)]++;
	}
	return nr * 100. / trials;
}

static void check_chance(double (*draw)(void))
{
	uint32_t deciles[10];
	double share = wrong(draw, 4000, deciles);

	/* 5 %, give or take five standard errors. */
	if (share < 3.3 || share > 6.7)
		fail_msg("%.2f %% of p are below 5 %%", share);
	for (int i = 0; i < 10; i++)
		if (deciles[i] < 270 || deciles[i] > 530)
			fail_msg("%u of 4000 p are in %d0 %%", deciles[i], i);
}

static void test_chance(void **state)
{
	(void)state;
	check_chance(steady);
	check_chance(bursts);
}

/* Of 50 tests at once, after the correction: one in twenty families at most. */
static void test_families(void **state)
{
	uint32_t families = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		double p[50], least = 1;

		for (int k = 0; k < 50; k++) {
			double a[20], b[20];

			for (int j = 0; j < 20; j++) {
				a[j] = bursts();
				b[j] = bursts();
			}
			p[k] = stats_mann_whitney(a, 20, b, 20);
		}
		assert_true(stats_correct(p, 50));
		for (int k = 0; k < 50; k++)
			least = fmin(least, p[k]);
		families += least < 0.05;
	}
	/* 10, and 25 would be five standard errors more. */
	assert_true(families < 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mann_whitney),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_distributions),
		cmocka_unit_test(test_correct),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
