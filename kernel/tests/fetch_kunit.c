// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake_memory.h"

#include "../core/spec.h"

#define IP 0xffffffff81234560ULL

/* Every slot holds another pattern, with the sign bit of each size set. */
static void fill_regs(struct pt_regs *regs)
{
	unsigned long *slots = (unsigned long *)regs;
	size_t i;

	for (i = 0; i < sizeof(*regs) / sizeof(*slots); i++)
		slots[i] = 0x8182838485868780UL + i;
}

static struct kpx_spec *parse(struct kunit *test, const char *text)
{
	struct kpx_spec *spec = NULL;
	struct kpx_error err = {};

	KUNIT_ASSERT_EQ_MSG(test,
			    kpx_spec_parse(kpx_slice(text, strlen(text)), 0,
					   &spec, &err),
			    0, "'%s': %s", text, err.text);
	return spec;
}

/* The dumb oracle: zeroes, then each field's low bytes, one by one. */
static void expect_record(const struct kpx_spec *spec,
			  const struct pt_regs *regs, u8 *want)
{
	unsigned int end = 16, i, b;

	memset(want, 0, KPX_RECORD_MAX);
	for (b = 0; b < 8; b++)
		want[8 + b] = (u8)(IP >> (8 * b));
	for (i = 0; i < spec->nr_args; i++) {
		const struct kpx_spec_arg *arg = &spec->args[i];
		u64 value = *(const unsigned long *)((const char *)regs +
						     spec->fetch.args[i].index);

		while (end % arg->type->bytes)
			end++;
		for (b = 0; b < arg->type->bytes; b++)
			want[end++] = (u8)(value >> (8 * b));
	}
}

static void check(struct kunit *test, const char *text, unsigned int bytes)
{
	u8 *record = kunit_kzalloc(test, KPX_RECORD_MAX, GFP_KERNEL);
	u8 *want = kunit_kzalloc(test, KPX_RECORD_MAX, GFP_KERNEL);
	struct kpx_spec *spec = parse(test, text);
	bool truncated = false;
	struct pt_regs regs;
	struct kpx_fetch_source source = { .regs = &regs, .ip = IP };
	unsigned int i;

	fill_regs(&regs);
	memset(record, 0xaa, KPX_RECORD_MAX);
	kpx_fetch_record(&spec->fetch, &source, 0, KPX_RECORD_MAX, record,
			 &truncated);
	expect_record(spec, &regs, want);

	KUNIT_EXPECT_EQ_MSG(test, (unsigned int)spec->fetch.max_bytes, bytes,
			    "of '%s'", text);
	KUNIT_EXPECT_EQ(test, (spec->fetch.max_bytes + 4) % 8, 0);
	KUNIT_EXPECT_TRUE_MSG(
		test, !memcmp(record + 8, want + 8, spec->fetch.max_bytes - 8),
		"record of '%s'", text);
	/* the head is perf's, and behind the tail's word nothing is touched */
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, (int)record[i], 0xaa);
	for (i = spec->fetch.max_bytes + 4; i < KPX_RECORD_MAX; i++)
		KUNIT_EXPECT_EQ(test, (int)record[i], 0xaa);
	kpx_spec_free(spec);
}

static void test_records(struct kunit *test)
{
	check(test, "p f", 20);
	check(test, "p f $arg1", 28);
	check(test, "p f $arg1:u32", 20);
	check(test, "p f $arg1:u32 $arg2:u8", 28);
	check(test, "p f $arg1:u8", 20);
	check(test, "p f $arg1:u8 $arg2:u16 $arg3:u8", 28);
	check(test, "p f $arg1:u8 $arg2:u64", 36);
	check(test, "p f $arg1:u8 $arg2:s16 $arg3:x32 $arg4:u64 $arg5:u8",
	      36 + 4 - 4);
	check(test, "p f $arg1:s32 $arg2:s32 $arg3:s32", 28);
	check(test,
	      "p f $arg1:u64 $arg2:u64 $arg3:u64 $arg4:u64 $arg5:u64 $arg6:u64",
	      68);
	check(test,
	      "p f %r15 %r14 %r13 %r12 %bp %bx %r11 %r10 %r9 %r8 %ax %cx %dx %si %di %orig_ax %ip %cs %flags %sp %ss",
	      16 + 21 * 8 + 4);
}

