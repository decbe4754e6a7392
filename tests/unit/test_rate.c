// SPDX-License-Identifier: GPL-2.0-only
/* test_rate - rates over time, processes, and values that are few */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "few.h"
#include "processes.h"
#include "rate.h"
#include "unit.h"

/* Each time is in the bucket that a division says, in whatever order they come. */
static void test_buckets(void **state)
{
	uint64_t seed = 1, times[500], want[RATE_BUCKETS] = { 0 };
	const uint64_t start = 1000000007, ns = 123456789;
	struct rate rate;

	(void)state;
	rate_init(&rate, start, start + ns);
	assert_true(rate.bucket_ns * RATE_BUCKETS > ns);
	for (int i = 0; i < 500; i++) {
		times[i] = start + unit_random(&seed) % (ns + 1);
		want[(times[i] - start) / rate.bucket_ns]++;
	}
	rate_add(&rate, times, 500);
	assert_memory_equal(rate.n, want, sizeof(want));
}

/* A file may say anything of its times. */
static void test_outside(void **state)
{
	static const uint64_t times[] = { 0,   99,  100, 159,	    160,
					  161, 220, 221, UINT64_MAX };
	struct rate rate;

	(void)state;
	rate_init(&rate, 100, 159);
	rate_add(&rate, times, sizeof(times) / sizeof(*times));
	assert_int_equal(rate.bucket_ns, 1);
	assert_int_equal(rate.n[0], 3);
	assert_int_equal(rate.n[59], 6);
	assert_int_equal(rate_most(&rate), 6);
	rate_init(&rate, 100, 50);
	rate_add(&rate, times, 3);
	assert_int_equal(rate.n[0] + rate.n[1], 3);
	rate_init(&rate, 0, UINT64_MAX);
	assert_int_equal(rate_bucket(&rate, UINT64_MAX), RATE_BUCKETS - 1);
}

static char *spark(const struct rate *rate)
{
	struct text *text = text_new(-1);
	char *line;

	rate_spark(text, rate);
	line = strndup(text->buf, text->used);
	text_free(text);
	return line;
}

/* The unit tests' locale is C: ASCII. What isn't none is to be seen. */
static void test_spark(void **state)
{
	struct rate rate;
	char *line;

	(void)state;
	setenv("LC_ALL", "C", 1);
	rate_init(&rate, 0, 59);
	rate.n[0] = 1;
	rate.n[1] = 1000000;
	rate.n[2] = 500000;
	line = spark(&rate);
	assert_int_equal(strlen(line), RATE_BUCKETS);
	assert_memory_equal(line, ".#- ", 4);
	free(line);
	rate.n[1] = UINT64_MAX;
	line = spark(&rate);
	assert_memory_equal(line, ".#. ", 4);
	free(line);
}

static void test_processes(void **state)
{
	struct processes p = { 0 };
	char text[64];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		processes_add(&p, i, i == 7 ? "a b" : "", i == 7 ? 5 : 1);
	processes_add(&p, 7, "tar", 1);
	processes_add(&p, UINT32_MAX, "", 3);
	processes_add(&p, 0, "", 1);
	processes_finish(&p);
	assert_int_equal(p.nr, 1001);
	assert_int_equal(p.nr_top, PROCESSES_TOP);
	assert_int_equal(p.top[0].pid, 7);
	assert_int_equal(p.top[0].count, 6);
	assert_string_equal(process_text(&p.top[0], text, sizeof(text)),
			    "tar (7)");
	assert_string_equal(process_text(&p.top[1], text, sizeof(text)),
			    "(unknown)");
	assert_int_equal(p.top[2].count, 2);
	assert_string_equal(process_text(&p.top[2], text, sizeof(text)),
			    "(idle)");
	assert_int_equal(p.top[3].pid, 1);
	processes_uninit(&p);
}

/* Beyond the limit they are counted together. */
static void test_many_processes(void **state)
{
	struct processes p = { 0 };
	uint64_t sum = 0;

	(void)state;
	for (uint32_t i = 0; i < PROCESSES_MAX + 100; i++)
		processes_add(&p, i, "", 2);
	processes_add(&p, 5, "", 1);
	assert_true(p.nr <= PROCESSES_MAX);
	for (uint32_t i = 0; i < p.nr; i++)
		sum += p.process[i].count;
	assert_int_equal(sum + p.others, (PROCESSES_MAX + 100) * 2 + 1);
	assert_true(p.others >= 200);
	processes_uninit(&p);
}

static void test_few(void **state)
{
	static const int64_t values[] = { 3, -2, 3, 0, -11, 3, -2 };
	struct few few = { .is_signed = true };

	(void)state;
	for (int i = 0; i < 7; i++)
		few_add(&few, values[i]);
	assert_int_equal(few.nr, 4);
	assert_int_equal(few.below, 3);
	assert_int_equal((int64_t)few.value[0].value, -11);
	assert_int_equal((int64_t)few.value[1].value, -2);
	assert_int_equal(few.value[1].n, 2);
	assert_int_equal(few.value[3].n, 3);
	assert_false(few.more);
	for (uint64_t i = 0; i < FEW_MAX; i++)
		few_add(&few, 100 + i);
	assert_true(few.more);
	few_add(&few, -1);
	assert_int_equal(few.below, 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_spark),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_many_processes),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
