// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "column.h"
#include "unit.h"
#include "values.h"

#define N 1000

static struct kpc_column_encoder enc;
static struct kpc_column_memory memory;
static uint64_t v[20000];
static uint64_t got[20000 + 1];

static int group_teardown(void **state)
{
	(void)state;
	kpc_column_encoder_uninit(&enc);
	return 0;
}

/* The column that was written alone into @buf. */
static struct kpc_column parse(const struct kpc_buf *buf, uint32_t number)
{
	struct kpc_wire wire = { buf->data, buf->data + buf->used };
	struct kpc_column column = { 0 };
	struct kpc_wire_field field;

	if (!buf->used)
		return column;
	assert_int_equal(kpc_wire_next(&wire, &field), 1);
	assert_int_equal(field.number, number);
	assert_int_equal(kpc_column_parse(&column, field.bytes), 0);
	assert_int_equal(kpc_wire_next(&wire, &field), 0);
	return column;
}

/* How often each value comes, by counting; zero times is none. */
static void check_tally(const struct kpc_column *column, uint32_t n)
{
	static uint32_t times[20000 + 1];
	uint32_t nr, sum = 0;

	assert_int_equal(kpc_column_tally(column, got, times, n, &nr), 0);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t as_told = 0, found = 0;

		for (uint32_t k = 0; k < nr; k++)
			as_told += got[k] == got[i] ? times[k] : 0;
		for (uint32_t k = 0; k < n; k++)
			found += v[k] == got[i];
		assert_int_equal(as_told, found);
		sum += times[i];
	}
	assert_int_equal(sum, n);
	assert_int_equal(kpc_column_tally(column, got, times, n + 1, &nr),
			 -EBADMSG);
	if (kpc_column_has_tally(column, n - 1))
		assert_int_equal(kpc_column_tally(column, got, times, n - 1,
						  &nr),
				 -EBADMSG);
}

/* Encodes v, decodes, compares; returns the encoding's member, 0: constant. */
static int round_trip(uint32_t n)
{
	struct kpc_buf buf = { 0 };
	struct kpc_column column;
	int encoding = 0;

	assert_int_equal(kpc_column_add(&enc, &buf, 3, 7, v, n, &memory), 0);
	column = parse(&buf, 3);
	assert_int_equal(column.field, buf.used ? 7 : 0);
	assert_int_equal(kpc_column_decode(&column, got, n), 0);
	assert_memory_equal(got, v, n * sizeof(*v));
	for (int i = KPC_COLUMN_VARINT; i < KPC_COLUMN_NUMBERS; i++)
		if (column.part[i].at)
			encoding = i;
	/* One value too many or too few is damage. */
	if (encoding && n > 1) {
		assert_int_equal(kpc_column_decode(&column, got, n + 1),
				 -EBADMSG);
		assert_int_equal(kpc_column_decode(&column, got, n - 1),
				 -EBADMSG);
	}
	if (kpc_column_has_tally(&column, n))
		check_tally(&column, n);
	else
		assert_true(encoding != KPC_COLUMN_INDEX &&
			    encoding != KPC_COLUMN_RUN);
	kpc_buf_uninit(&buf);
	return encoding;
}

static void test_constant(void **state)
{
	(void)state;
	memset(v, 0, sizeof(v));
	assert_int_equal(round_trip(N), 0);
	for (int i = 0; i < N; i++)
		v[i] = 0xffff888100000000ull;
	assert_int_equal(round_trip(N), 0);
	assert_int_equal(round_trip(1), 0);
}

static void test_choices(void **state)
{
	uint64_t seed = 7;
	int i;

	(void)state;
	for (i = 0; i < N; i++)
		v[i] = unit_random(&seed) % 100;
	assert_int_equal(round_trip(N), KPC_COLUMN_VARINT);
	for (i = 0; i < N; i++)
		v[i] = unit_random(&seed) % 100 - 50;
	assert_int_equal(round_trip(N), KPC_COLUMN_ZIGZAG);
	for (i = 0; i < N; i++)
		v[i] = 0xffffffff81000000ull + i * 16;
	assert_int_equal(round_trip(N), KPC_COLUMN_DELTA);
	for (i = 0; i < N; i++)
		v[i] = 0xffff888100000000ull + unit_random(&seed) % UINT32_MAX;
	assert_int_equal(round_trip(N), KPC_COLUMN_OFFSET);
	memset(&memory, 0, sizeof(memory));
	for (i = 0; i < N; i++)
		v[i] = unit_random(&seed);
	assert_int_equal(round_trip(N), KPC_COLUMN_RAW);
	memset(&memory, 0, sizeof(memory));
	for (i = 0; i < N; i++)
		v[i] = (unit_random(&seed) % 20 + 1) * 0x123456789abcdefull;
	assert_int_equal(round_trip(N), KPC_COLUMN_INDEX);
	for (i = 0; i < N; i++)
		v[i] = i / 100 * 0x123456789abcdefull;
	assert_int_equal(round_trip(N), KPC_COLUMN_RUN);
}

