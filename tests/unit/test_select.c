// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fnmatch.h>

#include "fixture.h"
#include "head.h"
#include "packet.h"

#define CHUNKS 40
#define ROWS   50 /* in a chunk */
#define ALL    (CHUNKS * ROWS)

/* What is compared of a row. */
struct seen {
	uint64_t time_ns;
	uint32_t ring;
	uint32_t tid;
	uint32_t pid;
	int32_t cpu;
	uint32_t event;
	uint64_t value;
	uint64_t number; /* the field "value" of event 0 */
	char comm[17];
};

struct rows {
	struct seen rows[ALL];
	uint32_t nr;
	struct kpc_reader_health health;
};

static char *path;
static uint8_t *whole;
static size_t bytes;
static struct rows all;

static struct kpc_reader *open_reader(const char *name, int threads)
{
	struct kpc_reader *reader;
	char error[512];

	if (kpc_reader_open(&reader, name, error, sizeof(error)))
		return NULL;
	kpc_reader_set_threads(reader, threads);
	return reader;
}

static void read_rows(struct kpc_reader *reader, struct rows *out)
{
	struct kpc_row row;
	int ret;

	memset(out, 0, sizeof(*out));
	while ((ret = kpc_reader_next(reader, &row)) > 0) {
		struct seen *seen = &out->rows[out->nr++];

		assert_true(out->nr <= ALL);
		seen->time_ns = row.time_ns;
		seen->ring = row.ring;
		seen->tid = row.tid;
		seen->pid = row.pid;
		seen->cpu = row.cpu;
		seen->event = row.event->id;
		seen->value = row.payload ? row.payload_bytes :
					    row.values[1].u + row.values[0].u;
		if (!row.event->id && !row.payload)
			seen->number = row.values[3].u;
		strcpy(seen->comm, row.comm);
		assert_ptr_equal(row.info, kpc_reader_info(reader));
	}
	assert_int_equal(ret, 0);
	out->health.size = sizeof(out->health);
	assert_int_equal(kpc_reader_health(reader, &out->health), 0);
}

static int group_setup(void **state)
{
	struct kpc_reader *reader;

	(void)state;
	path = fixture_path();
	fixture_write(path, CHUNKS, ROWS);
	whole = fixture_load(path, &bytes);
	reader = open_reader(path, 0);
	read_rows(reader, &all);
	assert_int_equal(all.nr, ALL);
	kpc_reader_close(reader);
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

static void assert_same(const struct rows *a, const struct rows *b)
{
	assert_int_equal(a->nr, b->nr);
	assert_memory_equal(a->rows, b->rows, sizeof(a->rows));
	assert_memory_equal(&a->health, &b->health, sizeof(a->health));
}

/* Files that are whole, cut, or damaged at random: threads change nothing. */
static void test_threads(void **state)
{
	static struct rows one, many;
	uint8_t *copy = malloc(bytes);
	char *name = fixture_path();
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 60; round++) {
		struct kpc_reader *reader;
		size_t n = bytes;

		memcpy(copy, whole, bytes);
		for (int i = round % 4; i > 0; i--)
			copy[unit_random(&seed) % bytes] ^= 1 << round % 8;
		if (round % 3 == 2)
			n = unit_random(&seed) % bytes;
		fixture_store(name, copy, n);
		reader = open_reader(name, 0);
		if (!reader)
			continue;
		read_rows(reader, &one);
		kpc_reader_close(reader);
		reader = open_reader(name, 1 + round % 5);
		read_rows(reader, &many);
		kpc_reader_close(reader);
		assert_same(&one, &many);
	}
	unlink(name);
	free(name);
	free(copy);
}

