// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fake_memory.h"

#include "../core/fetch.h"
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

		while (end % arg->type.base->bytes)
			end++;
		for (b = 0; b < arg->type.base->bytes; b++)
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

/* ---- what isn't a plain register ------------------------------------------ */

#define LIMIT 1024

/* One record of one definition, and what it was fetched from. */
struct fetched {
	struct kpx_spec *spec;
	struct pt_regs regs;
	struct kpx_fetch_source source;
	u64 entry[8];
	u8 *record;
	unsigned int bytes, tail_bytes, limit;
	bool truncated;
};

/* A memory of patterns; strings and pointers are where a test puts them. */
static void fill_memory(void)
{
	unsigned int i;

	for (i = 0; i < FAKE_BYTES; i++) {
		fake.kernel[i] = (char)(0x80 + i * 7);
		fake.user[i] = (char)(0x41 + i * 5);
	}
	memset(fake.comm, 0, sizeof(fake.comm));
	memcpy(fake.comm, "kworker/0:1", 12);
}

static void put_word(char *area, unsigned int at, u64 value)
{
	memcpy(area + at, &value, sizeof(value));
}

/* di: kernel memory, si: user memory, dx: nowhere, sp: on a stack in both. */
static struct fetched *prepare(struct kunit *test, const char *text)
{
	struct fetched *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	f->spec = parse(test, text);
	f->record = kunit_kzalloc(test, KPX_RECORD_MAX, GFP_KERNEL);
	f->limit = LIMIT;
	fill_regs(&f->regs);
	f->regs.di = FAKE_KERNEL;
	f->regs.si = FAKE_USER;
	f->regs.dx = 0x10;
	f->regs.ax = (unsigned long)-5;
	f->regs.sp = FAKE_KERNEL + 256;
	f->source.regs = &f->regs;
	f->source.ip = IP;
	f->source.duration_ns = 123456789;
	f->source.entry = f->entry;
	return f;
}

static void fetch(struct kunit *test, struct fetched *f)
{
	unsigned int i;

	memset(f->record, 0xaa, KPX_RECORD_MAX);
	f->truncated = false;
	f->bytes = kpx_fetch_record(&f->spec->fetch, &f->source, f->tail_bytes,
				    f->limit, f->record, &f->truncated);
	KUNIT_EXPECT_EQ(test, f->bytes % 8, 4U);
	KUNIT_EXPECT_LE(test, f->bytes, f->limit);
	KUNIT_EXPECT_LE(test, f->spec->fetch.static_bytes + f->tail_bytes,
			f->bytes + 4);
	for (i = 0; i < f->tail_bytes; i++)
		KUNIT_EXPECT_EQ(test,
				(int)f->record[f->spec->fetch.static_bytes + i],
				0);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, (int)f->record[i], 0xaa);
	/* 4 bytes behind it may be written, no more */
	for (i = f->limit + 4; i < KPX_RECORD_MAX; i++)
		KUNIT_EXPECT_EQ(test, (int)f->record[i], 0xaa);
	KUNIT_EXPECT_EQ(test, *(u64 *)(f->record + 8), (u64)IP);
	if (!f->truncated && !f->tail_bytes)
		KUNIT_EXPECT_LE(test, f->bytes,
				(unsigned int)f->spec->fetch.max_bytes);
}

static void done(struct fetched *f)
{
	kpx_spec_free(f->spec);
}

/* Element @i of argument @arg, as it stands in the record. */
static u64 element(const struct fetched *f, unsigned int arg, unsigned int i)
{
	const struct kpx_fetch_arg *a = &f->spec->fetch.args[arg];
	u64 value = 0;

	memcpy(&value, f->record + a->offset + i * a->bytes, a->bytes);
	return value;
}

/* The text of element @i of argument @arg; "(fault)" if it has no length. */
static const char *text_of(struct kunit *test, const struct fetched *f,
			   unsigned int arg, unsigned int i)
{
	u32 word = (u32)element(f, arg, i);
	unsigned int at = word & 0xffff, len = word >> 16;
	const char *text = (const char *)f->record + at;

	KUNIT_EXPECT_LE(test, f->spec->fetch.static_bytes + f->tail_bytes, at);
	if (!len) {
		/* who prints it nevertheless finds an empty string */
		KUNIT_EXPECT_LT(test, at, f->bytes);
		KUNIT_EXPECT_EQ(test, (int)*text, 0);
		return "(fault)";
	}
	KUNIT_EXPECT_LE(test, at + len, f->bytes);
	KUNIT_EXPECT_EQ(test, strnlen(text, len), (size_t)len - 1);
	return text;
}