/* Objects of few slabs, new and old ones, in no order. */
static void test_pointers(void **state)
{
	uint64_t seed = 11, slab[50];

	(void)state;
	memset(&memory, 0, sizeof(memory));
	for (int i = 0; i < 50; i++)
		slab[i] = 0xffff888100000000ull +
			  (unit_random(&seed) >> 30 << 13);
	for (uint32_t unit = 3; unit < 7; unit++) {
		for (int i = 0; i < 20000; i++)
			v[i] = slab[unit_random(&seed) % 50] +
			       (unit_random(&seed) % 8192 >> unit << unit);
		enc.split = false;
		memset(&memory, 0, sizeof(memory));
		/* part UPPER is in front of LOWER */
		assert_int_equal(round_trip(20000), KPC_COLUMN_LOWER);
		assert_true(enc.split);
	}
	/* Too few to pay. */
	enc.split = false;
	memset(&memory, 0, sizeof(memory));
	assert_int_not_equal(round_trip(20), KPC_COLUMN_LOWER);
	assert_false(enc.split);
}

static uint64_t odd_value(uint64_t *seed, int kind)
{
	uint64_t r = unit_random(seed);

	switch (kind) {
	case 0:
		return r;
	case 1:
		return r % 3;
	case 2:
		return -(r % 5000);
	case 3:
		return 0xffff888000000000ull + r % 64 * 4096 +
		       r / 64 % 16 * 256;
	case 4:
		return 0xffff888000000000ull + (r & 0xffffff) * 8;
	case 5:
		return r % 100 ? 0x81000000 : r;
	default:
		return 1ull << r % 64;
	}
}

/* Whatever comes after whatever: memory of a column mustn't matter. */
static void test_random(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 300; round++) {
		uint32_t n = 1 + unit_random(&seed) % 3000;
		int kind = unit_random(&seed) % 8;

		for (uint32_t i = 0; i < n; i++)
			v[i] = odd_value(&seed, kind < 7 ?
							kind :
							unit_random(&seed) % 7);
		round_trip(n);
	}
}

/* One step, anywhere: looked at four by four or one by one, two runs. */
static void test_steps(void **state)
{
	(void)state;
	memory = (struct kpc_column_memory){ 0 };
	for (uint32_t n = 60; n < 100; n++) {
		for (uint32_t step = 1; step < n; step++) {
			for (uint32_t i = 0; i < n; i++)
				v[i] = 0x123456789abcdef0ull + (i >= step);
			assert_int_equal(round_trip(n), KPC_COLUMN_RUN);
		}
		for (uint32_t i = 0; i < n; i++)
			v[i] = 5;
		assert_int_equal(round_trip(n), 0);
	}
}

/* What is in runs already comes to no more bytes, and to the same values. */
static void test_runs(void **state)
{
	uint64_t value[20];
	uint32_t length[20];
	uint64_t seed = 9;
	int written = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint32_t runs = 1 + unit_random(&seed) % 20, n = 0;
		struct kpc_buf whole = { 0 }, given = { 0 };
		struct kpc_column column;

		memory = (struct kpc_column_memory){ 0 };
		for (uint32_t i = 0; i < runs; i++) {
			value[i] = round % 7 * 300 + i % 3;
			length[i] = 1 + unit_random(&seed) % 40;
			for (uint32_t j = 0; j < length[i]; j++)
				v[n++] = value[i];
		}
		kpc_column_add(&enc, &whole, 5, 0, v, n, &memory);
		if (kpc_column_add_runs(&given, 5, 0, value, length, runs, n)) {
			assert_true(given.used <= whole.used);
			column = parse(&given, 5);
			assert_int_equal(kpc_column_decode(&column, got, n), 0);
			assert_memory_equal(got, v, n * sizeof(*v));
			written++;
		} else {
			assert_true(runs * 10 >= n);
			assert_int_equal(given.used, 0);
		}
		kpc_buf_uninit(&whole);
		kpc_buf_uninit(&given);
	}
	assert_in_range(written, 50, 199);
}

static void test_extremes(void **state)
{
	static const uint64_t odd[] = { 0,	   1,	       UINT64_MAX,
					INT64_MAX, INT64_MIN,  127,
					128,	   UINT32_MAX, 1ull << 32 };
	uint64_t seed = 99;

	(void)state;
	for (uint32_t n = 1; n < 40; n++)
		for (int round = 0; round < 50; round++) {
			for (uint32_t i = 0; i < n; i++)
				v[i] = odd[unit_random(&seed) % 9];
			memset(&memory, 0, sizeof(memory));
			round_trip(n);
		}
}

/* More distinct values than a dictionary holds; and the pause after it. */
static void test_dict_gives_up(void **state)
{
	uint64_t seed = 3;

	(void)state;
	memset(&memory, 0, sizeof(memory));
	for (int i = 0; i < 20000; i++)
		v[i] = unit_random(&seed);
	assert_int_equal(round_trip(20000), KPC_COLUMN_RAW);
	assert_true(memory.dict_pause > 0);
	for (int i = 0; i < N; i++)
		v[i] = (i * 7 % 20) * 0x123456789abcdefull;
	while (memory.dict_pause)
		assert_int_not_equal(round_trip(N), KPC_COLUMN_INDEX);
	assert_int_equal(round_trip(N), KPC_COLUMN_INDEX);
}

