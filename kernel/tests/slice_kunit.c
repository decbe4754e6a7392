// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../core/slice.h"

static struct kpx_slice slice(const char *str)
{
	return kpx_slice(str, strlen(str));
}

static void test_sub_clamps(struct kunit *test)
{
	struct kpx_slice s = slice("abcdef");

	KUNIT_EXPECT_TRUE(test, kpx_slice_eq(kpx_slice_sub(s, 1, 3), "bc"));
	KUNIT_EXPECT_TRUE(test, kpx_slice_eq(kpx_slice_sub(s, 4, 100), "ef"));
	KUNIT_EXPECT_TRUE(test, kpx_slice_eq(kpx_slice_sub(s, 5, 2), ""));
	KUNIT_EXPECT_TRUE(test, kpx_slice_eq(kpx_slice_sub(s, 100, 200), ""));
}

static void test_tokens(struct kunit *test)
{
	struct kpx_slice text = slice(" \t one\r two\v\f\nthree ");
	size_t pos = 0;

	KUNIT_EXPECT_TRUE(test,
			  kpx_slice_eq(kpx_slice_token(text, &pos), "one"));
	KUNIT_EXPECT_TRUE(test,
			  kpx_slice_eq(kpx_slice_token(text, &pos), "two"));
	KUNIT_EXPECT_TRUE(test,
			  kpx_slice_eq(kpx_slice_token(text, &pos), "three"));
	KUNIT_EXPECT_EQ(test, kpx_slice_token(text, &pos).len, (size_t)0);
	KUNIT_EXPECT_EQ(test, kpx_slice_token(text, &pos).len, (size_t)0);
	KUNIT_EXPECT_EQ(test, pos, text.len);
}

static void test_commands(struct kunit *test)
{
	struct kpx_slice text = slice("a;;b c;"), command;
	size_t pos = 0;

	KUNIT_ASSERT_TRUE(test, kpx_slice_command(text, ';', &pos, &command));
	KUNIT_EXPECT_TRUE(test, kpx_slice_eq(command, "a"));
	KUNIT_ASSERT_TRUE(test, kpx_slice_command(text, ';', &pos, &command));
	KUNIT_EXPECT_TRUE(test, kpx_slice_eq(command, ""));
	KUNIT_ASSERT_TRUE(test, kpx_slice_command(text, ';', &pos, &command));
	KUNIT_EXPECT_TRUE(test, kpx_slice_eq(command, "b c"));
	KUNIT_EXPECT_FALSE(test, kpx_slice_command(text, ';', &pos, &command));
	pos = 0;
	KUNIT_EXPECT_FALSE(test,
			   kpx_slice_command(slice(""), ';', &pos, &command));
}

static void test_blank(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kpx_slice_is_blank(slice("")));
	KUNIT_EXPECT_TRUE(test, kpx_slice_is_blank(slice(" \t\r")));
	KUNIT_EXPECT_TRUE(test, kpx_slice_is_blank(slice("  # p:a b")));
	KUNIT_EXPECT_FALSE(test, kpx_slice_is_blank(slice("p #")));
}

static void test_identifier(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, kpx_slice_is_identifier(slice("_a9Z")));
	KUNIT_EXPECT_FALSE(test, kpx_slice_is_identifier(slice("")));
	KUNIT_EXPECT_FALSE(test, kpx_slice_is_identifier(slice("9a")));
	KUNIT_EXPECT_FALSE(test, kpx_slice_is_identifier(slice("a-b")));
	KUNIT_EXPECT_FALSE(test, kpx_slice_is_identifier(slice("a.b")));
	KUNIT_EXPECT_FALSE(test, kpx_slice_is_identifier(slice("\xe9")));
	KUNIT_EXPECT_FALSE(test, kpx_slice_is_identifier(kpx_slice("a\0b", 3)));
}