static void test_bases(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"r:n f $retval:s32 $duration:u64 $arg2 $arg8:u16 $stack $stack2:u64 $stack2048 \\-2 %r15");

	fill_memory();
	kpx_fetch_entry(f->spec, &f->regs, f->entry);
	KUNIT_EXPECT_EQ(test, (int)f->spec->nr_entry, 2);
	/* at the return they are gone */
	f->regs.si = 1;
	put_word(fake.kernel, 256 + 16, 0x1122334455667788);
	fetch(test, f);
	KUNIT_EXPECT_EQ(test, element(f, 0, 0), (u64)0xfffffffb);
	KUNIT_EXPECT_EQ(test, element(f, 1, 0), (u64)123456789);
	KUNIT_EXPECT_EQ(test, element(f, 2, 0), (u64)FAKE_USER);
	/* the second word behind the return address, as it was at entry */
	KUNIT_EXPECT_EQ(test, element(f, 3, 0), f->entry[1] & 0xffff);
	KUNIT_EXPECT_EQ(test, element(f, 4, 0), (u64)f->regs.sp);
	KUNIT_EXPECT_EQ(test, element(f, 5, 0), (u64)0x1122334455667788);
	/* not on that stack */
	KUNIT_EXPECT_EQ(test, element(f, 6, 0), (u64)0);
	KUNIT_EXPECT_EQ(test, element(f, 7, 0), (u64)-2);
	KUNIT_EXPECT_EQ(test, element(f, 8, 0), (u64)f->regs.r15);
	KUNIT_EXPECT_TRUE(test, f->spec->fetch.wants_all_regs);
	/* nobody captured anything */
	f->source.entry = NULL;
	fetch(test, f);
	KUNIT_EXPECT_EQ(test, element(f, 2, 0), (u64)0);
	done(f);
}

static void test_stack_args(struct kunit *test)
{
	struct fetched *f = prepare(test, "p:n f $arg7 $arg8 $stack1 $stack2");

	fill_memory();
	put_word(fake.kernel, 256 + 8, 77);
	put_word(fake.kernel, 256 + 16, 88);
	fetch(test, f);
	KUNIT_EXPECT_EQ(test, element(f, 0, 0), (u64)77);
	KUNIT_EXPECT_EQ(test, element(f, 1, 0), (u64)88);
	KUNIT_EXPECT_EQ(test, element(f, 2, 0), (u64)77);
	KUNIT_EXPECT_EQ(test, element(f, 3, 0), (u64)88);
	KUNIT_EXPECT_FALSE(test, f->spec->fetch.wants_all_regs);
	done(f);
}

static void test_deref(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"p:n f +8(%di):u32 -0(%si):u32 +u4(%si):u32 +0(+16(%di)):u8 +u0(+24(%di)):x16 @0xffff888000004008:u8 +0(+0(%dx)) +0(%dx):u32");

	fill_memory();
	put_word(fake.kernel, 8, 0x1234567890);
	put_word(fake.kernel, 16, FAKE_KERNEL + 8);
	put_word(fake.kernel, 24, FAKE_USER + 4);
	put_word(fake.user, 4, 0xcafebabe);
	fetch(test, f);
	KUNIT_EXPECT_EQ(test, element(f, 0, 0), (u64)0x34567890);
	KUNIT_EXPECT_EQ(test, element(f, 1, 0), (u64)0); /* user memory */
	KUNIT_EXPECT_EQ(test, element(f, 2, 0), (u64)0xcafebabe);
	KUNIT_EXPECT_EQ(test, element(f, 3, 0), (u64)0x90);
	KUNIT_EXPECT_EQ(test, element(f, 4, 0), (u64)0xbabe);
	KUNIT_EXPECT_EQ(test, element(f, 5, 0), (u64)0x90);
	KUNIT_EXPECT_EQ(test, element(f, 6, 0), (u64)0);
	KUNIT_EXPECT_EQ(test, element(f, 7, 0), (u64)0);
	done(f);
}

