// SPDX-License-Identifier: GPL-2.0-only
/* test_pairs - entries and returns, in whatever order they come */
#include <stdlib.h>
#include <string.h>

#include "pairs.h"
#include "unit.h"

struct seen {
	uint32_t pairs;
	uint32_t without; /* entries that have no return */
	uint32_t alone;	  /* returns that have no entry */
	uint64_t ns;
	uint64_t values;
};

static void on_pair(void *ctx, const struct half *entry,
		    const struct half *exit)
{
	struct seen *seen = ctx;

	if (!exit || !entry) {
		seen->without += !exit;
		seen->alone += !entry;
		return;
	}
	assert_int_equal(entry->tid, exit->tid);
	seen->pairs++;
	seen->ns += exit->time_ns - entry->time_ns;
	seen->values += exit->value;
}

static void enter(struct pairs *p, uint32_t tid, uint64_t ns)
{
	struct half half = { .tid = tid, .time_ns = ns };

	pairs_put(p, &half);
}

static void leave(struct pairs *p, uint32_t tid, uint64_t ns, uint64_t value)
{
	struct half half = {
		.tid = tid,
		.time_ns = ns,
		.is_return = true,
		.value = value,
	};

	pairs_put(p, &half);
}

static void test_order(void **state)
{
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);

	(void)state;
	/* The thread changed its CPU, whose ring came first. */
	leave(p, 1, 20, 5);
	enter(p, 1, 30);
	leave(p, 1, 40, 6);
	enter(p, 1, 10);
	enter(p, 2, 15);
	leave(p, 2, 16, 7);
	pairs_settle(p, 25);
	assert_int_equal(seen.pairs, 2);
	assert_int_equal(seen.ns, 11);
	assert_int_equal(seen.values, 12);
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, 3);
	assert_int_equal(seen.ns, 21);
	assert_int_equal(seen.without, 0);
	pairs_free(p);
}

static void test_halves(void **state)
{
	struct half other = { .tid = 3,
			      .time_ns = 9,
			      .is_return = true,
			      .group = 1 };
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);

	(void)state;
	leave(p, 1, 10, 0); /* it was inside before we looked */
	enter(p, 1, 20);
	enter(p, 1, 30); /* … its return was lost */
	leave(p, 1, 31, 0);
	enter(p, 3, 8);
	pairs_put(p, &other); /* the return of another call */
	enter(p, 2, 40);      /* still inside at the end */
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, 1);
	assert_int_equal(seen.ns, 1);
	assert_int_equal(seen.without, 2);
	pairs_free(p);
	assert_int_equal(seen.without, 3);
}

/* Many threads, in and out in disorder. */
static void test_many(void **state)
{
	enum {
		THREADS = 3000,
		CALLS = 20
	};
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);

	(void)state;
	for (uint32_t call = CALLS; call-- > 0;)
		for (uint32_t tid = 1; tid <= THREADS; tid++) {
			leave(p, tid, call * 1000 + tid % 100 + 100, 1);
			enter(p, tid, call * 1000 + tid % 7);
		}
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, THREADS * CALLS);
	assert_int_equal(seen.values, THREADS * CALLS);
	pairs_free(p);
	assert_int_equal(seen.without, 0);
}

/* More than may wait are paired early, not dropped. */
static void test_bound(void **state)
{
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);

	(void)state;
	for (uint64_t i = 0; i < PAIRS_WAITING; i++) {
		enter(p, 1, 2 * i);
		leave(p, 1, 2 * i + 1, 0);
	}
	assert_true(seen.pairs > 0);
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, PAIRS_WAITING);
	pairs_free(p);
}

