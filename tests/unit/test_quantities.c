// SPDX-License-Identifier: GPL-2.0-only
/* test_quantities - which fields are amounts; what a process is called anywhere */
#include "quantities.h"
#include "unit.h"

static bool wanted(const char *name, const char *type, enum kpc_field_kind kind,
		   const char *const *names)
{
	struct kpc_field field = {
		.name = (char *)name,
		.type = (char *)type,
		.kind = kind,
	};

	return quantities_wanted(&field, names);
}

static void test_wanted(void **state)
{
	static const char *const names[] = { "pid", "le*", NULL };

	(void)state;
	assert_true(wanted("count", "size_t", KPC_FIELD_UNSIGNED, NULL));
	assert_true(wanted("ret", "long", KPC_FIELD_SIGNED, NULL));
	assert_true(wanted("runtime", "u64", KPC_FIELD_UNSIGNED, NULL));
	assert_false(wanted("prev_pid", "pid_t", KPC_FIELD_SIGNED, NULL));
	assert_false(wanted("fd", "unsigned int", KPC_FIELD_UNSIGNED, NULL));
	assert_false(wanted("buf", "char *", KPC_FIELD_UNSIGNED, NULL));
	assert_false(wanted("flags", "int", KPC_FIELD_SIGNED, NULL));
	assert_false(wanted("count", "u64", KPC_FIELD_HEX, NULL));
	assert_false(wanted("comm", "char[16]", KPC_FIELD_STRING, NULL));
	assert_true(wanted("pid", "pid_t", KPC_FIELD_SIGNED, names));
	assert_true(wanted("length", "u64", KPC_FIELD_HEX, names));
	assert_false(wanted("count", "u64", KPC_FIELD_UNSIGNED, names));
	assert_false(wanted("leaf", "char[16]", KPC_FIELD_STRING, names));
}

static void is_called(const char *comm, const char *want)
{
	char name[8];

	quantities_process(comm, name, sizeof(name));
	assert_string_equal(name, want);
}

static void test_process(void **state)
{
	(void)state;
	is_called("dd", "dd");
	is_called("a/b", "a/b");
	is_called("cpuhp/3", "cpuhp");
	is_called("kwork/u4:2-e", "kwork");
	is_called("much-too-long", "much-to");
	is_called("much-too-long/1", "much-to");
	is_called("/1", "/1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
