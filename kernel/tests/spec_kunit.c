// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core/name.h"
#include "../core/spec.h"

static struct kpx_slice slice(const char *str)
{
	return kpx_slice(str, strlen(str));
}

/* Definition, and what comes back. */
#define SAME(text)         \
	{                  \
		text, text \
	}
static const struct {
	const char *text, *canonical;
} good[] = {
	/* command and target */
	SAME("p vfs_read"),
	SAME("p:nm vfs_read"),
	SAME("p:nm ext4:ext4_sync_file+0x10"),
	{ "p vfs_read+0", "p vfs_read" },
	{ "p:kprobex/n vfs_read+16", "p:n vfs_read+0x10" },
	{ "p:kprobex.n vfs_read", "p:n vfs_read" },
	{ "p:kprobex/ vfs_read", "p vfs_read" },
	{ "p:n vfs_read+010", "p:n vfs_read+0x8" },
	{ "p:n vfs_read+4294967295", "p:n vfs_read+0xffffffff" },
	{ " \tp:n\tvfs_read \n", "p:n vfs_read" },
	{ "p:n 0xFFFFFFFF81000000", "p:n 0xffffffff81000000" },
	{ "p:n 18446744071578845184", "p:n 0xffffffff81000000" },
	SAME("p:n 0xffffffff81000000 a=%di:s8"),
	SAME("p:n a.isra.0.cold"),
	SAME("p:n .hidden$x"),
	SAME("p:n if"),
	SAME("p:reads vfs_read"),
	SAME("p:r vfs_read"),
	SAME("p:r0x vfs_read"),
	SAME("r:n f"),
	SAME("r f"),
	{ "r10:n f+0", "r10:n f" },
	{ "r0x1000 f", "r4096 f" },
	{ "p:n f%return", "r:n f" },
	{ "r7:n m:f+0%return", "r7:n m:f" },
	SAME("r:n 0xffffffff81000000 a=$retval:s32"),
	/* the bases */
	{ "p:n f $arg1 $arg6", "p:n f arg1=$arg1:x64 arg2=$arg6:x64" },
	{ "p:n f $arg7:u8", "p:n f arg1=$arg7:u8" },
	{ "p:n f %ax b=%orig_ax:u8", "p:n f arg1=%ax:x64 b=%orig_ax:u8" },
	{ "p:n f+4 %di", "p:n f+0x4 arg1=%di:x64" },
	{ "p:n f $args",
	  "p:n f arg1=$arg1:x64 arg2=$arg2:x64 arg3=$arg3:x64 arg4=$arg4:x64 arg5=$arg5:x64 arg6=$arg6:x64" },
	{ "r:n f a=%di $arg*",
	  "r:n f a=%di:x64 arg1=$arg1:x64 arg2=$arg2:x64 arg3=$arg3:x64 arg4=$arg4:x64 arg5=$arg5:x64 arg6=$arg6:x64" },
	{ "r:myret do_sys_openat2 $retval",
	  "r:myret do_sys_openat2 arg1=$retval:x64" },
	{ "r:n f $duration:u64 $arg2",
	  "r:n f arg1=$duration:u64 arg2=$arg2:x64" },
	{ "p:n f $stack $stack0 $stack010 $comm $COMM:string",
	  "p:n f arg1=$stack:x64 arg2=$stack0:x64 arg3=$stack10:x64 arg4=$comm:string arg5=$comm:string" },
	{ "p:n f @0x10 @jiffies @_sdata+16:u8 @x-1",
	  "p:n f arg1=@0x10:x64 arg2=@jiffies:x64 arg3=@_sdata+0x10:u8 arg4=@x-1:x64" },
	{ "p:n f \\1 \\-1 \\+017 a=\\\"abc\"",
	  "p:n f arg1=\\0x1:x64 arg2=\\0xffffffffffffffff:x64 arg3=\\0xf:x64 a=\\\"abc\":string" },
	{ "p:n f a=\\\"a=\"b\":string b=\\\"\"",
	  "p:n f a=\\\"a=\"b\":string b=\\\"\":string" },
	/* dereferences */
	{ "p vfs_read+0 %di +0x3c(%di):u32",
	  "p vfs_read arg1=%di:x64 arg2=+0x3c(%di):u32" },
	{ "p:n f +0(%di) -8($arg1) +-8(%di) +u4(%si) -u16(%si):s8",
	  "p:n f arg1=+0(%di):x64 arg2=-8($arg1):x64 arg3=-8(%di):x64 arg4=+u4(%si):x64 arg5=-u0x10(%si):s8" },
	{ "p:n f +0(+10(+20($stack))):u8",
	  "p:n f arg1=+0(+0xa(+0x14($stack))):u8" },
	{ "p:n f +8(@sym-4) +0(@0x12) +0(\\7)",
	  "p:n f arg1=+8(@sym-4):x64 arg2=+0(@0x12):x64 arg3=+0(\\0x7):x64" },
	/* types */
	SAME("p:n f a=$arg1:u8 b=$arg2:u16 c=$arg3:u32 d=$arg4:u64"),
	SAME("p:n f a=$arg1:s8 b=$arg2:s16 c=$arg3:s32 d=$arg4:s64"),
	SAME("p:n f a=$arg1:x8 b=$arg2:x16 c=$arg3:x32 d=$arg4:x64"),
	SAME("p:n f a=$arg1:symbol b=$arg1:symstr c=+0($arg1):symstr"),
	SAME("p:n f a=+0(%di):string b=+u0(%si):string c=+0(%si):ustring"),
	SAME("p:n f a=@linux_banner:string b=\\0x1000:string c=@0x1000:ustring"),
	SAME("p:n f a=+8(+0(%di)):string[3] b=+u0(%si):ustring[64]"),
	SAME("p:n f a=+0(%di):u8[64] b=+0(%di):char[4] c=%di:char d=@x:x16[1]"),
	SAME("p:n f a=+u0(%si):s32[2]"),
	SAME("p:n f a=%di:be16 b=+0(%di):be32 c=+0(%di):ip4 d=+0(%di):be16[3]"),
	SAME("p:n f a=%di:b4@2/8 b=+0(%di):b1@31/32 c=%si:b64@0/64"),
	{ "p:n f +0(%di):b0x4@010/0x10[0x2]", "p:n f arg1=+0(%di):b4@8/16[2]" },
	/* conditions */
	{ "p:n f a=$arg1 if a>3", "p:n f a=$arg1:x64 if a>3" },
	{ "p:n f a=$arg1 if  a  ==\n0x10 ", "p:n f a=$arg1:x64 if a == 0x10" },
	SAME("p:n f a=$arg1:s32 b=$comm:string if (a < -1 || b == \"x  \\\" y\") && !b ~ \"k*[0-9]\""),
	SAME("p:n f a=$arg1:u8 if a == ' ' || a == '\"'"),
	SAME("p:n f if __probe_ip != 0"),
	SAME("p:vfs_write vfs_write count=$arg3:u64 if count > 100"),
	/* the default probes of main.c */
	SAME("p:vfs_write vfs_write file=$arg1:x64 buf=$arg2:x64 count=$arg3:u64 pos=$arg4:x64"),
	SAME("p:do_sys_openat2 do_sys_openat2 dfd=$arg1:s32 filename=$arg2:x64 how=$arg3:x64"),
};

