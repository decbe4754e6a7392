// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "fixture.h"
#include "packet.h"

#define CHUNKS 4
#define ROWS   12 /* in a chunk */
#define ALL    (CHUNKS * ROWS)

/* The file that most tests spoil: made once. */
static char *path;
static uint8_t *whole;
static size_t bytes;

static int group_setup(void **state)
{
	(void)state;
	path = fixture_path();
	fixture_write(path, CHUNKS, ROWS);
	whole = fixture_load(path, &bytes);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(path);
	free(path);
	free(whole);
	return 0;
}

/* What reading a whole file came to. */
struct outcome {
	int err; /* of open */
	uint32_t rows;
	uint32_t traces;
	bool seen[ALL]; /* by fixture_add()'s number */
	struct kpc_reader_health health;
	char error[512];
};

/* Looks at everything in a row, for the sanitizers. */
static uint64_t touch(const struct kpc_row *row)
{
	uint64_t sum = strlen(row->comm) + strlen(row->event->name);

	for (uint32_t i = 0; i < row->payload_bytes; i++)
		sum += row->payload[i];
	for (uint32_t i = 0; i < row->stack_depth; i++)
		sum += row->stack[i];
	for (uint32_t f = 0; f < row->event->nr_fields; f++)
		for (uint32_t i = 0; i < row->values[f].blob_bytes; i++)
			sum += row->values[f].blob[i];
	return sum;
}

static void read_rows(struct kpc_reader *reader, struct outcome *out)
{
	volatile uint64_t sum = 0;
	struct kpc_row row;
	int ret;

	do {
		out->traces++;
		while ((ret = kpc_reader_next(reader, &row)) > 0) {
			uint64_t i = (row.time_ns - 1000000000ull) / 1000;

			sum += touch(&row);
			out->rows++;
			if (i < ALL)
				out->seen[i] = true;
		}
		assert_int_equal(ret, 0);
	} while (kpc_reader_next_trace(reader) > 0);
	out->health.size = sizeof(out->health);
	assert_int_equal(kpc_reader_health(reader, &out->health), 0);
	assert_int_equal(out->health.rows, out->rows);
}

static void read_file(const char *name, struct outcome *out)
{
	struct kpc_reader *reader;

	*out = (struct outcome){ 0 };
	out->err =
		kpc_reader_open(&reader, name, out->error, sizeof(out->error));
	if (out->err)
		return;
	read_rows(reader, out);
	kpc_reader_close(reader);
}

static void read_bytes(const void *data, size_t n, struct outcome *out)
{
	char *name = fixture_path();

	fixture_store(name, data, n);
	read_file(name, out);
	unlink(name);
	free(name);
}

static bool is_healthy(const struct outcome *out)
{
	return !out->health.cut && !out->health.damaged_packets &&
	       !out->health.missing_chunks && !out->health.unknown_packets &&
	       !out->health.damaged_bytes;
}

/* ---- good files ---------------------------------------------------------- */

static void test_info(void **state)
{
	const struct kpc_trace_info *info;
	const struct kpc_ledger *ledger;
	struct kpc_reader *reader;
	char error[512];

	(void)state;
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	info = kpc_reader_info(reader);
	assert_int_equal(info->nr_rings, 2);
	assert_int_equal(info->clock_id, 1);
	assert_int_equal(info->start_ns, 1000000000);
	assert_int_equal(info->end_ns, 2000000000);
	assert_true(info->has_realtime);
	assert_int_equal(info->traces, 1);
	assert_false(info->cut);
	assert_string_equal(info->argv[0], "collect");
	assert_string_equal(info->argv[2], "x");
	assert_null(info->argv[3]);
	assert_int_equal(kpc_reader_nr_events(reader), 2);
	assert_string_equal(kpc_reader_event(reader, 1)->name, "sys:other");
	assert_string_equal(kpc_reader_event(reader, 0)->definition,
			    "p:vfs_write vfs_write");
	assert_null(kpc_reader_event(reader, 2));
	ledger = kpc_reader_ledger(reader);
	assert_non_null(ledger);
	assert_true(ledger->final);
	assert_int_equal(ledger->events[0].count, ALL + 9);
	assert_int_equal(ledger->events[0].probe.entered, 77);
	assert_false(ledger->events[1].has_probe);
	assert_int_equal(ledger->rings[0].lost, 3);
	kpc_reader_close(reader);
	kpc_reader_close(NULL);
}