static void test_symbols(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"p:n f @a:u8 @b+4:u32 @a-1:u64 +0(@b+8):u16 @a:string c=%di");
	static const struct {
		const char *name;
		s64 offset;
		const char *text;
	} want[] = {
		{ "a", 0, "a" },   { "b", 4, "b+4" }, { "a", -1, "a-1" },
		{ "b", 8, "b+8" }, { "a", 0, "a" },
	};
	const char *text =
		"p:n f @a:u8 @b+4:u32 @a-1:u64 +0(@b+8):u16 @a:string c=%di";
	unsigned int i;

	fill_memory();
	KUNIT_ASSERT_EQ(test, (int)f->spec->nr_symbols, 5);
	for (i = 0; i < 5; i++) {
		const struct kpx_spec_symbol *symbol = &f->spec->symbols[i];

		KUNIT_EXPECT_STREQ(test, symbol->name, want[i].name);
		KUNIT_EXPECT_EQ(test, symbol->offset, want[i].offset);
		KUNIT_EXPECT_EQ(test, (size_t)symbol->len,
				strlen(want[i].text));
		KUNIT_EXPECT_TRUE(test, !memcmp(text + symbol->at, want[i].text,
						symbol->len));
		kpx_spec_set_symbol(f->spec, i,
				    symbol->name[0] == 'a' ? FAKE_KERNEL + 64 :
							     FAKE_KERNEL + 128);
	}
	memcpy(fake.kernel + 64, "banner", 7);
	put_word(fake.kernel, 128 + 8, FAKE_KERNEL + 64);
	fetch(test, f);
	KUNIT_EXPECT_EQ(test, element(f, 0, 0), (u64)'b');
	KUNIT_EXPECT_TRUE(test,
			  !memcmp(f->record + f->spec->fetch.args[1].offset,
				  fake.kernel + 132, 4));
	KUNIT_EXPECT_TRUE(test,
			  !memcmp(f->record + f->spec->fetch.args[2].offset,
				  fake.kernel + 63, 8));
	KUNIT_EXPECT_EQ(test, element(f, 3, 0), (u64)('b' | 'a' << 8));
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 4, 0), "banner");
	done(f);
}

static void test_strings(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"p:n f a=+0(%di):string b=+u0(%si):string c=+0(%si):ustring d=$comm e=\\\"imm\" g=+0(%dx):string h=+0(+0(%dx)):string i=%di:symstr j=+8(%si):string k=\\0xffff888000004000:string l=+0(%di):ustring m=+0(+0(%dx)):symstr n=@0xffff888000004002:string");

	fill_memory();
	memcpy(fake.kernel, "kernel", 7);
	memcpy(fake.user, "user", 5);
	fetch(test, f);
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 0, 0), "kernel");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 1, 0), "user");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 2, 0), "user");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 3, 0), "kworker/0:1");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 4, 0), "imm");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 5, 0), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 6, 0), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 7, 0), "sym+0x0/0x100");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 8, 0), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 9, 0), "kernel");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 10, 0), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 11, 0), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 12, 0), "rnel");
	KUNIT_EXPECT_FALSE(test, f->truncated);

	/* with a tail the strings come behind it */
	f->tail_bytes = 24;
	fetch(test, f);
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 0, 0), "kernel");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 12, 0), "rnel");

	/* a task's name of 15 bytes and more */
	memset(fake.comm, 'x', sizeof(fake.comm));
	fetch(test, f);
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 3, 0), "xxxxxxxxxxxxxxx");
	done(f);
}

/* Whatever the limit, each string is whole, cut, or not there. */
static void test_limits(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"p:n f a=+0(%di):string b=%dx:u8 c=+u0(%si):string d=+0(%dx):string e=\\\"text\" g=$comm h=%di:symstr");
	const char *whole[7];
	unsigned int arg, limit;

	fill_memory();
	memcpy(fake.kernel, "0123456789abcdefghij", 21);
	memcpy(fake.user, "ABCDEFGHIJKLMNOPQRST", 21);
	whole[0] = fake.kernel;
	whole[2] = fake.user;
	whole[4] = "text";
	whole[5] = "kworker/0:1";
	whole[6] = "sym+0x0/0x100";
	for (limit = f->spec->fetch.static_bytes + 8; limit < 256; limit++) {
		bool cut = false;

		f->limit = limit;
		fetch(test, f);
		for (arg = 0; arg < 7; arg++) {
			const char *text;

			if (arg == 1)
				continue;
			text = text_of(test, f, arg, 0);
			if (arg == 3) {
				KUNIT_EXPECT_STREQ(test, text, "(fault)");
				continue;
			}
			if (!strcmp(text, whole[arg]))
				continue;
			cut = true;
			if (strcmp(text, "(fault)"))
				KUNIT_EXPECT_TRUE(test,
						  !memcmp(text, whole[arg],
							  strlen(text)));
		}
		KUNIT_EXPECT_EQ_MSG(test, f->truncated, cut, "at limit %u",
				    limit);
	}
	KUNIT_EXPECT_FALSE(test, f->truncated);
	done(f);
}