static void test_good(struct kunit *test)
{
	char *buf = kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		const char *want = good[i].canonical;
		struct kpx_error err = {};
		struct kpx_spec *spec;
		size_t len;

		KUNIT_ASSERT_EQ_MSG(test,
				    kpx_spec_parse(slice(good[i].text), 0,
						   &spec, &err),
				    0, "'%s': %s", good[i].text, err.text);
		len = kpx_spec_print(spec, buf, KPX_DEFINITION_SIZE);
		KUNIT_EXPECT_STREQ(test, (const char *)buf, want);
		KUNIT_EXPECT_EQ(test, len, strlen(want));
		kpx_spec_free(spec);

		/* and the canonical one gives itself */
		KUNIT_ASSERT_EQ(test,
				kpx_spec_parse(slice(want), 0, &spec, &err), 0);
		kpx_spec_print(spec, buf, KPX_DEFINITION_SIZE);
		KUNIT_EXPECT_STREQ(test, (const char *)buf, want);
		kpx_spec_free(spec);
	}
}

#define LONG_63 \
	"a23456789012345678901234567890123456789012345678901234567890123"

static const struct {
	const char *text;
	enum kpx_error_code code;
	u32 offset;
} bad[] = {
	/* the command */
	{ "", KPX_ERR_NO_COMMAND, 0 },
	{ "  ", KPX_ERR_NO_COMMAND, 2 },
	{ "x:n f", KPX_ERR_BAD_COMMAND, 0 },
	{ " pn f", KPX_ERR_BAD_COMMAND, 1 },
	{ "p10:n f", KPX_ERR_MAXACTIVE, 1 },
	{ "r0:n f", KPX_ERR_BAD_MAXACTIVE, 1 },
	{ "r4097:n f", KPX_ERR_BAD_MAXACTIVE, 1 },
	{ "r10fuzz:n f", KPX_ERR_BAD_MAXACTIVE, 1 },
	{ "-:n", KPX_ERR_ONE_COMMAND, 0 },
	{ "p:n f \x80", KPX_ERR_BAD_BYTE, 6 },
	{ "p:n f \x01", KPX_ERR_BAD_BYTE, 6 },
	/* the name */
	{ "p: f", KPX_ERR_NO_NAME, 2 },
	{ "p:foo/n f", KPX_ERR_BAD_GROUP, 2 },
	{ "p:/n f", KPX_ERR_BAD_GROUP, 2 },
	{ "p:9n f", KPX_ERR_BAD_NAME, 2 },
	{ "p:n-m f", KPX_ERR_BAD_NAME, 2 },
	{ "p:kprobex/n/m f", KPX_ERR_BAD_NAME, 10 },
	{ "p:" LONG_63 "4 f", KPX_ERR_NAME_TOO_LONG, 2 },
	{ "p:period f", KPX_ERR_RESERVED_NAME, 2 },
	{ "p:skip_self f", KPX_ERR_RESERVED_NAME, 2 },
	{ "p:kprobex/kprobex f", KPX_ERR_RESERVED_NAME, 10 },
	{ "p:r1 f", KPX_ERR_RESERVED_NAME, 2 },
	{ "p:read f", KPX_ERR_RESERVED_NAME, 2 },
	{ "p:rBAD9 f", KPX_ERR_RESERVED_NAME, 2 },
	{ "p:r0x1a f", KPX_ERR_RESERVED_NAME, 2 },
	/* the target */
	{ "p", KPX_ERR_NO_TARGET, 1 },
	{ "p:n ", KPX_ERR_NO_TARGET, 4 },
	{ "p:n 0x", KPX_ERR_BAD_ADDRESS, 4 },
	{ "p:n 0x0", KPX_ERR_BAD_ADDRESS, 4 },
	{ "p:n 0x12345678123456789", KPX_ERR_BAD_ADDRESS, 4 },
	{ "p:n 0x12g", KPX_ERR_BAD_ADDRESS, 4 },
	{ "p:n 12%return", KPX_ERR_BAD_ADDRESS, 4 },
	{ "p:n f;g", KPX_ERR_BAD_SYMBOL, 4 },
	{ "p:n +4", KPX_ERR_BAD_SYMBOL, 4 },
	{ "p:n :f", KPX_ERR_BAD_SYMBOL, 4 },
	{ "p:n m:", KPX_ERR_BAD_SYMBOL, 4 },
	{ "p:n m:f:g", KPX_ERR_BAD_SYMBOL, 4 },
	{ "p:n f-4", KPX_ERR_BAD_OFFSET, 4 },
	{ "p:n f+", KPX_ERR_BAD_OFFSET, 4 },
	{ "p:n f+-4", KPX_ERR_BAD_OFFSET, 4 },
	{ "p:n f+4294967296", KPX_ERR_BAD_OFFSET, 4 },
	{ "p:n f+4+4", KPX_ERR_BAD_OFFSET, 4 },
	{ "p:n m" LONG_63 ":f", KPX_ERR_SYMBOL_TOO_LONG, 4 },
	{ "p:n f%", KPX_ERR_BAD_SUFFIX, 5 },
	{ "p:n f%returns", KPX_ERR_BAD_SUFFIX, 5 },
	{ "r:n f+4", KPX_ERR_NOT_ENTRY, 4 },
	/* an argument's name */
	{ "p:n f =$arg1", KPX_ERR_NO_ARG_NAME, 6 },
	{ "p:n f 9a=$arg1", KPX_ERR_BAD_ARG_NAME, 6 },
	{ "p:n f \\\"a=b\"", KPX_ERR_BAD_ARG_NAME, 6 },
	{ "p:n f " LONG_63 "4=$arg1", KPX_ERR_ARG_NAME_TOO_LONG, 6 },
	{ "p:n f common_pid=$arg1", KPX_ERR_RESERVED_ARG, 6 },
	{ "p:n f __probe_ip=$arg1", KPX_ERR_RESERVED_ARG, 6 },
	{ "p:n f __weight=$arg1", KPX_ERR_RESERVED_ARG, 6 },
	{ "p:n f a=$arg1 a=$arg2", KPX_ERR_USED_ARG, 14 },
	{ "p:n f arg2=%di %si", KPX_ERR_USED_ARG, 15 },
	{ "p:n f arg5=%di $args", KPX_ERR_USED_ARG, 15 },
	{ "p:n f $args $args", KPX_ERR_USED_ARG, 12 },
	/* a fetch */
	{ "p:n f a=", KPX_ERR_NO_FETCH, 8 },
	{ "p:n f a=:u8", KPX_ERR_BAD_FETCH, 8 },
	{ "p:n f a=foo", KPX_ERR_BAD_FETCH, 8 },
	{ "p:n f a=$foo", KPX_ERR_BAD_FETCH, 8 },
	{ "p:n f a=$args", KPX_ERR_BAD_FETCH, 8 },
	{ "p:n f +0($arg*)", KPX_ERR_BAD_FETCH, 9 },
	{ "p:n f a=$retval", KPX_ERR_RETVAL_ON_ENTRY, 8 },
	{ "p:n f a=+0($duration)", KPX_ERR_DURATION_ON_ENTRY, 11 },
	{ "p:n f a=$stackp", KPX_ERR_BAD_FETCH, 8 },
	{ "p:n f a=$stack0x1", KPX_ERR_BAD_FETCH, 8 },
	{ "p:n f a=$stack99999", KPX_ERR_BAD_STACK_NUM, 8 },
	{ "p:n f a=%", KPX_ERR_BAD_REG, 8 },
	{ "p:n f a=%rdi", KPX_ERR_BAD_REG, 8 },
	{ "p:n f a=$arg0", KPX_ERR_BAD_ARG_NUM, 8 },
	{ "p:n f a=$arg", KPX_ERR_BAD_FETCH, 8 },
	{ "p:n f a=$arg99999", KPX_ERR_BAD_ARG_NUM, 8 },
	{ "p:n f a=$arg99999999999999999999", KPX_ERR_BAD_ARG_NUM, 8 },
	{ "p:n f+4 a=$arg1", KPX_ERR_ARG_NOT_ENTRY, 10 },
	{ "p:n f+4 $args", KPX_ERR_ARG_NOT_ENTRY, 8 },
	{ "p:n 0xffffffff81000000 $arg1", KPX_ERR_ARG_NOT_ENTRY, 23 },
	{ "r:n 0xffffffff81000000 $arg1", KPX_ERR_ARG_NOT_ENTRY, 23 },
	{ "p:n f a=@", KPX_ERR_BAD_MEMORY, 8 },
	{ "p:n f a=@-4", KPX_ERR_BAD_MEMORY, 8 },
	{ "p:n f a=@x*10", KPX_ERR_BAD_MEMORY, 8 },
	{ "p:n f a=@x+1+1", KPX_ERR_BAD_MEMORY, 8 },
	{ "p:n f a=@0x1g", KPX_ERR_BAD_MEMORY, 8 },
	{ "p:n f a=@+1", KPX_ERR_FILE_OFFSET, 8 },
	{ "p:n f a=\\", KPX_ERR_BAD_NUMBER, 9 },
	{ "p:n f a=\\x", KPX_ERR_BAD_NUMBER, 9 },
	{ "p:n f a=\\--1", KPX_ERR_BAD_NUMBER, 9 },
	{ "p:n f a=\\\"", KPX_ERR_TEXT_OPEN, 10 },
	{ "p:n f a=\\\"x y\"", KPX_ERR_TEXT_OPEN, 11 },
	/* dereferences */
	{ "p:n f a=+8", KPX_ERR_DEREF_BRACE, 8 },
	{ "p:n f a=+(%di)", KPX_ERR_DEREF_OFFSET, 8 },
	{ "p:n f a=-(%di)", KPX_ERR_DEREF_OFFSET, 8 },
	{ "p:n f a=--1(%di)", KPX_ERR_DEREF_OFFSET, 8 },
	{ "p:n f a=+u(%di)", KPX_ERR_DEREF_OFFSET, 8 },
	{ "p:n f a=+9223372036854775808(%di)", KPX_ERR_DEREF_OFFSET, 8 },
	{ "p:n f a=+8(%di", KPX_ERR_DEREF_OPEN, 14 },
	{ "p:n f a=+8(+4(%di)", KPX_ERR_DEREF_OPEN, 17 },
	{ "p:n f a=+8(%di)+10", KPX_ERR_DEREF_TRAILING, 15 },
	{ "p:n f a=+8()", KPX_ERR_BAD_FETCH, 11 },
	{ "p:n f a=+8(%foo)", KPX_ERR_BAD_REG, 11 },
	{ "p:n f a=+u8(%foo)", KPX_ERR_BAD_REG, 12 },
	{ "p:n f a=+8($comm)", KPX_ERR_DEREF_TEXT, 11 },
	{ "p:n f a=+8(\\\"x\")", KPX_ERR_DEREF_TEXT, 11 },
	{ "p:n f (%di)", KPX_ERR_BAD_FETCH, 6 },
	/* types */
	{ "p:n f a=$arg1:", KPX_ERR_BAD_TYPE, 14 },
	{ "p:n f a=$arg1:u7", KPX_ERR_BAD_TYPE, 14 },
	{ "p:n f a=$arg1::u8", KPX_ERR_BAD_TYPE, 14 },
	{ "p:n f a=$arg1:string", KPX_ERR_BAD_STRING, 14 },
	{ "p:n f a=$arg1:ustring", KPX_ERR_BAD_STRING, 14 },
	{ "p:n f a=$arg1:u8[4]", KPX_ERR_BAD_STRING, 14 },
	{ "p:n f a=$arg1:string[4]", KPX_ERR_BAD_STRING, 14 },
	{ "p:n f a=\\1:string[4]", KPX_ERR_BAD_STRING, 11 },
	{ "p:n f a=$arg1:symstr[4]", KPX_ERR_BAD_STRING, 14 },
	{ "p:n f a=$stack:symstr", KPX_ERR_BAD_SYMSTR, 15 },
	{ "p:n f a=\\1:symstr", KPX_ERR_BAD_SYMSTR, 11 },
	{ "p:n f a=+u0(%si):symstr", KPX_ERR_BAD_SYMSTR, 17 },
	{ "p:n f a=$comm:u64", KPX_ERR_NEED_STRING, 14 },
	{ "p:n f a=$comm:string[2]", KPX_ERR_NEED_STRING, 14 },
	{ "p:n f a=\\\"a:b\"", KPX_ERR_NEED_STRING, 12 },
	{ "p:n f a=+0(%di):u8[", KPX_ERR_ARRAY_OPEN, 19 },
	{ "p:n f a=+0(%di):u8[4", KPX_ERR_ARRAY_OPEN, 20 },
	{ "p:n f a=+0(%di):u8[4]x", KPX_ERR_ARRAY_SUFFIX, 21 },
	{ "p:n f a=+0(%di):u8[]", KPX_ERR_BAD_ARRAY_NUM, 19 },
	{ "p:n f a=+0(%di):u8[0]", KPX_ERR_BAD_ARRAY_NUM, 19 },
	{ "p:n f a=+0(%di):u8[65]", KPX_ERR_ARRAY_TOO_BIG, 19 },
	{ "p:n f a=%di:b", KPX_ERR_BAD_TYPE, 12 },
	{ "p:n f a=%di:b4@2/7", KPX_ERR_BAD_TYPE, 12 },
	{ "p:n f a=%di:be8", KPX_ERR_BAD_TYPE, 12 },
	{ "p:n f a=%di:b4@2/", KPX_ERR_BAD_TYPE, 12 },
	{ "p:n f a=%di:b4/8", KPX_ERR_BAD_BITFIELD, 12 },
	{ "p:n f a=%di:b0@0/8", KPX_ERR_BAD_BITFIELD, 12 },
	{ "p:n f a=%di:b4@5/8", KPX_ERR_BAD_BITFIELD, 12 },
	{ "p:n f a=%di:b4@/8", KPX_ERR_BAD_BITFIELD, 12 },
};

