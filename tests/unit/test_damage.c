// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_damage - larger files, cut, spliced and put together at random
 *
 * Whatever is done to a file: a chunk's rows are read as they were written, all
 * of them once, or none. KPX_SEED repeats a run. (test_reader has each cut and
 * each bit of a small file.)
 */
#define _GNU_SOURCE /* memfd_create */
#include <errno.h>
#include <sys/mman.h>

#include "fixture.h"
#include "packet.h"

#define CHUNKS	60
#define ROWS	40 /* in a chunk */
#define ALL	(CHUNKS * ROWS)
#define PACKETS 128
#define FIRST	5 /* packet of a chunk: header, two events, clock, tasks */
#define REPEAT	(nr_packets - 5) /* of the header: two events, index, footer */

static uint8_t *whole;
static size_t bytes;
static struct {
	size_t start;
	size_t bytes;
} packets[PACKETS];
static uint32_t nr_packets;
static uint64_t seed;

static int group_setup(void **state)
{
	const char *text = getenv("KPX_SEED");
	char *path = fixture_path();
	struct kpc_packet packet;
	size_t at = 0, need;

	(void)state;
	seed = text ? strtoull(text, NULL, 10) : (uint64_t)getpid() << 20 | 1;
	print_message("# KPX_SEED=%llu\n", (unsigned long long)seed);
	fixture_write(path, CHUNKS, ROWS);
	whole = fixture_load(path, &bytes);
	unlink(path);
	free(path);
	while (at < bytes) {
		if (nr_packets == PACKETS ||
		    kpc_packet_parse(&packet, whole + at, bytes - at, &need))
			return -1;
		packets[nr_packets].start = at;
		packets[nr_packets++].bytes = packet.bytes;
		at += packet.bytes;
	}
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	free(whole);
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

struct outcome {
	int err; /* of open */
	uint32_t traces;
	uint32_t rows;
	uint32_t chunks; /* of which rows were read, over all traces */
	struct kpc_reader_health health;
};

/* The row is fixture_add()'s of its time, to the last field. */
static uint32_t check_row(const struct kpc_row *row)
{
	uint64_t i = (row->time_ns - 1000000000ull) / 1000;
	const struct fixture_record *r = &fixture_records[i];

	assert_true(i < ALL);
	assert_int_equal(row->time_ns, 1000000000ull + i * 1000);
	assert_int_equal(row->ring, i / ROWS % FIXTURE_RINGS);
	assert_int_equal(row->tid, 100 + i % 3);
	assert_string_equal(row->event->name,
			    i % 4 == 3 ? "sys:other" : "vfs_write");
	assert_int_equal(row->stack_depth, i % 4 == 1 ? 3 : 0);
	assert_int_equal(!row->payload, i % 11 != 10);
	if (row->payload)
		assert_memory_equal(row->payload, r, 5);
	else if (i % 4 == 3)
		assert_int_equal(row->values[1].u, r->file);
	else
		assert_int_equal((int64_t)row->values[3].u, r->value);
	return i;
}

/* Each chunk is there whole, once, or not at all. */
static void read_trace(struct kpc_reader *reader, struct outcome *out)
{
	uint32_t seen[CHUNKS] = { 0 };
	uint64_t before = 0;
	struct kpc_row row;
	int ret;

	while ((ret = kpc_reader_next(reader, &row)) > 0) {
		uint32_t i = check_row(&row);

		assert_true(row.time_ns >= before);
		before = row.time_ns;
		/* in its order, so no row comes twice */
		assert_int_equal(seen[i / ROWS]++, i % ROWS);
		out->rows++;
	}
	assert_int_equal(ret, 0);
	for (uint32_t c = 0; c < CHUNKS; c++) {
		assert_true(seen[c] == 0 || seen[c] == ROWS);
		out->chunks += seen[c] != 0;
	}
	out->traces++;
}

static void read_bytes(const uint8_t *data, size_t n, struct outcome *out)
{
	int fd = memfd_create("damage", MFD_CLOEXEC);
	struct kpc_reader *reader;
	char path[64];

	*out = (struct outcome){ .health.size = sizeof(out->health) };
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	out->err = kpc_reader_open(&reader, path, NULL, 0);
	close(fd);
	if (out->err) {
		assert_int_equal(out->err, -EBADMSG);
		return;
	}
	do {
		read_trace(reader, out);
	} while (kpc_reader_next_trace(reader) > 0);
	assert_int_equal(kpc_reader_health(reader, &out->health), 0);
	assert_int_equal(out->health.rows, out->rows);
	kpc_reader_close(reader);
}

static bool is_healthy(const struct outcome *out)
{
	return !out->health.cut && !out->health.damaged_packets &&
	       !out->health.damaged_bytes && !out->health.missing_chunks;
}

static uint64_t draw(uint64_t n)
{
	return unit_random(&seed) % n;
}

/* How many chunks are within the first @n bytes. */
static uint32_t chunks_in(size_t n)
{
	uint32_t chunks = 0;

	for (uint32_t p = FIRST; p < FIRST + CHUNKS; p++)
		chunks += packets[p].start + packets[p].bytes <= n;
	return chunks;
}

/* ---- cut ----------------------------------------------------------------- */

static void cuts(void **state)
{
	struct outcome out;

	(void)state;
	read_bytes(whole, bytes, &out);
	assert_true(is_healthy(&out));
	assert_int_equal(out.chunks, CHUNKS);
	for (int round = 0; round < 1000; round++) {
		size_t n = draw(bytes);

		read_bytes(whole, n, &out);
		assert_int_equal(out.err ? 0 : out.chunks, chunks_in(n));
		assert_true(out.err || !is_healthy(&out));
		if (!out.err)
			assert_int_equal(out.health.damaged_packets, 0);
	}
}

/* The beginning is gone, and it is said; the end has the events once more. */
static void heads_cut(void **state)
{
	struct outcome out;

	(void)state;
	for (int round = 0; round < 80; round++) {
		size_t n = 1 + draw(bytes - 1);

		read_bytes(whole + n, bytes - n, &out);
		if (n > packets[REPEAT].start)
			continue; /* of the Header nothing is left */
		assert_int_equal(out.err, 0);
		/* chunks behind the cut, but for the one that it is in */
		assert_int_equal(out.chunks,
				 CHUNKS - chunks_in(n) -
					 (n > packets[FIRST].start &&
					  chunks_in(n) < CHUNKS &&
					  packets[FIRST + chunks_in(n)].start !=
						  n));
	}
}

/* ---- put together -------------------------------------------------------- */

/* A piece taken from anywhere, put over or in between anywhere else. */
static void splices(void **state)
{
	uint8_t *copy = malloc(2 * bytes);
	struct outcome out;

	(void)state;
	assert_non_null(copy);
	for (int round = 0; round < 150; round++) {
		size_t from = draw(bytes), n = draw(bytes - from + 1);
		size_t to = draw(bytes), end = to;
		size_t size;

		if (round % 2) /* over what is there */
			end = to + n < bytes ? to + n : bytes;
		memcpy(copy, whole, to);
		memcpy(copy + to, whole + from, n);
		memcpy(copy + to + n, whole + end, bytes - end);
		size = to + n + bytes - end;
		read_bytes(copy, size, &out);
		/* what is before it is as it was */
		assert_true(out.err || out.chunks >= chunks_in(to));
		/* put in between, it takes away one chunk at most */
		if (!out.err && end == to)
			assert_true(out.chunks >= CHUNKS - 1);
	}
	free(copy);
}

static uint32_t packet_at(size_t at)
{
	uint32_t p = 0;

	while (p + 1 < nr_packets && packets[p + 1].start <= at)
		p++;
	return p;
}

/* Of the Header or an event neither description is left. */
static bool is_undescribed(const bool *spoilt)
{
	for (uint32_t p = 0; p < 3; p++)
		if (spoilt[p] && spoilt[REPEAT + p])
			return true;
	return false;
}

/* Some bytes are others. */
static void scribbles(void **state)
{
	uint8_t *copy = malloc(bytes);
	struct outcome out;

	(void)state;
	assert_non_null(copy);
	for (int round = 0; round < 120; round++) {
		bool spoilt[PACKETS] = { false };
		uint32_t hits = 1 + draw(8);

		memcpy(copy, whole, bytes);
		for (uint32_t i = 0; i < hits; i++) {
			size_t at = draw(bytes);

			copy[at] ^= 1 + draw(255);
			spoilt[packet_at(at)] |= copy[at] != whole[at];
		}
		read_bytes(copy, bytes, &out);
		if (is_undescribed(spoilt))
			continue;
		assert_int_equal(out.err, 0);
		assert_true(out.chunks + hits >= CHUNKS);
		assert_true(!is_healthy(&out) || !memcmp(copy, whole, bytes));
	}
	free(copy);
}

/* Packets that come twice, or in any order: each chunk's rows come once. */
static void shuffled(void **state)
{
	uint8_t *copy = malloc(3 * bytes);
	uint32_t order[2 * PACKETS];
	struct outcome out;

	(void)state;
	assert_non_null(copy);
	for (int round = 0; round < 80; round++) {
		uint32_t nr = nr_packets, repeats = 0;
		size_t size = 0;

		for (uint32_t p = 0; p < nr; p++)
			order[p] = p;
		/* the Header stays first, and the Footer last */
		for (int twice = draw(10); twice > 0; twice--) {
			uint32_t p = 1 + draw(nr_packets - 2);

			order[nr++] = p;
			repeats += p >= FIRST && p < FIRST + CHUNKS;
		}
		for (uint32_t p = nr - 1; p > 1; p--) {
			uint32_t other = 1 + draw(p);
			uint32_t was = order[p];

			order[p] = order[other];
			order[other] = was;
		}
		for (uint32_t p = 0; p < nr; p++) {
			memcpy(copy + size, whole + packets[order[p]].start,
			       packets[order[p]].bytes);
			size += packets[order[p]].bytes;
		}
		read_bytes(copy, size, &out);
		assert_int_equal(out.err, 0);
		assert_int_equal(out.traces, 1);
		assert_int_equal(out.chunks, CHUNKS);
		/* and what is there twice is told */
		assert_int_equal(out.health.damaged_packets, repeats);
	}
	free(copy);
}

/* Two traces, with the end of the first and the beginning of the second gone. */
static void joints(void **state)
{
	uint8_t *other = malloc(bytes + 4096);
	uint8_t *copy = malloc(2 * bytes + 8192);
	char *path = fixture_path();
	struct outcome out;
	size_t n, size;
	uint8_t *made;

	(void)state;
	assert_non_null(other);
	assert_non_null(copy);
	fixture_write(path, CHUNKS, ROWS);
	made = fixture_load(path, &n);
	assert_true(n < bytes + 4096);
	for (int round = 0; round < 120; round++) {
		size_t end = bytes - draw(packets[FIRST].start * 4);
		size_t begin = draw(packets[FIRST].start);
		size_t junk = draw(100);

		memcpy(copy, whole, end);
		size = end;
		while (junk--)
			copy[size++] = draw(256);
		memcpy(copy + size, made + begin, n - begin);
		size += n - begin;
		read_bytes(copy, size, &out);
		assert_int_equal(out.err, 0);
		assert_int_equal(out.traces, 2);
		/* a packet that is cut at the joint hides none behind it */
		assert_int_equal(out.chunks, chunks_in(end) + CHUNKS);
		assert_true(!is_healthy(&out) || (end == bytes && !begin));
	}
	unlink(path);
	free(path);
	free(made);
	free(other);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts),	    cmocka_unit_test(heads_cut),
		cmocka_unit_test(splices),  cmocka_unit_test(scribbles),
		cmocka_unit_test(shuffled), cmocka_unit_test(joints),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
