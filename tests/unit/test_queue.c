// SPDX-License-Identifier: GPL-2.0-only
/* test_queue - packets in one order, in bounded memory, and nobody hangs */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue.h"
#include "unit.h"

#define PRODUCERS 4u
#define PACKETS	  3000u /* of each */

static struct kpc_queue *queue;

static int setup(void **state)
{
	(void)state;
	return kpc_queue_new(&queue, KPC_QUEUE_BYTES_MIN);
}

static int teardown(void **state)
{
	(void)state;
	kpc_queue_free(queue);
	return 0;
}

static int put(uint32_t ring, uint64_t sequence, const void *data, size_t bytes)
{
	struct kpc_packet_info info = {
		.kind = 18,
		.ring = ring,
		.sequence = sequence,
	};

	return kpc_queue_put(queue, &info, data, bytes);
}

/* Bytes that tell which packet they are of. */
static void fill(uint8_t *data, size_t bytes, uint32_t ring, uint64_t sequence)
{
	for (size_t i = 0; i < bytes; i++)
		data[i] = ring * 31 + sequence * 7 + i;
}

static bool is_filled(const struct kpc_queue_item *item)
{
	const uint8_t *data = item->data;

	for (size_t i = 0; i < item->bytes; i++)
		if (data[i] != (uint8_t)(item->info.ring * 31 +
					 item->info.sequence * 7 + i))
			return false;
	return true;
}

static void one_thread(void **state)
{
	struct kpc_queue_item items[8];
	uint8_t data[100];

	(void)state;
	/* Around the end many times over, with none, some and many waiting. */
	for (uint64_t n = 0; n < 5000; n += 3) {
		for (uint64_t i = n; i < n + 3; i++) {
			fill(data, i % 101, 1, i);
			assert_int_equal(put(1, i, data, i % 101), 0);
		}
		assert_int_equal(kpc_queue_take(queue, items, 2), 2);
		assert_int_equal(items[0].info.sequence, n);
		assert_int_equal(items[1].info.sequence, n + 1);
		kpc_queue_done(queue);
		assert_int_equal(kpc_queue_take(queue, items, 8), 1);
		assert_int_equal(items[0].bytes, (n + 2) % 101);
		assert_true(is_filled(&items[0]));
		kpc_queue_done(queue);
	}
	kpc_queue_close(queue);
	assert_int_equal(kpc_queue_take(queue, items, 8), 0);
}

/* A queue that never runs empty wraps. */
static void wraps(void **state)
{
	struct kpc_queue_item item;
	uint8_t data[20000];
	uint64_t put_so_far = 0;

	(void)state;
	fill(data, sizeof(data), 1, put_so_far);
	assert_int_equal(put(1, put_so_far++, data, sizeof(data)), 0);
	for (uint64_t n = 0; n < 200; n++) {
		size_t bytes = 1000 + n * 90;

		fill(data, bytes, 1, put_so_far);
		assert_int_equal(put(1, put_so_far++, data, bytes), 0);
		assert_int_equal(kpc_queue_take(queue, &item, 1), 1);
		assert_int_equal(item.info.sequence, n);
		assert_true(is_filled(&item));
		kpc_queue_done(queue);
	}
}

/* ---- threads ------------------------------------------------------------- */

static void *produce(void *arg)
{
	uint32_t ring = (uintptr_t)arg;
	uint8_t data[4000];

	for (uint64_t i = 0; i < PACKETS; i++) {
		size_t bytes = (i * 37 + ring) % sizeof(data);

		fill(data, bytes, ring, i);
		if (put(ring, i, data, bytes))
			return arg;
	}
	return NULL;
}

static void many_producers(void **state)
{
	pthread_t thread[PRODUCERS];
	uint64_t next[PRODUCERS] = { 0 };
	struct kpc_queue_item items[16];
	struct kpc_queue_stats stats;
	uint32_t nr, seen = 0;
	void *failed;

	(void)state;
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, produce,
						(void *)i),
				 0);
	while (seen < PRODUCERS * PACKETS) {
		nr = kpc_queue_take(queue, items, 16);
		for (uint32_t i = 0; i < nr; i++) {
			assert_int_equal(items[i].info.sequence,
					 next[items[i].info.ring]++);
			assert_true(is_filled(&items[i]));
		}
		kpc_queue_done(queue);
		seen += nr;
	}
	for (uint32_t i = 0; i < PRODUCERS; i++) {
		pthread_join(thread[i], &failed);
		assert_null(failed);
		assert_int_equal(next[i], PACKETS);
	}
	kpc_queue_stats(queue, &stats);
	assert_true(stats.most_bytes > 0 &&
		    stats.most_bytes <= KPC_QUEUE_BYTES_MIN);
}

static atomic_uint nr_put;

/* Until it fails. */
static void *fill_up(void *arg)
{
	uint8_t data[1000] = { 0 };

	while (!put(0, 0, data, sizeof(data)))
		nr_put++;
	return arg;
}