static void test_bad(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct kpx_error err = {};
		struct kpx_spec *spec = NULL;

		KUNIT_EXPECT_EQ_MSG(test,
				    kpx_spec_parse(slice(bad[i].text), 0, &spec,
						   &err),
				    -EINVAL, "of '%s'", bad[i].text);
		KUNIT_EXPECT_EQ_MSG(test, (u32)err.code, (u32)bad[i].code,
				    "of '%s': %s", bad[i].text, err.text);
		KUNIT_EXPECT_EQ_MSG(test, err.offset, bad[i].offset,
				    "of '%s': %s", bad[i].text, err.text);
		KUNIT_EXPECT_TRUE(test, strlen(err.text) > 0);
		KUNIT_EXPECT_NULL(test, spec);
	}
}

/* Each code's number is part of the ABI; here they are written down again. */
static void test_codes_pinned(struct kunit *test)
{
	static const struct {
		int code;
		const char *name;
	} pinned[] = {
		{ 0, "NONE" },
		{ 1, "NO_COMMAND" },
		{ 2, "BAD_COMMAND" },
		{ 3, "BAD_BYTE" },
		{ 4, "TOO_LONG" },
		{ 6, "MAXACTIVE" },
		{ 7, "TRAILING" },
		{ 8, "ONE_COMMAND" },
		{ 10, "NO_NAME" },
		{ 11, "NAME_TOO_LONG" },
		{ 12, "BAD_NAME" },
		{ 13, "BAD_GROUP" },
		{ 14, "RESERVED_NAME" },
		{ 15, "NAME_TAKEN" },
		{ 16, "UNKNOWN_NAME" },
		{ 17, "BUSY" },
		{ 20, "NO_TARGET" },
		{ 21, "BAD_ADDRESS" },
		{ 22, "BAD_SYMBOL" },
		{ 23, "SYMBOL_TOO_LONG" },
		{ 24, "BAD_OFFSET" },
		{ 25, "NO_SYMBOL" },
		{ 26, "BOUNDARY" },
		{ 27, "NOT_PROBEABLE" },
		{ 28, "REFUSED" },
		{ 30, "TOO_MANY_ARGS" },
		{ 31, "NO_ARG_NAME" },
		{ 32, "ARG_NAME_TOO_LONG" },
		{ 33, "BAD_ARG_NAME" },
		{ 34, "RESERVED_ARG" },
		{ 35, "USED_ARG" },
		{ 36, "NO_FETCH" },
		{ 37, "BAD_FETCH" },
		{ 39, "BAD_REG" },
		{ 40, "BAD_ARG_NUM" },
		{ 41, "ARG_NOT_ENTRY" },
		{ 42, "BAD_TYPE" },
		{ 45, "BAD_MAXACTIVE" },
		{ 46, "NOT_ENTRY" },
		{ 47, "BAD_SUFFIX" },
		{ 48, "RETVAL_ON_ENTRY" },
		{ 49, "DURATION_ON_ENTRY" },
		{ 50, "BAD_STACK_NUM" },
		{ 51, "BAD_MEMORY" },
		{ 52, "FILE_OFFSET" },
		{ 53, "BAD_NUMBER" },
		{ 54, "TEXT_OPEN" },
		{ 55, "DEREF_BRACE" },
		{ 56, "DEREF_OFFSET" },
		{ 57, "DEREF_OPEN" },
		{ 58, "DEREF_TRAILING" },
		{ 59, "DEREF_DEEP" },
		{ 60, "DEREF_TEXT" },
		{ 61, "ARRAY_OPEN" },
		{ 62, "ARRAY_SUFFIX" },
		{ 63, "BAD_ARRAY_NUM" },
		{ 64, "ARRAY_TOO_BIG" },
		{ 65, "BAD_STRING" },
		{ 66, "BAD_SYMSTR" },
		{ 67, "BAD_BITFIELD" },
		{ 68, "NEED_STRING" },
		{ 69, "RECORD_TOO_BIG" },
		{ 70, "NO_DATA_SYMBOL" },
		{ 80, "NO_EXPR" },
		{ 81, "EXPR_FIELD" },
		{ 82, "EXPR_COMMON" },
		{ 83, "EXPR_OPERATOR" },
		{ 84, "EXPR_VALUE" },
		{ 85, "EXPR_RANGE" },
		{ 86, "EXPR_KIND" },
		{ 87, "EXPR_ARRAY" },
		{ 88, "EXPR_QUOTE" },
		{ 89, "EXPR_PAREN" },
		{ 90, "EXPR_DEEP" },
		{ 91, "EXPR_LONG" },
		{ 92, "EXPR_GLOB" },
		{ 93, "EXPR_TRAILING" },
		{ 94, "EXPR_TEXT_LONG" },
		{ 100, "DEAF" },
		{ 101, "MANY_RETURNS" },
		{ 102, "RECORD_TOO_LONG" },
		{ 103, "ENTRY_ONLY" },
		{ 104, "MODE_RETURN" },
		{ 105, "MODE_FTRACE" },
		{ 106, "MODE_MANY" },
		{ 107, "MODE_JUMP" },
		{ 108, "UNIT_FIELD" },
		{ 109, "FIRST_TARGET" },
		{ 110, "EVENT_TAKEN" },
		{ 111, "NAME_HERE" },
		{ 120, "BPF_FD" },
		{ 121, "BPF_SLEEPABLE" },
		{ 122, "BPF_ATTACH_TYPE" },
		{ 123, "BPF_OVERRIDE" },
		{ 124, "BPF_TOO_MANY" },
		{ 125, "BPF_TWICE" },
		{ 126, "BPF_NO_SUCH" },
		{ 127, "BPF_OWNED" },
		{ 128, "BPF_HOOKED" },
		{ 129, "BPF_CAPABLE" },
		{ 130, "BPF_MODE" },
		{ 131, "BPF_MAP" },
		{ 132, "BPF_PLACE" },
		{ 133, "BPF_EVENT" },
		{ 134, "BPF_KPROBE_FACE" },
		{ 135, "BPF_MANY" },
	};
	size_t i, n = 0;
	int code;

	for (i = 0; i < ARRAY_SIZE(pinned); i++)
		KUNIT_EXPECT_STREQ(
			test,
			kpx_error_name((enum kpx_error_code)pinned[i].code),
			pinned[i].name);
	for (code = 0; code < 1000; code++)
		n += strcmp(kpx_error_name((enum kpx_error_code)code),
			    "UNKNOWN") != 0;
	KUNIT_EXPECT_EQ(test, n, ARRAY_SIZE(pinned));
	KUNIT_EXPECT_STREQ(test, kpx_error_text((enum kpx_error_code)9999),
			   "unknown error");
}

