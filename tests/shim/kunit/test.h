/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of KUnit (as Linux 6.1 has it) that our suites use, for user space.
 *
 * A suite's file builds alone into a program, or with others into one: main()
 * and the list of suites are weak, so each file brings them and one stays.
 * Every case prints "ok N name" or "not ok N name"; the exit status is 1 when
 * one failed. An argument runs only the suites whose name contains it.
 */
#ifndef SHIM_KUNIT_TEST_H
#define SHIM_KUNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/slab.h>

struct kunit_block {
	struct kunit_block *next;
	void *memory;
};

struct kunit {
	void *priv;
	int failures;
	jmp_buf abort;
	struct kunit_block *blocks; /* what kunit_kzalloc() gave, newest first */
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char name[256];
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(test_name)                             \
	{                                                 \
		.run_case = test_name, .name = #test_name \
	}

#define SHIM_SUITES_MAX 64
__attribute__((weak)) struct kunit_suite *shim_suites[SHIM_SUITES_MAX];
__attribute__((weak)) int shim_nr_suites;

#define SHIM_JOIN_(a, b) a##b
#define SHIM_JOIN(a, b)	 SHIM_JOIN_(a, b)

#define kunit_test_suite(suite)                                            \
	__attribute__((constructor)) static void SHIM_JOIN(shim_add_,      \
							   __LINE__)(void) \
	{                                                                  \
		if (shim_nr_suites == SHIM_SUITES_MAX)                     \
			abort();                                           \
		shim_suites[shim_nr_suites++] = &(suite);                  \
	}

static inline void *kunit_kmalloc(struct kunit *test, size_t size, int flags)
{
	struct kunit_block *block = malloc(sizeof(*block));

	if (!block)
		abort();
	block->memory = kmalloc(size, flags);
	if (!block->memory)
		abort();
	block->next = test->blocks;
	test->blocks = block;
	return block->memory;
}

static inline void *kunit_kzalloc(struct kunit *test, size_t size, int flags)
{
	return memset(kunit_kmalloc(test, size, flags), 0, size);
}

static inline __attribute__((format(printf, 5, 6))) void
shim_failed(struct kunit *test, int is_assert, const char *file, int line,
	    const char *format, ...)
{
	va_list args;

	test->failures++;
	va_start(args, format);
	printf("# %s:%d: ", file, line);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	if (is_assert)
		longjmp(test->abort, 1);
}

/* sprintf of an empty message would be a warning: so every one starts with " " */
#define SHIM_CHECK(test, is_assert, ok, text, format, ...)               \
	do {                                                             \
		if (!(ok))                                               \
			shim_failed(test, is_assert, __FILE__, __LINE__, \
				    "%s " format, text, ##__VA_ARGS__);  \
	} while (0)

#define SHIM_BINARY(test, is_assert, left, op, right, format, ...)          \
	do {                                                                \
		__auto_type shim_l = (left);                                \
		__auto_type shim_r = (right);                               \
		if (!(shim_l op shim_r))                                    \
			shim_failed(test, is_assert, __FILE__, __LINE__,    \
				    "%s " #op " %s: %lld and %lld " format, \
				    #left, #right, (long long)shim_l,       \
				    (long long)shim_r, ##__VA_ARGS__);      \
	} while (0)

#define SHIM_STREQ(test, is_assert, left, right, format, ...)              \
	do {                                                               \
		const char *shim_l = (left), *shim_r = (right);            \
		if (strcmp(shim_l, shim_r))                                \
			shim_failed(test, is_assert, __FILE__, __LINE__,   \
				    "%s == %s: \"%s\" and \"%s\" " format, \
				    #left, #right, shim_l, shim_r,         \
				    ##__VA_ARGS__);                        \
	} while (0)

#define KUNIT_FAIL(test, format, ...) \
	SHIM_CHECK(test, 0, 0, "", format, ##__VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, c) SHIM_CHECK(test, 0, c, #c, "")
#define KUNIT_EXPECT_TRUE_MSG(test, c, ...) \
	SHIM_CHECK(test, 0, c, #c, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, c) SHIM_CHECK(test, 0, !(c), "!" #c, "")
#define KUNIT_EXPECT_EQ(test, l, r) SHIM_BINARY(test, 0, l, ==, r, "")
#define KUNIT_EXPECT_EQ_MSG(test, l, r, ...) \
	SHIM_BINARY(test, 0, l, ==, r, __VA_ARGS__)
#define KUNIT_EXPECT_NE(test, l, r)    SHIM_BINARY(test, 0, l, !=, r, "")
#define KUNIT_EXPECT_LT(test, l, r)    SHIM_BINARY(test, 0, l, <, r, "")
#define KUNIT_EXPECT_LE(test, l, r)    SHIM_BINARY(test, 0, l, <=, r, "")
#define KUNIT_EXPECT_NULL(test, p)     SHIM_CHECK(test, 0, !(p), "!" #p, "")
#define KUNIT_EXPECT_NOT_NULL(test, p) SHIM_CHECK(test, 0, p, #p, "")
#define KUNIT_EXPECT_PTR_EQ(test, l, r) \
	SHIM_CHECK(test, 0, (l) == (r), #l " == " #r, "")
#define KUNIT_EXPECT_STREQ(test, l, r) SHIM_STREQ(test, 0, l, r, "")
#define KUNIT_EXPECT_STREQ_MSG(test, l, r, ...) \
	SHIM_STREQ(test, 0, l, r, __VA_ARGS__)

#define KUNIT_ASSERT_TRUE(test, c) SHIM_CHECK(test, 1, c, #c, "")
#define KUNIT_ASSERT_TRUE_MSG(test, c, ...) \
	SHIM_CHECK(test, 1, c, #c, __VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, l, r) SHIM_BINARY(test, 1, l, ==, r, "")
#define KUNIT_ASSERT_EQ_MSG(test, l, r, ...) \
	SHIM_BINARY(test, 1, l, ==, r, __VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(test, p)	      SHIM_CHECK(test, 1, p, #p, "")
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p) SHIM_CHECK(test, 1, p, #p, "")

static inline int shim_run_case(struct kunit_suite *suite, struct kunit_case *c)
{
	struct kunit test = {};

	if (!setjmp(test.abort)) {
		if (suite->init && suite->init(&test))
			test.failures++;
		else
			c->run_case(&test);
	}
	if (suite->exit)
		suite->exit(&test);
	while (test.blocks) {
		struct kunit_block *block = test.blocks;

		test.blocks = block->next;
		free(block->memory);
		free(block);
	}
	return test.failures;
}

__attribute__((weak)) int main(int argc, char **argv)
{
	int i, n = 0, failed = 0;
	struct kunit_case *c;

	for (i = 0; i < shim_nr_suites; i++) {
		if (argc > 1 && !strstr(shim_suites[i]->name, argv[1]))
			continue;
		for (c = shim_suites[i]->test_cases; c->run_case; c++) {
			int bad = shim_run_case(shim_suites[i], c);

			printf("%sok %d %s.%s\n", bad ? "not " : "", ++n,
			       shim_suites[i]->name, c->name);
			failed += !!bad;
		}
	}
	printf("1..%d\n", n);
	return failed || !n;
}

#endif /* SHIM_KUNIT_TEST_H */