static void test_number_limits(struct kunit *test)
{
	u64 n = 7;

	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice(""), U64_MAX, &n),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice("0x"), U64_MAX, &n),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice("-1"), U64_MAX, &n),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice("+1"), U64_MAX, &n),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice("08"), U64_MAX, &n),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice("7"), 6, &n), -ERANGE);
	KUNIT_EXPECT_EQ(test, n, (u64)7);
	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice("6"), 6, &n), 0);
	KUNIT_EXPECT_EQ(test, n, (u64)6);
	KUNIT_EXPECT_EQ(test, kpx_slice_number(slice("010"), 8, &n), 0);
	KUNIT_EXPECT_EQ(test, n, (u64)8);
	KUNIT_EXPECT_EQ(
		test,
		kpx_slice_number(slice("0xFFFFFFFFFFFFFFFF"), U64_MAX, &n), 0);
	KUNIT_EXPECT_EQ(test, n, U64_MAX);
	KUNIT_EXPECT_EQ(test,
			kpx_slice_number(slice("0x10000000000000000"), U64_MAX,
					 &n),
			-ERANGE);
	KUNIT_EXPECT_EQ(test,
			kpx_slice_number(slice("18446744073709551616"), U64_MAX,
					 &n),
			-ERANGE);
}

/* Against the dumb oracle: the kernel's own kstrtoull() of random digits. */
static void test_number_oracle(struct kunit *test)
{
	static const char digits[] = "001179fFxX8z";
	u32 seed = 1;
	int round;

	for (round = 0; round < 20000; round++) {
		unsigned long long want = 0;
		char text[24];
		u64 got = 0;
		size_t i, len;
		int ret;

		seed = seed * 1103515245 + 12345;
		len = 1 + (seed >> 16) % 22;
		for (i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = digits[(seed >> 16) % (sizeof(digits) - 1)];
		}
		text[len] = '\0';
		ret = kstrtoull(text, 0, &want);
		KUNIT_EXPECT_EQ_MSG(test,
				    kpx_slice_number(kpx_slice(text, len),
						     U64_MAX, &got),
				    ret, "of '%s'", text);
		if (!ret)
			KUNIT_EXPECT_EQ_MSG(test, got, (u64)want, "of '%s'",
					    text);
	}
}

static void test_signed(struct kunit *test)
{
	static const struct {
		const char *text;
		int ret;
		s64 number;
	} table[] = {
		{ "0", 0, 0 },
		{ "+10", 0, 10 },
		{ "-0x10", 0, -16 },
		{ "-010", 0, -8 },
		{ "9223372036854775807", 0, 9223372036854775807LL },
		{ "-9223372036854775808", 0, -9223372036854775807LL - 1 },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "+-1", -EINVAL, 0 },
		{ "--1", -EINVAL, 0 },
		{ "1-", -EINVAL, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		s64 number = 0;

		KUNIT_EXPECT_EQ_MSG(
			test,
			kpx_slice_signed(kpx_slice(table[i].text,
						   strlen(table[i].text)),
					 &number),
			table[i].ret, "of '%s'", table[i].text);
		KUNIT_EXPECT_EQ(test, number, table[i].number);
	}
}

static void test_decimal(struct kunit *test)
{
	u64 number = 0;

	KUNIT_EXPECT_EQ(test,
			kpx_slice_decimal(kpx_slice("010", 3), 10, &number), 0);
	KUNIT_EXPECT_EQ(test, number, (u64)10);
	KUNIT_EXPECT_EQ(test,
			kpx_slice_decimal(kpx_slice("11", 2), 10, &number),
			-ERANGE);
	KUNIT_EXPECT_EQ(test,
			kpx_slice_decimal(kpx_slice("0x1", 3), 10, &number),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, kpx_slice_decimal(kpx_slice("", 0), 10, &number),
			-EINVAL);
}

static void test_find_last(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, kpx_slice_find_last(kpx_slice("a)b)c", 5), ')'),
			(size_t)3);
	KUNIT_EXPECT_EQ(test, kpx_slice_find_last(kpx_slice(")", 1), ')'),
			(size_t)0);
	KUNIT_EXPECT_EQ(test, kpx_slice_find_last(kpx_slice("abc", 3), ')'),
			(size_t)3);
	KUNIT_EXPECT_EQ(test, kpx_slice_find_last(kpx_slice("", 0), ')'),
			(size_t)0);
}

static struct kunit_case cases[] = { KUNIT_CASE(test_sub_clamps),
				     KUNIT_CASE(test_tokens),
				     KUNIT_CASE(test_commands),
				     KUNIT_CASE(test_blank),
				     KUNIT_CASE(test_identifier),
				     KUNIT_CASE(test_number_limits),
				     KUNIT_CASE(test_number_oracle),
				     KUNIT_CASE(test_signed),
				     KUNIT_CASE(test_decimal),
				     KUNIT_CASE(test_find_last),
				     {} };

static struct kunit_suite slice_suite = {
	.name = "kpx_slice",
	.test_cases = cases,
};
kunit_test_suite(slice_suite);
