// SPDX-License-Identifier: GPL-2.0-only
/* test_table - columns for a width, and the numbers in them */
#include <string.h>

#include "quantity.h"
#include "table.h"
#include "unit.h"

static const struct table_column columns[] = {
	{ .heading = "CALLS" },
	{ .heading = "RATE", .leave = 2 },
	{ .heading = "MAX", .leave = 1 },
	{ .heading = "PROCESS", .left = true, .cut = TABLE_CUT_END },
	{ .heading = "FILE", .left = true, .cut = TABLE_CUT_BEGIN },
};

static struct table *make(void)
{
	static const char *const rows[][5] = {
		{ "1,234", "12.5", "1.20ms", "a-process (1234)",
		  "/home/somebody/a/very/deep/folder/file.txt" },
		{ "1", "0", "3ns", "sh (1)", "/x" },
	};
	struct table *t = table_new(columns, 5);

	for (int i = 0; i < 2; i++)
		assert_true(table_row(t, rows[i]));
	return t;
}

static void expect(const struct table *t, int width, int64_t row,
		   const char *want)
{
	int widths[TABLE_COLUMNS];
	char line[256];

	table_layout(t, width, widths);
	assert_int_equal(table_line(t, widths, row, line, sizeof(line)),
			 strlen(want));
	assert_string_equal(line, want);
}

static void test_all(void **state)
{
	struct table *t = make();

	(void)state;
	expect(t, 0, -1, "CALLS  RATE     MAX  PROCESS           FILE");
	expect(t, 0, 0,
	       "1,234  12.5  1.20ms  a-process (1234)  "
	       "/home/somebody/a/very/deep/folder/file.txt");
	expect(t, 200, 1, "    1     0     3ns  sh (1)            /x");
	table_free(t);
}

/* A path's end says more, a name's beginning. */
static void test_cut(void **state)
{
	struct table *t = make();

	(void)state;
	expect(t, 60, 0,
	       "1,234  12.5  1.20ms  a-process (1234)  ..eep/folder/file.txt");
	expect(t, 60, 1, "    1     0     3ns  sh (1)            /x");
	expect(t, 47, 0, "1,234  12.5  1.20ms  a-process ..  ..r/file.txt");
	table_free(t);
}

static void test_left_out(void **state)
{
	struct table *t = make();

	(void)state;
	expect(t, 42, -1, "CALLS     MAX  PROCESS        FILE");
	expect(t, 36, -1, "CALLS  PROCESS          FILE");
	expect(t, 36, 0, "1,234  a-process (12..  ..r/file.txt");
	/* Too narrow for what there is at least: no more is cut. */
	expect(t, 10, -1, "CALLS  PROCESS       FILE");
	table_free(t);
}

/* Nothing is written beyond the end. */
static void test_line_end(void **state)
{
	struct table *t = make();
	int widths[TABLE_COLUMNS];
	char line[64];

	(void)state;
	table_layout(t, 0, widths);
	for (size_t size = 1; size <= sizeof(line); size++) {
		memset(line, '!', sizeof(line));
		assert_true(table_line(t, widths, 0, line, size) < size);
		assert_true(memchr(line, '\0', size));
		if (size < sizeof(line))
			assert_int_equal(line[size], '!');
	}
	table_free(t);
}

static void test_empty(void **state)
{
	struct table *t = table_new(columns, 5);

	(void)state;
	assert_int_equal(table_rows(t), 0);
	expect(t, 80, -1, "CALLS  RATE  MAX  PROCESS  FILE");
	table_free(t);
}

static void test_quantities(void **state)
{
	char text[QUANTITY_TEXT];

	(void)state;
	assert_string_equal(quantity_count(0, text), "0");
	assert_string_equal(quantity_count(999, text), "999");
	assert_string_equal(quantity_count(1000, text), "1,000");
	assert_string_equal(quantity_count(UINT64_MAX, text),
			    "18,446,744,073,709,551,615");
	assert_string_equal(quantity_time(0, text), "0ns");
	assert_string_equal(quantity_time(999, text), "999ns");
	assert_string_equal(quantity_time(1000, text), "1.00us");
	assert_string_equal(quantity_time(12340, text), "12.3us");
	assert_string_equal(quantity_time(999499, text), "999us");
	assert_string_equal(quantity_time(999500, text), "1.00ms");
	assert_string_equal(quantity_time(1500000000, text), "1.50s");
	assert_string_equal(quantity_time(7200000000000, text), "2.00h");
	assert_string_equal(quantity_bytes(0, text), "0B");
	assert_string_equal(quantity_bytes(1023, text), "1023B");
	assert_string_equal(quantity_bytes(1024, text), "1.0KiB");
	assert_string_equal(quantity_bytes(1048575, text), "1.0MiB");
	assert_string_equal(quantity_bytes(1e19, text), "8.7EiB");
	assert_string_equal(quantity_rate(0, text), "0");
	assert_string_equal(quantity_rate(0.25, text), "0.25");
	assert_string_equal(quantity_rate(1, text), "1.0");
	assert_string_equal(quantity_rate(9.94, text), "9.9");
	assert_string_equal(quantity_rate(9.96, text), "10");
	assert_string_equal(quantity_rate(1234.5, text), "1,235");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_line_end),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_quantities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
