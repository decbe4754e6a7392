// SPDX-License-Identifier: GPL-2.0-only
/* When to look for CPUs, and the ids of events that are added meanwhile. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "hotplug.h"
#include "idmap.h"
#include "trace_clock.h"
#include "unit.h"

#define IDS 20000u

static bool is_cpu(const char *message)
{
	return kpc_hotplug_is_cpu(message, strlen(message) + 1);
}

static void test_messages(void **state)
{
	static const char cut[] = "online@/devices/system/cpu/cpu";

	(void)state;
	assert_true(is_cpu("online@/devices/system/cpu/cpu1"));
	assert_true(is_cpu("offline@/devices/system/cpu/cpu17"));
	assert_false(is_cpu("add@/devices/system/cpu/cpu1"));
	assert_false(is_cpu("online@/devices/system/memory/memory1"));
	assert_false(is_cpu(""));
	assert_false(kpc_hotplug_is_cpu(cut, 0));
	assert_false(kpc_hotplug_is_cpu(cut, strlen(cut)));
}

static void test_each_second(void **state)
{
	struct kpc_hotplug h = { .fd = -1, .looked_ns = 5 };

	(void)state;
	assert_false(kpc_hotplug_look(&h, 6));
	assert_false(kpc_hotplug_look(&h, 4 + KPC_NS_PER_S));
	assert_true(kpc_hotplug_look(&h, 5 + KPC_NS_PER_S));
	assert_false(kpc_hotplug_look(&h, 6 + KPC_NS_PER_S));
	kpc_hotplug_close(&h);
}

struct ids {
	struct kpc_idmap map;
	_Atomic uint32_t added; /* so many are there, from 1 */
};

static void *look(void *arg)
{
	struct ids *ids = arg;
	uintptr_t wrong = 0;
	uint32_t nr;

	do {
		nr = ids->added;
		for (uint32_t i = nr > 100 ? nr - 100 : 1; i <= nr; i++)
			wrong += kpc_idmap_find(&ids->map, i * 7ull) !=
				 (int64_t)i;
		wrong += kpc_idmap_find(&ids->map, IDS * 7ull + 1) != -1;
	} while (nr < IDS);
	return (void *)wrong;
}

static void test_look_while_added(void **state)
{
	struct ids ids = { 0 };
	pthread_t thread;
	void *wrong;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, look, &ids), 0);
	for (uint32_t i = 1; i <= IDS; i++) {
		assert_int_equal(kpc_idmap_add(&ids.map, i * 7ull, i), 0);
		ids.added = i;
	}
	assert_int_equal(pthread_join(thread, &wrong), 0);
	assert_null(wrong);
	kpc_idmap_uninit(&ids.map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_each_second),
		cmocka_unit_test(test_look_while_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
