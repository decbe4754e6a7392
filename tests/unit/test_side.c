// SPDX-License-Identifier: GPL-2.0-only
/* test_side - COMM, FORK and EXIT records, cut and hostile; needs perf events */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "reader.h"
#include "side.h"
#include "trace_clock.h"
#include "unit.h"

static struct kpc_side *side;

static int setup(void **state)
{
	struct kpc_cpulist cpus;
	pid_t pid = getpid();
	struct kpc_side_opts opts = {
		.cpus = &cpus,
		.pids = &pid,
		.nr_pids = 1,
		.ring_bytes = sysconf(_SC_PAGESIZE) * 2,
		.mmaps = true,
	};
	char error[512];

	(void)state;
	side = NULL;
	if (kpc_cpulist_online(&cpus, error, sizeof(error)))
		return -1;
	if (kpc_side_new(&side, &opts, error, sizeof(error)))
		print_message("no perf events here: %s\n", error);
	kpc_cpulist_uninit(&cpus);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kpc_side_free(side);
	return 0;
}

struct comm {
	struct perf_event_header header;
	uint32_t pid, tid;
	char comm[16];
	uint64_t time;
};

struct task {
	struct perf_event_header header;
	uint32_t pid, ppid, tid, ptid;
	uint64_t time, sample_time;
};

static void feed_comm(uint32_t tid, uint64_t time, const char *name)
{
	struct comm r = { { .type = PERF_RECORD_COMM, .size = sizeof(r) },
			  tid,
			  tid,
			  "",
			  time };

	memcpy(r.comm, name, strnlen(name, sizeof(r.comm)));
	assert_int_equal(kpc_side_record(side, &r.header), 0);
}

static void feed_task(uint32_t type, uint32_t tid, uint32_t parent,
		      uint64_t time)
{
	struct task r = { { .type = type, .size = sizeof(r) },
			  tid,
			  parent,
			  tid,
			  parent,
			  time,
			  time };

	assert_int_equal(kpc_side_record(side, &r.header), 0);
}

/* A child has its parent's name, whatever order the rings were read in. */
static void children_inherit_names(void **state)
{
	struct kpc_header header = { .clock_id = 1 };
	struct kpc_writer *writer;
	char *path, error[256];
	size_t bytes;
	uint8_t *data;

	(void)state;
	if (!side)
		skip();
	path = fixture_path();
	assert_int_equal(
		kpc_writer_open(&writer, path, 0, error, sizeof(error)), 0);
	assert_int_equal(kpc_writer_header(writer, &header), 0);
	feed_task(PERF_RECORD_FORK, 101, 100, 20);
	feed_comm(100, 10, "a-name-of-16-byt");
	feed_task(PERF_RECORD_EXIT, 100, 1, 30);
	assert_int_equal(kpc_side_pending(side), 3);
	assert_int_equal(kpc_side_forks(side), 1);
	assert_int_equal(kpc_side_write(side, writer), 0);
	assert_int_equal(kpc_side_pending(side), 0);
	kpc_writer_free(writer);
	data = fixture_load(path, &bytes);
	assert_true(bytes > 100);
	free(data);
	unlink(path);
	free(path);
}

/*
 * A trace that begins anew has the threads that live, with their processes, as of the last
 * drain: what happened since is still to come, and is the newer one.
 */
static void snapshot_has_the_living(void **state)
{
	struct kpc_header header = { .clock_id = 1 };
	struct kpc_writer *writer, *other;
	struct kpc_reader *reader;
	struct kpc_tasks tasks;
	char *path, error[256];
	uint64_t since;

	(void)state;
	if (!side)
		skip();
	assert_int_equal(kpc_side_drain(side), 0);
	since = kpc_trace_clock();
	path = fixture_path();
	assert_int_equal(kpc_writer_open(&writer, "/dev/null", 0, error,
					 sizeof(error)),
			 0);
	assert_int_equal(kpc_writer_header(writer, &header), 0);
	assert_int_equal(kpc_writer_open(&other, path, 0, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_writer_header(other, &header), 0);
	feed_comm(100, 10, "parent");
	feed_task(PERF_RECORD_FORK, 101, 100, 20);
	feed_comm(102, 10, "gone");
	feed_task(PERF_RECORD_EXIT, 102, 1, 30);
	assert_int_equal(kpc_side_write(side, writer), 0);
	assert_int_equal(kpc_side_snapshot(side, other), 0);
	feed_comm(100, since, "renamed");
	assert_int_equal(kpc_side_write(side, other), 0);
	assert_int_equal(kpc_writer_finish(other, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(writer);
	kpc_writer_free(other);
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	tasks = kpc_reader_trace(reader)->tasks;
	assert_int_equal(tasks.nr, 3);
	assert_string_equal(kpc_tasks_find(&tasks, 100, 0)->comm, "parent");
	assert_string_equal(kpc_tasks_find(&tasks, 100, since)->comm,
			    "renamed");
	assert_string_equal(kpc_tasks_find(&tasks, 100, UINT64_MAX)->comm,
			    "renamed");
	assert_string_equal(kpc_tasks_find(&tasks, 101, 0)->comm, "parent");
	assert_int_equal(kpc_tasks_find(&tasks, 101, 0)->pid, 101);
	kpc_reader_close(reader);
	unlink(path);
	free(path);
}

static void hostile_records(void **state)
{
	(void)state;
	if (!side)
		skip();
	for (uint32_t type = 0; type < 24; type++) {
		for (uint16_t size = 8; size <= 128; size += 8) {
			struct perf_event_header *r = malloc(size);
			int err;

			memset(r, 0xff, size);
			r->type = type;
			r->size = size;
			err = kpc_side_record(side, r);
			assert_true(err == 0 || err == -EBADMSG);
			free(r);
		}
	}
}

static void scans_a_process(void **state)
{
	(void)state;
	if (!side)
		skip();
	assert_int_equal(kpc_side_scan(side, getpid()), 0);
	assert_true(kpc_side_pending(side) >= 1);
	assert_int_equal(kpc_side_scan(side, 4194304), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(children_inherit_names, setup,
						teardown),
		cmocka_unit_test_setup_teardown(snapshot_has_the_living, setup,
						teardown),
		cmocka_unit_test_setup_teardown(hostile_records, setup,
						teardown),
		cmocka_unit_test_setup_teardown(scans_a_process, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
