// SPDX-License-Identifier: GPL-2.0-only
/* test_calltree - what there's no room for is counted */
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

#include "calltree.h"
#include "unit.h"

static char told[512];

static void log_text(void *ctx, enum kpc_log_level level, const char *text)
{
	size_t used = strlen(told);

	(void)ctx;
	(void)level;
	snprintf(told + used, sizeof(told) - used, "%s\n", text);
}

static void add(struct kpc_calltree *tree, struct kpc_export *x,
		const char *comm)
{
	static const uint64_t stack[] = { PERF_CONTEXT_USER };
	struct kpc_row row = {
		.comm = comm,
		.tid = 1,
		.stack = stack,
		.stack_depth = 1,
	};

	assert_int_equal(kpc_calltree_add(tree, x, &row), 0);
}

static void test_no_room(void **state)
{
	struct kpc_export x = { .opts = { .log = log_text } };
	struct kpc_calltree tree;

	(void)state;
	assert_int_equal(kpc_calltree_init(&tree, 0), 0);
	tree.nodes.max = 3; /* the root's, and two */
	add(&tree, &x, "a");
	add(&tree, &x, "b");
	add(&tree, &x, "c");
	add(&tree, &x, "b");
	assert_int_equal(tree.samples, 3);
	assert_int_equal(kpc_calltree_node(&tree, 0)->samples, 0);
	assert_int_equal(kpc_calltree_node(&tree, 2)->samples, 2);
	assert_int_equal(x.result.left_out, 1);
	assert_int_equal(kpc_calltree_check(&tree, &x), 0);
	assert_memory_equal(told, "1 call chains are left out: ", 28);
	assert_ptr_equal(strchr(told, '\n'), told + strlen(told) - 1);
	kpc_calltree_uninit(&tree);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