/* Every message, behind the longest subject, is whole in the ABI's buffer. */
static void test_error_texts_fit(struct kunit *test)
{
	enum kpx_error_code code;
	struct kpx_error err;

	for (code = 1; code < 200; code++) {
		const char *text = kpx_error_text(code);

		kpx_error_set(&err, code, 3, LONG_63, 63);
		KUNIT_EXPECT_TRUE_MSG(test, strstr(err.text, text),
				      "%d is cut: %s", code, err.text);
		KUNIT_EXPECT_EQ(test, err.offset, (u32)3);
	}
	kpx_error_set(&err, KPX_ERR_BAD_NAME, 0, "\x01\xff'", 3);
	KUNIT_EXPECT_TRUE(test, kpx_slice_starts(slice(err.text), "'?"
								  "?'': "));
}

static void test_too_long(struct kunit *test)
{
	char *text = kunit_kzalloc(test, KPX_DEFINITION_SIZE + 1, GFP_KERNEL);
	struct kpx_error err = {};
	struct kpx_spec *spec;

	memset(text, ' ', KPX_DEFINITION_SIZE);
	memcpy(text, "p:n f", 5);
	KUNIT_ASSERT_EQ(test,
			kpx_spec_parse(kpx_slice(text, KPX_DEFINITION_SIZE - 1),
				       0, &spec, &err),
			0);
	kpx_spec_free(spec);
	KUNIT_EXPECT_EQ(test,
			kpx_spec_parse(kpx_slice(text, KPX_DEFINITION_SIZE), 0,
				       &spec, &err),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, (int)err.code, (int)KPX_ERR_TOO_LONG);
}