/* A string of kprobe_events' longest is whole, and one byte more is cut. */
static void test_long_string(struct kunit *test)
{
	struct fetched *f = prepare(test, "p:n f a=+0(%di):string");

	fill_memory();
	memset(fake.kernel, 'x', FAKE_BYTES);
	fake.kernel[KPX_STRING_MAX - 1] = '\0';
	f->limit = KPX_RECORD_MAX;
	fetch(test, f);
	KUNIT_EXPECT_FALSE(test, f->truncated);
	KUNIT_EXPECT_EQ(test, strlen(text_of(test, f, 0, 0)),
			(size_t)KPX_STRING_MAX - 1);
	KUNIT_EXPECT_EQ(test, f->bytes, (unsigned int)f->spec->fetch.max_bytes);
	fake.kernel[KPX_STRING_MAX - 1] = 'x';
	fake.kernel[KPX_STRING_MAX] = '\0';
	fetch(test, f);
	KUNIT_EXPECT_TRUE(test, f->truncated);
	KUNIT_EXPECT_EQ(test, strlen(text_of(test, f, 0, 0)),
			(size_t)KPX_STRING_MAX - 1);
	/* one that runs into nothing */
	memset(fake.kernel, 'x', FAKE_BYTES);
	f->regs.di = FAKE_KERNEL + FAKE_BYTES - 16;
	fetch(test, f);
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 0, 0), "(fault)");
	done(f);
}

static void test_arrays(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"p:n f a=+0(%di):u8[8] b=+u2(%si):x16[3] c=+0(%di):b4@4/8[4] d=@0xffff888000004010:s32[2] e=+16368(%di):u64[4] g=+0(%dx):u32[2] h=+0(%di):char[1] i=+0(+0(%dx)):u8[4]");
	unsigned int i;

	fill_memory();
	fetch(test, f);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, element(f, 0, i),
				(u64)(u8)fake.kernel[i]);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, element(f, 1, i),
				(u64)((u8)fake.user[2 + 2 * i] |
				      (u8)fake.user[3 + 2 * i] << 8));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, element(f, 2, i),
				(u64)((u8)fake.kernel[i] >> 4));
	KUNIT_EXPECT_TRUE(test,
			  !memcmp(f->record + f->spec->fetch.args[3].offset,
				  fake.kernel + 16, 8));
	/* two words are there, then the page ends */
	KUNIT_EXPECT_TRUE(test,
			  !memcmp(f->record + f->spec->fetch.args[4].offset,
				  fake.kernel + FAKE_BYTES - 16, 16));
	KUNIT_EXPECT_EQ(test, element(f, 4, 2), (u64)0);
	KUNIT_EXPECT_EQ(test, element(f, 4, 3), (u64)0);
	KUNIT_EXPECT_EQ(test, element(f, 5, 1), (u64)0);
	KUNIT_EXPECT_EQ(test, element(f, 6, 0), (u64)(u8)fake.kernel[0]);
	KUNIT_EXPECT_EQ(test, element(f, 7, 3), (u64)0);
	done(f);
}

/* Big-endian where they are, and numbers as others in the record. */
static void test_big_endian(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"p:n f a=%cx:be16 b=+2(%di):be16 c=+2(%di):be32 d=+0(%di):ip4 e=+0(%di):be16[3]");
	static const u8 packet[] = { 127, 0, 31, 144, 1, 2 };

	memcpy(fake.kernel, packet, sizeof(packet));
	f->regs.di = FAKE_KERNEL;
	f->regs.cx = 0x7777901f;
	fetch(test, f);
	KUNIT_EXPECT_EQ(test, element(f, 0, 0), (u64)8080);
	KUNIT_EXPECT_EQ(test, element(f, 1, 0), (u64)8080);
	KUNIT_EXPECT_EQ(test, element(f, 2, 0), (u64)0x1f900102);
	KUNIT_EXPECT_EQ(test, element(f, 3, 0), (u64)0x7f001f90);
	KUNIT_EXPECT_EQ(test, element(f, 4, 0), (u64)0x7f00);
	KUNIT_EXPECT_EQ(test, element(f, 4, 2), (u64)0x102);
	done(f);
}

static void test_string_arrays(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"p:n f a=+8(%di):string[4] b=+u0(%si):ustring[2] c=+0(%dx):string[2] d=+0(+0(%dx)):string[2] e=+0(+0(%di)):string[1]");

	fill_memory();
	memcpy(fake.kernel + 128, "one", 4);
	memcpy(fake.kernel + 136, "three", 6);
	memcpy(fake.user + 128, "user", 5);
	put_word(fake.kernel, 0, FAKE_KERNEL + 8);
	put_word(fake.kernel, 8, FAKE_KERNEL + 128);
	put_word(fake.kernel, 16, 0x10);
	put_word(fake.kernel, 24, FAKE_KERNEL + 136);
	put_word(fake.kernel, 32, FAKE_KERNEL + 130);
	put_word(fake.user, 0, FAKE_USER + 128);
	put_word(fake.user, 8, FAKE_USER + 129);
	fetch(test, f);
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 0, 0), "one");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 0, 1), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 0, 2), "three");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 0, 3), "e");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 1, 0), "user");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 1, 1), "ser");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 2, 0), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 2, 1), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 3, 1), "(fault)");
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 4, 0), "one");
	done(f);
}

