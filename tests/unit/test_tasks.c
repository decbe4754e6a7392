// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lives.h"
#include "tasks.h"
#include "unit.h"

static void add(struct kpc_buf *body, uint64_t what, uint64_t time,
		uint32_t tid, uint32_t pid, const char *comm)
{
	size_t begin = kpc_wire_begin(body, 1);

	kpc_wire_add_varint(body, 1, what);
	kpc_wire_add_varint(body, 2, time);
	kpc_wire_add_varint(body, 3, pid);
	kpc_wire_add_varint(body, 4, tid);
	kpc_wire_add_bytes(body, 5, comm, strlen(comm));
	kpc_wire_end(body, begin);
}

static struct kpc_wire wire_of(const struct kpc_buf *buf)
{
	return (struct kpc_wire){ buf->data, buf->data + buf->used };
}

static void test_find(void **state)
{
	struct kpc_tasks tasks = { 0 };
	struct kpc_buf body = { 0 };

	(void)state;
	add(&body, 2, 500, 7, 7, "late");
	add(&body, 0, 100, 7, 7, "early");
	add(&body, 3, 600, 7, 7, "");
	add(&body, 2, 500, 7, 7, "later"); /* the same time: this one */
	add(&body, 1, 300, 8, 7, "sixteen-bytes-xx");
	assert_int_equal(kpc_tasks_add(&tasks, wire_of(&body)), 0);
	assert_int_equal(kpc_tasks_finish(&tasks), 0);

	assert_string_equal(kpc_tasks_find(&tasks, 7, 100)->comm, "early");
	assert_string_equal(kpc_tasks_find(&tasks, 7, 499)->comm, "early");
	assert_string_equal(kpc_tasks_find(&tasks, 7, 500)->comm, "later");
	assert_string_equal(kpc_tasks_find(&tasks, 7, 9999)->comm, "later");
	/* Backwards too, and before the first. */
	assert_string_equal(kpc_tasks_find(&tasks, 7, 99)->comm, "early");
	assert_string_equal(kpc_tasks_find(&tasks, 8, 0)->comm,
			    "sixteen-bytes-xx");
	assert_int_equal(kpc_tasks_find(&tasks, 8, 0)->pid, 7);
	assert_null(kpc_tasks_find(&tasks, 9, 500));
	kpc_tasks_uninit(&tasks);
	kpc_buf_uninit(&body);
}

/* Against a list searched from its end. */
static void test_oracle(void **state)
{
	struct {
		uint32_t tid;
		uint64_t time;
		char comm[16];
	} all[500];
	struct kpc_tasks tasks = { 0 };
	struct kpc_buf body = { 0 };
	uint64_t seed = 17;

	(void)state;
	for (int i = 0; i < 500; i++) {
		all[i].tid = unit_random(&seed) % 40 * 1000;
		all[i].time = i;
		snprintf(all[i].comm, sizeof(all[i].comm), "c%d", i);
		add(&body, 2, i, all[i].tid, 1, all[i].comm);
	}
	assert_int_equal(kpc_tasks_add(&tasks, wire_of(&body)), 0);
	assert_int_equal(kpc_tasks_finish(&tasks), 0);
	for (int n = 0; n < 5000; n++) {
		uint32_t tid = unit_random(&seed) % 40 * 1000;
		uint64_t time = unit_random(&seed) % 600;
		const struct kpc_task *got = kpc_tasks_find(&tasks, tid, time);
		const char *want = NULL;

		for (int i = 0; i < 500; i++)
			if (all[i].tid == tid && (all[i].time <= time || !want))
				want = all[i].comm;
		assert_int_equal(!got, !want);
		if (want)
			assert_string_equal(got->comm, want);
	}
	kpc_tasks_uninit(&tasks);
	kpc_buf_uninit(&body);
}