/* @n arguments of the shortest form; *@len its length. */
static char *many_args(struct kunit *test, unsigned int n, size_t *len)
{
	char *text = kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL);
	unsigned int i;

	*len = snprintf(text, KPX_DEFINITION_SIZE, "p:n f");
	for (i = 0; i < n; i++)
		*len += snprintf(text + *len, KPX_DEFINITION_SIZE - *len,
				 " $arg1");
	return text;
}

static void test_arg_limit(struct kunit *test)
{
	struct kpx_error err = {};
	struct kpx_spec *spec;
	size_t len;
	char *text;

	text = many_args(test, KPX_ARGS_MAX, &len);
	KUNIT_ASSERT_EQ(
		test, kpx_spec_parse(kpx_slice(text, len), 0, &spec, &err), 0);
	KUNIT_EXPECT_EQ(test, kpx_spec_nr_fields(spec, 0),
			(unsigned int)KPX_FIELDS_MAX);
	KUNIT_EXPECT_EQ(test, (int)spec->fetch.max_bytes,
			16 + KPX_ARGS_MAX * 8 + 4);
	KUNIT_EXPECT_LE(test, (int)spec->fetch.max_bytes + 4, KPX_RECORD_MAX);
	kpx_spec_free(spec);

	text = many_args(test, KPX_ARGS_MAX + 1, &len);
	KUNIT_EXPECT_EQ(test,
			kpx_spec_parse(kpx_slice(text, len), 0, &spec, &err),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, (int)err.code, (int)KPX_ERR_TOO_MANY_ARGS);
	KUNIT_EXPECT_EQ(test, (size_t)err.offset, len - 5);
}

/* What is accepted can be given back: types left out count, too. */
static void test_canonical_fits(struct kunit *test)
{
	char *text = kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL);
	size_t len = snprintf(text, KPX_DEFINITION_SIZE, "p:n f");
	struct kpx_error err = {};
	struct kpx_spec *spec;
	int i;

	for (i = 0; i < KPX_ARGS_MAX; i++)
		len += snprintf(text + len, KPX_DEFINITION_SIZE - len,
				" abcdefghijklmnopqrst%03d=$arg1", i);
	KUNIT_ASSERT_TRUE(test, len < KPX_DEFINITION_SIZE);
	KUNIT_EXPECT_EQ(test,
			kpx_spec_parse(kpx_slice(text, len), 0, &spec, &err),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, (int)err.code, (int)KPX_ERR_TOO_LONG);
}

static void test_print_cuts(struct kunit *test)
{
	struct kpx_error err = {};
	struct kpx_spec *spec;
	char buf[8];

	KUNIT_ASSERT_EQ(test,
			kpx_spec_parse(slice("p:n func a=%di"), 0, &spec, &err),
			0);
	KUNIT_EXPECT_EQ(test, kpx_spec_print(spec, NULL, 0),
			strlen("p:n func a=%di:x64"));
	memset(buf, 'X', sizeof(buf));
	KUNIT_EXPECT_EQ(test, kpx_spec_print(spec, buf, 7),
			strlen("p:n func a=%di:x64"));
	KUNIT_EXPECT_STREQ(test, (const char *)buf, "p:n fu");
	KUNIT_EXPECT_EQ(test, buf[7], 'X');
	kpx_spec_free(spec);
}

