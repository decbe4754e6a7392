// SPDX-License-Identifier: GPL-2.0-only
/* How parts are named, found and removed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parts.h"
#include "sink.h"
#include "unit.h"

static char folder[] = "/tmp/test_parts.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void make(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	close(open(path, O_CREAT | O_WRONLY, 0600));
}

static void open_parts(struct kpc_parts *parts, const char *name, uint32_t keep)
{
	char path[128], error[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(
		kpc_parts_init(parts, path, keep, error, sizeof(error)), 0);
}

/* It ends so, and may be made. */
static void assert_next(struct kpc_parts *parts, const char *name)
{
	char *path = kpc_parts_next(parts);

	assert_non_null(path);
	assert_string_equal(strrchr(path, '/') + 1, name);
	make(name);
	free(path);
}

static void assert_removed(struct kpc_parts *parts, const char *name)
{
	int err = 1;
	char *path = kpc_parts_remove(parts, &err);

	if (!name) {
		assert_null(path);
		return;
	}
	assert_non_null(path);
	assert_string_equal(strrchr(path, '/') + 1, name);
	assert_int_equal(err, 0);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

static void test_names(void **state)
{
	struct kpc_parts parts;

	(void)state;
	open_parts(&parts, "a.pb", 0);
	assert_next(&parts, "a.000001.pb");
	assert_next(&parts, "a.000002.pb");
	assert_removed(&parts, NULL);
	kpc_parts_uninit(&parts);
	open_parts(&parts, "none", 0);
	assert_next(&parts, "none.000001");
	kpc_parts_uninit(&parts);
	open_parts(&parts, ".hidden", 0);
	assert_next(&parts, ".hidden.000001");
	kpc_parts_uninit(&parts);
	open_parts(&parts, "two.dots.pb", 0);
	assert_next(&parts, "two.dots.000001.pb");
	kpc_parts_uninit(&parts);
}

/* Only what is named so counts, and the numbers go on. */
static void test_found(void **state)
{
	static const char *const others[] = {
		"b.pb",		"b.1.pb",
		"b.000009.pbx", "b.00000a.pb",
		"bb.000010.pb", "b.000011.x.pb",
		"b.-00012.pb",	"b.000000.pb",
		"b.000013",	"b.99999999999.pb"
	};
	struct kpc_parts parts;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		make(others[i]);
	make("b.000004.pb");
	make("b.000002.pb");
	make("b.000003.pb");
	open_parts(&parts, "b.pb", 2);
	assert_next(&parts, "b.000005.pb");
	assert_removed(&parts, "b.000002.pb");
	assert_removed(&parts, "b.000003.pb");
	assert_removed(&parts, NULL);
	assert_int_equal(parts.removed, 2);
	assert_next(&parts, "b.000006.pb");
	assert_removed(&parts, "b.000004.pb");
	assert_int_equal(parts.removed, 3);
	kpc_parts_uninit(&parts);
}

/* What appears meanwhile is nobody's of ours: a file, or a link to one. */
static void test_taken(void **state)
{
	struct kpc_parts parts;
	char path[128], other[128], error[512];
	struct kpc_sink *sink;

	(void)state;
	open_parts(&parts, "t.pb", 0);
	make("t.000001.pb");
	snprintf(path, sizeof(path), "%s/t.000002.pb", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(symlink(other, path), 0);
	assert_next(&parts, "t.000003.pb");
	/* Between that look and its opening, too. */
	assert_int_equal(kpc_sink_create(&sink, path, error, sizeof(error)),
			 -EEXIST);
	assert_non_null(strstr(error, path));
	assert_int_equal(access(other, F_OK), -1);
	unlink(path);
	assert_int_equal(kpc_sink_create(&sink, path, error, sizeof(error)), 0);
	assert_int_equal(kpc_sink_finish(sink), 0);
	kpc_sink_free(sink);
	assert_next(&parts, "t.000004.pb");
	kpc_parts_uninit(&parts);
}

static void test_failures(void **state)
{
	struct kpc_parts parts;
	char error[256] = "";

	(void)state;
	assert_int_equal(kpc_parts_init(&parts, "/nonexistent/a.pb", 1, error,
					sizeof(error)),
			 -ENOENT);
	assert_non_null(strstr(error, "/nonexistent/a.pb"));
	kpc_parts_uninit(&parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
