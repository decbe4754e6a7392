// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arrays of bytes, and characters, of traces that are written and of exports that are
 * made anonymous: a text is in neither, and the same is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "anonymizer.h"
#include "compress.h"
#include "content.h"
#include "fixture.h"
#include "unit.h"

#define TEXT_BYTES 11
#define ROWS	   300u

struct record {
	char text[TEXT_BYTES];
	int8_t number[2];
	char key;
	uint8_t alone;
	uint8_t count;
	uint8_t two[2];
};

#define BYTE(_type, _at, _kind, _elements)                                    \
	{                                                                     \
		.name = (char *)"f", .type = (char *)_type, .offset = _at,    \
		.bytes = 1, .kind = KPC_FIELD_##_kind, .elements = _elements, \
	}

enum {
	TEXT,
	NUMBER = TEXT + TEXT_BYTES,
	KEY = NUMBER + 2,
	ALONE,
	COUNT,
	TWO,
	FIELDS = TWO + 2,
};

static struct kpc_field fields[FIELDS];
static struct kpc_event event = {
	.name = (char *)"e",
	.fields = fields,
	.nr_fields = FIELDS,
	.source = KPC_SOURCE_KPROBEX,
};
static struct record records[ROWS];

static void describe(void)
{
	for (uint32_t i = 0; i < TEXT_BYTES; i++)
		fields[TEXT + i] = (struct kpc_field)BYTE(
			"char[11]", i, UNSIGNED, i ? 0 : TEXT_BYTES);
	for (uint32_t i = 0; i < 2; i++)
		fields[NUMBER + i] = (struct kpc_field)BYTE(
			"s8[2]", offsetof(struct record, number) + i, SIGNED,
			i ? 0 : 2);
	fields[KEY] = (struct kpc_field)BYTE(
		"char", offsetof(struct record, key), UNSIGNED, 0);
	fields[ALONE] = (struct kpc_field)BYTE(
		"x8[1]", offsetof(struct record, alone), HEX, 1);
	fields[COUNT] = (struct kpc_field)BYTE(
		"u8", offsetof(struct record, count), UNSIGNED, 0);
	for (uint32_t i = 0; i < 2; i++)
		fields[TWO + i] = (struct kpc_field)BYTE(
			"x8[2]", offsetof(struct record, two) + i, HEX,
			i ? 0 : 2);
}

/* One of three texts, which begin the same; of the third there's nothing. */
static void fill(void)
{
	static const char *const texts[] = { "secretfolder", "secretpeople",
					     "" };

	for (uint32_t i = 0; i < ROWS; i++) {
		struct record *r = &records[i];

		memset(r, 0, sizeof(*r));
		memcpy(r->text, texts[i % 3],
		       strnlen(texts[i % 3], TEXT_BYTES));
		r->number[0] = -5;
		r->number[1] = (int8_t)i;
		r->key = (char)('a' + i % 26);
		r->alone = (uint8_t)i;
		r->count = (uint8_t)i;
	}
}

