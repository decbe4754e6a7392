// SPDX-License-Identifier: GPL-2.0-only
/*
 * kprobe_events takes and refuses what we do, and points at the same byte.
 *
 * Inputs and positions of Linux's own selftests of kprobe_events (ftrace,
 * kprobe_syntax_errors and the kprobe_args* and kretprobe_* ones of 6.1 and
 * 6.12), with our group in place of theirs. A '^' marks where kprobe_events
 * points to and isn't part of the input; no '^': it is accepted.
 *
 * What needs the kernel's symbols is not here: a function that doesn't exist,
 * that is there twice, an offset inside an instruction. Nor is what is about
 * appending to an event, which we don't do: a name is defined once.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../core/spec.h"

#define SIXTY_FIVE \
	"12345678901234567890123456789012345678901234567890123456789012345"

static const char *const same[] = {
	/* kprobe_syntax_errors */
	"p^100 vfs_read",
	"r^1a111 vfs_read",
	"r^100000 vfs_read",
	"p ^hoge-fuga",
	"p ^hoge+1000-1000",
	"r ^vfs_read+10",
	"p:^/bar vfs_read",
	"p:^" SIXTY_FIVE "/bar vfs_read",
	"p:^foo.1/bar vfs_read",
	"p:^ vfs_read",
	"p:kprobex/^" SIXTY_FIVE " vfs_read",
	"p:kprobex/^bar.1 vfs_read",
	"p vfs_read ^$retval",
	"p vfs_read ^$stack10000",
	"p vfs_read ^$arg10000",
	"p vfs_read ^$none_var",
	"p vfs_read ^%none_reg",
	"p vfs_read ^@12345678abcde",
	"p vfs_read ^@+10",
	"p vfs_read arg1=\\^x",
	"p vfs_read arg1=\\\"abcd^",
	"p vfs_read ^+0@0)",
	"p vfs_read ^+0ab1(@0)",
	"p vfs_read +0(+0(@0^)",
	"p vfs_read +0(^$comm)",
	"p vfs_read ^&1",
	"p vfs_read +0(^+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(@0))))))))))))))",
	"p vfs_read +0(@11):u8[10^",
	"p vfs_read +0(@11):u8[10]^a",
	"p vfs_read +0(@11):u8[^10a]",
	"p vfs_read +0(@11):u8[^256]",
	"p vfs_read @11:^unknown_type",
	"p vfs_read $stack0:^string",
	"p vfs_read @11:^b10@a/16",
	"p vfs_read ^=@11",
	"p vfs_read ^var.1=@11",
	"p vfs_read var1=@11 ^var1=@12",
	"p vfs_read ^common_tgid=%di",
	"p vfs_read ^__probe_ret_ip=%di",
	"p vfs_read arg1=^",
	"p vfs_read^%hoge",
	"p ^vfs_read+10%return",
	/* … of 6.12, which has $arg* from type information */
	"p vfs_read args=^$arg*",
	"p vfs_read +0(^$arg*)",
	"p vfs_read $arg* ^$arg*",
	"p vfs_read+20 ^$arg*",
	"p vfs_read ^hoge",
	/* kprobe_args_syntax, its good ones */
	"p vfs_read %ax",
	"p vfs_read @_sdata",
	"p vfs_read @0xffffffff82000000",
	"p vfs_read @_sdata+10",
	"p vfs_read @_sdata-10",
	"p vfs_read $stack",
	"p vfs_read $stack0",
	"p vfs_read $stack1",
	"r vfs_read $retval",
	"p vfs_read $comm",
	"p vfs_read +0(%ax)",
	"p vfs_read -0(%ax)",
	"p vfs_read +10($stack)",
	"p vfs_read +0($stack1)",
	"p vfs_read +10(@_sdata-10)",
	"p vfs_read +0(+10(+20($stack)))",
	"p vfs_read varname=%ax",
	"p vfs_read %ax:x16",
	"p vfs_read $comm:string",
	"p vfs_read +0($stack):string",
	/* … and its bad ones */
	"p vfs_read ^%ex",
	"p vfs_read ^$stackp",
	"p vfs_read ^$stack0+10",
	"p vfs_read ^$stack1-10",
	"p vfs_read ^+(%ax)",
	"p vfs_read ^(%ax+10)",
	"p vfs_read ^-(%ax)",
	"p vfs_read ^(%ax)",
	"p vfs_read +10(^$comm)",
	"p vfs_read varname=^varname2=%ax",
	"p vfs_read %ax:^:x16",
	"p vfs_read %ax:^y16",
	"p vfs_read x16:^%ax",
	"p vfs_read $comm:^x64",
	"p vfs_read $stack:^string",
	"p vfs_read %ax:^string",
	/* the other kprobe_args_* */
	"p:testprobe kernel_clone $stack $stack0 +0($stack)",
	"p:testprobe kernel_clone comm=$comm ",
	"p:testprobe tracefs_create_dir arg1=+0(%di):char arg2=+0(%di):char[4]",
	"p:testprobe tracefs_create_dir arg1=+0(%di):string arg2=+0(%di):string",
	"p:testprobe tracefs_create_dir arg1=+0(%di):string arg2=+0(%di):string[1]",
	"p:testprobe_u f arg1=@linux_proc_banner:u64 arg2=@linux_proc_banner:u32 arg3=@linux_proc_banner:u16 arg4=@linux_proc_banner:u8",
	"p:testprobe_s f arg1=@linux_proc_banner:s64 arg2=@linux_proc_banner:s32 arg3=@linux_proc_banner:s16 arg4=@linux_proc_banner:s8",
	"p:testprobe_x f arg1=@linux_proc_banner:x64 arg2=@linux_proc_banner:x32 arg3=@linux_proc_banner:x16 arg4=@linux_proc_banner:x8",
	"p:testprobe_bf f arg1=@linux_proc_banner:b8@4/32",
	"p:testprobe_str f arg1=@linux_proc_banner:string",
	"p:testprobe f $stack0:s64 $stack0:u32 $stack0:x16 $stack0:b4@4/8",
	"p:myevent do_sys_open path=+0($arg2):ustring path2=+u0($arg2):string",
	/* kprobe_eventname, kprobe_module, probepoint, kretprobe_* */
	"p vfs_read",
	"p:event1 vfs_read",
	"p:kprobex/event2 vfs_read",
	"p:kprobex/ vfs_read",
	"p foo.isra.0",
	"p trace_printk:trace_printk_irq_work",
	"p:testprobe 0xffffffff81234567",
	"p:testprobe tracefs_create_dir+74",
	"p:testprobe ^tracefs_create_dir-74",
	"p:testprobe ^tracefs_create_dir+0xffffffffffffffb6",
	"r:testprobe2 kernel_clone $retval",
	"r:myevent2 vfs_open arg=$arg1",
	"p:myprobeaccept vfs_read%return",
	"^a:myprobeaccept inet_csk_accept",
	"r^1000000:myprobeaccept inet_csk_accept",
	"r^10fuzz:myprobeaccept inet_csk_accept",
	"r10:myprobeaccept inet_csk_accept",
	"r10 inet_csk_accept",
};