static void test_auto_name(struct kunit *test)
{
	static const struct {
		const char *text, *name;
	} table[] = {
		{ "p vfs_read", "p_vfs_read_0" },
		{ "p vfs_read+0x10", "p_vfs_read_16" },
		{ "p ext4:a.isra.0", "p_ext4_a_isra_0_0" },
		{ "p 0xffffffff81000000", "p_0xffffffff81000000" },
		{ "p:given vfs_read", "given" },
		{ "p:kprobex/ vfs_read", "p_vfs_read_0" },
		{ "r vfs_read", "r_vfs_read_0" },
		{ "p vfs_read%return", "r_vfs_read_0" },
		{ "r 0xffffffff81000000", "r_0xffffffff81000000" },
	};
	struct kpx_error err = {};
	struct kpx_spec *spec;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		KUNIT_ASSERT_EQ(test,
				kpx_spec_parse(slice(table[i].text),
					       KPX_SPEC_AUTO_NAME, &spec, &err),
				0);
		KUNIT_EXPECT_STREQ(test, (const char *)spec->name,
				   table[i].name);
		kpx_spec_free(spec);
	}
	KUNIT_ASSERT_EQ(test,
			kpx_spec_parse(slice("p vfs_read"), 0, &spec, &err), 0);
	KUNIT_EXPECT_STREQ(test, (const char *)spec->name, "");
	kpx_spec_free(spec);
}

static void test_targets(struct kunit *test)
{
	static const struct {
		const char *text, *symbol, *printed;
		u64 address;
		u32 offset;
		bool is_return, at_entry;
		u16 maxactive;
	} table[] = {
		{ "p f", "f", "f", 0, 0, false, true, 0 },
		{ "p m:f+0x10", "m:f", "m:f+0x10", 0, 16, false, false, 0 },
		{ "r f", "f", "f", 0, 0, true, true, 0 },
		{ "r64 f+0", "f", "f", 0, 0, true, true, 64 },
		{ "p m:f%return", "m:f", "m:f", 0, 0, true, true, 0 },
		{ "p 0x123", NULL, "0x123", 0x123, 0, false, false, 0 },
		{ "r 0x123", NULL, "0x123", 0x123, 0, true, false, 0 },
	};
	char buf[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct kpx_error err = {};
		struct kpx_spec *spec;

		KUNIT_ASSERT_EQ(test,
				kpx_spec_parse(slice(table[i].text), 0, &spec,
					       &err),
				0);
		if (table[i].symbol)
			KUNIT_EXPECT_STREQ(test, spec->symbol, table[i].symbol);
		else
			KUNIT_EXPECT_NULL(test, spec->symbol);
		KUNIT_EXPECT_EQ(test, spec->address, table[i].address);
		KUNIT_EXPECT_EQ(test, spec->symbol_offset, table[i].offset);
		KUNIT_EXPECT_EQ(test, spec->is_return, table[i].is_return);
		KUNIT_EXPECT_EQ(test, spec->at_entry, table[i].at_entry);
		KUNIT_EXPECT_EQ(test, (int)spec->maxactive,
				(int)table[i].maxactive);
		KUNIT_EXPECT_EQ(test,
				kpx_spec_print_target(spec, buf, sizeof(buf)),
				strlen(table[i].printed));
		KUNIT_EXPECT_STREQ(test, (const char *)buf, table[i].printed);
		kpx_spec_free(spec);
	}
}

/* As many arguments of 512 bytes as there's room for, and one byte more. */
static void test_record_limit(struct kunit *test)
{
	static const char full[] =
		"p:n f +0(%di):u64[64] +0(%di):u64[64] +0(%di):u64[64] +0(%di):u64[64] +0(%di):u64[64] +0(%di):u64[64]";
	char text[160];
	struct kpx_error err = {};
	struct kpx_spec *spec;

	KUNIT_ASSERT_EQ(test, kpx_spec_parse(slice(full), 0, &spec, &err), 0);
	KUNIT_EXPECT_EQ(test, (int)spec->fetch.static_bytes,
			KPX_RECORD_ARGS + KPX_STATIC_MAX);
	kpx_spec_free(spec);
	snprintf(text, sizeof(text), "%s one=%%di:u8", full);
	KUNIT_EXPECT_EQ(test, kpx_spec_parse(slice(text), 0, &spec, &err),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, (int)err.code, (int)KPX_ERR_RECORD_TOO_BIG);
	KUNIT_EXPECT_EQ(test, (size_t)err.offset, strlen(full) + 5);

	/* strings have no part in that; the record's own bound is theirs */
	KUNIT_ASSERT_EQ(test,
			kpx_spec_parse(slice("p f +0(%di):string[64]"), 0,
				       &spec, &err),
			0);
	KUNIT_EXPECT_EQ(test, (int)spec->fetch.max_bytes, KPX_RECORD_MAX - 4);
	kpx_spec_free(spec);
}

static void test_remove(struct kunit *test)
{
	static const struct {
		const char *text;
		int code;
		u32 offset;
	} table[] = {
		{ "-:n", KPX_ERR_NONE, 0 },
		{ "  -:kprobex/n  ", KPX_ERR_NONE, 0 },
		{ "-", KPX_ERR_BAD_COMMAND, 0 },
		{ "-n", KPX_ERR_BAD_COMMAND, 0 },
		{ "-:", KPX_ERR_NO_NAME, 2 },
		{ "-:foo/n", KPX_ERR_BAD_GROUP, 2 },
		{ "-:9", KPX_ERR_BAD_NAME, 2 },
		{ "-:n vfs_read", KPX_ERR_TRAILING, 4 },
		{ "-:kprobex/", KPX_ERR_NO_NAME, 10 },
		{ "-:kprobex.n", KPX_ERR_NONE, 0 },
	};
	char name[KPX_NAME_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct kpx_error err = {};
		int ret = kpx_command_parse_remove(slice(table[i].text), name,
						   &err);

		KUNIT_EXPECT_TRUE(test,
				  kpx_command_is_remove(slice(table[i].text)));
		KUNIT_EXPECT_EQ(test, ret, table[i].code ? -EINVAL : 0);
		KUNIT_EXPECT_EQ(test, (int)err.code, table[i].code);
		KUNIT_EXPECT_EQ(test, err.offset, table[i].offset);
		if (!ret)
			KUNIT_EXPECT_STREQ(test, (const char *)name, "n");
	}
	KUNIT_EXPECT_FALSE(test, kpx_command_is_remove(slice("p:n f")));
	KUNIT_EXPECT_FALSE(test, kpx_command_is_remove(slice("")));
}

/*
 * Hostile input. Each text goes in from a buffer of just its size, so that a
 * byte read beyond it is a report; what is accepted must come back the same.
 */
