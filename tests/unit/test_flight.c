// SPDX-License-Identifier: GPL-2.0-only
/* What a flight recorder keeps, by time and by size, and what it counts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flight.h"
#include "unit.h"

#define EVENTS 3
#define MIB    (1u << 20)

struct kept {
	struct kpc_book book;
	struct kpc_flight *flight;
	uint64_t put; /* samples, of all events */
};

static void begin(struct kept *k, size_t bytes, uint64_t keep_ns)
{
	*k = (struct kept){ 0 };
	assert_int_equal(kpc_book_init(&k->book, EVENTS, 1), 0);
	assert_int_equal(kpc_flight_new(&k->flight, bytes, keep_ns, &k->book),
			 0);
}

static void end(struct kept *k)
{
	kpc_flight_free(k->flight);
	kpc_book_uninit(&k->book);
}

/* A chunk that says its sequence in all of its bytes; each event has @rows in it. */
static void put(struct kept *k, uint32_t sequence, size_t bytes, uint32_t rows,
		uint64_t now_ns)
{
	struct kpc_packet_rows list[EVENTS] = { { 0, rows },
						{ 1, rows },
						{ 2, rows } };
	struct kpc_packet_info info = {
		.kind = 3,
		.events = EVENTS * rows,
		.sequence = sequence,
		.rows = list,
		.nr_rows = EVENTS,
	};
	uint8_t *data = malloc(bytes);

	memset(data, sequence, bytes);
	kpc_flight_lock(k->flight);
	kpc_flight_put(k->flight, &info, data, bytes, now_ns);
	for (uint32_t i = 0; i < EVENTS; i++)
		k->book.ledger.events[i].delivered += rows;
	kpc_flight_unlock(k->flight);
	k->put += rows;
	free(data);
}

/* All that is there is right, and follows each other; returns how many. */
static uint32_t check(struct kept *k, uint64_t first)
{
	struct kpc_queue_item item;
	uint64_t position = 0, events = 0;
	uint32_t nr = 0;

	while (kpc_flight_next(k->flight, &position, &item)) {
		const uint8_t *data = item.data;

		assert_int_equal(item.info.sequence, first + nr);
		assert_int_equal(item.info.nr_rows, 0);
		for (size_t i = 0; i < item.bytes; i++)
			if (data[i] != (uint8_t)item.info.sequence)
				fail_msg("byte %zu of chunk %u", i,
					 (uint32_t)item.info.sequence);
		events += item.info.events;
		nr++;
	}
	for (uint32_t i = 0; i < EVENTS; i++) {
		const struct kpc_event_account *a = &k->book.ledger.events[i];

		assert_int_equal(a->delivered, events / EVENTS);
		assert_int_equal(a->delivered + a->overwritten, k->put);
	}
	return nr;
}

static void test_empty(void **state)
{
	struct kept k;

	(void)state;
	begin(&k, 0, 0);
	assert_int_equal(check(&k, 0), 0);
	assert_int_equal(kpc_flight_oldest_ns(k.flight), 0);
	kpc_flight_drop_before(k.flight, UINT64_MAX);
	kpc_flight_clear(k.flight);
	assert_int_equal(check(&k, 0), 0);
	end(&k);
}

static void test_time(void **state)
{
	struct kept k;

	(void)state;
	begin(&k, MIB, 10);
	for (uint32_t i = 0; i < 100; i++)
		put(&k, i, 1000, 7, 1000 + i);
	/* The last was put at 1099: those from 1089 on. */
	assert_int_equal(check(&k, 89), 11);
	assert_int_equal(kpc_flight_oldest_ns(k.flight), 1089);
	assert_int_equal(kpc_flight_squeezed_ns(k.flight), 0);
	kpc_flight_drop_before(k.flight, 1095);
	assert_int_equal(check(&k, 95), 5);
	kpc_flight_drop_before(k.flight, UINT64_MAX);
	assert_int_equal(check(&k, 0), 0);
	assert_int_equal(k.book.ledger.events[2].overwritten, 700);
	end(&k);
}

static void test_size(void **state)
{
	uint64_t seed = 3;
	uint32_t nr = 0;
	struct kept k;

	(void)state;
	begin(&k, MIB, 0);
	for (uint32_t i = 0; i < 3000; i++) {
		put(&k, i, 1 + unit_random(&seed) % 30000, 1 + i % 5, 1000 + i);
		nr = check(&k, kpc_flight_oldest_ns(k.flight) - 1000);
		assert_true(nr);
	}
	/* About as many as there's room for: 15 KB on average. */
	assert_in_range(nr, 50, 90);
	assert_int_equal(kpc_flight_squeezed_ns(k.flight),
			 kpc_flight_oldest_ns(k.flight) - 1);
	end(&k);
}

/* One that fills all, and one that has no place at all. */
static void test_large(void **state)
{
	struct kept k;

	(void)state;
	begin(&k, MIB, 0);
	put(&k, 0, 10, 1, 1);
	put(&k, 1, MIB - 64 - EVENTS * 8, 2, 2);
	assert_int_equal(check(&k, 1), 1);
	put(&k, 2, MIB, 4, 3);
	assert_int_equal(check(&k, 1), 1);
	assert_int_equal(kpc_flight_squeezed_ns(k.flight), 3);
	put(&k, 3, 10, 1, 4);
	assert_int_equal(check(&k, 3), 1);
	assert_int_equal(k.book.ledger.events[0].overwritten, 7);
	end(&k);
}

/* What was dumped wasn't overwritten, and isn't dumped again. */
static void test_clear(void **state)
{
	struct kept k;

	(void)state;
	begin(&k, MIB, 0);
	for (uint32_t i = 0; i < 10; i++)
		put(&k, i, 1000, 1, i + 1);
	assert_int_equal(check(&k, 0), 10);
	kpc_flight_clear(k.flight);
	assert_int_equal(k.book.ledger.events[0].delivered, 10);
	assert_int_equal(k.book.ledger.events[0].overwritten, 0);
	assert_int_equal(kpc_flight_oldest_ns(k.flight), 0);
	put(&k, 10, 1000, 1, 20);
	assert_int_equal(kpc_flight_oldest_ns(k.flight), 20);
	kpc_flight_drop_before(k.flight, 21);
	assert_int_equal(k.book.ledger.events[0].delivered, 10);
	assert_int_equal(k.book.ledger.events[0].overwritten, 1);
	end(&k);
}

static void test_too_much(void **state)
{
	struct kpc_flight *flight;

	(void)state;
	assert_int_equal(kpc_flight_new(&flight, SIZE_MAX / 2, 0, NULL),
			 -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty), cmocka_unit_test(test_time),
		cmocka_unit_test(test_size),  cmocka_unit_test(test_large),
		cmocka_unit_test(test_clear), cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