/* Every bit field of every container, against arithmetic on single bits. */
static void test_bit_fields(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 16, 32, 64 };
	unsigned int s, width, shift, bit;
	char text[64];

	fill_memory();
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (width = 1; width <= sizes[s]; width += s < 2 ? 1 : 3) {
			for (shift = 0; shift + width <= sizes[s];
			     shift += s < 2 ? 1 : 5) {
				u64 want = 0;
				struct fetched *f;

				snprintf(
					text, sizeof(text),
					"p f %%r9:b%u@%u/%u +0(%%di):b%u@%u/%u",
					width, shift, sizes[s], width, shift,
					sizes[s]);
				f = prepare(test, text);
				fetch(test, f);
				for (bit = 0; bit < width; bit++)
					want |= ((u64)f->regs.r9 >>
							 (shift + bit) &
						 1)
						<< bit;
				KUNIT_EXPECT_EQ_MSG(test, element(f, 0, 0),
						    want, "of %s", text);
				for (want = 0, bit = 0; bit < width; bit++)
					want |= (u64)((u8)fake.kernel[(shift +
								       bit) /
								      8] >>
							      (shift + bit) %
								      8 &
						      1)
						<< bit;
				KUNIT_EXPECT_EQ_MSG(test, element(f, 1, 0),
						    want, "of %s", text);
				KUNIT_EXPECT_EQ(test,
						kpx_fetch_value(&f->spec->fetch,
								1, &f->source),
						want);
				done(f);
			}
		}
	}
}

/* A tail behind any static part: zeroes, and 4 modulo 8. */
static void test_tails(struct kunit *test)
{
	static const char *const texts[] = {
		"p f",
		"p f %di:u8",
		"p f %di:u32 %di:u8",
		"p f %di:u8 %di:u64",
		"p f %di %si",
		"p f +0(%di):u8",
		"p f +0(%di):u8 %di",
	};
	unsigned int i, tail;

	fill_memory();
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct fetched *f = prepare(test, texts[i]);
		const struct kpx_fetch *fetched = &f->spec->fetch;

		for (tail = 0; tail <= 24; tail += 8) {
			f->tail_bytes = tail;
			f->limit = fetched->static_bytes + tail + 8;
			fetch(test, f);
			if (tail || !fetched->is_plain)
				KUNIT_EXPECT_EQ(test, f->bytes,
						fetched->static_bytes + tail +
							4);
			else
				KUNIT_EXPECT_EQ(
					test, f->bytes,
					(unsigned int)fetched->max_bytes);
		}
		done(f);
	}
	KUNIT_EXPECT_EQ(test, kpx_spec_tail_bytes(0), 0U);
	KUNIT_EXPECT_EQ(test, kpx_spec_tail_bytes(1), 24U);
	KUNIT_EXPECT_EQ(test, kpx_spec_tail_bytes(2), 8U);
}

/* The shortest way gives the same record as the general one. */
static void test_words(struct kunit *test)
{
	static const struct {
		const char *text;
		bool is_words;
	} table[] = {
		{ "p f", true },
		{ "p f %di", true },
		{ "p f $args", true },
		{ "r f $retval:s64 %bx:symbol", true },
		{ "p f %di %si:u32", false },
		{ "p f %di:b3@0/64", false },
		{ "p f +0(%di)", false },
	};
	unsigned int i;

	fill_memory();
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct fetched *f = prepare(test, table[i].text);
		u8 *words = kunit_kzalloc(test, KPX_RECORD_MAX, GFP_KERNEL);

		KUNIT_EXPECT_EQ_MSG(test, f->spec->fetch.is_words,
				    table[i].is_words, "of '%s'",
				    table[i].text);
		if (f->spec->fetch.is_words) {
			fetch(test, f);
			memset(words, 0xaa, KPX_RECORD_MAX);
			KUNIT_EXPECT_EQ(test,
					kpx_fetch_words(&f->spec->fetch,
							&f->regs,
							(char *)words),
					f->bytes);
			/* the address is the caller's */
			KUNIT_EXPECT_TRUE(test,
					  !memcmp(words + KPX_RECORD_ARGS,
						  f->record + KPX_RECORD_ARGS,
						  f->bytes - KPX_RECORD_ARGS));
			KUNIT_EXPECT_EQ(test, (int)words[15], 0xaa);
			KUNIT_EXPECT_EQ(test, (int)words[f->bytes + 4], 0xaa);
		}
		done(f);
	}
}