/* Threads that a hash without a secret puts next to each other. */
static void test_colliding(void **state)
{
	struct kpc_tasks tasks = { 0 };
	struct kpc_buf body = { 0 };
	clock_t start = clock();

	(void)state;
	for (uint32_t i = 0; i < 200000; i++)
		add(&body, 0, 1,
		    ((i >> 8 & 31) << 27 | i >> 13 << 8 | (i & 255)) *
			    0xe8b2f51u,
		    i, "");
	assert_int_equal(kpc_tasks_add(&tasks, wire_of(&body)), 0);
	assert_int_equal(kpc_tasks_finish(&tasks), 0);
	/* Else it's half a minute at the least. */
	assert_true(clock() - start < 10 * CLOCKS_PER_SEC);
	kpc_tasks_uninit(&tasks);
	kpc_buf_uninit(&body);
}

static void test_bad(void **state)
{
	struct kpc_tasks tasks = { 0 };
	struct kpc_buf body = { 0 };

	(void)state;
	add(&body, 0, 1, 7, 7, "good");
	add(&body, 0, 1, 7, 7, "seventeen-bytes-x");
	assert_int_equal(kpc_tasks_add(&tasks, wire_of(&body)), -EBADMSG);
	assert_int_equal(tasks.nr, 0);
	assert_int_equal(kpc_tasks_finish(&tasks), 0);
	assert_null(kpc_tasks_find(&tasks, 7, 1));
	kpc_tasks_uninit(&tasks);
	kpc_buf_uninit(&body);
}

static void add_fork(struct kpc_buf *body, uint64_t time, uint32_t tid,
		     uint32_t pid, uint32_t parent_tid, uint32_t parent_pid)
{
	size_t begin = kpc_wire_begin(body, 1);

	kpc_wire_add_varint(body, 1, 1);
	kpc_wire_add_varint(body, 2, time);
	kpc_wire_add_varint(body, 3, pid);
	kpc_wire_add_varint(body, 4, tid);
	kpc_wire_add_varint(body, 6, parent_tid);
	if (parent_pid)
		kpc_wire_add_varint(body, 8, parent_pid);
	kpc_wire_end(body, begin);
}

static void check_life(const struct kpc_life *life, uint64_t time, uint32_t tid,
		       uint32_t pid, uint32_t parent_tid, uint32_t parent_pid)
{
	assert_int_equal(life->time_ns, time);
	assert_int_equal(life->tid, tid);
	assert_int_equal(life->pid, pid);
	assert_int_equal(life->parent_tid, parent_tid);
	assert_int_equal(life->parent_pid, parent_pid);
	assert_int_equal(life->ends, !parent_tid);
}

static void test_lives(void **state)
{
	struct kpc_lives lives = { 0 };
	struct kpc_buf body = { 0 };

	(void)state;
	add(&body, 0, 100, 7, 7, "there");
	add(&body, 3, 600, 8, 8, "");
	add_fork(&body, 200, 8, 8, 7, 7);
	add(&body, 2, 250, 8, 8, "renamed");
	add_fork(&body, 300, 9, 8, 8, 0);
	assert_int_equal(kpc_lives_add(&lives, wire_of(&body)), 0);
	kpc_lives_finish(&lives);
	assert_int_equal(lives.nr, 3);
	check_life(&lives.life[0], 200, 8, 8, 7, 7);
	/* A thread's parent is of its own process. */
	check_life(&lives.life[1], 300, 9, 8, 8, 8);
	check_life(&lives.life[2], 600, 8, 8, 0, 0);
	/* All of a body, or nothing. */
	kpc_buf_reset(&body);
	add_fork(&body, 700, 10, 10, 8, 8);
	kpc_buf_add(&body, "\x0a\x05\x08", 3);
	assert_int_equal(kpc_lives_add(&lives, wire_of(&body)), -EBADMSG);
	assert_int_equal(lives.nr, 3);
	kpc_lives_uninit(&lives);
	kpc_buf_uninit(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),	  cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_colliding), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