/* Threads that ended inside don't keep others out. */
static void test_stuck(void **state)
{
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);

	(void)state;
	for (uint32_t tid = 1; tid <= PAIRS_THREADS; tid++)
		enter(p, tid, tid);
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.without, 0);
	enter(p, PAIRS_THREADS + 1, PAIRS_THREADS + 1);
	leave(p, PAIRS_THREADS + 1, PAIRS_THREADS + 4, 1);
	leave(p, PAIRS_THREADS, PAIRS_THREADS + 5, 1);
	leave(p, 1, PAIRS_THREADS + 6, 1); /* it was the first to go */
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, 2);
	assert_int_equal(seen.ns, 3 + 5);
	assert_int_equal(seen.without, PAIRS_THREADS / 4);
	pairs_free(p);
}

/* What comes after later ones were paired isn't paired with those. */
static void test_late(void **state)
{
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);

	(void)state;
	enter(p, 1, 10);
	enter(p, 1, 30);
	pairs_settle(p, 35); /* the first has no return */
	leave(p, 1, 20, 0);
	pairs_settle(p, 36);
	assert_int_equal(seen.without, 1);
	enter(p, 1, 25);
	leave(p, 1, 26, 0);
	pairs_settle(p, 36);
	assert_int_equal(seen.without, 2);
	assert_int_equal(seen.pairs, 0);
	leave(p, 1, 40, 0);
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, 1);
	assert_int_equal(seen.ns, 10);
	pairs_free(p);
	assert_int_equal(seen.without, 2);
}

/* A function that calls itself, and another one within it. */
static void test_nested(void **state)
{
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);
	struct half outer = { .tid = 1, .group = 3, .lane = 3, .nests = true };
	struct half inner = { .tid = 1, .group = 4, .lane = 4, .nests = true };

	(void)state;
	for (int i = 0; i < 3; i++, outer.time_ns += 10)
		pairs_put(p, &outer); /* at 0, 10, 20 */
	inner.time_ns = 25;
	pairs_put(p, &inner);
	inner.is_return = true;
	inner.time_ns = 26;
	pairs_put(p, &inner); /* 1 */
	outer.is_return = true;
	outer.time_ns = 30;
	for (int i = 0; i < 3; i++, outer.time_ns += 10)
		pairs_put(p, &outer); /* 10 + 30 + 50 */
	pairs_put(p, &outer);
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, 4);
	assert_int_equal(seen.ns, 91);
	assert_int_equal(seen.without, 0);
	assert_int_equal(seen.alone, 1);
	pairs_free(p);
}

/* Deeper than is looked at: those are without, the rest is right. */
static void test_deep(void **state)
{
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);
	struct half half = { .tid = 7, .group = 1, .lane = 1, .nests = true };

	(void)state;
	for (uint32_t i = 0; i < PAIRS_DEPTH + 5; i++, half.time_ns++)
		pairs_put(p, &half);
	pairs_end(p);
	assert_int_equal(seen.pairs, 0);
	assert_int_equal(seen.without, PAIRS_DEPTH + 5);
	half.is_return = true;
	pairs_put(p, &half);
	pairs_end(p);
	assert_int_equal(seen.alone, 1);
	pairs_free(p);
}

/* In and out again: the returns of those are passed over, and none is another's. */
static void test_deep_returns(void **state)
{
	enum {
		DEEP = PAIRS_DEPTH + 5
	};
	struct seen seen = { 0 };
	struct pairs *p = pairs_new(on_pair, &seen);
	struct half half = { .tid = 7, .group = 1, .lane = 1, .nests = true };
	uint64_t ns = 0;

	(void)state;
	for (uint32_t i = 0; i < DEEP; i++, half.time_ns++)
		pairs_put(p, &half);
	half.is_return = true;
	for (uint32_t i = DEEP; i-- > 0; half.time_ns++) {
		ns += i < PAIRS_DEPTH ? half.time_ns - i : 0;
		pairs_put(p, &half);
	}
	pairs_settle(p, UINT64_MAX);
	assert_int_equal(seen.pairs, PAIRS_DEPTH);
	assert_int_equal(seen.ns, ns);
	assert_int_equal(seen.without, 5);
	assert_int_equal(seen.alone, 5);
	pairs_free(p);
	assert_int_equal(seen.without, 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_deep_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