/* In the order of time, whatever ring; the threads have their names. */
static void test_rows(void **state)
{
	struct kpc_reader *reader;
	struct kpc_row row;
	char error[512];
	uint32_t i = 0;

	(void)state;
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	for (; kpc_reader_next(reader, &row) > 0; i++) {
		assert_int_equal(row.time_ns, 1000000000ull + i * 1000);
		assert_int_equal(row.ring, i / ROWS % 2);
		assert_int_equal(row.cpu, i / ROWS % 2 ? 3 : 0);
		assert_int_equal(row.tid, 100 + i % 3);
		assert_int_equal(row.pid, i % 3 == 2 ? 102 : 100);
		assert_string_equal(row.comm, i % 3 == 0 ? "dd" :
					      i % 3 == 2 ? "" :
					      i < 4	 ? "odd name" :
							   "renamed");
	}
	assert_int_equal(i, ALL);
	assert_int_equal(kpc_reader_next(reader, &row), 0);
	assert_int_equal(kpc_reader_next_trace(reader), 0);
	kpc_reader_close(reader);
}

static void test_healthy(void **state)
{
	struct outcome out;

	(void)state;
	read_file(path, &out);
	assert_int_equal(out.err, 0);
	assert_int_equal(out.rows, ALL);
	assert_true(is_healthy(&out));
	assert_int_equal(out.health.file_bytes, bytes);
	assert_int_equal(out.health.lost_in_chunks, 9);
}

/* cat a b c: three traces, each with its own events and account. */
static void test_cat(void **state)
{
	uint8_t *three = malloc(bytes * 3);
	struct outcome out;

	(void)state;
	for (int i = 0; i < 3; i++)
		memcpy(three + i * bytes, whole, bytes);
	read_bytes(three, bytes * 3, &out);
	assert_int_equal(out.rows, ALL * 3);
	assert_int_equal(out.traces, 3);
	assert_true(is_healthy(&out));
	/* The first one cut: the others are whole. */
	read_bytes(three + 200, bytes * 3 - 200, &out);
	assert_int_equal(out.traces, 3);
	assert_int_equal(out.health.damaged_packets, 1);
	free(three);
}

