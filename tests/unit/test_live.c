// SPDX-License-Identifier: GPL-2.0-only
/* test_live - rows that are given as they are recorded */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "compress.h"
#include "live.h"
#include "outlet.h"
#include "unit.h"

#define ROWS 5u

static struct kpc_writer *writer;
static struct kpc_live *live;

struct seen {
	uint32_t rows;
	uint32_t pid;
	int32_t cpu;
	uint64_t values[64]; /* the first of each row */
	char comm[17];
};

static void on_row(void *ctx, const struct kpc_row *row)
{
	struct seen *seen = ctx;

	assert_ptr_equal(row->event, &fixture_events[row->event->id]);
	seen->values[seen->rows++ % 64] = row->values[0].u;
	seen->pid = row->pid;
	seen->cpu = row->cpu;
	strcpy(seen->comm, row->comm);
}

static void begin(struct seen *seen)
{
	static const int32_t cpus[] = { 3, 7 };
	struct kpc_ring_desc rings[] = { { .cpu = 3 }, { .cpu = 7 } };
	struct kpc_header header = {
		.rings = rings,
		.nr_rings = 2,
		.clock_id = 1,
	};
	struct kpc_live_opts opts = {
		.events = fixture_events,
		.nr_events = FIXTURE_EVENTS,
		.ring_cpus = cpus,
		.nr_rings = 2,
		.row = on_row,
		.ctx = seen,
	};

	*seen = (struct seen){ 0 };
	assert_int_equal(kpc_live_new(&live, &opts), 0);
	assert_int_equal(
		kpc_writer_open(&writer, NULL, KPC_LEVEL_NONE, NULL, 0), 0);
	kpc_outlet_consume(kpc_writer_outlet(writer), kpc_live_put, live);
	assert_int_equal(kpc_writer_header(writer, &header), 0);
	for (uint32_t i = 0; i < FIXTURE_EVENTS; i++)
		assert_int_equal(kpc_writer_event(writer, &fixture_events[i]),
				 0);
}

static void end(void)
{
	kpc_live_names_until(live, UINT64_MAX);
	kpc_writer_free(writer);
	kpc_live_free(live);
}

static void put_chunk(uint32_t ring)
{
	struct kpc_batch *batch;

	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	for (uint32_t i = 0; i < ROWS; i++)
		fixture_add(batch, i);
	assert_int_equal(kpc_writer_chunk(writer, ring, batch), 0);
	kpc_batch_free(batch);
}

static void name(uint32_t tid, uint32_t pid, const char *comm)
{
	struct kpc_task_event task = {
		.what = KPC_TASK_NAME,
		.tid = tid,
		.pid = pid,
	};

	strncpy(task.comm, comm, sizeof(task.comm));
	assert_int_equal(kpc_writer_tasks(writer, &task, 1), 0);
}

/* The thread that the fixture's rows are of. */
static uint32_t the_tid(void)
{
	struct seen seen;
	uint32_t tid;

	begin(&seen);
	kpc_live_names_until(live, UINT64_MAX);
	put_chunk(0);
	tid = seen.pid; /* nothing is known of it */
	end();
	return tid;
}

static void test_rows(void **state)
{
	struct seen seen;

	(void)state;
	begin(&seen);
	kpc_live_names_until(live, UINT64_MAX);
	put_chunk(1);
	assert_int_equal(seen.rows, ROWS);
	assert_int_equal(seen.cpu, 7);
	assert_string_equal(seen.comm, "");
	put_chunk(0);
	assert_int_equal(seen.rows, 2 * ROWS);
	assert_int_equal(seen.cpu, 3);
	assert_int_equal(kpc_live_rows(live), 2 * ROWS);
	for (uint32_t i = 0; i < ROWS; i++)
		assert_int_equal(seen.values[i], seen.values[i + ROWS]);
	end();
}

static void test_names(void **state)
{
	uint32_t tid = the_tid();
	struct seen seen;

	(void)state;
	begin(&seen);
	kpc_live_names_until(live, UINT64_MAX);
	name(tid, 4711, "before");
	put_chunk(0);
	assert_int_equal(seen.pid, 4711);
	assert_string_equal(seen.comm, "before");
	name(tid, 4711, "a-name-of-16-byt");
	put_chunk(0);
	assert_string_equal(seen.comm, "a-name-of-16-byt");
	end();
}

static void *put_in_thread(void *arg)
{
	put_chunk(0);
	*(atomic_bool *)arg = true;
	return NULL;
}

