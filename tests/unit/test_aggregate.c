// SPDX-License-Identifier: GPL-2.0-only
/* test_aggregate - counts, sums and times by key; and how they are distributed */
#include <stdio.h>
#include <string.h>

#include "aggregate.h"
#include "unit.h"

static struct aggregate_entry *at(struct aggregate *a, const char *key)
{
	return aggregate_at(a, key, strlen(key));
}

static void add(struct aggregate *a, const char *key, uint64_t sum, uint64_t ns)
{
	struct sample sample = {
		.has_sum = true,
		.has_ns = ns != 0,
		.sum = sum,
		.ns = ns,
	};

	aggregate_add(a, at(a, key), &sample);
}

static void test_sums(void **state)
{
	struct aggregate *a = aggregate_new(0);
	struct sample failed = { .failed = true, .sum = 99, .ns = 99 };
	struct aggregate_entry *e;

	(void)state;
	add(a, "one", 10, 5);
	add(a, "two", 1, 0);
	add(a, "one", 20, 15);
	aggregate_add(a, at(a, "one"), &failed);
	assert_int_equal(aggregate_nr(a), 2);
	e = at(a, "one");
	assert_int_equal(e->all.count, 3);
	assert_int_equal(e->all.failed, 1);
	assert_int_equal(e->all.sum, 30);
	assert_int_equal(e->all.timed, 2);
	assert_int_equal(e->all.ns, 20);
	assert_int_equal(e->all.ns_max, 15);
	assert_int_equal(e->times->nr, 2);
	assert_null(at(a, "two")->times);
	assert_int_equal(aggregate_total(a)->all.count, 4);
	assert_int_equal(aggregate_total(a)->all.sum, 31);
	assert_int_equal(aggregate_others(a)->all.count, 0);
	aggregate_free(a);
}

/* Keys are bytes: of any kind, and of any length. */
static void test_keys(void **state)
{
	static const char bytes[64] = { 0 };
	struct aggregate *a = aggregate_new(0);

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++)
		aggregate_at(a, bytes, n);
	assert_int_equal(aggregate_nr(a), sizeof(bytes) + 1);
	for (size_t n = 0; n <= sizeof(bytes); n++)
		assert_int_equal(aggregate_at(a, bytes, n)->key_bytes, n);
	assert_int_equal(aggregate_nr(a), sizeof(bytes) + 1);
	aggregate_free(a);
}

static void test_intervals(void **state)
{
	struct aggregate *a = aggregate_new(0);

	(void)state;
	add(a, "one", 10, 5);
	assert_int_equal(at(a, "one")->now.count, 1);
	aggregate_tick(a);
	assert_int_equal(at(a, "one")->now.count, 0);
	assert_int_equal(at(a, "one")->last.count, 1);
	assert_int_equal(at(a, "one")->all.count, 1);
	add(a, "one", 7, 0);
	assert_int_equal(at(a, "one")->now.sum, 7);
	assert_int_equal(at(a, "one")->all.sum, 17);
	assert_int_equal(aggregate_total(a)->now.count, 1);
	aggregate_clear(a);
	assert_int_equal(aggregate_nr(a), 0);
	assert_int_equal(aggregate_total(a)->all.count, 0);
	add(a, "one", 7, 0);
	assert_int_equal(at(a, "one")->all.sum, 7);
	aggregate_free(a);
}

/* What there's no room for is with the others: nothing is missing. */
static void test_bound(void **state)
{
	struct aggregate *a = aggregate_new(8);
	char key[16];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof(key), "%d", i);
		add(a, key, 1, 3);
	}
	assert_int_equal(aggregate_nr(a), 8);
	assert_int_equal(aggregate_others(a)->all.count, 12);
	assert_null(aggregate_others(a)->key);
	assert_int_equal(aggregate_total(a)->all.count, 20);
	aggregate_free(a);
}

/* Who had nothing for an interval makes room, unless somebody holds it. */
static void test_room(void **state)
{
	struct aggregate *a = aggregate_new(8);
	struct aggregate_entry *held;
	char key[16];

	(void)state;
	for (int i = 0; i < 8; i++) {
		snprintf(key, sizeof(key), "%d", i);
		add(a, key, 1, 3);
	}
	held = at(a, "7");
	held->users++;
	aggregate_tick(a);
	assert_int_equal(aggregate_nr(a), 8);
	add(a, "1", 1, 4);
	aggregate_tick(a);
	assert_int_equal(aggregate_nr(a), 2);
	assert_ptr_equal(at(a, "7"), held);
	assert_int_equal(at(a, "1")->all.count, 2);
	assert_int_equal(aggregate_others(a)->all.count, 6);
	assert_int_equal(aggregate_others(a)->times->nr, 6);
	assert_int_equal(aggregate_total(a)->all.count, 9);
	add(a, "new", 1, 4);
	assert_int_equal(at(a, "new")->all.count, 1);
	/* Cleared, it is still there for who holds it. */
	aggregate_clear(a);
	assert_int_equal(aggregate_nr(a), 1);
	assert_ptr_equal(at(a, "7"), held);
	assert_int_equal(held->all.count, 0);
	aggregate_free(a);
}

static void test_buckets(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t least = histogram_least(i);
		uint64_t next = histogram_least(i + 1);

		assert_int_equal(histogram_bucket(least), i);
		assert_true(next > least);
		assert_int_equal(histogram_bucket(next - 1), i);
		/* a quarter of a power of two, or one number */
		assert_true(next - least <= 1 || i == HISTOGRAM_BUCKETS - 1 ||
			    (next - least) * 4 <= least);
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_bucket(0), 0);
}

static bool is_near(uint64_t got, uint64_t want)
{
	return got >= want - want / 8 && got <= want + want / 8;
}

static void test_quantiles(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	assert_int_equal(histogram_quantile(&h, 990), 0);
	histogram_add(&h, 3);
	assert_int_equal(histogram_quantile(&h, 1), 3);
	assert_int_equal(histogram_quantile(&h, 1000), 3);
	h = (struct histogram){ 0 };
	for (uint64_t i = 1; i <= 10000; i++)
		histogram_add(&h, i * 1000);
	assert_true(is_near(histogram_quantile(&h, 500), 5000000));
	assert_true(is_near(histogram_quantile(&h, 990), 9900000));
	assert_true(is_near(histogram_quantile(&h, 1000), 10000000));
	histogram_join(&h, &h);
	assert_int_equal(h.nr, 20000);
	assert_true(is_near(histogram_quantile(&h, 500), 5000000));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_quantiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