static void test_values(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"r:n f %ax:s32 %ax:u32 %ax:u8 %ax:s8 +0(%di):s16 +0(%dx):u64 +u0(%si):u32 $duration +0(%di):u8[2] +0(%di):string +0(+0(%dx)):u8 $retval:s64 %ax:char $comm %di:symbol");
	static const unsigned int zeroes[] = { 5, 8, 9, 10, 13 };
	unsigned int i;

	fill_memory();
	put_word(fake.kernel, 0, 0x8001);
	put_word(fake.user, 0, 0x1fffffffe);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 0, &f->source),
			(u64)-5);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 1, &f->source),
			(u64)0xfffffffb);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 2, &f->source),
			(u64)0xfb);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 3, &f->source),
			(u64)-5);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 4, &f->source),
			(u64)-0x7fff);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 6, &f->source),
			(u64)0xfffffffe);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 7, &f->source),
			(u64)123456789);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 11, &f->source),
			(u64)-5);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 12, &f->source),
			(u64)0xfb);
	KUNIT_EXPECT_EQ(test, kpx_fetch_value(&f->spec->fetch, 14, &f->source),
			(u64)FAKE_KERNEL);
	for (i = 0; i < ARRAY_SIZE(zeroes); i++)
		KUNIT_EXPECT_EQ(test,
				kpx_fetch_value(&f->spec->fetch, zeroes[i],
						&f->source),
				(u64)0);
	done(f);
}

/* ---- system calls -------------------------------------------------------- */

static struct kpx_spec *parse_syscall(struct kunit *test, const char *text)
{
	struct kpx_spec *spec = NULL;
	struct kpx_error err = {};

	KUNIT_ASSERT_EQ_MSG(test,
			    kpx_spec_parse(kpx_slice(text, strlen(text)),
					   KPX_SPEC_SYSCALL, &spec, &err),
			    0, "'%s': %s", text, err.text);
	return spec;
}

static void expect_print(struct kunit *test, const struct kpx_spec *spec,
			 const char *want)
{
	char *buf = kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL);

	kpx_spec_print(spec, buf, KPX_DEFINITION_SIZE);
	KUNIT_EXPECT_STREQ(test, (const char *)buf, want);
}

/* The caller's registers, in fake memory: each slot its number. */
static void put_inner_regs(unsigned int at)
{
	unsigned int i;

	for (i = 0; i < sizeof(struct pt_regs) / sizeof(u64); i++)
		put_word(fake.kernel, at + i * sizeof(u64), 1000 + i);
}

#define SLOT_VALUE(name) (1000 + offsetof(struct pt_regs, name) / sizeof(u64))

static void check_syscall(struct kunit *test, const char *text,
			  const char *stub, const u64 *want)
{
	struct fetched *f = prepare(test, "p f");
	unsigned int i;

	kpx_spec_free(f->spec);
	f->spec = parse_syscall(test, text);
	fill_memory();
	put_inner_regs(512);
	f->regs.di = FAKE_KERNEL + 512;
	KUNIT_EXPECT_TRUE(test, f->spec->is_syscall);
	KUNIT_EXPECT_STREQ(test, f->spec->symbol, stub);
	kpx_fetch_entry(f->spec, &f->regs, f->entry);
	if (f->spec->is_return)
		f->regs.di = 0;
	fetch(test, f);
	for (i = 0; i < 6; i++) {
		KUNIT_EXPECT_EQ(test, element(f, i, 0), want[i]);
		KUNIT_EXPECT_EQ(test,
				kpx_fetch_value(&f->spec->fetch, i, &f->source),
				want[i]);
	}
	done(f);
}

