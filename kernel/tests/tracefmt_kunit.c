// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core/tracefmt.h"

static const struct {
	const char *text, *print_fmt;
} whole[] = {
	{ "p:n f", "\"(%lx)\", REC->__probe_ip" },
	{ "p:n f a=$arg1", "\"(%lx) a=0x%Lx\", REC->__probe_ip, REC->a" },
	{ "p:n f a=$arg1:u8 b=$arg1:u16 c=$arg1:u32 d=$arg1:u64",
	  "\"(%lx) a=%u b=%u c=%u d=%Lu\", REC->__probe_ip, REC->a, REC->b, REC->c, REC->d" },
	{ "p:n f a=$arg1:s8 b=$arg1:s16 c=$arg1:s32 d=$arg1:s64",
	  "\"(%lx) a=%hhd b=%hd c=%d d=%Ld\", REC->__probe_ip, REC->a, REC->b, REC->c, REC->d" },
	{ "p:n f a=$arg1:x8 b=$arg1:x16 c=$arg1:x32 d=$arg1:x64",
	  "\"(%lx) a=0x%x b=0x%x c=0x%x d=0x%Lx\", REC->__probe_ip, REC->a, REC->b, REC->c, REC->d" },
};

static void test_print(struct kunit *test)
{
	struct kpx_error err = {};
	struct kpx_spec *spec;
	char buf[256];
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(whole); i++) {
		const char *text = whole[i].text, *want = whole[i].print_fmt;

		KUNIT_ASSERT_EQ_MSG(
			test,
			kpx_spec_parse(kpx_slice(text, strlen(text)), 0, &spec,
				       &err),
			0, "'%s': %s", text, err.text);
		len = kpx_tracefmt_print(spec, buf, sizeof(buf));
		KUNIT_EXPECT_STREQ(test, buf, want);
		KUNIT_EXPECT_EQ(test, len, strlen(want));
		/* as snprintf: what doesn't fit is cut and counted */
		KUNIT_EXPECT_EQ(test, kpx_tracefmt_print(spec, NULL, 0), len);
		KUNIT_EXPECT_EQ(test, kpx_tracefmt_print(spec, buf, 10), len);
		KUNIT_EXPECT_EQ(test, strlen(buf), 9UL);
		KUNIT_EXPECT_EQ(test, strncmp(buf, want, 9), 0);
		kpx_spec_free(spec);
	}
}

static const struct {
	struct kpx_spec_field field;
	const char *type;
	enum kpx_tracefmt_kind kind;
	unsigned int bytes;
} fields[] = {
	{ { "n", "u8", 0, 1, 0, 0 }, "u8", KPX_TRACEFMT_UNSIGNED, 1 },
	{ { "n", "s64", 0, 8, 0, KPX_FIELD_SIGNED },
	  "s64",
	  KPX_TRACEFMT_SIGNED,
	  8 },
	{ { "n", "x32", 0, 4, 0, KPX_FIELD_HEX }, "u32", KPX_TRACEFMT_HEX, 4 },
	{ { "n", "u16[5]", 0, 10, 5, 0 }, "u16[5]", KPX_TRACEFMT_UNSIGNED, 2 },
	{ { "n", "x64[1]", 0, 8, 1, KPX_FIELD_HEX },
	  "u64[1]",
	  KPX_TRACEFMT_HEX,
	  8 },
	{ { "n", "char", 0, 1, 0, 0 }, "u8", KPX_TRACEFMT_CHAR, 1 },
	{ { "n", "char[4]", 0, 4, 4, 0 }, "u8[4]", KPX_TRACEFMT_CHAR, 1 },
	{ { "n", "symbol", 0, 8, 0, KPX_FIELD_HEX | KPX_FIELD_SYMBOL },
	  "u64",
	  KPX_TRACEFMT_SYMBOL,
	  8 },
	{ { "n", "b4@2/16", 0, 2, 0, 0 }, "u16", KPX_TRACEFMT_UNSIGNED, 2 },
	{ { "n", "string", 0, 4, 0, KPX_FIELD_STRING },
	  "__data_loc char[]",
	  KPX_TRACEFMT_STRING,
	  4 },
	{ { "n", "ustring[16383]", 0, 65532, 16383, KPX_FIELD_STRING },
	  "__data_loc char[][16383]",
	  KPX_TRACEFMT_STRING,
	  4 },
};

static void test_fields(struct kunit *test)
{
	char type[KPX_TRACEFMT_TYPE_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		kpx_tracefmt_type(&fields[i].field, type);
		KUNIT_EXPECT_STREQ(test, type, fields[i].type);
		KUNIT_EXPECT_EQ_MSG(test, kpx_tracefmt_kind(&fields[i].field),
				    fields[i].kind, "%s", fields[i].field.type);
		KUNIT_EXPECT_EQ(test, kpx_tracefmt_bytes(&fields[i].field),
				fields[i].bytes);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_print),
	KUNIT_CASE(test_fields),
	{},
};

static struct kunit_suite suite = {
	.name = "kpx_tracefmt",
	.test_cases = cases,
};
kunit_test_suite(suite);
