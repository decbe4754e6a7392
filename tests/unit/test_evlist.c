// SPDX-License-Identifier: GPL-2.0-only
/* A CPU that comes, and whose events can't be opened at once. */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "evlist.h"
#include "fail.h"
#include "unit.h"

#define RING_BYTES (64u << 20)
#define NO_CPU	   8000

/* On CPU 0, and @later when that comes. NULL: we may open none. */
static struct kpc_evlist *make(int later)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = 1,
	};
	int cpu[2] = { 0, later };
	struct kpc_cpulist cpus = { .cpu = cpu, .nr = 1, .nr_later = 1 };
	char error[KPC_ERROR_BYTES];
	struct kpc_evlist *evlist;

	assert_int_equal(kpc_evlist_new(&evlist, &cpus, NULL, 0), 0);
	assert_int_equal(kpc_evlist_add(evlist, &attr, "dummy"), 0);
	if (!kpc_evlist_open(evlist, RING_BYTES, error, sizeof(error)))
		return evlist;
	print_message("%s\n", error);
	kpc_evlist_free(evlist);
	return NULL;
}

/* It is tried again, of the same CPU. */
static void test_cpu_stays(void **state)
{
	struct kpc_evlist *evlist = make(NO_CPU);
	char error[KPC_ERROR_BYTES];

	(void)state;
	if (!evlist)
		skip();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kpc_evlist_ring(evlist, 1)->cpu, NO_CPU);
		assert_true(kpc_evlist_online(evlist, 1, error, sizeof(error)) <
			    0);
		assert_false(kpc_evlist_is_open(evlist, 1));
	}
	assert_int_equal(kpc_evlist_ring(evlist, 1)->cpu, NO_CPU);
	kpc_evlist_free(evlist);
}

/* As long as there's no memory for a ring there are no events either. */
static void test_no_ring(void **state)
{
	struct kpc_evlist *evlist = make(0);
	FILE *file = fopen("/proc/self/statm", "re");
	char error[KPC_ERROR_BYTES];
	struct rlimit before, less;
	unsigned long pages;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	if (!evlist)
		skip();
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	less = before;
	less.rlim_cur = pages * sysconf(_SC_PAGESIZE) + RING_BYTES / 2;
	assert_int_equal(setrlimit(RLIMIT_AS, &less), 0);
	assert_true(kpc_evlist_online(evlist, 1, error, sizeof(error)) < 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_false(kpc_evlist_is_open(evlist, 1));
	assert_false(kpc_ring_is_there(kpc_evlist_ring(evlist, 1)));
	assert_int_equal(kpc_evlist_online(evlist, 1, error, sizeof(error)), 0);
	assert_true(kpc_evlist_is_open(evlist, 1));
	assert_true(kpc_ring_is_there(kpc_evlist_ring(evlist, 1)));
	kpc_evlist_free(evlist);
}

/* What is disarmed stays so, also on a CPU that comes later. */
static void test_disarmed(void **state)
{
	struct kpc_evlist *evlist = make(0);
	char error[KPC_ERROR_BYTES];
	struct kpc_count count;
	uint64_t enabled_ns;

	(void)state;
	if (!evlist)
		skip();
	assert_int_equal(kpc_evlist_enable(evlist), 0);
	usleep(1000);
	assert_int_equal(kpc_evlist_disarm(evlist, 0), 0);
	assert_int_equal(kpc_evlist_read(evlist, 0, &count), 0);
	enabled_ns = count.enabled_ns;
	assert_true(enabled_ns > 0);
	assert_int_equal(kpc_evlist_online(evlist, 1, error, sizeof(error)), 0);
	assert_int_equal(kpc_evlist_enable(evlist), 0);
	usleep(1000);
	assert_int_equal(kpc_evlist_read(evlist, 0, &count), 0);
	assert_int_equal(count.enabled_ns, enabled_ns);
	/* only samples have a period */
	assert_int_equal(kpc_evlist_set_period(evlist, 0, 2, false), -EINVAL);
	kpc_evlist_free(evlist);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_stays),
		cmocka_unit_test(test_no_ring),
		cmocka_unit_test(test_disarmed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
