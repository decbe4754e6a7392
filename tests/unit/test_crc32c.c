// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "crc32c.h"
#include "unit.h"

/* RFC 3720, B.4, and the usual check value. */
static void test_known(void **state)
{
	uint8_t bytes[32];

	(void)state;
	assert_int_equal(kpc_crc32c(0, "123456789", 9), 0xe3069283);
	assert_int_equal(kpc_crc32c_table(0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(kpc_crc32c(0, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(kpc_crc32c(0, bytes, 32), 0x62a8ab43);
	for (int i = 0; i < 32; i++)
		bytes[i] = i;
	assert_int_equal(kpc_crc32c(0, bytes, 32), 0x46dd794e);
	assert_int_equal(kpc_crc32c(0, NULL, 0), 0);
}

/* The instruction and the table agree, at every alignment and length. */
static void test_same(void **state)
{
	uint64_t seed = 42;
	uint8_t bytes[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = unit_random(&seed);
	for (size_t at = 0; at < 9; at++)
		for (size_t n = 0; n + at <= sizeof(bytes); n++)
			assert_int_equal(kpc_crc32c(0, bytes + at, n),
					 kpc_crc32c_table(0, bytes + at, n));
}

static void test_continues(void **state)
{
	static const char text[] = "the quick brown fox jumps";
	size_t n = sizeof(text) - 1;

	(void)state;
	for (size_t cut = 0; cut <= n; cut++) {
		uint32_t crc = kpc_crc32c(0, text, cut);

		assert_int_equal(kpc_crc32c(crc, text + cut, n - cut),
				 kpc_crc32c(0, text, n));
		assert_int_equal(kpc_crc32c_table(crc, text + cut, n - cut),
				 kpc_crc32c(0, text, n));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_continues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
