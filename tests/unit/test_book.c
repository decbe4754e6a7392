// SPDX-License-Identifier: GPL-2.0-only
/* test_book - the books close where they should, and only there */
#include <stdlib.h>
#include <string.h>

#include "share.h"
#include "unit.h"

static struct kpc_book book;
static struct kpc_share share;

static int setup(void **state)
{
	(void)state;
	return kpc_book_init(&book, 2, 2) || kpc_share_init(&share, &book);
}

static int teardown(void **state)
{
	(void)state;
	kpc_share_uninit(&share);
	kpc_book_uninit(&book);
	return 0;
}

static void sample(uint64_t weight, bool own)
{
	kpc_share_sample(&share, 0, weight, own);
	kpc_share_enter(&share, 0);
}

static void samples(uint32_t nr, uint64_t weight)
{
	for (uint32_t i = 0; i < nr; i++)
		sample(weight, false);
}

static uint64_t unexplained(uint64_t count, uint64_t lost, uint64_t instances)
{
	const struct kpc_event_account *e = &book.ledger.events[0];
	struct kpc_count c = { .value = count, .lost = lost };

	kpc_book_count(&book, 0, &c, instances, 0);
	return e->count - e->delivered - e->lost - e->own_dropped -
	       e->period_skipped;
}

static void every_hit(void **state)
{
	(void)state;
	book.rule[0].period = 1;
	samples(10, 0);
	sample(0, true);
	assert_int_equal(unexplained(16, 5, 4), 0);
	assert_int_equal(book.ledger.events[0].period_skipped, 0);
	assert_int_equal(book.ledger.events[0].own_dropped, 1);
	/* One hit that nothing tells of stays so, whatever the instances. */
	assert_int_equal(unexplained(17, 5, 1000), 1);
	/* More samples than hits: it doesn't close either. */
	assert_int_equal(unexplained(15, 5, 4), UINT64_MAX);
}

static void period(void **state)
{
	(void)state;
	book.rule[0].period = 100;
	samples(10, 0);
	assert_int_equal(unexplained(1000, 0, 2), 0);
	assert_int_equal(book.ledger.events[0].period_skipped, 990);
	/* Two counters may have stopped 99 short of a sample each. */
	assert_int_equal(unexplained(1000 + 198, 0, 2), 0);
	assert_int_equal(unexplained(1000 + 199, 0, 2), 1);
	/* Lost samples stand for a period, too. */
	assert_int_equal(unexplained(1200, 2, 0), 0);
	assert_int_equal(unexplained(1201, 2, 0), 1);
}

static void varying_period(void **state)
{
	(void)state;
	book.rule[0].period = 0;
	samples(1, 50);
	samples(1, 150);
	assert_int_equal(unexplained(200, 0, 0), 0);
	assert_int_equal(unexplained(350, 0, 1), 0);
	assert_int_equal(unexplained(351, 0, 1), 1);
}

static void clock_counts_time(void **state)
{
	(void)state;
	book.rule[0].clock = true;
	samples(3, 250000);
	assert_int_equal(unexplained(123456789, 0, 0), 0);
}

/* A sample stands for as many periods as its weight says, and the rest. */
static void values(void **state)
{
	(void)state;
	book.rule[0].period = 100;
	book.rule[0].valued = true;
	samples(3, 7);
	sample(4, true);
	assert_int_equal(unexplained(2500, 0, 0), 0);
	assert_int_equal(book.ledger.events[0].period_skipped, 2500 - 4);
	assert_int_equal(unexplained(2501, 0, 0), 1);
	/* What a counter had of its next period when it stopped. */
	assert_int_equal(unexplained(2500 + 198, 0, 2), 0);
	assert_int_equal(unexplained(2500 + 199, 0, 2), 1);
	/* Lost samples took their weights with them. */
	assert_int_equal(unexplained(1000000, 1, 0), 0);
	/* Without a weight a sample explains nothing but itself. */
	book.rule[0].weights = 0;
	assert_int_equal(unexplained(2500, 0, 0), 2500 - 4);
	assert_int_equal(unexplained(2500, 0, 1), 2500 - 4 - 95);
}

static void huge_values(void **state)
{
	(void)state;
	book.rule[0].period = 1ull << 48;
	book.rule[0].valued = true;
	samples(10, 1ull << 48);
	assert_int_equal(unexplained(UINT64_MAX, 0, UINT32_MAX), 0);
}

static void huge_periods(void **state)
{
	(void)state;
	book.rule[0].period = INT64_MAX;
	samples(1000, 0);
	assert_int_equal(unexplained(UINT64_MAX, 0, UINT32_MAX), 0);
}

static void probes_are_differences(void **state)
{
	const struct kpc_probe_account now = { .entered = 110,
					       .offered = 60,
					       .missed_kprobe = 7 };

	(void)state;
	book.rule[1].before = (struct kpc_probe_account){
		.entered = 100,
		.offered = 50,
		.missed_kprobe = 7,
	};
	kpc_book_probe(&book, 1, &now);
	assert_true(book.ledger.events[1].has_probe);
	assert_int_equal(book.ledger.events[1].probe.entered, 10);
	assert_int_equal(book.ledger.events[1].probe.offered, 10);
	assert_int_equal(book.ledger.events[1].probe.missed_kprobe, 0);
	assert_false(book.ledger.events[0].has_probe);
}