static void check_any(struct kunit *test, const char *bytes, size_t len)
{
	char *text = kmalloc(len ? len : 1, GFP_KERNEL);
	char *a = kmalloc(KPX_DEFINITION_SIZE, GFP_KERNEL);
	char *b = kmalloc(KPX_DEFINITION_SIZE, GFP_KERNEL);
	struct kpx_error err = {};
	struct kpx_spec *spec;

	memcpy(text, bytes, len);
	if (!kpx_spec_parse(kpx_slice(text, len), KPX_SPEC_AUTO_NAME, &spec,
			    &err)) {
		size_t a_len = kpx_spec_print(spec, a, KPX_DEFINITION_SIZE);

		kpx_spec_free(spec);
		if (kpx_spec_parse(kpx_slice(a, a_len), 0, &spec, &err)) {
			KUNIT_FAIL(test, "'%s' doesn't reload: %s", a,
				   err.text);
		} else {
			kpx_spec_print(spec, b, KPX_DEFINITION_SIZE);
			KUNIT_EXPECT_STREQ(test, (const char *)a,
					   (const char *)b);
			kpx_spec_free(spec);
		}
	} else {
		KUNIT_EXPECT_NE(test, err.code, (u32)0);
		KUNIT_EXPECT_LE(test, (size_t)err.offset, len);
	}
	kfree(text);
	kfree(a);
	kfree(b);
}

static void test_hostile(struct kunit *test)
{
	static const char bytes[] = "\0\xff\n :=+%$@/-.pr0x9a";
	char buf[128];
	size_t i, j, k;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		size_t len = strlen(good[i].text);

		for (j = 0; j <= len; j++)
			check_any(test, good[i].text, j);
		for (j = 0; j < len; j++) {
			memcpy(buf, good[i].text, len);
			/* all of them are many minutes on a slow machine */
			for (k = 0; k < 3; k++) {
				buf[j] = bytes[(i + 5 * j + 7 * k) %
					       (sizeof(bytes) - 1)];
				check_any(test, buf, len);
			}
		}
	}
}

/* ---- generated definitions ------------------------------------------------ */

/* A sequence of numbers that is the same everywhere. */
static u32 draw(u32 *state, u32 below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 16) % below;
}

struct text {
	char *s;
	size_t len;
};

static void add(struct text *to, const char *part)
{
	size_t n = strlen(part);

	/* what doesn't fit is refused as a whole, so nothing is cut */
	if (to->len + n >= KPX_DEFINITION_SIZE)
		return;
	memcpy(to->s + to->len, part, n);
	to->len += n;
}

#define ADD_ONE_OF(to, state, parts) \
	add(to, (parts)[draw(state, ARRAY_SIZE(parts))])

static void generate_fetch(struct text *to, u32 *state, bool is_return)
{
	static const char *const bases[] = {
		"%di",	  "%r15",    "$arg1",	"$arg6",   "$arg9",
		"$stack", "$stack3", "\\1",	"\\-0x7f", "@0x123456",
		"@sym",	  "@sym+8",  "@sym-16",
	};
	static const char *const at_return[] = { "$retval", "$duration" };
	static const char *const derefs[] = {
		"+0(", "-8(", "+u16(", "-u0x20(", "+-4(", "+0x3c(",
	};
	unsigned int i, depth = draw(state, 4) * draw(state, 4);

	for (i = 0; i < depth; i++)
		ADD_ONE_OF(to, state, derefs);
	if (is_return && !draw(state, 3))
		ADD_ONE_OF(to, state, at_return);
	else
		ADD_ONE_OF(to, state, bases);
	for (i = 0; i < depth; i++)
		add(to, ")");
}

static void generate_arg(struct text *to, u32 *state, bool is_return,
			 unsigned int index)
{
	static const char *const types[] = {
		":u8",	    ":s16",    ":x32",	   ":u64",	 ":s64",
		":char",    ":symbol", ":b3@1/8",  ":b32@32/64", ":string",
		":ustring", ":symstr", ":u8[4]",   ":string[2]", ":b4@4/16[3]",
		":be16",    ":ip4",    ":be32[2]",
	};
	static const char *const texts[] = {
		"$comm",
		"$COMM:string",
		"\\\"text\"",
		"\\\"\":string",
	};
	char name[16];

	snprintf(name, sizeof(name), " v%u=", index);
	add(to, draw(state, 2) ? name : " ");
	if (!draw(state, 6)) {
		ADD_ONE_OF(to, state, texts);
		return;
	}
	generate_fetch(to, state, is_return);
	if (draw(state, 4))
		ADD_ONE_OF(to, state, types);
}

static void generate_condition(struct text *to, u32 *state)
{
	static const char *const parts[] = {
		"v0 == 1",  "v1 < 7",	     "__probe_ip & 0x10",
		"v0 != -1", "v2 == \"a b\"", "v1 ~ \"x*[0-9]\"",
		"v0 > v1",  "c != 'q'",
	};
	static const char *const links[] = { " && ", "||", "  ||\t" };
	unsigned int i, n = 1 + draw(state, 4);

	add(to, " if ");
	for (i = 0; i < n; i++) {
		bool brace = !draw(state, 3);

		add(to, draw(state, 4) ? "" : "!");
		add(to, brace ? "( " : "");
		ADD_ONE_OF(to, state, parts);
		add(to, brace ? ")" : "");
		if (i + 1 < n)
			ADD_ONE_OF(to, state, links);
	}
}

static void generate(struct text *to, u32 *state)
{
	static const char *const heads[] = {
		"p:name f",   "p m:f",	  "p:kprobex/name f+0",
		"p f.isra.0", "r:name f", "r10 m:f",
	};
	unsigned int head = draw(state, ARRAY_SIZE(heads));
	unsigned int i, n = draw(state, 6);

	to->len = 0;
	add(to, heads[head]);
	for (i = 0; i < n; i++)
		generate_arg(to, state, head >= 4, i);
	if (!draw(state, 16))
		add(to, " $args");
	if (!draw(state, 3))
		generate_condition(to, state);
}