/* Full: they wait, and wait no longer when the consumer fails. */
static void failure_wakes(void **state)
{
	pthread_t thread[PRODUCERS];
	struct kpc_queue_stats stats = { 0 };
	uint8_t byte = 0;

	(void)state;
	nr_put = 0;
	for (uint32_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(
			pthread_create(&thread[i], NULL, fill_up, NULL), 0);
	while (!stats.waits) {
		usleep(1000);
		kpc_queue_stats(queue, &stats);
	}
	/* Nobody puts into what is full, and nobody waits who only tries. */
	assert_true(nr_put <= KPC_QUEUE_BYTES_MIN / 1000);
	assert_false(kpc_queue_trylock(queue, 1000));
	kpc_queue_fail(queue, -ENOSPC);
	for (uint32_t i = 0; i < PRODUCERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(put(0, 0, &byte, 1), -ENOSPC);
	kpc_queue_stats(queue, &stats);
	assert_true(stats.waits > 0 && stats.wait_ns > 0);
}

/* It is full, and no thread waits: trying doesn't wait either. */
static void try(void **state)
{
	uint8_t data[10000] = { 0 };
	struct kpc_queue_item items[8];

	(void)state;
	assert_true(kpc_queue_trylock(queue, sizeof(data)));
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(put(0, i, data, sizeof(data)), 0);
	kpc_queue_unlock(queue);
	assert_false(kpc_queue_trylock(queue, sizeof(data)));
	assert_int_equal(kpc_queue_take(queue, items, 8), 6);
	kpc_queue_done(queue);
	assert_true(kpc_queue_trylock(queue, sizeof(data)));
	kpc_queue_unlock(queue);
}

static void *put_large(void *arg)
{
	static uint8_t data[3 * KPC_QUEUE_BYTES_MIN];

	fill(data, sizeof(data), 1, 1);
	return put(1, 1, data, sizeof(data)) ? arg : NULL;
}

/* One that the queue has no room for is handed over by itself. */
static void large(void **state)
{
	struct kpc_queue_item items[4];
	pthread_t thread;
	uint8_t byte = 0;
	void *failed;

	(void)state;
	assert_int_equal(put(0, 0, &byte, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, put_large, &byte), 0);
	for (uint32_t seen = 0; seen < 2;) {
		uint32_t nr = kpc_queue_take(queue, items, 4);

		for (uint32_t i = 0; i < nr; i++)
			if (items[i].info.ring) {
				assert_int_equal(items[i].bytes,
						 3 * KPC_QUEUE_BYTES_MIN);
				assert_true(is_filled(&items[i]));
			}
		kpc_queue_done(queue);
		seen += nr;
	}
	pthread_join(thread, &failed);
	assert_null(failed);
	/* And its owner doesn't wait for a consumer that has failed. */
	assert_int_equal(pthread_create(&thread, NULL, put_large, &byte), 0);
	kpc_queue_fail(queue, -EIO);
	pthread_join(thread, &failed);
}

static atomic_bool left;

static void *put_and_leave(void *arg)
{
	void *failed = put_large(arg);

	left = true;
	return failed;
}

/* Its bytes are the producer's: who reads them is waited for, failure or not. */
static void large_is_read(void **state)
{
	struct kpc_queue_item items[4];
	pthread_t thread;
	uint8_t byte = 0;

	(void)state;
	left = false;
	assert_int_equal(pthread_create(&thread, NULL, put_and_leave, &byte),
			 0);
	assert_int_equal(kpc_queue_take(queue, items, 4), 1);
	kpc_queue_fail(queue, -EIO);
	usleep(50000);
	assert_false(left);
	kpc_queue_done(queue);
	pthread_join(thread, NULL);
	/* And one that wasn't taken isn't any more. */
	kpc_queue_free(queue);
	assert_int_equal(kpc_queue_new(&queue, KPC_QUEUE_BYTES_MIN), 0);
	assert_int_equal(put(0, 0, &byte, 1), 0);
	kpc_queue_fail(queue, -EIO);
	assert_int_equal(kpc_queue_take(queue, items, 4), 0);
}

/* What is put with the lock held has nothing of others in between. */
static void *put_pairs(void *arg)
{
	uint8_t byte = 0;

	for (uint64_t i = 0; i < PACKETS; i += 2) {
		kpc_queue_lock(queue);
		put((uintptr_t)arg, i, &byte, 1);
		put((uintptr_t)arg, i + 1, &byte, 1);
		kpc_queue_unlock(queue);
	}
	return NULL;
}

static void order(void **state)
{
	pthread_t thread[PRODUCERS];
	struct kpc_queue_item items[16];
	struct kpc_packet_info last = { 0 };
	uint32_t nr, seen = 0;

	(void)state;
	for (uintptr_t i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, put_pairs,
						(void *)i),
				 0);
	while (seen < PRODUCERS * PACKETS) {
		nr = kpc_queue_take(queue, items, 16);
		for (uint32_t i = 0; i < nr; i++) {
			if (items[i].info.sequence % 2) {
				assert_int_equal(items[i].info.ring, last.ring);
				assert_int_equal(items[i].info.sequence,
						 last.sequence + 1);
			}
			last = items[i].info;
		}
		kpc_queue_done(queue);
		seen += nr;
	}
	for (uint32_t i = 0; i < PRODUCERS; i++)
		pthread_join(thread[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_thread, setup, teardown),
		cmocka_unit_test_setup_teardown(wraps, setup, teardown),
		cmocka_unit_test_setup_teardown(many_producers, setup,
						teardown),
		cmocka_unit_test_setup_teardown(failure_wakes, setup, teardown),
		cmocka_unit_test_setup_teardown(try, setup, teardown),
		cmocka_unit_test_setup_teardown(large, setup, teardown),
		cmocka_unit_test_setup_teardown(large_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(order, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
