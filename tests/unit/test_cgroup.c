// SPDX-License-Identifier: GPL-2.0-only
/* Which cgroups perf can follow, where they are, and which is in which. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "unit.h"

static char file[] = "/tmp/kpx-cgroup-XXXXXX";

static int make_file(void **state)
{
	(void)state;
	return mkstemp(file) < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

static void write_file(const char *text)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void assert_mount(const char *mounts, const char *want)
{
	char point[64];

	write_file(mounts);
	assert_int_equal(kpc_cgroup_mount(file, point, sizeof(point)),
			 want ? 0 : -ENOENT);
	if (want)
		assert_string_equal(point, want);
}

static void test_mount(void **state)
{
	(void)state;
	assert_mount("", NULL);
	assert_mount("tmpfs /sys/fs/cgroup tmpfs rw 0 0\n", NULL);
	assert_mount("cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n", NULL);
	assert_mount("none /sys/fs/cgroup cgroup2 rw 0 0\n", "/sys/fs/cgroup");
	assert_mount("none /one cgroup2 rw 0 0\nnone /two cgroup2 rw 0 0\n",
		     "/one");
	/* Version 1 has the controller, wherever it stands in the list. */
	assert_mount("none /two cgroup2 rw 0 0\n"
		     "cgroup /one cgroup rw,perf_event 0 0\n",
		     "/one");
	assert_mount("cgroup /one cgroup rw,net_cls,perf_event 0 0\n"
		     "none /two cgroup2 rw 0 0\n",
		     "/one");
	assert_mount("cgroup /one cgroup rw,perf_event_not 0 0\n"
		     "none /a\\040b cgroup2 rw 0 0\n",
		     "/a b");
	assert_mount("cgroup2 cgroup2\n\n#\nx", NULL);
}

static void test_controllers(void **state)
{
	static const char head[] =
		"#subsys_name\thierarchy\tnum_cgroups\tenabled\n";
	char text[256];

	(void)state;
	write_file(head);
	assert_false(kpc_cgroup_has_perf(file));
	snprintf(text, sizeof(text), "%scpu\t0\t1\t1\nperf_event\t0\t1\t0\n",
		 head);
	write_file(text);
	assert_false(kpc_cgroup_has_perf(file));
	snprintf(text, sizeof(text), "%scpu\t0\t1\t0\nperf_event\t0\t1\t1\n",
		 head);
	write_file(text);
	assert_true(kpc_cgroup_has_perf(file));
	assert_true(kpc_cgroup_has_perf("/no/such/file"));
}

static void assert_in(const char *inner, const char *outer, bool want)
{
	struct kpc_cgroup a = { .path = (char *)inner };
	struct kpc_cgroup b = { .path = (char *)outer };

	assert_int_equal(kpc_cgroup_is_in(&a, &b), want);
}

static void test_is_in(void **state)
{
	(void)state;
	assert_in("/c/a", "/c/a", true);
	assert_in("/c/a/b", "/c/a", true);
	assert_in("/c/ab", "/c/a", false);
	assert_in("/c/a", "/c/ab", false);
	assert_in("/c/a", "/c/a/b", false);
	assert_in("/c/a", "/c", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mount),
		cmocka_unit_test(test_controllers),
		cmocka_unit_test(test_is_in),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