/*
 * Where we differ, with reason. @stock as above; @ours: the same input with
 * '^' where we point to, or none if we accept it.
 */
static const struct {
	const char *stock, *ours, *reason;
} differs[] = {
	{ "p:foo/bar vfs_read", "p:^foo/bar vfs_read",
	  "the only group is kprobex: it is the PMU's name and the module's" },
	{ "pfoo:bar vfs_read", "^pfoo:bar vfs_read",
	  "6.1 passes over letters between p and the colon: a typing error" },
	{ "p vfs_read ^arg123456789012345678901234567890=@11",
	  "p vfs_read arg123456789012345678901234567890=@11",
	  "names may have 63 characters instead of 32" },
	{ "p vfs_read ^+1234567(+1234567(+1234567(+1234567(+1234567(+1234567(@1234))))))",
	  "p vfs_read +1234567(+1234567(+1234567(+1234567(+1234567(+1234567(@1234))))))",
	  "an argument isn't limited to 63 characters: chains of structs need them" },
	{ "p vfs_read +0(%ax)+10", "p vfs_read +0(%ax)^+10",
	  "what follows the brace is dropped silently; its own selftest wants it refused" },
	{ "p ^vfs_read @", "p vfs_read ^@",
	  "without a symbol; found while the probe is registered, so no place" },
	{ "p ^vfs_read @_sdata*10", "p vfs_read ^@_sdata*10",
	  "not a symbol; as above" },
	{ "p ^vfs_read @_sdata/10", "p vfs_read ^@_sdata/10", "as above" },
	{ "p ^vfs_read @_sdata%10", "p vfs_read ^@_sdata%10", "as above" },
	{ "p ^vfs_read @_sdata&10", "p vfs_read ^@_sdata&10", "as above" },
	{ "p ^vfs_read @_sdata|10", "p vfs_read ^@_sdata|10", "as above" },
	{ "p vfs_read +u0^(%none)", "p vfs_read +u0(^%none)",
	  "inside of +u…( it points one byte too far to the left" },
	{ "p vfs_read \\1:string[2]", "p vfs_read \\1:^string[2]",
	  "accepted, but no hit ever stores anything" },
	{ "p vfs_read +u0(%si):^u8[4]", "p vfs_read +u0(%si):u8[4]",
	  "an array of user memory is as good as one of kernel memory" },
	{ "r 0xffffffff81234567 ^$retval", "r 0xffffffff81234567 $retval",
	  "6.1 doesn't know that an r probe by address returns; 6.12 does" },
	{ "r vfs_read ^$arg1", "r vfs_read $arg1",
	  "6.1 has no arguments at a return; 6.12 captures them, as we do" },
	{ "p vfs_read ^$arg*", "p vfs_read $arg*",
	  "6.1 has no $arg*; 6.12 takes names and number from type information, we all registers" },
	{ "p kfree ^$arg10", "p kfree $arg10",
	  "6.12 counts a function's arguments by type information; 6.1 takes it" },
	{ "r kfree ^$retval", "r kfree $retval",
	  "6.12 knows by type information that it is void; 6.1 takes it" },
	{ "p vfs_read count", "p vfs_read ^count",
	  "6.12 knows arguments' names from type information; 6.1 refuses it" },
	{ "p vfs_read $arg+1", "p vfs_read ^$arg+1",
	  "6.1 takes a sign before the number, by accident; 6.12 refuses it" },
	{ "p vfs_read __weight=%di", "p vfs_read ^__weight=%di",
	  "the tail's fields have these names where an argument took theirs" },
	{ "p vfs_read count=%di ^if count", "p vfs_read count=%di if count^",
	  "if begins the condition, and this one goes on: kprobe_events has none" },
};