static void write_trace(const char *path, bool anonymous)
{
	struct kpc_ring_desc ring = { 0, 4096 };
	struct kpc_header header = { .rings = &ring,
				     .nr_rings = 1,
				     .clock_id = 1 };
	struct kpc_batch *batch;
	struct kpc_writer *w;

	assert_int_equal(kpc_writer_open(&w, path, KPC_LEVEL_NONE, NULL, 0), 0);
	if (anonymous)
		assert_int_equal(kpc_writer_anonymize(w), 0);
	assert_int_equal(kpc_batch_new(&batch, &event, 1), 0);
	assert_int_equal(kpc_writer_header(w, &header), 0);
	assert_int_equal(kpc_writer_event(w, &event), 0);
	for (uint32_t i = 0; i < ROWS; i++) {
		struct kpc_sample sample = {
			.time_ns = 1000 + i,
			.tid = 1,
			.raw = (const uint8_t *)&records[i],
			.raw_bytes = sizeof(records[i]),
		};

		assert_true(kpc_batch_add(batch, &sample));
		/* Some chunks have one text alone: their columns are constant. */
		if (i < 3 || i == ROWS - 1)
			assert_int_equal(kpc_writer_chunk(w, 0, batch), 0);
	}
	assert_int_equal(kpc_writer_finish(w, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(w);
	kpc_batch_free(batch);
}

/* The values of all rows, as an export has them if there's an @anonymizer. */
static uint64_t (*read_trace(const char *path,
			     struct kpc_anonymizer *a))[FIELDS]
{
	uint64_t(*values)[FIELDS] = calloc(ROWS, sizeof(*values));
	struct kpc_reader *reader;
	struct kpc_row row;
	uint32_t rows = 0;

	assert_non_null(values);
	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	while (kpc_reader_next(reader, &row) == 1) {
		assert_true(rows < ROWS);
		if (a)
			assert_int_equal(kpc_anonymizer_row(a, &row), 0);
		for (uint32_t f = 0; f < FIELDS; f++)
			values[rows][f] = row.values[f].u;
		rows++;
	}
	assert_int_equal(rows, ROWS);
	kpc_reader_close(reader);
	return values;
}

static bool are_same(const uint64_t *a, const uint64_t *b, uint32_t n)
{
	return !memcmp(a, b, n * sizeof(*a));
}

/* All bytes of two texts can't be the same by chance, but their first one can. */
static void check_texts(uint64_t (*v)[FIELDS], uint64_t (*real)[FIELDS])
{
	for (uint32_t i = 0; i < ROWS; i++) {
		assert_true(are_same(v[i] + TEXT, v[i % 3] + TEXT, TEXT_BYTES));
		for (uint32_t f = 0; f < TEXT_BYTES; f++)
			assert_true(v[i][TEXT + f] < 256);
		if (i % 3 == 2)
			assert_true(are_same(v[i] + TEXT, real[i] + TEXT,
					     TEXT_BYTES));
		else
			assert_false(are_same(v[i] + TEXT, real[i] + TEXT, 6));
	}
	assert_false(are_same(v[0] + TEXT, v[1] + TEXT, 6));
}

static void check_rest(uint64_t (*v)[FIELDS])
{
	uint32_t negative = 0, others = 0;

	for (uint32_t i = 0; i < ROWS; i++) {
		/* -5, at 300 places, beside 256 different bytes */
		others += v[i][NUMBER] != v[0][NUMBER];
		negative += v[i][NUMBER + 1] >> 63;
		for (uint32_t f = 0; f < 2; f++)
			assert_int_equal((uint64_t)(int8_t)v[i][NUMBER + f],
					 v[i][NUMBER + f]);
		assert_int_equal(v[i][KEY], 0);
		assert_int_equal(v[i][ALONE], 0);
		assert_int_equal(v[i][COUNT], (uint8_t)i);
		assert_int_equal(v[i][TWO], 0);
		assert_int_equal(v[i][TWO + 1], 0);
	}
	assert_true(others > 200);
	assert_true(negative > 50 && negative < 250);
}

static void texts_are_hashed_together(void **state)
{
	uint64_t(*real)[FIELDS], (*written)[FIELDS], (*exported)[FIELDS];
	char *path = fixture_path();
	struct kpc_anonymizer *a;

	(void)state;
	describe();
	fill();
	write_trace(path, false);
	real = read_trace(path, NULL);
	assert_int_equal(real[0][TEXT], 's');
	assert_int_equal(kpc_anonymizer_new(&a), 0);
	exported = read_trace(path, a);
	write_trace(path, true);
	written = read_trace(path, NULL);
	check_texts(written, real);
	check_rest(written);
	check_texts(exported, real);
	check_rest(exported);
	kpc_anonymizer_free(a);
	free(real);
	free(written);
	free(exported);
	unlink(path);
	free(path);
}

/* What a file says: an array that goes on as a string isn't one of bytes. */
static void arrays_are_of_bytes(void **state)
{
	static const struct kpc_field mixed[] = {
		BYTE("x8[2]", 0, HEX, 2),
		{ .name = (char *)"f",
		  .type = (char *)"x8[2]",
		  .offset = 1,
		  .bytes = 1,
		  .kind = KPC_FIELD_STRING },
	};
	static const struct kpc_field bits = {
		.name = (char *)"f",
		.type = (char *)"char",
		.bytes = 1,
		.bits = 3,
	};

	(void)state;
	describe();
	assert_int_equal(kpc_content_array(&mixed[0]), 0);
	assert_int_equal(kpc_content_of(&mixed[0]), KPC_CONTENT_BYTE);
	assert_int_equal(kpc_content_array(&fields[TEXT]), TEXT_BYTES);
	assert_int_equal(kpc_content_array(&fields[TEXT + 1]), 0);
	assert_int_equal(kpc_content_array(&fields[KEY]), 0);
	assert_int_equal(kpc_content_of(&fields[KEY]), KPC_CONTENT_BYTE);
	assert_int_equal(kpc_content_of(&fields[COUNT]), KPC_CONTENT_NUMBER);
	assert_int_equal(kpc_content_of(&bits), KPC_CONTENT_NUMBER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_hashed_together),
		cmocka_unit_test(arrays_are_of_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
