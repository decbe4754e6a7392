// SPDX-License-Identifier: GPL-2.0-only
/* test_maps - ids, names of threads, CPU lists and near misses */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comms.h"
#include "cpulist.h"
#include "idmap.h"
#include "nearmiss.h"
#include "unit.h"

static void ids(void **state)
{
	struct kpc_idmap map = { 0 };

	(void)state;
	assert_int_equal(kpc_idmap_find(&map, 1), -1);
	assert_int_equal(kpc_idmap_add(&map, 0, 1), -EINVAL);
	for (uint64_t i = 1; i < 5000; i++)
		assert_int_equal(kpc_idmap_add(&map, i * i, i), 0);
	for (uint64_t i = 1; i < 5000; i++) {
		assert_int_equal(kpc_idmap_find(&map, i * i), i);
		assert_int_equal(kpc_idmap_find(&map, i * i + 1), -1);
	}
	assert_int_equal(kpc_idmap_find(&map, 0), -1);
	kpc_idmap_uninit(&map);
}

/* Against an array, which can't be wrong. */
static void names_of_threads(void **state)
{
	static char want[600][KPC_COMM_BYTES];
	struct kpc_comms comms = { 0 };
	uint64_t seed = 3;

	(void)state;
	assert_null(kpc_comms_get(&comms, 5));
	kpc_comms_remove(&comms, 5);
	for (int i = 0; i < 60000; i++) {
		uint32_t tid = 1 + unit_random(&seed) % 599;
		const char *got = kpc_comms_get(&comms, tid);

		if (want[tid][0])
			assert_memory_equal(got, want[tid], KPC_COMM_BYTES);
		else
			assert_null(got);
		if (unit_random(&seed) % 3) {
			memset(want[tid], 0, KPC_COMM_BYTES);
			snprintf(want[tid], KPC_COMM_BYTES, "c%d", i);
			assert_int_equal(
				kpc_comms_set(&comms, tid, tid, want[tid]), 0);
		} else {
			kpc_comms_remove(&comms, tid);
			want[tid][0] = '\0';
		}
	}
	kpc_comms_uninit(&comms);
}

static void cpu_lists(void **state)
{
	static const char *const bad[] = {
		"",   ",",    "a",   "1-",  "-1",   "3-1",
		"1,", "1,,2", "1 2", "0x1", "8192", "99999999999999999999"
	};
	struct kpc_cpulist list;
	char error[256];

	(void)state;
	assert_int_equal(
		kpc_cpulist_parse(&list, "3,0-1,1\n", error, sizeof(error)), 0);
	assert_int_equal(list.nr, 3);
	assert_int_equal(list.cpu[0], 0);
	assert_int_equal(list.cpu[1], 1);
	assert_int_equal(list.cpu[2], 3);
	kpc_cpulist_uninit(&list);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(kpc_cpulist_parse(&list, bad[i], error,
						   sizeof(error)),
				 -EINVAL);
		kpc_cpulist_uninit(&list);
	}
	assert_int_equal(kpc_cpulist_choose(&list, "8000", error,
					    sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "CPU 8000 is not online"));
	kpc_cpulist_uninit(&list);
	assert_int_equal(kpc_cpulist_choose(&list, NULL, error, sizeof(error)),
			 0);
	assert_true(list.nr > 0);
	kpc_cpulist_uninit(&list);
}

static bool same(const char *one, const char *other)
{
	struct kpc_cpulist a, b;
	bool is;

	assert_int_equal(kpc_cpulist_parse(&a, one, NULL, 0), 0);
	assert_int_equal(kpc_cpulist_parse(&b, other, NULL, 0), 0);
	is = kpc_cpulist_same(&a, &b);
	kpc_cpulist_uninit(&a);
	kpc_cpulist_uninit(&b);
	return is;
}

static void same_cpus(void **state)
{
	(void)state;
	assert_true(same("0-3", "3,2,0-1"));
	assert_false(same("0-3", "0-2"));
	assert_false(same("0-2", "0-3"));
	assert_false(same("0,1", "0,2"));
}

static const char *near_text(const char *wanted, const char *const *names,
			     char text[KPC_NEARMISS_TEXT])
{
	struct kpc_nearmiss near;

	kpc_nearmiss_init(&near, wanted);
	for (; *names; names++)
		kpc_nearmiss_offer(&near, *names);
	return kpc_nearmiss_text(&near, text, KPC_NEARMISS_TEXT);
}

static void near_misses(void **state)
{
	static const char *const names[] = { "vfs_read",    "vfs_write",
					     "vfs_writev",  "vfs_iter_write",
					     "do_sys_open", "vfs_write",
					     "write",	    NULL };
	char text[KPC_NEARMISS_TEXT];
	char long_name[200];

	(void)state;
	assert_string_equal(near_text("vfs_writ", names, text),
			    "; did you mean vfs_write, vfs_writev?");
	assert_string_equal(near_text("vfs_wirte", names, text),
			    "; did you mean vfs_write, vfs_writev?");
	assert_string_equal(near_text("xyzzy", names, text), "");
	memset(long_name, 'a', sizeof(long_name));
	long_name[199] = '\0';
	assert_string_equal(near_text(long_name, names, text), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(names_of_threads),
		cmocka_unit_test(cpu_lists),
		cmocka_unit_test(same_cpus),
		cmocka_unit_test(near_misses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