static void test_syscalls(struct kunit *test)
{
	static const u64 args64[] = { SLOT_VALUE(di), SLOT_VALUE(si),
				      SLOT_VALUE(dx), SLOT_VALUE(r10),
				      SLOT_VALUE(r8), SLOT_VALUE(r9) };
	static const u64 args32[] = { SLOT_VALUE(bx), SLOT_VALUE(cx),
				      SLOT_VALUE(dx), SLOT_VALUE(si),
				      SLOT_VALUE(di), SLOT_VALUE(bp) };
	struct kpx_error err = {};
	struct kpx_spec *spec;
	struct fetched *f;

	check_syscall(test, "p:n sys_openat $args", "__x64_sys_openat", args64);
	check_syscall(test, "r:n sys_openat $args", "__x64_sys_openat", args64);
	check_syscall(test, "p:n __x64_sys_dup $args", "__x64_sys_dup", args64);
	check_syscall(test, "p:n __ia32_sys_dup $args", "__ia32_sys_dup",
		      args32);

	/* a path behind an argument, and how it is written */
	f = prepare(test, "p f");
	kpx_spec_free(f->spec);
	f->spec = parse_syscall(
		test,
		"p:n sys_openat dfd=$arg1:s32 +u0($arg2):string $arg3:b2@0/8");
	fill_memory();
	put_inner_regs(512);
	put_word(fake.kernel, 512 + offsetof(struct pt_regs, si), FAKE_USER);
	memcpy(fake.user, "/etc/motd", 10);
	f->regs.di = FAKE_KERNEL + 512;
	fetch(test, f);
	KUNIT_EXPECT_STREQ(test, text_of(test, f, 1, 0), "/etc/motd");
	KUNIT_EXPECT_EQ(test, element(f, 2, 0), (u64)SLOT_VALUE(dx) & 3);
	expect_print(
		test, f->spec,
		"p:n sys_openat dfd=$arg1:s32 arg2=+u0($arg2):string arg3=$arg3:b2@0/8");
	done(f);

	/* without the flag it's a symbol, with it others are */
	spec = parse(test, "p:n sys_openat $arg1");
	KUNIT_EXPECT_FALSE(test, spec->is_syscall);
	KUNIT_EXPECT_TRUE(test, kpx_spec_may_be_syscall(spec));
	KUNIT_EXPECT_STREQ(test, spec->symbol, "sys_openat");
	kpx_spec_free(spec);
	spec = parse_syscall(test, "p:n vfs_read $arg7");
	KUNIT_EXPECT_FALSE(test, spec->is_syscall);
	KUNIT_EXPECT_FALSE(test, kpx_spec_may_be_syscall(spec));
	kpx_spec_free(spec);
	spec = parse_syscall(test, "p:n sys_openat+4 %di");
	KUNIT_EXPECT_FALSE(test, spec->is_syscall);
	KUNIT_EXPECT_STREQ(test, spec->symbol, "sys_openat");
	kpx_spec_free(spec);
	spec = parse_syscall(test, "p:n 0xffffffff81000000 %di");
	KUNIT_EXPECT_FALSE(test, kpx_spec_may_be_syscall(spec));
	kpx_spec_free(spec);

	/* a system call has six */
	KUNIT_EXPECT_EQ(test,
			kpx_spec_parse(kpx_slice("p:n sys_a $arg7", 15),
				       KPX_SPEC_SYSCALL, &spec, &err),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, (int)err.code, (int)KPX_ERR_BAD_ARG_NUM);
	KUNIT_EXPECT_EQ(test, (int)err.offset, 10);
}

/* One captured word for each register, however many arguments read it. */
static void test_entry(struct kunit *test)
{
	struct fetched *f = prepare(
		test,
		"r:n f +8($arg1):u32 $arg3 +0($arg1):u8 $arg3:u8 %di $retval");

	fill_memory();
	KUNIT_ASSERT_EQ(test, (int)f->spec->nr_entry, 2);
	f->regs.dx = 0x1234;
	kpx_fetch_entry(f->spec, &f->regs, f->entry);
	KUNIT_EXPECT_EQ(test, f->entry[0], (u64)FAKE_KERNEL);
	KUNIT_EXPECT_EQ(test, f->entry[1], (u64)0x1234);
	f->regs.di = 1;
	f->regs.dx = 2;
	/* memory is read at the return */
	put_word(fake.kernel, 8, 0x99);
	fetch(test, f);
	KUNIT_EXPECT_EQ(test, element(f, 0, 0), (u64)0x99);
	KUNIT_EXPECT_EQ(test, element(f, 1, 0), (u64)0x1234);
	KUNIT_EXPECT_EQ(test, element(f, 2, 0), (u64)(u8)fake.kernel[0]);
	KUNIT_EXPECT_EQ(test, element(f, 3, 0), (u64)0x34);
	KUNIT_EXPECT_EQ(test, element(f, 4, 0), (u64)1);
	KUNIT_EXPECT_EQ(test, element(f, 5, 0), (u64)-5);
	done(f);
}

/* ---- what is said about a record ----------------------------------------- */

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
		KUNIT_EXPECT_EQ(test, (int)field.count, 0);
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