static bool is_in(const struct seen *seen, const struct kpc_selection *s)
{
	bool cpu = !s->nr_cpus, pid = !s->nr_pids, event = !s->events;

	for (uint32_t i = 0; i < s->nr_cpus; i++)
		cpu |= seen->cpu == s->cpus[i];
	for (uint32_t i = 0; i < s->nr_pids; i++)
		pid |= seen->pid == s->pids[i];
	for (uint32_t i = 0; s->events && s->events[i]; i++)
		event |= !fnmatch(s->events[i],
				  fixture_events[seen->event].name, 0);
	return cpu && pid && event && seen->time_ns >= s->from_ns &&
	       (!s->to_ns || seen->time_ns < s->to_ns);
}

static void expect(struct rows *want, const struct kpc_selection *selection,
		   uint64_t from_ns)
{
	memset(want, 0, sizeof(*want));
	for (uint32_t i = 0; i < all.nr; i++)
		if (is_in(&all.rows[i], selection) &&
		    all.rows[i].time_ns >= from_ns)
			want->rows[want->nr++] = all.rows[i];
}

static void assert_rows(const struct rows *got, const struct rows *want)
{
	assert_int_equal(got->nr, want->nr);
	assert_memory_equal(got->rows, want->rows, sizeof(got->rows));
}

static uint64_t random_time(uint64_t *seed)
{
	return 1000000000ull + unit_random(seed) % (ALL * 1000ull);
}

static void random_selection(struct kpc_selection *s, uint64_t *seed)
{
	static const char *const patterns[][2] = { { "vfs_*", NULL },
						   { "sys:other", NULL },
						   { "none", NULL } };
	static const int32_t cpus[] = { 3, 0 };
	static const uint32_t pids[] = { 102, 5, 100 };
	uint64_t bits = unit_random(seed);

	*s = (struct kpc_selection){ .size = sizeof(*s) };
	if (bits & 1)
		s->events = patterns[bits / 2 % 3];
	if (bits & 8)
		s->from_ns = random_time(seed);
	if (bits & 16)
		s->to_ns = random_time(seed);
	s->cpus = cpus;
	s->pids = pids;
	if (bits & 32)
		s->nr_cpus = 1 + bits / 64 % 2;
	if (bits & 256)
		s->nr_pids = 1 + bits / 512 % 3;
}

/* With the index, and by a scan of a file that has none. */
static void select_and_seek(const char *name)
{
	struct kpc_reader *reader = open_reader(name, 2);
	static struct rows got, want;
	uint64_t seed = 99;

	for (int round = 0; round < 200; round++) {
		struct kpc_selection selection;
		uint64_t time;

		random_selection(&selection, &seed);
		time = random_time(&seed);
		assert_int_equal(kpc_reader_select(reader, &selection), 0);
		expect(&want, &selection, 0);
		if (round % 2) {
			read_rows(reader, &got);
			assert_rows(&got, &want);
		}
		assert_int_equal(kpc_reader_seek(reader, time), 0);
		expect(&want, &selection, time);
		read_rows(reader, &got);
		assert_rows(&got, &want);
	}
	/* All again. */
	assert_int_equal(kpc_reader_select(reader, NULL), 0);
	read_rows(reader, &got);
	assert_rows(&got, &all);
	assert_int_equal(got.health.lost_in_chunks, 9);
	kpc_reader_close(reader);
}

static void test_select(void **state)
{
	char *cut = fixture_path();

	(void)state;
	select_and_seek(path);
	fixture_store(cut, whole, bytes - 1);
	select_and_seek(cut);
	unlink(cut);
	free(cut);
}

static void test_select_errors(void **state)
{
	struct kpc_reader *reader = open_reader(path, -1);
	struct kpc_selection selection = { .size = 3 };
	struct kpc_table table;
	struct kpc_row row;

	(void)state;
	assert_int_equal(kpc_reader_select(reader, &selection), -EINVAL);
	selection.size = sizeof(selection);
	selection.from_ns = 5;
	assert_int_equal(kpc_reader_select(reader, &selection), 0);
	assert_int_equal(kpc_reader_next_table(reader, false, &table), -EINVAL);
	assert_non_null(strstr(kpc_reader_error(reader), "rows only"));
	assert_int_equal(kpc_reader_select(reader, NULL), 0);
	assert_int_equal(kpc_reader_next_table(reader, false, &table), 1);
	assert_int_equal(kpc_reader_next(reader, &row), -EINVAL);
	assert_int_equal(kpc_reader_seek(reader, 0), 0);
	assert_int_equal(kpc_reader_next(reader, &row), 1);
	assert_int_equal(kpc_reader_next_table(reader, false, &table), -EINVAL);
	kpc_reader_close(reader);
}

