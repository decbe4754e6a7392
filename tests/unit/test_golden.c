// SPDX-License-Identifier: GPL-2.0-only
/*
 * The golden traces, whole, cut and with bytes changed; run from the top of the
 * tree. (tests/native/golden.sh compares what is in them.)
 */
#include <dirent.h>
#include <errno.h>

#include "fixture.h"

#define GOLDEN "tests/golden"

static int nr_distinct; /* tables of records that repeat */
static int nr_tallies;	/* columns that say how often */

static void read_all(const char *path)
{
	struct kpc_reader *reader;
	struct kpc_row row;
	int ret;

	ret = kpc_reader_open(&reader, path, NULL, 0);
	if (ret) {
		assert_int_equal(ret, -EBADMSG);
		return;
	}
	do {
		while ((ret = kpc_reader_next(reader, &row)) > 0)
			assert_non_null(row.event);
		assert_int_equal(ret, 0);
	} while (kpc_reader_next_trace(reader) > 0);
	kpc_reader_close(reader);
}

static bool is_compared(const struct kpc_field *field)
{
	return !field->common && field->kind < KPC_FIELD_STRING;
}

static uint64_t sum_of_rows(struct kpc_reader *reader)
{
	struct kpc_row row;
	uint64_t sum = 0;

	while (kpc_reader_next(reader, &row) > 0)
		for (uint32_t f = 0; f < row.event->nr_fields; f++)
			if (!row.payload && is_compared(&row.event->fields[f]))
				sum += (f + 1) * row.values[f].u;
	return sum;
}

static uint64_t sum_of_tables(struct kpc_reader *reader, unsigned int what)
{
	struct kpc_table table;
	uint64_t sum = 0;

	while (kpc_reader_next_table(reader, what, &table) > 0) {
		if (table.record)
			nr_distinct++;
		if (!table.columns)
			continue;
		for (uint32_t f = 0; f < table.event->nr_fields; f++)
			for (uint32_t i = 0; i < table.rows; i++)
				if (is_compared(&table.event->fields[f]))
					sum += (f + 1) * fixture_table_value(
								 &table, f, i);
	}
	return sum;
}

static bool is_summed(const struct kpc_field *field)
{
	return is_compared(field) && field->kind != KPC_FIELD_HEX;
}

/* A sum that a value of its own has, and depends on how often that comes. */
static uint64_t mixed(uint32_t f, uint64_t value)
{
	value = (value + f) * 0x9e3779b97f4a7c15ull;
	return value ^ value >> 29;
}

/* Its place is not the table's but the row's, whatever order the rows come in. */
static uint64_t who(const struct kpc_event *event, uint64_t time_ns,
		    uint64_t tid)
{
	return mixed(event->id, time_ns) ^ mixed(event->id + 1, tid);
}

static uint64_t who_of_rows(struct kpc_reader *reader)
{
	struct kpc_row row;
	uint64_t sum = 0;

	while (kpc_reader_next(reader, &row) > 0)
		sum += who(row.event, row.time_ns, row.tid);
	return sum;
}

static uint64_t who_of_tables(struct kpc_reader *reader, unsigned int what)
{
	struct kpc_table table;
	uint64_t sum = 0;

	while (kpc_reader_next_table(reader, what, &table) > 0)
		for (uint32_t i = 0; i < table.rows; i++)
			sum += who(table.event, table.time_ns[i],
				   table.tids[i]);
	return sum;
}

static uint64_t tally_of_rows(struct kpc_reader *reader)
{
	struct kpc_row row;
	uint64_t sum = 0;

	while (kpc_reader_next(reader, &row) > 0)
		for (uint32_t f = 0; f < row.event->nr_fields; f++)
			if (!row.payload && is_summed(&row.event->fields[f]))
				sum += mixed(f, row.values[f].u);
	return sum;
}

static uint64_t tally_of_column(const struct kpc_table *table, uint32_t f)
{
	const struct kpc_table_column *c = &table->columns[f];
	uint64_t sum = 0, rows = 0;

	for (uint32_t i = 0; !c->times && i < table->rows; i++)
		sum += mixed(f, fixture_table_value(table, f, i));
	for (uint32_t i = 0; c->times && i < c->nr; i++) {
		sum += c->times[i] * mixed(f, c->v[i]);
		rows += c->times[i];
	}
	if (c->times)
		assert_int_equal(rows, table->rows);
	nr_tallies += c->times != NULL;
	return sum;
}

static uint64_t tally_of_tables(struct kpc_reader *reader, unsigned int what)
{
	struct kpc_table table;
	uint64_t sum = 0;

	while (kpc_reader_next_table(reader, what, &table) > 0)
		for (uint32_t f = 0;
		     table.columns && f < table.event->nr_fields; f++)
			if (is_summed(&table.event->fields[f]))
				sum += tally_of_column(&table, f);
	return sum;
}

#define ALL (KPC_TABLE_TIMES | KPC_TABLE_SUMS | KPC_TABLE_THREADS)

/* By table the values are those by row. */
static void compare(const char *path)
{
	struct kpc_reader *reader;
	uint64_t sum;

	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	sum = sum_of_rows(reader);
	for (unsigned int what = 0; what <= ALL; what++) {
		if (what & KPC_TABLE_SUMS)
			continue;
		assert_int_equal(kpc_reader_select(reader, NULL), 0);
		assert_int_equal(sum_of_tables(reader, what), sum);
	}
	assert_int_equal(kpc_reader_select(reader, NULL), 0);
	sum = tally_of_rows(reader);
	for (unsigned int what = KPC_TABLE_SUMS; what <= ALL; what++) {
		if (!(what & KPC_TABLE_SUMS))
			continue;
		assert_int_equal(kpc_reader_select(reader, NULL), 0);
		assert_int_equal(tally_of_tables(reader, what), sum);
	}
	assert_int_equal(kpc_reader_select(reader, NULL), 0);
	sum = who_of_rows(reader);
	assert_int_equal(kpc_reader_select(reader, NULL), 0);
	assert_int_equal(who_of_tables(reader, ALL), sum);
	assert_int_equal(kpc_reader_select(reader, NULL), 0);
	assert_int_equal(who_of_tables(reader, ALL & ~KPC_TABLE_SUMS), sum);
	kpc_reader_close(reader);
}

static void spoil(const char *path)
{
	char *name = fixture_path();
	uint64_t seed = 1;
	uint8_t *data;
	size_t n;

	data = fixture_load(path, &n);
	for (int round = 0; round < 100; round++) {
		size_t at = unit_random(&seed) % n;
		uint8_t was = data[at];

		data[at] = unit_random(&seed);
		fixture_store(name, data, n);
		read_all(name);
		data[at] = was;
		fixture_store(name, data, at);
		read_all(name);
	}
	free(data);
	unlink(name);
	free(name);
}

static void test_golden(void **state)
{
	DIR *dir = opendir(GOLDEN);
	struct dirent *entry;
	char path[512];
	int nr = 0;

	(void)state;
	if (!dir)
		skip();
	while ((entry = readdir(dir))) {
		if (!strstr(entry->d_name, ".pb"))
			continue;
		snprintf(path, sizeof(path), GOLDEN "/%s", entry->d_name);
		read_all(path);
		compare(path);
		spoil(path);
		nr++;
	}
	closedir(dir);
	assert_true(nr >= 20);
	assert_true(nr_distinct > 0);
	assert_true(nr_tallies >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
