// SPDX-License-Identifier: GPL-2.0-only
/* Errors have names where the kernel returned them, and nowhere else. */
#include <string.h>

#include "errnoname.h"
#include "unit.h"

static bool applies(enum kpc_source source, const char *event,
		    const char *definition, const char *field,
		    enum kpc_field_kind kind)
{
	struct kpc_field f = { .name = (char *)field, .kind = kind };
	const struct kpc_event e = {
		.name = (char *)event,
		.definition = (char *)definition,
		.source = source,
		.fields = &f,
		.nr_fields = 1,
	};

	return errnoname_applies(&e, 0);
}

static bool returns(const char *definition, const char *field)
{
	return applies(KPC_SOURCE_KPROBEX, "e", definition, field,
		       KPC_FIELD_SIGNED);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(errnoname_of(-2), "ENOENT");
	assert_string_equal(errnoname_of(-512), "ERESTARTSYS");
	assert_null(errnoname_of(0));
	assert_null(errnoname_of(2));
	assert_null(errnoname_of(-4095));
	assert_null(errnoname_of(-4096));
	assert_null(errnoname_of(INT64_MIN));
	for (int i = 1; i <= 4095; i++)
		if (errnoname_of(-i))
			assert_true(strlen(errnoname_of(-i)) + 2 <=
				    ERRNONAME_BYTES);
}

static void test_functions(void **state)
{
	(void)state;
	assert_true(returns("r:e f fd=$retval:s32", "fd"));
	assert_true(
		returns("r:e f n=$arg1:s32 fd=$retval:s32 if fd < 0", "fd"));
	assert_true(returns("r:e f fd=$retval", "fd"));
	assert_false(returns("r:e f n=$arg1:s32 fd=$retval:s32", "n"));
	assert_false(returns("r:e f afd=$retval:s32", "fd"));
	assert_false(returns("r:e f fd=+0($retval):s32", "fd"));
	assert_false(returns("r:e f fd=$retvalue", "fd"));
	assert_false(returns("fd=$retval", "fd"));
	assert_false(returns("", ""));
	assert_false(returns(NULL, "fd"));
	assert_false(applies(KPC_SOURCE_KPROBEX, "e", "r:e f fd=$retval:u32",
			     "fd", KPC_FIELD_UNSIGNED));
	/* a program's functions return what they like */
	assert_false(applies(KPC_SOURCE_UPROBE, "e", "r:e /f:0x1 n=$retval:s32",
			     "n", KPC_FIELD_SIGNED));
}

static void test_syscalls(void **state)
{
	const enum kpc_source source = KPC_SOURCE_TRACEPOINT;
	const enum kpc_field_kind kind = KPC_FIELD_SIGNED;

	(void)state;
	assert_true(
		applies(source, "syscalls:sys_exit_openat", NULL, "ret", kind));
	assert_true(
		applies(source, "raw_syscalls:sys_exit", NULL, "ret", kind));
	assert_false(
		applies(source, "raw_syscalls:sys_exit", NULL, "id", kind));
	assert_false(
		applies(source, "raw_syscalls:sys_enter", NULL, "ret", kind));
	assert_false(applies(source, "my:event", NULL, "ret", kind));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_syscalls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