/* Tables have the same rows, whether numbers only or times, too, are decoded. */
static void test_tables(void **state)
{
	(void)state;
	for (int times = 0; times < 2; times++) {
		struct kpc_reader *reader = open_reader(path, 3);
		uint64_t rows = 0, sum = 0, want = 0, time = 0, want_time = 0;
		struct kpc_table table;
		int ret;

		while ((ret = kpc_reader_next_table(reader, times, &table)) >
		       0) {
			rows += table.rows;
			assert_int_equal(!table.time_ns, !times);
			for (uint32_t i = 0; times && i < table.rows; i++)
				time += table.time_ns[i];
			if (table.event->id || !table.columns)
				continue;
			for (uint32_t i = 0; i < table.rows; i++)
				sum += fixture_table_value(&table, 3, i);
		}
		assert_int_equal(ret, 0);
		assert_int_equal(rows, ALL);
		for (uint32_t i = 0; i < ALL; i++) {
			want_time += all.rows[i].time_ns;
			want += all.rows[i].number;
		}
		assert_int_equal(sum, want);
		if (times)
			assert_int_equal(time, want_time);
		kpc_reader_close(reader);
	}
}

static struct kpc_reader_health health_of(struct kpc_reader *reader)
{
	struct kpc_reader_health health = { .size = sizeof(health) };

	assert_int_equal(kpc_reader_health(reader, &health), 0);
	return health;
}

/* With an index, damage in a chunk is found when that is read, and only then. */
static void test_index_used(void **state)
{
	struct kpc_selection selection = { .size = sizeof(selection) };
	uint8_t *copy = malloc(bytes);
	char *name = fixture_path();
	struct kpc_reader *reader;
	static struct rows rows;
	struct kpc_table table;
	uint32_t ring;

	(void)state;
	memcpy(copy, whole, bytes);
	copy[bytes / 2] ^= 4;
	fixture_store(name, copy, bytes);
	reader = open_reader(name, 1);
	assert_int_equal(health_of(reader).damaged_packets, 0);
	read_rows(reader, &rows);
	assert_int_equal(rows.nr, ALL - ROWS);
	assert_int_equal(rows.health.damaged_packets, 1);
	assert_true(rows.health.damaged_bytes > 100);
	/* It is counted once. */
	assert_int_equal(kpc_reader_seek(reader, 0), 0);
	read_rows(reader, &rows);
	assert_int_equal(rows.health.damaged_packets, 1);
	kpc_reader_close(reader);

	/* The other ring's chunks are read without it. */
	for (ring = 0; rows.nr != ALL / 2; ring++) {
		int32_t cpu = ring ? 3 : 0;

		assert_true(ring < 2);
		reader = open_reader(name, 0);
		selection.cpus = &cpu;
		selection.nr_cpus = 1;
		assert_int_equal(kpc_reader_select(reader, &selection), 0);
		read_rows(reader, &rows);
		assert_int_equal(rows.health.damaged_packets,
				 rows.nr != ALL / 2);
		kpc_reader_close(reader);
	}
	/* Tables know it as well. */
	reader = open_reader(name, 0);
	while (kpc_reader_next_table(reader, false, &table) > 0)
		;
	assert_int_equal(health_of(reader).damaged_packets, 1);
	assert_int_equal(health_of(reader).rows, ALL - ROWS);
	kpc_reader_close(reader);
	unlink(name);
	free(name);
	free(copy);
}