/* Values made to collide end a dictionary, and the column is whole without. */
static void test_dict_collides(void **state)
{
	static struct kpc_dict dict;
	uint64_t inverse = 1;

	(void)state;
	/* Newton: of the hash's factor. */
	for (int i = 0; i < 6; i++)
		inverse *= 2 - 0x9e3779b97f4a7c15ull * inverse;
	kpc_dict_reset(&dict);
	for (uint32_t i = 0; i < N; i++)
		v[i] = inverse * i;
	for (uint32_t i = 0; i < KPC_DICT_STEPS; i++)
		assert_int_equal(kpc_dict_find(&dict, v[i]), i);
	assert_int_equal(kpc_dict_find(&dict, v[KPC_DICT_STEPS]), -1);
	assert_int_equal(kpc_dict_find(&dict, v[5]), 5);
	for (uint32_t i = N; i < 10 * N; i++)
		v[i] = v[i % N];
	memory = (struct kpc_column_memory){ 0 };
	assert_int_not_equal(round_trip(10 * N), KPC_COLUMN_INDEX);
}

static void blob_round_trip(const struct kpc_span *spans, uint32_t n)
{
	struct kpc_span *out = calloc(n, sizeof(*out));
	struct kpc_buf buf = { 0 };
	struct kpc_column column;

	assert_int_equal(
		kpc_column_add_blobs(&enc, &buf, 3, 0, spans, n, &memory), 0);
	column = parse(&buf, 3);
	assert_int_equal(kpc_column_decode_blobs(&column, out, n), 0);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(out[i].bytes, spans[i].bytes);
		if (out[i].bytes)
			assert_memory_equal(out[i].at, spans[i].at,
					    out[i].bytes);
	}
	kpc_buf_uninit(&buf);
	free(out);
}

static void test_blobs(void **state)
{
	static const uint8_t text[] = "abcdefghijklmnopqrstuvwxyz";
	struct kpc_span spans[700];
	uint64_t seed = 5;

	(void)state;
	memset(&memory, 0, sizeof(memory));
	for (int i = 0; i < 700; i++) /* few distinct ones: a dictionary */
		spans[i] = (struct kpc_span){ text + i % 3, i % 5 };
	blob_round_trip(spans, 700);
	for (int i = 0; i < 700; i++) /* all the same */
		spans[i] = (struct kpc_span){ text, 8 };
	blob_round_trip(spans, 700);
	for (int i = 0; i < 700; i++) /* all empty */
		spans[i] = (struct kpc_span){ NULL, 0 };
	blob_round_trip(spans, 700);
	for (int i = 0; i < 700; i++) /* plain */
		spans[i] =
			(struct kpc_span){ text + i % 26,
					   unit_random(&seed) % (27 - i % 26) };
	blob_round_trip(spans, 700);
	blob_round_trip(spans, 1);
}

static void test_tid(void **state)
{
	struct kpc_buf buf = { 0 };
	struct kpc_column column;

	(void)state;
	kpc_column_add_tid(&buf, 3, 2);
	column = parse(&buf, 3);
	assert_true(column.tid);
	assert_int_equal(column.field, 2);
	assert_int_equal(kpc_column_decode(&column, got, 1), -EBADMSG);
	kpc_buf_uninit(&buf);
}

/* Every byte changed in every encoding: an error or n values, no more. */
static void test_damage(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (int kind = 0; kind < 6; kind++) {
		struct kpc_buf buf = { 0 };

		for (int i = 0; i < 300; i++)
			v[i] = kind == 0 ? unit_random(&seed) % 200 :
			       kind == 1 ? i / 60 * 0x123456789ull :
			       kind == 2 ? (i % 9) * 0x123456789abcdefull :
			       kind == 3 ? unit_random(&seed) :
			       kind == 4 ? i * 3ull << 40 :
					   0xffff888100000000ull +
						   (uint32_t)unit_random(&seed);
		memset(&memory, 0, sizeof(memory));
		kpc_column_add(&enc, &buf, 3, 0, v, 300, &memory);
		for (size_t at = 6; at < buf.used; at++)
			for (int bit = 0; bit < 8; bit++) {
				struct kpc_wire wire = { buf.data + 6,
							 buf.data + buf.used };
				struct kpc_column column;
				struct kpc_span spans[300];

				buf.data[at] ^= 1 << bit;
				if (!kpc_column_parse(&column, wire)) {
					kpc_column_decode(&column, got, 300);
					kpc_column_decode_blobs(&column, spans,
								300);
				}
				buf.data[at] ^= 1 << bit;
			}
		kpc_buf_uninit(&buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_dict_gives_up),
		cmocka_unit_test(test_dict_collides),
		cmocka_unit_test(test_blobs),
		cmocka_unit_test(test_tid),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, group_teardown);
}