/* Any mix of types: seven bits of a counter choose four of them. */
static void test_mixes(struct kunit *test)
{
	static const char *const types[] = { "u8", "s16", "x32", "u64" };
	unsigned int mix;
	char text[64];

	for (mix = 0; mix < 256; mix++) {
		unsigned int end = 16, i;

		snprintf(text, sizeof(text),
			 "p f $arg1:%s $arg2:%s $arg3:%s $arg4:%s",
			 types[mix & 3], types[(mix >> 2) & 3],
			 types[(mix >> 4) & 3], types[mix >> 6]);
		for (i = 0; i < 4; i++) {
			unsigned int bytes = 1U << ((mix >> (2 * i)) & 3);

			end = (end + bytes - 1) / bytes * bytes + bytes;
		}
		check(test, text, (end + 4 + 7) / 8 * 8 - 4);
	}
}

/* System V: di, si, dx, cx, r8, r9; each $argN reads that slot and no other. */
static void test_args(struct kunit *test)
{
	struct pt_regs regs = { .di = 1,
				.si = 2,
				.dx = 3,
				.cx = 4,
				.r8 = 5,
				.r9 = 6 };
	struct kpx_spec *spec =
		parse(test, "p f $arg1 $arg2 $arg3 $arg4 $arg5 $arg6");
	struct kpx_fetch_source source = { .regs = &regs, .ip = IP };
	bool truncated = false;
	u64 *record = kunit_kzalloc(test, KPX_RECORD_MAX, GFP_KERNEL);
	unsigned int i;

	kpx_fetch_record(&spec->fetch, &source, 0, KPX_RECORD_MAX, record,
			 &truncated);
	KUNIT_EXPECT_EQ(test, record[1], (u64)IP);
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, record[2 + i], (u64)i + 1);
	kpx_spec_free(spec);
}

static void test_regs(struct kunit *test)
{
	unsigned int i;

	KUNIT_EXPECT_NULL(test, kpx_reg_by_arg(0));
	KUNIT_EXPECT_NULL(test, kpx_reg_by_arg(KPX_REG_ARGS + 1));
	for (i = 1; i <= KPX_REG_ARGS; i++) {
		const struct kpx_reg *reg = kpx_reg_by_arg(i);

		KUNIT_ASSERT_NOT_NULL(test, reg);
		KUNIT_EXPECT_EQ(test,
				(int)kpx_reg_by_name(
					kpx_slice(reg->name, strlen(reg->name)))
					->offset,
				(int)reg->offset);
		KUNIT_EXPECT_LE(test, reg->offset + sizeof(u64),
				sizeof(struct pt_regs));
	}
	KUNIT_EXPECT_NULL(test, kpx_reg_by_name(kpx_slice("", 0)));
	KUNIT_EXPECT_NULL(test, kpx_reg_by_name(kpx_slice("dii", 3)));
}

static void test_fields(struct kunit *test)
{
	struct kpx_spec *spec =
		parse(test, "p f a=$arg1:u8 b=$arg2:s32 c=$arg3");
	struct kpx_spec_field field;
	unsigned int i, end = 0;

	KUNIT_ASSERT_EQ(test, kpx_spec_nr_fields(spec, 0), 8U);
	for (i = 0; i < 8; i++) {
		field = kpx_spec_field(spec, 0, i);
		KUNIT_EXPECT_LE(test, end, (unsigned int)field.offset);
		KUNIT_EXPECT_EQ(test, field.offset % field.bytes, 0);
		KUNIT_EXPECT_EQ(test, !!(field.flags & KPX_FIELD_COMMON),
				i < 5);
		end = field.offset + field.bytes;
	}
	KUNIT_EXPECT_LE(test, end, (unsigned int)spec->fetch.max_bytes);

	field = kpx_spec_field(spec, 0, 4);
	KUNIT_EXPECT_STREQ(test, field.name, "__probe_ip");
	KUNIT_EXPECT_EQ(test, (int)field.offset, 8);
	field = kpx_spec_field(spec, 0, 6);
	KUNIT_EXPECT_STREQ(test, field.name, "b");
	KUNIT_EXPECT_STREQ(test, field.type, "s32");
	KUNIT_EXPECT_EQ(test, (int)field.offset, 20);
	KUNIT_EXPECT_EQ(test, (int)field.flags, (int)KPX_FIELD_SIGNED);
	field = kpx_spec_field(spec, 0, 7);
	KUNIT_EXPECT_EQ(test, (int)field.offset, 24);
	KUNIT_EXPECT_EQ(test, (int)field.flags, (int)KPX_FIELD_HEX);
	kpx_spec_free(spec);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_records), KUNIT_CASE(test_mixes),
	KUNIT_CASE(test_args),	  KUNIT_CASE(test_regs),
	KUNIT_CASE(test_fields),  {}
};

static struct kunit_suite fetch_suite = {
	.name = "kpx_fetch",
	.test_cases = cases,
};
kunit_test_suite(fetch_suite);