/* The first chunk in @copy needs a feature of the future, and is as long. */
static void need_feature(uint8_t *copy)
{
	struct kpc_buf out = { 0 }, bytes_of = { 0 };
	struct kpc_packet packet;
	struct kpc_framer framer;
	Kprobex__Head *head;
	size_t at = 0, need;

	for (;; at += packet.bytes) {
		assert_int_equal(kpc_packet_parse(&packet, copy + at,
						  bytes - at, &need),
				 0);
		head = kpc_head_unpack(packet.head);
		if (head->kind_case == KPROBEX__HEAD__KIND_CHUNK)
			break;
		kpc_head_free(head);
	}
	head->chunk->n_event_rows = 0;
	head->required_features = 1 << 7;
	do {
		head->required_features <<= 1;
		assert_int_equal(kpc_head_pack(&bytes_of, head), 0);
	} while (bytes_of.used < kpc_wire_left(&packet.head));
	kpc_framer_begin(&framer, &out, packet.trace, bytes_of.data,
			 bytes_of.used);
	kpc_framer_data(&framer);
	kpc_buf_add(&out, packet.data.at, kpc_wire_left(&packet.data));
	assert_int_equal(kpc_framer_end(&framer), 0);
	assert_int_equal(out.used, packet.bytes);
	memcpy(copy + at, out.data, out.used);
	kpc_head_free(head);
	kpc_buf_uninit(&out);
	kpc_buf_uninit(&bytes_of);
}

/* Not damaged, but for a newer reader: whether found by the index or not. */
static void test_future(void **state)
{
	uint8_t *copy = malloc(bytes);
	char *name = fixture_path();

	(void)state;
	memcpy(copy, whole, bytes);
	need_feature(copy);
	for (int cut = 0; cut < 2; cut++) {
		struct kpc_reader *reader;
		static struct rows rows;

		fixture_store(name, copy, bytes - cut);
		reader = open_reader(name, 0);
		read_rows(reader, &rows);
		assert_int_equal(rows.nr, ALL - ROWS);
		assert_int_equal(rows.health.unknown_packets, 1);
		assert_int_equal(rows.health.missing_chunks, 1);
		assert_int_equal(rows.health.damaged_packets, 0);
		kpc_reader_close(reader);
	}
	unlink(name);
	free(name);
	free(copy);
}

#define MANY 2000 /* chunks: an index packet has some 1300 */

static void test_long_index(void **state)
{
	struct kpc_ring_desc ring = { 0, 4096 };
	struct kpc_header header = { .rings = &ring,
				     .nr_rings = 1,
				     .clock_id = 1 };
	struct kpc_verify_result result = { .size = sizeof(result) };
	char *name = fixture_path();
	struct kpc_reader *reader;
	struct kpc_batch *batch;
	struct kpc_table table;
	struct kpc_writer *w;
	char error[512];

	(void)state;
	assert_int_equal(kpc_writer_open(&w, name, 0, error, sizeof(error)), 0);
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	assert_int_equal(kpc_writer_header(w, &header), 0);
	for (int i = 0; i < FIXTURE_EVENTS; i++)
		assert_int_equal(kpc_writer_event(w, &fixture_events[i]), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		fixture_add(batch, i % 4096);
		assert_int_equal(kpc_writer_chunk(w, 0, batch), 0);
	}
	assert_int_equal(kpc_writer_finish(w, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(w);
	kpc_batch_free(batch);

	assert_int_equal(kpc_verify(name, NULL, &result, error, sizeof(error)),
			 0);
	assert_int_equal(result.verdict, KPC_WHOLE);
	assert_int_equal(result.chunks, MANY);
	/* Header, events and these again, chunks, footer: two are indexes. */
	assert_int_equal(result.health.packets, MANY + 6 + 1 + 2);
	reader = open_reader(name, 0);
	assert_int_equal(health_of(reader).packets, result.health.packets);
	while (kpc_reader_next_table(reader, false, &table) > 0)
		;
	assert_int_equal(health_of(reader).rows, MANY);
	kpc_reader_close(reader);
	unlink(name);
	free(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_select_errors),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_index_used),
		cmocka_unit_test(test_future),
		cmocka_unit_test(test_long_index),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
