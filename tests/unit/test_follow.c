// SPDX-License-Identifier: GPL-2.0-only
/* A file that is read while it grows: each row once, and late ones in their place. */
#include "fixture.h"
#include "head.h"
#include "packet.h"

#define CHUNKS	12
#define ROWS	20
#define ALL	(CHUNKS * ROWS)
#define ROW_NS	1000ull
#define PACKETS 256

static uint8_t *whole;
static size_t bytes;

/* The file's packets, with every second chunk before the one before it. */
static struct {
	size_t at, bytes;
} packets[PACKETS];
static uint32_t nr_packets;

static int group_setup(void **state)
{
	char *path = fixture_path();
	struct kpc_packet packet;
	uint32_t chunks = 0;
	size_t need;

	(void)state;
	fixture_write(path, CHUNKS, ROWS);
	whole = fixture_load(path, &bytes);
	unlink(path);
	free(path);
	for (size_t at = 0; at < bytes; at += packet.bytes) {
		Kprobex__Head *head;

		assert_int_equal(kpc_packet_parse(&packet, whole + at,
						  bytes - at, &need),
				 0);
		assert_true(nr_packets < PACKETS);
		packets[nr_packets].at = at;
		packets[nr_packets++].bytes = packet.bytes;
		head = kpc_head_unpack(packet.head);
		if (head->kind_case == KPROBEX__HEAD__KIND_CHUNK &&
		    chunks++ % 2) {
			packets[nr_packets - 1] = packets[nr_packets - 2];
			packets[nr_packets - 2].at = at;
			packets[nr_packets - 2].bytes = packet.bytes;
		}
		kpc_head_free(head);
	}
	assert_int_equal(chunks, CHUNKS);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	free(whole);
	return 0;
}

struct seen {
	uint32_t times[ALL];
	uint32_t nr;
	uint64_t last_ns;
	bool in_order;
};

static int follow(struct kpc_reader *reader, uint64_t hold_ns,
		  struct seen *seen)
{
	struct kpc_row row;
	int ret = kpc_reader_follow(reader, hold_ns);
	int more;

	assert_true(ret >= 0);
	while ((more = kpc_reader_next(reader, &row)) > 0) {
		uint32_t i = (row.time_ns - 1000000000ull) / ROW_NS;

		assert_true(i < ALL);
		seen->times[i]++;
		seen->nr++;
		seen->in_order &= row.time_ns >= seen->last_ns;
		seen->last_ns = row.time_ns;
	}
	assert_int_equal(more, 0);
	return ret;
}

static void append(const char *path, const uint8_t *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), (ssize_t)n);
	close(fd);
}

/* In pieces of some bytes, from the first packet on that makes it a trace. */
static void grow(uint64_t hold_ns, size_t piece, const char *filter,
		 struct seen *seen)
{
	struct kpc_reader_health health = { .size = sizeof(health) };
	char *path = fixture_path();
	struct kpc_reader *reader;
	char error[512];
	int goes_on = 1;

	*seen = (struct seen){ .in_order = true };
	append(path, whole,
	       packets[0].bytes + packets[1].bytes + packets[2].bytes);
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_reader_filter(reader, filter), 0);
	for (uint32_t p = 3; p < nr_packets; p++) {
		for (size_t done = 0; done < packets[p].bytes; done += piece) {
			size_t left = packets[p].bytes - done;

			append(path, whole + packets[p].at + done,
			       left < piece ? left : piece);
			assert_int_equal(goes_on, 1);
			goes_on = follow(reader, hold_ns, seen);
		}
	}
	assert_int_equal(goes_on, 0);
	kpc_reader_health(reader, &health);
	assert_int_equal(health.damaged_packets, 0);
	assert_int_equal(health.missing_chunks, 0);
	assert_int_equal(health.rows, seen->nr);
	assert_false(health.cut);
	assert_non_null(kpc_reader_ledger(reader));
	kpc_reader_close(reader);
	unlink(path);
	free(path);
}

static void test_once(void **state)
{
	static const size_t pieces[] = { 1 << 20, 300, 77 };
	struct seen seen;

	(void)state;
	for (int i = 0; i < 3; i++) {
		/* At once, as it comes: of two chunks the later one is first. */
		grow(0, pieces[i], NULL, &seen);
		assert_false(seen.in_order);
		assert_int_equal(seen.nr, ALL);
		for (int r = 0; r < ALL; r++)
			assert_int_equal(seen.times[r], 1);
		/* Held back for as long as a chunk is. */
		grow(2 * ROWS * ROW_NS, pieces[i], NULL, &seen);
		assert_true(seen.in_order);
		assert_int_equal(seen.nr, ALL);
		for (int r = 0; r < ALL; r++)
			assert_int_equal(seen.times[r], 1);
	}
}

static void test_filter(void **state)
{
	struct seen seen;

	(void)state;
	grow(5 * ROW_NS, 200, "event == 'sys:other'", &seen);
	assert_int_equal(seen.nr, ALL / 4);
	for (int r = 0; r < ALL; r++)
		assert_int_equal(seen.times[r], r % 4 == 3);
}

/* A whole file is read to its end; and then there is no more. */
static void test_whole(void **state)
{
	char *path = fixture_path();
	struct kpc_reader *reader;
	struct seen seen = { .in_order = true };
	char error[512];

	(void)state;
	fixture_store(path, whole, bytes);
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	assert_int_equal(follow(reader, 1000000, &seen), 0);
	assert_int_equal(seen.nr, ALL);
	assert_true(seen.in_order);
	assert_int_equal(follow(reader, 0, &seen), 0);
	assert_int_equal(seen.nr, ALL);
	/* From the beginning it is a file like others. */
	assert_int_equal(kpc_reader_rewind(reader), 0);
	assert_in_range(kpc_reader_position(reader), 0, bytes / 2);
	while (kpc_reader_next(reader, &(struct kpc_row){ 0 }) > 0)
		seen.nr++;
	assert_int_equal(seen.nr, 2 * ALL);
	assert_int_equal(kpc_reader_position(reader), bytes);
	kpc_reader_close(reader);
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
