// SPDX-License-Identifier: GPL-2.0-only
/* test_limit - what is done about events that take too much time */
#include "limit.h"
#include "unit.h"

/* Of 100 million hits a second, at prices that are easy to add up. */
static struct kpc_limit_event event_of(double hits, double counted_ns,
				       double recorded_ns)
{
	return (struct kpc_limit_event){
		.counted_ns = counted_ns,
		.recorded_ns = recorded_ns,
		.hits = hits,
		.samples = hits,
		.period = 1,
	};
}

static double total(const struct kpc_limit_event *events, uint32_t nr)
{
	double ns = 0;

	for (uint32_t i = 0; i < nr; i++)
		ns += kpc_limit_cost_ns(&events[i]);
	return ns;
}

static void within_the_limit(void **state)
{
	struct kpc_limit_event e[2] = { event_of(1000, 10, 100),
					event_of(10, 10, 100) };

	(void)state;
	assert_int_equal(kpc_limit_decide(e, 2, 101000), 0);
	assert_int_equal(e[0].act, KPC_LIMIT_KEEP);
	assert_int_equal(e[0].period, 1);
	assert_int_equal(kpc_limit_decide(NULL, 0, 0), 0);
}

static void a_larger_period(void **state)
{
	struct kpc_limit_event e = event_of(1000, 10, 110);

	(void)state;
	/* 10,000 go for counting, 80 % of 10,000 are left for 100,000 */
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.act, KPC_LIMIT_RAISE);
	assert_int_equal(e.period, 16);
	assert_int_equal(e.took_ns, 110000);
	assert_true(total(&e, 1) <= 20000);
	/* as many hits come again: that was enough */
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 0);
	assert_int_equal(e.act, KPC_LIMIT_KEEP);
	/* twice as many: it goes on from there */
	e.hits = 1500;
	e.samples = 1500 / 16.0;
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.act, KPC_LIMIT_RAISE);
	assert_int_equal(e.period, 64);
}

/* Each hit counts for 1000, and would fill any smaller period. */
static void a_period_of_values(void **state)
{
	struct kpc_limit_event e = event_of(1000, 10, 110);

	(void)state;
	e.per_hit = 1000;
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.act, KPC_LIMIT_RAISE);
	assert_int_equal(e.period, 16000);
	e.hits = 1500;
	e.samples = 1500 / 16.0;
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.period, 64000);
}

static void too_much_to_count(void **state)
{
	struct kpc_limit_event e = event_of(1000, 30, 110);

	(void)state;
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.act, KPC_LIMIT_DISARM);
	assert_int_equal(e.took_ns, 30000);
	assert_true(e.by_counting);
	assert_int_equal(e.period, 0);
	assert_true(total(&e, 1) == 0);
	/* for good */
	assert_int_equal(kpc_limit_decide(&e, 1, 1), 0);
	assert_int_equal(e.act, KPC_LIMIT_KEEP);
}

static void a_lower_frequency(void **state)
{
	struct kpc_limit_event e = event_of(1000, 1, 101);

	(void)state;
	e.is_frequency = true;
	e.period = 999;
	assert_int_equal(kpc_limit_decide(&e, 1, 26000), 1);
	assert_int_equal(e.act, KPC_LIMIT_RAISE);
	assert_int_equal(e.period, 124);
	/* there is none below one a second */
	e = event_of(1000, 1, 101);
	e.is_frequency = true;
	e.period = 3;
	assert_int_equal(kpc_limit_decide(&e, 1, 26000), 1);
	assert_int_equal(e.act, KPC_LIMIT_DISARM);
}

static void what_cannot_be_changed(void **state)
{
	struct kpc_limit_event e = event_of(1000, 10, 110);

	(void)state;
	e.is_fixed = true;
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.act, KPC_LIMIT_DISARM);
	assert_int_equal(e.took_ns, 110000);
	/* a period has its end */
	e = event_of(1000, 10, 110);
	e.period = 1ull << 62;
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.act, KPC_LIMIT_DISARM);
	assert_int_equal(e.took_ns, 110000);
	assert_false(e.by_counting);
	/* where recording seems to cost less than counting */
	e = event_of(1000, 110, 10);
	assert_int_equal(kpc_limit_decide(&e, 1, 20000), 1);
	assert_int_equal(e.act, KPC_LIMIT_DISARM);
}

static void the_costliest_first(void **state)
{
	struct kpc_limit_event e[3] = { event_of(10, 10, 100),
					event_of(1000, 10, 1010),
					event_of(20, 10, 100) };

	(void)state;
	assert_int_equal(kpc_limit_decide(e, 3, 500000), 1);
	assert_int_equal(e[0].act, KPC_LIMIT_KEEP);
	assert_int_equal(e[1].act, KPC_LIMIT_RAISE);
	assert_int_equal(e[2].act, KPC_LIMIT_KEEP);
	assert_true(total(e, 3) <= 500000);
}

static void several_alike(void **state)
{
	struct kpc_limit_event e[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		e[i] = event_of(1000, 1, 101);
	/* none is sacrificed for the others */
	assert_true(kpc_limit_decide(e, 4, 40000) >= 3);
	for (int i = 0; i < 4; i++)
		assert_true(e[i].act != KPC_LIMIT_DISARM);
	assert_true(total(e, 4) <= 40000);
}

/* Whatever comes, it ends, and keeps the limit. */
static void anything(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int turn = 0; turn < 20000; turn++) {
		struct kpc_limit_event e[8];
		uint32_t nr = unit_random(&seed) % 9;
		double budget = unit_random(&seed) % 1000000;

		for (uint32_t i = 0; i < nr; i++) {
			e[i] = event_of(unit_random(&seed) % 100000,
					unit_random(&seed) % 3000,
					unit_random(&seed) % 6000);
			e[i].is_fixed = !(unit_random(&seed) % 4);
			e[i].is_frequency = !(unit_random(&seed) % 4);
			e[i].period = unit_random(&seed) >>
				      unit_random(&seed) % 64;
			e[i].samples /= 1 + unit_random(&seed) % 100;
		}
		assert_true(kpc_limit_decide(e, nr, budget) <= nr);
		assert_true(total(e, nr) <= budget);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(within_the_limit),
		cmocka_unit_test(a_larger_period),
		cmocka_unit_test(a_period_of_values),
		cmocka_unit_test(too_much_to_count),
		cmocka_unit_test(a_lower_frequency),
		cmocka_unit_test(what_cannot_be_changed),
		cmocka_unit_test(the_costliest_first),
		cmocka_unit_test(several_alike),
		cmocka_unit_test(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
