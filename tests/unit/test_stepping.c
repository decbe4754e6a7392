// SPDX-License-Identifier: GPL-2.0-only
/* test_stepping.c - which instructions the kernel does itself */
#include <stdio.h>
#include <unistd.h>

#include "fixture.h"
#include "stepping.h"
#include "unit.h"

#define CODE(...)                           \
	((const uint8_t[]){ __VA_ARGS__ }), \
		sizeof((const uint8_t[]){ __VA_ARGS__ })

static void done_by_the_kernel(void **state)
{
	(void)state;
	assert_false(kpc_stepping_code(CODE(0x55, 0x48)));	 /* push %rbp */
	assert_false(kpc_stepping_code(CODE(0x41, 0x57)));	 /* push %r15 */
	assert_false(kpc_stepping_code(CODE(0x90)));		 /* nop */
	assert_false(kpc_stepping_code(CODE(0x0f, 0x1f, 0x44))); /* nopl */
	assert_false(kpc_stepping_code(CODE(0xe8, 0, 0, 0)));	 /* call */
	assert_false(kpc_stepping_code(CODE(0xe9, 0, 0, 0)));	 /* jmp */
	assert_false(kpc_stepping_code(CODE(0xeb, 0xfe)));
	assert_false(kpc_stepping_code(CODE(0x74, 0x10)));	 /* je */
	assert_false(kpc_stepping_code(CODE(0x0f, 0x84, 0, 0))); /* je */
}

static void done_in_a_step(void **state)
{
	(void)state;
	assert_true(kpc_stepping_code(CODE(0xc3)));		   /* ret */
	assert_true(kpc_stepping_code(CODE(0x48, 0x83, 0xec, 8))); /* sub */
	assert_true(kpc_stepping_code(CODE(0x85, 0xc0)));	   /* test */
	assert_true(
		kpc_stepping_code(CODE(0xf3, 0x0f, 0x1e, 0xfa))); /* endbr */
	assert_true(kpc_stepping_code(CODE(0x41, 0x89, 0xc0)));	  /* mov */
	assert_true(kpc_stepping_code(CODE(0x0f, 0x05)));	  /* syscall */
	/* cut: nobody knows */
	assert_true(kpc_stepping_code(CODE(0x41)));
	assert_true(kpc_stepping_code(CODE(0x0f)));
	assert_true(kpc_stepping_code((const uint8_t *)"", 0));
}

static void in_files(void **state)
{
	char *path = fixture_path();
	FILE *file = fopen(path, "wb");

	(void)state;
	assert_non_null(file);
	fputs("\xc3\x55", file);
	fclose(file);
	assert_true(kpc_stepping_file(path, 0));
	assert_false(kpc_stepping_file(path, 1));
	assert_true(kpc_stepping_file(path, 2));
	assert_true(kpc_stepping_file(path, UINT64_MAX));
	unlink(path);
	assert_true(kpc_stepping_file(path, 1));
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(done_by_the_kernel),
		cmocka_unit_test(done_in_a_step),
		cmocka_unit_test(in_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