/* Splits the mark off; -1 if there's none. */
static int split(const char *marked, char *text)
{
	int at = -1;
	char *to = text;

	for (; *marked; marked++) {
		if (*marked == '^' && at < 0)
			at = to - text;
		else
			*to++ = *marked;
	}
	*to = '\0';
	return at;
}

static void check(struct kunit *test, const char *marked)
{
	char *text = kunit_kzalloc(test, 256, GFP_KERNEL);
	struct kpx_spec *spec = NULL;
	struct kpx_error err = {};
	int want = split(marked, text), ret;

	ret = kpx_spec_parse(kpx_slice(text, strlen(text)), 0, &spec, &err);
	KUNIT_EXPECT_EQ_MSG(test, ret, want < 0 ? 0 : -EINVAL, "'%s': %s", text,
			    err.text);
	if (want >= 0)
		KUNIT_EXPECT_EQ_MSG(test, (int)err.offset, want, "'%s': %s",
				    text, err.text);
	kpx_spec_free(spec);
}

static void test_same(struct kunit *test)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(same); i++)
		check(test, same[i]);
}

/* A difference is one in the same text, and it has a reason. */
static void test_differs(struct kunit *test)
{
	char *stock = kunit_kzalloc(test, 256, GFP_KERNEL);
	char *ours = kunit_kzalloc(test, 256, GFP_KERNEL);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(differs); i++) {
		int stock_at = split(differs[i].stock, stock);
		int ours_at = split(differs[i].ours, ours);

		KUNIT_EXPECT_STREQ(test, (const char *)stock,
				   (const char *)ours);
		KUNIT_EXPECT_NE(test, stock_at, ours_at);
		KUNIT_EXPECT_TRUE(test, strlen(differs[i].reason) > 0);
		check(test, differs[i].ours);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(test_same),
	KUNIT_CASE(test_differs),
	{},
};

static struct kunit_suite stock_suite = {
	.name = "kpx_stock",
	.test_cases = cases,
};
kunit_test_suite(stock_suite);
