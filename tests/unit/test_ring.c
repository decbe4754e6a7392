// SPDX-License-Identifier: GPL-2.0-only
/* test_ring - a ring of plain memory: wraps at every place, and hostile ones */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"
#include "unit.h"

#define SIZE 4096u

static struct perf_event_mmap_page page;
static uint8_t *data;
static struct kpc_ring ring;

static int setup(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	data = aligned_alloc(8, SIZE);
	memset(data, 0xee, SIZE);
	return kpc_ring_init_memory(&ring, &page, data, SIZE);
}

/* The same ring, copied out to one of that size. */
#define STAGE (4 * SIZE)

static int setup_staged(void **state)
{
	return setup(state) || kpc_ring_stage(&ring, STAGE);
}

static int teardown(void **state)
{
	(void)state;
	kpc_ring_uninit(&ring);
	free(data);
	return 0;
}

/* As the kernel writes: a header and a pattern, around the end if need be. */
static void put(uint32_t type, uint16_t bytes, uint8_t pattern)
{
	uint8_t record[65536];
	struct perf_event_header header = { .type = type, .size = bytes };

	memset(record, pattern, bytes);
	memcpy(record, &header, sizeof(header));
	for (uint16_t i = 0; i < bytes; i++)
		data[(page.data_head + i) % SIZE] = record[i];
	page.data_head += bytes;
}

static void start_at(uint64_t offset)
{
	page.data_head = offset;
	page.data_tail = offset;
	ring.tail = offset;
	ring.at = offset;
	ring.head = offset;
}

static void expect(uint32_t type, uint16_t bytes, uint8_t pattern)
{
	const struct perf_event_header *record;
	const uint8_t *body;

	assert_int_equal(kpc_ring_next(&ring, &record), 1);
	assert_int_equal((uintptr_t)record % 8, 0);
	assert_int_equal(record->type, type);
	assert_int_equal(record->size, bytes);
	body = (const uint8_t *)(record + 1);
	for (uint16_t i = 0; i < bytes - sizeof(*record); i++)
		assert_int_equal(body[i], pattern);
}

static void empty(void **state)
{
	const struct perf_event_header *record;

	(void)state;
	assert_int_equal(kpc_ring_look(&ring), 0);
	assert_int_equal(kpc_ring_next(&ring, &record), 0);
	kpc_ring_release(&ring);
	assert_int_equal(page.data_tail, 0);
}

static void wraps_at_every_place(void **state)
{
	const struct perf_event_header *record;

	(void)state;
	for (uint64_t offset = 0; offset < 2 * SIZE; offset += 8) {
		start_at(offset);
		put(9, 1024, 1);
		put(2, 24, 2);
		put(9, 2048, 3);
		assert_int_equal(kpc_ring_look(&ring), 1024 + 24 + 2048);
		expect(9, 1024, 1);
		expect(2, 24, 2);
		expect(9, 2048, 3);
		assert_int_equal(kpc_ring_next(&ring, &record), 0);
		assert_int_equal(page.data_tail, offset);
		kpc_ring_release(&ring);
		assert_int_equal(page.data_tail, page.data_head);
	}
}

/* The kernel has its space back at once, whatever is read of the copy when. */
static void copies_at_every_place(void **state)
{
	const struct perf_event_header *record;

	(void)state;
	for (uint64_t offset = 0; offset < 2 * STAGE; offset += 8) {
		start_at(offset);
		put(9, 1024, 1);
		put(2, 24, 2);
		assert_int_equal(kpc_ring_look(&ring), 1024 + 24);
		assert_int_equal(page.data_tail, page.data_head);
		memset(data, 0xee, SIZE);
		put(9, 4096, 3);
		assert_int_equal(kpc_ring_look(&ring), 1024 + 24 + 4096);
		memset(data, 0xee, SIZE);
		expect(9, 1024, 1);
		expect(2, 24, 2);
		expect(9, 4096, 3);
		assert_int_equal(kpc_ring_next(&ring, &record), 0);
		kpc_ring_release(&ring);
		assert_int_equal(page.data_tail, page.data_head);
	}
}

/* What it has no room for waits in the ring, whose records may be cut there. */
static void fills_the_copy(void **state)
{
	const struct perf_event_header *record;

	(void)state;
	for (int i = 0; i < 3; i++) {
		put(9, SIZE, i);
		kpc_ring_look(&ring);
	}
	put(9, 1024, 3);
	kpc_ring_look(&ring);
	put(9, SIZE, 4);
	assert_int_equal(kpc_ring_look(&ring), 4 * SIZE + 1024);
	assert_int_equal(page.data_tail, STAGE);
	for (int i = 0; i < 3; i++)
		expect(9, SIZE, i);
	expect(9, 1024, 3);
	assert_int_equal(kpc_ring_next(&ring, &record), 0);
	kpc_ring_release(&ring);
	kpc_ring_look(&ring);
	assert_int_equal(page.data_tail, page.data_head);
	expect(9, SIZE, 4);
	assert_int_equal(kpc_ring_next(&ring, &record), 0);
}