/* Whom no packet names is asked for, if it's there. */
static void test_proc(void **state)
{
	uint32_t tid = the_tid();
	struct seen seen;
	struct kpc_live *asking;
	struct kpc_live_opts opts = {
		.events = fixture_events,
		.nr_events = FIXTURE_EVENTS,
		.row = on_row,
		.ctx = &seen,
		.ask_proc = true,
	};
	char path[64];

	(void)state;
	begin(&seen);
	assert_int_equal(kpc_live_new(&asking, &opts), 0);
	kpc_live_names_until(asking, UINT64_MAX);
	kpc_outlet_consume(kpc_writer_outlet(writer), kpc_live_put, asking);
	put_chunk(0);
	assert_int_equal(seen.rows, ROWS);
	snprintf(path, sizeof(path), "/proc/%u", tid);
	if (access(path, F_OK))
		assert_string_equal(seen.comm, "");
	else
		assert_string_not_equal(seen.comm, "");
	kpc_live_free(asking);
	end();
}

static void put_row_of(uint32_t tid)
{
	struct kpc_sample sample = { .time_ns = 1000000000ull, .tid = tid };
	struct kpc_batch *batch;
	uint8_t bytes[8] = { 0 };

	sample.raw = bytes;
	sample.raw_bytes = 5; /* too short for its fields */
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	kpc_batch_add_bytes(batch, 64);
	assert_true(kpc_batch_add(batch, &sample));
	assert_int_equal(kpc_writer_chunk(writer, 0, batch), 0);
	kpc_batch_free(batch);
}

/* However they come, there are no more names than there may be. */
static void test_bound(void **state)
{
	enum {
		MOST = 1 << 18,
		FIRST = 1 << 24, /* beyond what /proc has */
	};
	struct kpc_live_opts opts = {
		.events = fixture_events,
		.nr_events = FIXTURE_EVENTS,
		.row = on_row,
		.ask_proc = true,
	};
	struct kpc_live *asking;
	struct seen seen;

	(void)state;
	begin(&seen);
	opts.ctx = &seen;
	assert_int_equal(kpc_live_new(&asking, &opts), 0);
	kpc_live_names_until(asking, UINT64_MAX);
	kpc_outlet_consume(kpc_writer_outlet(writer), kpc_live_put, asking);
	for (uint32_t i = 0; i < MOST; i++)
		name(FIRST + i, 4711, "one of many");
	put_row_of(FIRST + 1);
	assert_string_equal(seen.comm, "one of many");
	put_row_of(getpid());
	assert_string_not_equal(seen.comm, "");
	put_row_of(FIRST + 1);
	assert_string_equal(seen.comm, "");
	kpc_live_free(asking);
	end();
}

/* What isn't known yet is waited for. */
static void test_waits(void **state)
{
	atomic_bool done = false;
	uint32_t tid = the_tid();
	struct seen seen;
	pthread_t thread;

	(void)state;
	begin(&seen);
	pthread_create(&thread, NULL, put_in_thread, &done);
	usleep(20000);
	assert_false(done);
	name(tid, 1, "late");
	kpc_live_names_until(live, UINT64_MAX);
	pthread_join(thread, NULL);
	assert_string_equal(seen.comm, "late");
	end();
}

/* Through the queue and its thread, to the end. */
static void test_queue(void **state)
{
	struct seen seen;

	(void)state;
	begin(&seen);
	assert_int_equal(kpc_writer_start(writer, 1 << 16), 0);
	kpc_live_names_until(live, UINT64_MAX);
	for (int i = 0; i < 100; i++)
		put_chunk(0);
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_SIGNAL), 0);
	assert_int_equal(seen.rows, 100 * ROWS);
	assert_int_equal(kpc_writer_bytes(writer), 0);
	end();
}

/* Not what a recording makes; but nothing is read beyond its end. */
static void test_damage(void **state)
{
	static const char bytes[] = "not a packet at all";
	struct kpc_packet_info info = { .kind = KPROBEX__HEAD__KIND_CHUNK };
	struct seen seen;

	(void)state;
	begin(&seen);
	for (size_t n = 0; n <= sizeof(bytes); n++)
		assert_int_equal(kpc_live_put(live, &info, bytes, n), -EBADMSG);
	info.kind = KPROBEX__HEAD__KIND_LEDGER; /* isn't looked at */
	assert_int_equal(kpc_live_put(live, &info, bytes, 3), 0);
	assert_int_equal(seen.rows, 0);
	end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_proc),  cmocka_unit_test(test_waits),
		cmocka_unit_test(test_queue), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
