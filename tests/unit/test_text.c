// SPDX-License-Identifier: GPL-2.0-only
/* cmd's own formatting of numbers and strings. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
	/* UTF-8 stays; what looks like it, isn't. */
	text_json(text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc3");
	assert_text(text, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\\u00c3\"");
	text_json(text, "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80");
	assert_text(text, "\"\\u00c0\\u00af\\u00ed\\u00a0\\u0080"
			  "\\u00f4\\u0090\\u0080\\u0080\"");
	text_json_bytes(text, (const uint8_t *)"\0\x7f", 2);
	assert_text(text, "\"\\u0000\\u007f\"");
	text_hex_bytes(text, (const uint8_t *)"\x00\x9f", 2);
	assert_text(text, "009f");
	text_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