/* Parse, print and parse again: the same text, and the same record. */
static bool check_round_trip(struct kunit *test, const struct text *text,
			     char *buf)
{
	struct kpx_spec *one, *two;
	struct kpx_error err = {};
	unsigned int i;
	size_t len;

	if (kpx_spec_parse(kpx_slice(text->s, text->len), 0, &one, &err))
		return false;
	len = kpx_spec_print(one, buf, KPX_DEFINITION_SIZE);
	KUNIT_ASSERT_EQ_MSG(test,
			    kpx_spec_parse(kpx_slice(buf, len), 0, &two, &err),
			    0, "'%s': %s", buf, err.text);
	KUNIT_EXPECT_EQ(test, kpx_spec_print(two, buf, KPX_DEFINITION_SIZE),
			len);
	KUNIT_EXPECT_EQ(test, (int)one->fetch.static_bytes,
			(int)two->fetch.static_bytes);
	KUNIT_EXPECT_EQ(test, (int)one->fetch.max_bytes,
			(int)two->fetch.max_bytes);
	KUNIT_EXPECT_EQ(test, (int)one->nr_entry, (int)two->nr_entry);
	KUNIT_EXPECT_EQ(test, (int)one->nr_symbols, (int)two->nr_symbols);
	KUNIT_EXPECT_EQ(test, !one->condition, !two->condition);
	KUNIT_ASSERT_EQ(test, kpx_spec_nr_fields(one, 1),
			kpx_spec_nr_fields(two, 1));
	for (i = 0; i < kpx_spec_nr_fields(one, 1); i++) {
		struct kpx_spec_field a = kpx_spec_field(one, 1, i);
		struct kpx_spec_field b = kpx_spec_field(two, 1, i);

		KUNIT_EXPECT_STREQ(test, a.name, b.name);
		KUNIT_EXPECT_STREQ(test, a.type, b.type);
		KUNIT_EXPECT_EQ(test, (int)a.offset, (int)b.offset);
		KUNIT_EXPECT_EQ(test, (int)a.bytes, (int)b.bytes);
		KUNIT_EXPECT_EQ(test, a.flags, b.flags);
	}
	kpx_spec_free(one);
	kpx_spec_free(two);
	return true;
}

static void test_round_trips(struct kunit *test)
{
	char *buf = kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL);
	struct text text = {
		kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL), 0
	};
	unsigned int i, accepted = 0;
	u32 state = 1;

	for (i = 0; i < 1000; i++) {
		generate(&text, &state);
		accepted += check_round_trip(test, &text, buf);
	}
	/* enough of them say something */
	KUNIT_EXPECT_LT(test, 125U, accepted);
}

/* Bytes of one definition in another, cut anywhere. */
static void test_splices(struct kunit *test)
{
	struct text a = {
		kunit_kzalloc(test, 2 * KPX_DEFINITION_SIZE, GFP_KERNEL), 0
	};
	struct text b = { kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL),
			  0 };
	u32 state = 7;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		size_t from, n;

		generate(&a, &state);
		generate(&b, &state);
		from = draw(&state, b.len);
		n = draw(&state, b.len - from + 1);
		a.len = draw(&state, a.len + 1);
		memcpy(a.s + a.len, b.s + from, n);
		check_any(test, a.s, a.len + n);
	}
}

/* Parentheses to the text's end, of every kind that opens a level. */
static void test_deep(struct kunit *test)
{
	static const struct {
		const char *head, *part;
		enum kpx_error_code code;
		u32 offset;
	} table[] = {
		{ "p f ", "+0(", KPX_ERR_DEREF_OPEN, 0 },
		{ "p f a=%di if ", "(", KPX_ERR_EXPR_DEEP, 21 },
		{ "p f a=%di if ", "!", KPX_ERR_EXPR_DEEP, 21 },
		{ "p f a=%di if ", "!(", KPX_ERR_EXPR_DEEP, 21 },
	};
	struct text text = {
		kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL), 0
	};
	struct kpx_error err = {};
	struct kpx_spec *spec;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		text.len = 0;
		add(&text, table[i].head);
		do {
			len = text.len;
			add(&text, table[i].part);
		} while (len < text.len);
		KUNIT_EXPECT_EQ(test,
				kpx_spec_parse(kpx_slice(text.s, text.len), 0,
					       &spec, &err),
				-EINVAL);
		KUNIT_EXPECT_EQ(test, (int)err.code, (int)table[i].code);
		if (table[i].offset)
			KUNIT_EXPECT_EQ(test, err.offset, table[i].offset);
	}
	/* all of them closed, too */
	text.len = 0;
	add(&text, "p f ");
	for (i = 0; i < 900; i++)
		add(&text, "+0(");
	add(&text, "%di");
	for (i = 0; i < 900; i++)
		add(&text, ")");
	KUNIT_EXPECT_EQ(test,
			kpx_spec_parse(kpx_slice(text.s, text.len), 0, &spec,
				       &err),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, (int)err.code, (int)KPX_ERR_DEREF_DEEP);
	KUNIT_EXPECT_EQ(test, (int)err.offset, 7);
}

/* 14 levels; a symbol needs a step of its own. */
static void test_levels(struct kunit *test)
{
	static const struct {
		unsigned int levels;
		const char *base;
		int ret;
		u32 offset;
	} table[] = {
		{ 14, "%di", 0, 0 },	     { 15, "%di", -EINVAL, 7 },
		{ 13, "@0x1", 0, 0 },	     { 14, "@0x1", -EINVAL, 7 },
		{ 12, "@sym", 0, 0 },	     { 13, "@sym", -EINVAL, 7 },
		{ 14, "@sym", -EINVAL, 10 }, { 15, "@sym", -EINVAL, 13 },
		{ 14, "$arg1", 0, 0 },
	};
	struct text text = {
		kunit_kzalloc(test, KPX_DEFINITION_SIZE, GFP_KERNEL), 0
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct kpx_spec *spec = NULL;
		struct kpx_error err = {};

		text.len = 0;
		add(&text, "p f ");
		for (j = 0; j < table[i].levels; j++)
			add(&text, "+0(");
		add(&text, table[i].base);
		for (j = 0; j < table[i].levels; j++)
			add(&text, ")");
		KUNIT_EXPECT_EQ(test,
				kpx_spec_parse(kpx_slice(text.s, text.len), 0,
					       &spec, &err),
				table[i].ret);
		KUNIT_EXPECT_EQ(test, err.offset, table[i].offset);
		kpx_spec_free(spec);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_good),		 KUNIT_CASE(test_bad),
	KUNIT_CASE(test_codes_pinned),	 KUNIT_CASE(test_error_texts_fit),
	KUNIT_CASE(test_too_long),	 KUNIT_CASE(test_arg_limit),
	KUNIT_CASE(test_canonical_fits), KUNIT_CASE(test_print_cuts),
	KUNIT_CASE(test_auto_name),	 KUNIT_CASE(test_targets),
	KUNIT_CASE(test_record_limit),	 KUNIT_CASE(test_remove),
	KUNIT_CASE(test_hostile),	 KUNIT_CASE(test_round_trips),
	KUNIT_CASE(test_splices),	 KUNIT_CASE(test_deep),
	KUNIT_CASE(test_levels),	 {}
};

static struct kunit_suite spec_suite = {
	.name = "kpx_spec",
	.test_cases = cases,
};
kunit_test_suite(spec_suite);