/* What is now is as it is now; what was wrong once stays said. */
static void probes_states(void **state)
{
	struct kpc_probe_account now = { .in_flight = 3,
					 .clamped = 9,
					 .truncated = 8,
					 .by_int3 = 7,
					 .deaf = true };
	const struct kpc_probe_account *probe = &book.ledger.events[1].probe;

	(void)state;
	book.rule[1].before = (struct kpc_probe_account){
		.in_flight = 5,
		.clamped = 4,
		.truncated = 4,
		.by_int3 = 4,
	};
	kpc_book_probe(&book, 1, &now);
	assert_int_equal(probe->in_flight, 3);
	assert_int_equal(probe->clamped, 5);
	assert_int_equal(probe->truncated, 4);
	assert_int_equal(probe->by_int3, 3);
	assert_true(probe->deaf && !probe->gone);
	now.deaf = false;
	now.gone = true;
	kpc_book_probe(&book, 1, &now);
	assert_true(probe->deaf && probe->gone);
}

static struct kpc_program_account *program(uint32_t id, uint64_t runs)
{
	struct kpc_program_account *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	*p = (struct kpc_program_account){ id, strdup("f"), 0, runs };
	return p;
}

/* How often they ran since the start, if they were there. */
static void programs_are_differences(void **state)
{
	const struct kpc_event_account *e = &book.ledger.events[1];

	(void)state;
	kpc_book_programs(&book, 1, true, program(5, 100), 1);
	kpc_book_programs(&book, 1, false, program(5, 130), 1);
	assert_int_equal(e->nr_programs, 1);
	assert_int_equal(e->programs[0].runs, 30);
	kpc_book_programs(&book, 1, false, program(6, 7), 1);
	assert_int_equal(e->programs[0].runs, 7);
	/* Taken off and put back: it counts from 0 again. */
	kpc_book_programs(&book, 1, false, program(5, 20), 1);
	assert_int_equal(e->programs[0].runs, 20);
	kpc_book_programs(&book, 1, false, NULL, 0);
	assert_int_equal(e->nr_programs, 0);
}

/* A hit on each CPU may be on its way when an event is switched off. */
static void switched_off(void **state)
{
	const struct kpc_event_account *e = &book.ledger.events[0];
	struct kpc_count count = { .value = 12 };

	(void)state;
	book.rule[0].period = 1;
	samples(10, 0);
	kpc_book_count(&book, 0, &count, 4, 2);
	assert_int_equal(e->stopped, 2);
	/* while it is enabled nothing is */
	kpc_book_count(&book, 0, &count, 4, 0);
	assert_int_equal(e->stopped, 0);
	/* and more than one a CPU has another cause */
	count.value = 13;
	kpc_book_count(&book, 0, &count, 4, 2);
	assert_int_equal(e->stopped, 0);
	/* what a period explains comes first */
	book.rule[0].period = 10;
	count.value = 101;
	kpc_book_count(&book, 0, &count, 0, 2);
	assert_int_equal(e->period_skipped, 90);
	assert_int_equal(e->stopped, 1);
	/* values are no hits */
	book.rule[0] = (struct kpc_book_rule){ .period = 1, .valued = true };
	count.value = 11;
	kpc_book_count(&book, 0, &count, 0, 2);
	assert_int_equal(e->stopped, 0);
}

/* What BPF programs write has no count but its own. */
static void outputs(void **state)
{
	(void)state;
	book.rule[0].output = true;
	samples(10, 0);
	sample(0, true);
	assert_int_equal(unexplained(0, 5, 0), 0);
	assert_int_equal(book.ledger.events[0].count, 16);
	assert_int_equal(book.ledger.events[0].period_skipped, 0);
}

static void totals(void **state)
{
	(void)state;
	samples(4, 0);
	book.ledger.rings[0].lost = 3;
	book.ledger.rings[1].lost = 4;
	book.ledger.rings[1].bytes = 100;
	assert_int_equal(kpc_book_totals(&book).delivered, 4);
	assert_int_equal(kpc_book_totals(&book).lost, 7);
	assert_int_equal(kpc_book_totals(&book).bytes, 100);
	book.ledger.events[0].lost = 9; /* the tail, which no record tells */
	assert_int_equal(kpc_book_totals(&book).lost, 9);
	assert_false(kpc_book_totals(&book).lost_unknown);
	book.ledger.events[1].lost_unknown = true;
	assert_true(kpc_book_totals(&book).lost_unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_hit, setup, teardown),
		cmocka_unit_test_setup_teardown(period, setup, teardown),
		cmocka_unit_test_setup_teardown(varying_period, setup,
						teardown),
		cmocka_unit_test_setup_teardown(clock_counts_time, setup,
						teardown),
		cmocka_unit_test_setup_teardown(values, setup, teardown),
		cmocka_unit_test_setup_teardown(huge_values, setup, teardown),
		cmocka_unit_test_setup_teardown(huge_periods, setup, teardown),
		cmocka_unit_test_setup_teardown(probes_are_differences, setup,
						teardown),
		cmocka_unit_test_setup_teardown(probes_states, setup, teardown),
		cmocka_unit_test_setup_teardown(programs_are_differences, setup,
						teardown),
		cmocka_unit_test_setup_teardown(switched_off, setup, teardown),
		cmocka_unit_test_setup_teardown(outputs, setup, teardown),
		cmocka_unit_test_setup_teardown(totals, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