/* Back to the first trace: the same again, and damage counts once. */
static void test_rewind(void **state)
{
	uint8_t *two = malloc(bytes * 2);
	struct kpc_reader_health health = { .size = sizeof(health) };
	char *name = fixture_path();
	struct kpc_reader *reader;
	struct kpc_row row;
	uint32_t rows;
	char error[256];

	(void)state;
	memcpy(two, whole, bytes);
	memcpy(two + bytes, whole, bytes);
	two[bytes * 2 - 1] ^= 1;
	fixture_store(name, two, bytes * 2);
	free(two);
	assert_int_equal(kpc_reader_open(&reader, name, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_reader_next_trace(reader), 1);
	assert_int_equal(kpc_reader_next(reader, &row), 1);
	for (int i = 0; i < 2; i++) {
		rows = 0;
		assert_int_equal(kpc_reader_rewind(reader), 0);
		do
			while (kpc_reader_next(reader, &row) > 0)
				rows++;
		while (kpc_reader_next_trace(reader) > 0);
		assert_int_equal(rows, ALL * 2);
	}
	kpc_reader_health(reader, &health);
	assert_int_equal(health.damaged_packets, 1);
	assert_int_equal(health.rows, 1 + ALL * 4);
	kpc_reader_close(reader);
	unlink(name);
	free(name);
}

/* ---- bad files ----------------------------------------------------------- */

static void test_no_trace(void **state)
{
	struct outcome out;
	char text[] = "this is no trace, KPXTRACE or not";

	(void)state;
	read_bytes("", 0, &out);
	assert_int_equal(out.err, -EBADMSG);
	assert_non_null(strstr(out.error, "is empty"));
	read_bytes(text, sizeof(text), &out);
	assert_int_equal(out.err, -EBADMSG);
	assert_non_null(strstr(out.error, "is not a trace"));
	read_bytes("PERFILE2........", 16, &out);
	assert_non_null(strstr(out.error, "perf.data"));
	read_file("/", &out);
	assert_int_equal(out.err, -EISDIR);
	assert_non_null(strstr(out.error, "directory"));
	read_file("/nonexistent.pb", &out);
	assert_int_equal(out.err, -ENOENT);
	assert_non_null(strstr(out.error, "/nonexistent.pb"));
}

/* Where the packets begin. */
static uint32_t packet_starts(size_t *starts, uint32_t room)
{
	struct kpc_packet packet;
	size_t at = 0, need;
	uint32_t nr = 0;

	while (at < bytes) {
		assert_int_equal(kpc_packet_parse(&packet, whole + at,
						  bytes - at, &need),
				 0);
		assert_true(nr < room);
		starts[nr++] = at;
		at += packet.bytes;
	}
	return nr;
}

/* Cut at any byte: all whole chunks before it are read, and it is said. */
static void test_every_cut(void **state)
{
	size_t starts[64];
	uint32_t nr = packet_starts(starts, 64);
	struct outcome out;

	(void)state;
	for (size_t n = 1; n < bytes; n++) {
		uint32_t packets = 0;
		uint32_t chunks;

		while (packets < nr && starts[packets] <= n)
			packets++;
		packets--; /* of those that begin, the last is cut */
		/* Header, two events, clock, tasks; then the chunks. */
		chunks = packets < 5 ? 0 : packets - 5;
		if (chunks > CHUNKS)
			chunks = CHUNKS;
		read_bytes(whole, n, &out);
		if (!packets) {
			assert_int_equal(out.err, -EBADMSG);
			continue;
		}
		assert_int_equal(out.err, 0);
		assert_int_equal(out.rows, chunks * ROWS);
		assert_true(out.health.cut);
		assert_int_equal(out.health.damaged_packets, 0);
		assert_int_equal(out.health.cut_at, starts[packets]);
	}
}

/* Any one bit flipped: at most one chunk's rows are lost, and it is said. */
static void test_every_flip(void **state)
{
	uint8_t *copy = malloc(bytes);
	struct outcome out;

	(void)state;
	for (size_t bit = 0; bit < bytes * 8; bit++) {
		uint32_t lost = 0;

		memcpy(copy, whole, bytes);
		copy[bit / 8] ^= 1 << bit % 8;
		read_bytes(copy, bytes, &out);
		assert_int_equal(out.err, 0);
		for (uint32_t c = 0; c < CHUNKS; c++) {
			uint32_t seen = 0;

			for (uint32_t i = 0; i < ROWS; i++)
				seen += out.seen[c * ROWS + i];
			assert_true(seen == 0 || seen == ROWS);
			lost += !seen;
		}
		assert_true(lost <= 1);
		assert_int_equal(out.rows, ALL - lost * ROWS);
		assert_false(is_healthy(&out));
		assert_true(out.health.damaged_packets || out.health.cut);
	}
	free(copy);
}

/* A packet left out altogether; chunks are missed by their numbers. */
static void test_every_packet_gone(void **state)
{
	uint8_t *copy = malloc(bytes);
	size_t starts[64];
	uint32_t nr = packet_starts(starts, 64);
	struct outcome out;

	(void)state;
	for (uint32_t p = 0; p < nr; p++) {
		size_t end = p + 1 < nr ? starts[p + 1] : bytes;

		memcpy(copy, whole, starts[p]);
		memcpy(copy + starts[p], whole + end, bytes - end);
		read_bytes(copy, bytes - (end - starts[p]), &out);
		assert_int_equal(out.err, 0);
		assert_true(out.rows >= ALL - ROWS);
		if (p == 5 || p == 6) /* the last of a ring can't be seen */
			assert_int_equal(out.health.missing_chunks, 1);
	}
	free(copy);
}

/* Bytes put in between are skipped, and nothing else. */
static void test_junk_between(void **state)
{
	uint8_t *copy = malloc(bytes + 100);
	size_t starts[64];
	uint32_t nr = packet_starts(starts, 64);
	uint64_t seed = 23;
	struct outcome out;

	(void)state;
	for (uint32_t p = 0; p < nr; p++) {
		memcpy(copy, whole, starts[p]);
		for (int i = 0; i < 100; i++)
			copy[starts[p] + i] = unit_random(&seed);
		memcpy(copy + starts[p] + 100, whole + starts[p],
		       bytes - starts[p]);
		read_bytes(copy, bytes + 100, &out);
		assert_int_equal(out.rows, ALL);
		assert_int_equal(out.health.damaged_packets, 1);
		assert_int_equal(out.health.damaged_bytes, 100);
	}
	free(copy);
}

static void test_garbage(void **state)
{
	uint8_t *copy = malloc(bytes);
	uint64_t seed = 31;
	struct outcome out;

	(void)state;
	for (int round = 0; round < 300; round++) {
		/* Some of the whole file, some noise, in pieces. */
		memcpy(copy, whole, bytes);
		for (int i = 0; i < 20; i++) {
			size_t at = unit_random(&seed) % bytes;
			size_t n = unit_random(&seed) % 30;

			for (; n && at < bytes; n--, at++)
				copy[at] = unit_random(&seed);
		}
		read_bytes(copy, bytes, &out);
		assert_true(!out.err || out.err == -EBADMSG);
		for (size_t i = 0; i < bytes; i++)
			copy[i] = unit_random(&seed);
		read_bytes(copy, bytes, &out);
		assert_int_equal(out.err, -EBADMSG);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_cat),
		cmocka_unit_test(test_rewind),
		cmocka_unit_test(test_no_trace),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_every_flip),
		cmocka_unit_test(test_every_packet_gone),
		cmocka_unit_test(test_junk_between),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