/* A record that fills the ring, from every place. */
static void takes_a_full_ring(void **state)
{
	(void)state;
	for (uint64_t offset = 0; offset < SIZE; offset += 8) {
		start_at(offset);
		put(9, SIZE, 7);
		kpc_ring_look(&ring);
		expect(9, SIZE, 7);
		kpc_ring_release(&ring);
	}
}

static void counts_beyond_64_bits(void **state)
{
	(void)state;
	start_at(-16ull);
	put(9, 32, 1);
	assert_int_equal(kpc_ring_look(&ring), 32);
	expect(9, 32, 1);
	kpc_ring_release(&ring);
	assert_int_equal(page.data_tail, 16);
}

static void sees_only_what_it_looked_at(void **state)
{
	const struct perf_event_header *record;

	(void)state;
	put(9, 16, 1);
	kpc_ring_look(&ring);
	put(9, 16, 2);
	expect(9, 16, 1);
	assert_int_equal(kpc_ring_next(&ring, &record), 0);
	kpc_ring_look(&ring);
	expect(9, 16, 2);
}

static void takes_back(void **state)
{
	const struct perf_event_header *record;

	(void)state;
	start_at(SIZE - 8);
	put(9, 64, 5);
	put(9, 16, 6);
	kpc_ring_look(&ring);
	assert_int_equal(kpc_ring_next(&ring, &record), 1);
	kpc_ring_unread(&ring, record);
	expect(9, 64, 5);
	expect(9, 16, 6);
}

/* A bad size at @offset is refused, and can be got over. */
static void refuse(uint64_t offset, uint16_t bytes, uint64_t there)
{
	const struct perf_event_header *record;
	struct perf_event_header header = { .type = 9, .size = bytes };

	start_at(offset);
	memcpy(data + offset % SIZE, &header, sizeof(header));
	page.data_head = offset + there;
	kpc_ring_look(&ring);
	assert_int_equal(kpc_ring_next(&ring, &record), -EBADMSG);
	assert_int_equal(kpc_ring_next(&ring, &record), -EBADMSG);
	assert_int_equal(kpc_ring_skip(&ring), there);
	assert_int_equal(kpc_ring_next(&ring, &record), 0);
	kpc_ring_release(&ring);
	assert_int_equal(page.data_tail, page.data_head);
	put(9, 16, 4);
	kpc_ring_look(&ring);
	expect(9, 16, 4);
}

static void refuses_hostile_sizes(void **state)
{
	(void)state;
	for (uint64_t offset = 0; offset < SIZE; offset += 512) {
		refuse(offset, 0, 64);	/* no progress */
		refuse(offset, 7, 64);	/* less than a header */
		refuse(offset, 12, 64); /* not of the kernel's make */
		refuse(offset, 72, 64); /* more than there is */
		refuse(offset, 65528, SIZE);
	}
}

static void refuses_hostile_heads(void **state)
{
	const struct perf_event_header *record;

	(void)state;
	page.data_head = SIZE + 8; /* more than a ring holds */
	kpc_ring_look(&ring);
	assert_int_equal(kpc_ring_next(&ring, &record), -EBADMSG);
	kpc_ring_skip(&ring);
	kpc_ring_release(&ring);
	page.data_head += 4; /* not even a header */
	kpc_ring_look(&ring);
	assert_int_equal(kpc_ring_next(&ring, &record), -EBADMSG);
}

/* Noise for data, any head: no read outside, and an end. */
static void survives_noise(void **state)
{
	const struct perf_event_header *record;
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		int got;

		for (uint32_t i = 0; i < SIZE; i += 8) {
			uint64_t noise = unit_random(&seed);

			/* Sizes that may be right, often. */
			if (noise % 4)
				noise &= 0x01f8ffffffffffffull;
			memcpy(data + i, &noise, 8);
		}
		page.data_head += unit_random(&seed) % (SIZE + 64);
		kpc_ring_look(&ring);
		while ((got = kpc_ring_next(&ring, &record)) > 0) {
			volatile uint8_t last =
				((const uint8_t *)record)[record->size - 1];

			(void)last;
		}
		if (got < 0)
			kpc_ring_skip(&ring);
		kpc_ring_release(&ring);
		page.data_head = page.data_head / 8 * 8;
		start_at(page.data_head);
	}
}

#define STAGED(_test)                                                 \
	{                                                             \
		"staged_" #_test, _test, setup_staged, teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(empty, setup, teardown),
		cmocka_unit_test_setup_teardown(wraps_at_every_place, setup,
						teardown),
		cmocka_unit_test_setup_teardown(takes_a_full_ring, setup,
						teardown),
		cmocka_unit_test_setup_teardown(counts_beyond_64_bits, setup,
						teardown),
		cmocka_unit_test_setup_teardown(sees_only_what_it_looked_at,
						setup, teardown),
		cmocka_unit_test_setup_teardown(takes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_hostile_sizes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(refuses_hostile_heads, setup,
						teardown),
		cmocka_unit_test_setup_teardown(survives_noise, setup,
						teardown),
		STAGED(copies_at_every_place),
		STAGED(fills_the_copy),
		STAGED(takes_a_full_ring),
		STAGED(counts_beyond_64_bits),
		STAGED(sees_only_what_it_looked_at),
		STAGED(takes_back),
		STAGED(refuses_hostile_sizes),
		STAGED(refuses_hostile_heads),
		STAGED(survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
