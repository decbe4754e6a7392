// SPDX-License-Identifier: GPL-2.0-only
/* Which thread reads which ring. */
#include "crew.h"
#include "unit.h"

#define RINGS 240u

/* Each has as many as the others, of those that are there and of the rest. */
static void is_fair(uint32_t open, uint32_t rings, uint32_t threads)
{
	uint32_t of[2][KPC_THREADS_MAX] = { { 0 } };
	uint32_t nr[2] = { open, rings - open };
	uint32_t last[2] = { 0 };

	for (uint32_t i = 0; i < rings; i++) {
		uint32_t reader = kpc_crew_reader(i, open, rings, threads);

		assert_true(reader < threads);
		assert_true(reader >= last[i >= open]);
		last[i >= open] = reader;
		of[i >= open][reader]++;
	}
	for (uint32_t late = 0; late < 2; late++)
		for (uint32_t i = 0; i < threads; i++)
			assert_in_range(of[late][i], nr[late] / threads,
					(nr[late] + threads - 1) / threads);
}

static void test_fair(void **state)
{
	(void)state;
	is_fair(16, 16, 2);
	is_fair(16, RINGS, 2);
	is_fair(2, RINGS, 2);
	is_fair(100, RINGS, 7);
	is_fair(RINGS, RINGS, KPC_THREADS_MAX);
	is_fair(1, 2, 1);
	is_fair(0, 2, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
