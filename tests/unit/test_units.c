// SPDX-License-Identifier: GPL-2.0-only
/* Sizes and times as people write them. */
#include <errno.h>

#include "unit.h"
#include "units.h"

static void assert_size(const char *text, uint64_t want)
{
	uint64_t got = 7;

	assert_int_equal(units_size(text, &got), 0);
	assert_int_equal(got, want);
}

static void assert_time(const char *text, uint64_t want)
{
	uint64_t got = 7;

	assert_int_equal(units_time(text, 0, &got), 0);
	assert_int_equal(got, want);
}

static void test_sizes(void **state)
{
	(void)state;
	assert_size("0", 0);
	assert_size("4096", 4096);
	assert_size("17B", 17);
	assert_size("512K", 512 << 10);
	assert_size("64M", 64 << 20);
	assert_size("64m", 64 << 20);
	assert_size("64MB", 64 << 20);
	assert_size("64MiB", 64 << 20);
	assert_size("3G", 3ull << 30);
	assert_size("2T", 2ull << 40);
	assert_size("1.5M", 3 << 19);
	assert_size("0.25K", 256);
	assert_size("1.0001", 1);
	assert_size("18446744073709551615", UINT64_MAX);
	assert_size("16777215T", 16777215ull << 40);
}

static void test_times(void **state)
{
	(void)state;
	assert_time("1ns", 1);
	assert_time("20us", 20000);
	assert_time("500ms", 500000000);
	assert_time("10s", 10000000000ull);
	assert_time("10S", 10000000000ull);
	assert_time("2m", 120000000000ull);
	assert_time("1h", 3600000000000ull);
	assert_time("0s", 0);
	assert_time("1.5s", 1500000000);
	assert_time("0.1m", 6000000000ull);
	assert_time("0.0000000019s", 1);
	assert_time("0.5ns", 0);
	assert_time("18446744073.709551615s", UINT64_MAX);
}

static void test_bare(void **state)
{
	uint64_t ns;

	(void)state;
	assert_int_equal(units_time("10", 0, &ns), -EINVAL);
	assert_int_equal(units_time("10", 1000000000, &ns), 0);
	assert_int_equal(ns, 10000000000ull);
	assert_int_equal(units_time("10ms", 1000000000, &ns), 0);
	assert_int_equal(ns, 10000000);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",	"-1",	 "-1s",	      "+1",	    " 1",   "1 ",
		"1 s",	"s",	 "K",	      ".5s",	    ".5K",  "1.s",
		"1.K",	"1..5s", "1e3s",      "0x10",	    "1sec", "1mss",
		"1KK",	"1Mi",	 "1iB",	      "1BB",	    "1P",   "1d",
		"1,5s", "1.5.5", "\xc2\xb5s", "1\xc2\xb5s", "nan",  "inf",
	};
	uint64_t out;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (units_size(texts[i], &out) != -EINVAL ||
		    units_time(texts[i], 0, &out) != -EINVAL)
			fail_msg("'%s' was taken", texts[i]);
	}
}

static void test_too_large(void **state)
{
	uint64_t out;

	(void)state;
	assert_int_equal(units_size("18446744073709551616", &out), -ERANGE);
	assert_int_equal(units_size("16777216T", &out), -ERANGE);
	assert_int_equal(units_size("16777215.9999999999999T", &out), 0);
	assert_int_equal(units_time("18446744073.709551616s", 0, &out),
			 -ERANGE);
	assert_int_equal(units_time("5124096h", 0, &out), -ERANGE);
	assert_int_equal(units_time("99999999999999999999999s", 0, &out),
			 -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
