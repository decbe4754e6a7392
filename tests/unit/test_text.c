// SPDX-License-Identifier: GPL-2.0-only
/* cmd's own number formatting and summaries. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "summary.h"
#include "text.h"
#include "unit.h"

static void assert_text(struct text *text, const char *want)
{
	assert_int_equal(text->used, strlen(want));
	assert_memory_equal(text->buf, want, text->used);
	text->used = 0;
}

static void test_numbers(void **state)
{
	static const uint64_t odd[] = { 0,
					9,
					10,
					99,
					100,
					101,
					999,
					1000,
					UINT32_MAX,
					INT64_MAX,
					UINT64_MAX,
					1ull << 63,
					10000000000000000000ull };
	struct text *text = text_new(-1);
	uint64_t seed = 77;
	char want[64];

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint64_t v = i < 13 ? odd[i] :
				      unit_random(&seed) >>
					      unit_random(&seed) % 64;

		snprintf(want, sizeof(want), "%" PRIu64, v);
		text_u64(text, v);
		assert_text(text, want);
		snprintf(want, sizeof(want), "%" PRId64, (int64_t)v);
		text_s64(text, v);
		assert_text(text, want);
		snprintf(want, sizeof(want), "0x%" PRIx64, v);
		text_hex(text, v);
		assert_text(text, want);
		snprintf(want, sizeof(want), "%" PRIu64 ".%09" PRIu64,
			 v / 1000000000, v % 1000000000);
		text_seconds(text, v);
		assert_text(text, want);
	}
	text_free(text);
}

static void test_strings(void **state)
{
	struct text *text = text_new(-1);

	(void)state;
	text_quoted(text, (const uint8_t *)"a \"b\\\n\0\xff", 8);
	assert_text(text, "\"a \\x22b\\x5c\\x0a\\x00\\xff\"");
	text_quoted(text, NULL, 0);
	assert_text(text, "\"\"");
	text_word(text, "two words");
	assert_text(text, "two\\x20words");
	text_json(text, "q\"b\\t\t\xe9");
	assert_text(text, "\"q\\\"b\\\\t\\u0009\\u00e9\"");
	text_hex_bytes(text, (const uint8_t *)"\x00\x9f", 2);
	assert_text(text, "009f");
	text_free(text);
}

static void test_summary(void **state)
{
	struct summary summary = { .is_signed = true };
	struct summary_value top[SUMMARY_TOP];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t v = i < 500 ? -7 : i % 20;

		summary_add(&summary, &v, 1);
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
		summary_add(&summary, &i, 1);
	assert_int_equal(summary.distinct, SUMMARY_MAX);
	assert_true(summary.more);
	assert_int_equal(summary.max, SUMMARY_MAX + 9);
	summary_uninit(&summary);
	assert_int_equal(summary_top(&summary, top), 0);
}

/* Values that a hash without a secret puts next to each other. */
static void test_summary_colliding(void **state)
{
	struct summary summary = { 0 };
	clock_t start = clock();

	(void)state;
	for (uint64_t i = 0; i < 400000; i++) {
		uint64_t value = (5ull << 32 | i) * 0xf1de83e19937733dull;

		summary_add(&summary, &value, 1);
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
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_summary_colliding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