static void test_rich_fields(struct kunit *test)
{
	static const struct {
		const char *type;
		u16 offset, bytes, count;
		u32 flags;
	} want[] = {
		{ "string", 16, 4, 0, KPX_FIELD_STRING },
		{ "u16[3]", 20, 6, 3, 0 },
		{ "ustring[2]", 28, 8, 2, KPX_FIELD_STRING },
		{ "symbol", 40, 8, 0, KPX_FIELD_SYMBOL | KPX_FIELD_HEX },
		{ "b3@1/8", 48, 1, 0, 0 },
		{ "char[5]", 49, 5, 5, 0 },
		{ "symstr", 56, 4, 0, KPX_FIELD_STRING },
		{ "b63@1/64[64]", 64, 512, 64, 0 },
		{ "s64", 576, 8, 0, KPX_FIELD_SIGNED },
	};
	struct kpx_spec *spec = parse(
		test,
		"p f $comm +0(%di):u16[3] +0(%di):ustring[2] %di:symbol %di:b3@1/8 +0(%di):char[5] %di:symstr +0(%di):b63@1/64[64] %ax:s64");
	unsigned int i;

	KUNIT_ASSERT_EQ(test, kpx_spec_nr_fields(spec, 0), 14U);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		struct kpx_spec_field field =
			kpx_spec_field(spec, 0, KPX_COMMON_FIELDS + i);

		KUNIT_EXPECT_STREQ(test, field.type, want[i].type);
		KUNIT_EXPECT_EQ(test, (int)field.offset, (int)want[i].offset);
		KUNIT_EXPECT_EQ(test, (int)field.bytes, (int)want[i].bytes);
		KUNIT_EXPECT_EQ(test, (int)field.count, (int)want[i].count);
		KUNIT_EXPECT_EQ(test, field.flags, want[i].flags);
	}
	KUNIT_EXPECT_EQ(test, (int)spec->fetch.static_bytes, 584);
	kpx_spec_free(spec);
}

static void test_tail_fields(struct kunit *test)
{
	static const struct {
		const char *plain, *taken;
	} names[] = {
		{ "weight", "weight" },
		{ "duration_ns", "duration_ns" },
		{ "retval", "__retval" },
	};
	struct kpx_spec *plain = parse(test, "p f a=$arg1:u32");
	struct kpx_spec *taken = parse(test, "r f retval=$retval:u8");
	struct kpx_spec_field field;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, kpx_spec_nr_fields(plain, 0), 6U);
	KUNIT_EXPECT_EQ(test, kpx_spec_nr_fields(plain, 2), 7U);
	KUNIT_ASSERT_EQ(test, kpx_spec_nr_fields(plain, 1), 9U);
	for (i = 0; i < 3; i++) {
		field = kpx_spec_field(plain, 1, 6 + i);
		KUNIT_EXPECT_STREQ(test, field.name, names[i].plain);
		KUNIT_EXPECT_EQ(test, (int)field.offset, (int)(24 + 8 * i));
		KUNIT_EXPECT_EQ(test, (int)field.bytes, 8);
		KUNIT_EXPECT_TRUE(test, field.flags & KPX_FIELD_TAIL);
		field = kpx_spec_field(taken, 1, 6 + i);
		KUNIT_EXPECT_STREQ(test, field.name, names[i].taken);
	}
	kpx_spec_free(plain);
	kpx_spec_free(taken);
}

/* Which definitions are for ftrace without all registers. */
static void test_wanted_regs(struct kunit *test)
{
	static const struct {
		const char *text;
		bool all, plain;
	} table[] = {
		{ "p f", false, true },
		{ "p f $args", false, true },
		{ "p f %di %si %dx %cx %r8 %r9 %ax %sp %bp %ip", false, true },
		{ "p f $stack $stack3 $arg9", false, false },
		{ "p f %r10", true, true },
		{ "p f +0(%flags):u8", true, false },
		{ "r f $retval", false, true },
		{ "r f $arg1", false, false },
		{ "p f %di:b4@0/8", false, false },
		{ "p f %di:be16", false, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct kpx_spec *spec = parse(test, table[i].text);

		KUNIT_EXPECT_EQ_MSG(test, spec->fetch.wants_all_regs,
				    table[i].all, "of '%s'", table[i].text);
		KUNIT_EXPECT_EQ_MSG(test, spec->fetch.is_plain, table[i].plain,
				    "of '%s'", table[i].text);
		kpx_spec_free(spec);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_records),
	KUNIT_CASE(test_mixes),
	KUNIT_CASE(test_args),
	KUNIT_CASE(test_regs),
	KUNIT_CASE(test_bases),
	KUNIT_CASE(test_stack_args),
	KUNIT_CASE(test_deref),
	KUNIT_CASE(test_symbols),
	KUNIT_CASE(test_strings),
	KUNIT_CASE(test_limits),
	KUNIT_CASE(test_long_string),
	KUNIT_CASE(test_arrays),
	KUNIT_CASE(test_string_arrays),
	KUNIT_CASE(test_bit_fields),
	KUNIT_CASE(test_big_endian),
	KUNIT_CASE(test_tails),
	KUNIT_CASE(test_values),
	KUNIT_CASE(test_words),
	KUNIT_CASE(test_syscalls),
	KUNIT_CASE(test_entry),
	KUNIT_CASE(test_fields),
	KUNIT_CASE(test_rich_fields),
	KUNIT_CASE(test_tail_fields),
	KUNIT_CASE(test_wanted_regs),
	{},
};

static struct kunit_suite fetch_suite = {
	.name = "kpx_fetch",
	.test_cases = cases,
};
kunit_test_suite(fetch_suite);
