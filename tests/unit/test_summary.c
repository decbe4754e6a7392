// SPDX-License-Identifier: GPL-2.0-only
/* The summary of a field's values against one that sorts them all. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "summary.h"
#include "unit.h"

#define VALUES_MAX (1u << 19)

struct given {
	uint64_t value;
	uint64_t count; /* how often it came; of a group, all of it */
	uint64_t order;
};

/* What was given to the summary, in turn. */
struct oracle {
	bool is_signed;
	struct given *given;
	uint32_t nr;
};

static int by_value(const void *left, const void *right)
{
	const struct given *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int by_order(const void *left, const void *right)
{
	const struct given *a = left, *b = right;

	return a->order < b->order ? -1 : 1;
}

static bool is_less(const struct oracle *oracle, uint64_t a, uint64_t b)
{
	return oracle->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

static int commonest_signed(const void *left, const void *right)
{
	const struct given *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (int64_t)a->value < (int64_t)b->value ? -1 : 1;
}

static int commonest(const void *left, const void *right)
{
	const struct given *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return a->value < b->value ? -1 : 1;
}

static void check_numbers(const struct summary *summary,
			  const struct oracle *oracle)
{
	uint64_t min = oracle->given[0].value, max = min, n = 0;
	__int128 sum = 0;

	for (uint32_t i = 0; i < oracle->nr; i++) {
		const struct given *given = &oracle->given[i];
		__int128 value = oracle->is_signed ?
					 (__int128)(int64_t)given->value :
					 (__int128)given->value;

		if (is_less(oracle, given->value, min))
			min = given->value;
		if (is_less(oracle, max, given->value))
			max = given->value;
		sum += value * given->count;
		n += given->count;
	}
	assert_int_equal(summary->n, n);
	assert_int_equal(summary->min, min);
	assert_int_equal(summary->max, max);
	assert_true(summary->sum == sum);
}

/* Sorts what was given: the oracle is used up. */
static void check_values(const struct summary *summary, struct oracle *oracle)
{
	struct summary_value top[SUMMARY_TOP];
	struct given *groups = oracle->given;
	uint32_t nr = 0;

	qsort(groups, oracle->nr, sizeof(*groups), by_value);
	for (uint32_t i = 0; i < oracle->nr; i++) {
		if (nr && groups[nr - 1].value == groups[i].value)
			groups[nr - 1].count += groups[i].count;
		else
			groups[nr++] = groups[i];
	}
	assert_int_equal(summary->more, nr > SUMMARY_MAX);
	/* Those that came first are told apart. */
	qsort(groups, nr, sizeof(*groups), by_order);
	if (nr > SUMMARY_MAX)
		nr = SUMMARY_MAX;
	assert_int_equal(summary->distinct, nr);
	qsort(groups, nr, sizeof(*groups),
	      oracle->is_signed ? commonest_signed : commonest);
	if (nr > SUMMARY_TOP)
		nr = SUMMARY_TOP;
	assert_int_equal(summary_top(summary, top), nr);
	for (uint32_t i = 0; i < nr; i++) {
		assert_int_equal(top[i].value, groups[i].value);
		assert_int_equal(top[i].count, groups[i].count);
	}
}

/*
 * Values of @kinds, in pieces; some repeated, with @weighted each maybe several
 * times, or not at all.
 */
static void check(uint64_t seed, bool is_signed, bool weighted, uint64_t kinds,
		  uint64_t scale, uint32_t n)
{
	static uint64_t v[1 << 12];
	static uint32_t times[1 << 12];
	struct summary summary = { .is_signed = is_signed };
	struct oracle oracle = {
		.is_signed = is_signed,
		.given = calloc(n, sizeof(*oracle.given)),
	};

	assert_non_null(oracle.given);
	while (oracle.nr < n) {
		uint32_t piece = unit_random(&seed) % 3000;

		if (piece > n - oracle.nr)
			piece = n - oracle.nr;
		for (uint32_t i = 0; i < piece; i++) {
			v[i] = (unit_random(&seed) % kinds - kinds / 2) * scale;
			if (i && unit_random(&seed) % 4 == 0)
				v[i] = v[i - 1];
			times[i] = unit_random(&seed) % 4;
			if (weighted && !times[i])
				continue;
			oracle.given[oracle.nr] =
				(struct given){ v[i], weighted ? times[i] : 1,
						oracle.nr };
			oracle.nr++;
		}
		summary_add(&summary, v, weighted ? times : NULL, piece);
	}
	if (seed & 1)
		summary_finish(&summary);
	check_numbers(&summary, &oracle);
	check_values(&summary, &oracle);
	summary_uninit(&summary);
	free(oracle.given);
}

static void test_few(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 40; seed++) {
		check(seed, seed & 1, seed & 2, seed, 1, 100);
		check(seed, seed & 1, seed & 2, seed * 7, ~0ull / 300, 5000);
	}
}

/* The table grows in each of its steps, up to where it may not. */
static void test_many(void **state)
{
	(void)state;
	for (uint64_t kinds = 100; kinds < VALUES_MAX; kinds *= 3) {
		check(kinds, false, false, kinds, 1, kinds * 2);
		check(kinds, true, false, kinds, 4096, kinds * 2);
		check(kinds, false, true, kinds, 1ull << 40, kinds * 2);
		check(kinds, true, true, kinds, 0x9e3779b97f4a7c15, kinds * 2);
	}
}

static void test_full(void **state)
{
	(void)state;
	check(1, false, false, 1ull << 40, 1, VALUES_MAX);
	check(2, true, true, SUMMARY_MAX, 1, VALUES_MAX);
	check(3, true, true, SUMMARY_MAX + 1, 1, VALUES_MAX * 2);
}

static void test_none(void **state)
{
	struct summary_value top[SUMMARY_TOP];
	struct summary summary = { 0 };
	const uint64_t v[] = { 7, 7, 9 };
	const uint32_t never[] = { 0, 0, 0 };

	(void)state;
	summary_add(&summary, v, NULL, 0);
	summary_add(&summary, v, never, 3);
	assert_int_equal(summary.n, 0);
	assert_int_equal(summary.distinct, 0);
	assert_int_equal(summary_top(&summary, top), 0);
	summary_uninit(&summary);
}

static void test_known(void **state)
{
	struct summary summary = { .is_signed = true };
	struct summary_value top[SUMMARY_TOP];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t v = i < 500 ? -7 : i % 20;

		summary_add(&summary, &v, NULL, 1);
	}
	assert_int_equal((int64_t)summary.sum, 500 * -7 + 25 * 190);
	assert_int_equal(summary.n, 1000);
	assert_int_equal((int64_t)summary.min, -7);
	assert_int_equal(summary.max, 19);
	assert_int_equal(summary.distinct, 21);
	assert_int_equal(summary_top(&summary, top), SUMMARY_TOP);
	assert_int_equal((int64_t)top[0].value, -7);
	assert_int_equal(top[0].count, 500);
	/* Of equal counts, by value. */
	assert_int_equal(top[1].value, 0);
	assert_int_equal(top[4].value, 3);
	assert_int_equal(top[4].count, 25);
	summary_uninit(&summary);

	for (uint64_t i = 0; i < SUMMARY_MAX + 10ull; i++)
		summary_add(&summary, &i, NULL, 1);
	assert_int_equal(summary.distinct, SUMMARY_MAX);
	assert_true(summary.more);
	assert_int_equal(summary.max, SUMMARY_MAX + 9);
	summary_uninit(&summary);
	assert_int_equal(summary_top(&summary, top), 0);
}

/* Values that a hash without a secret puts next to each other. */
static void test_colliding(void **state)
{
	struct summary summary = { 0 };
	clock_t start = clock();

	(void)state;
	for (uint64_t i = 0; i < 400000; i++) {
		uint64_t value = (5ull << 32 | i) * 0xf1de83e19937733dull;

		summary_add(&summary, &value, NULL, 1);
	}
	assert_int_equal(summary.n, 400000);
	assert_int_equal(summary.distinct, SUMMARY_MAX);
	assert_true(summary.more);
	/* Else it's half a minute at the least. */
	assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
	summary_uninit(&summary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few),   cmocka_unit_test(test_many),
		cmocka_unit_test(test_full),  cmocka_unit_test(test_none),
		cmocka_unit_test(test_known), cmocka_unit_test(test_colliding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
