// SPDX-License-Identifier: GPL-2.0-only
/* What a batch encodes, decoded again by rows. */
#include <errno.h>

#include "distinct.h"
#include "fixture.h"
#include "rows.h"
#include "unit.h"

#define ROWS 1000

static struct kpc_value values[16];

static void assert_span(const struct kpc_value *value, const char *want)
{
	assert_int_equal(value->blob_bytes, strlen(want));
	assert_memory_equal(value->blob, want, value->blob_bytes);
}

/* @row is fixture_add()'s row i. */
static void assert_row(const struct kpc_row *row, uint32_t i)
{
	const struct fixture_record *r = &fixture_records[i];
	bool other = i % 4 == 3;

	assert_int_equal(row->time_ns, 1000000000ull + i * 1000);
	assert_int_equal(row->tid, 100 + i % 3);
	assert_ptr_equal(row->event, &fixture_events[other]);
	assert_int_equal(row->stack_depth, !other && i % 2 ? 3 : 0);
	if (row->stack_depth)
		assert_int_equal(row->stack[2], 5 + i / 2 % 2);
	if (i % 11 == 10) {
		assert_int_equal(row->payload_bytes, 5);
		assert_memory_equal(row->payload, r, 5);
		return;
	}
	assert_null(row->payload);
	if (other) {
		assert_int_equal(row->values[0].blob_bytes, 12);
		assert_memory_equal(row->values[0].blob, r->tail, 12);
		assert_int_equal(row->values[1].u, r->file);
		return;
	}
	assert_int_equal(row->values[0].u, 7);
	assert_int_equal(row->values[1].u, r->pid);
	assert_int_equal(row->values[2].u, r->file);
	assert_int_equal((int64_t)row->values[3].u, r->value);
	assert_span(&row->values[4], r->name);
	assert_span(&row->values[5], (const char *)r->tail);
}

static void check_round_trip(struct kpc_batch *batch, struct kpc_rows *rows,
			     uint32_t nr)
{
	struct kpc_batch_summary summary;
	struct kpc_buf body = { 0 };
	struct kpc_row row;
	uint32_t i = 0;

	for (uint32_t n = 0; n < nr; n++)
		fixture_add(batch, n);
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	assert_int_equal(
		kpc_rows_load(rows,
			      (struct kpc_wire){ body.data,
						 body.data + body.used },
			      nr, fixture_events, FIXTURE_EVENTS),
		0);
	while (kpc_rows_next(rows, &row, values))
		assert_row(&row, i++);
	assert_int_equal(i, nr);
	if (nr) {
		assert_int_equal(summary.first_time_ns, 1000000000ull);
		assert_int_equal(summary.last_time_ns,
				 1000000000ull + (nr - 1) * 1000);
	}
	kpc_batch_reset(batch);
	kpc_buf_uninit(&body);
}

static void test_round_trip(void **state)
{
	struct kpc_rows rows = { 0 };
	struct kpc_batch *batch;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	/* One batch and one decoder, again and again. */
	for (uint32_t nr = 0; nr < 40; nr++)
		check_round_trip(batch, &rows, nr);
	check_round_trip(batch, &rows, ROWS);
	check_round_trip(batch, &rows, 1);
	kpc_batch_free(batch);
	kpc_rows_uninit(&rows);
}

/* One of a cgroup in row i of a batch of that kind. */
static uint64_t cgroup_of(uint32_t kind, uint32_t i)
{
	switch (kind) {
	case 0: /* the same in all */
		return 77;
	case 1: /* long runs, the first of none */
		return i / 100 * 3;
	case 2: /* short ones, of large numbers */
		return UINT64_MAX - i / 2 % 5;
	case 3: /* only the last row */
		return i == ROWS - 1;
	default: /* none at all */
		return 0;
	}
}

/* Rows of both tables, with call chains and whole records between them. */
static void test_cgroups(void **state)
{
	struct kpc_batch_summary summary;
	struct kpc_rows rows = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_batch *batch;
	struct kpc_row row;
	size_t without = 0;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	/* Down: what one batch had the next one hasn't. */
	for (int kind = 4; kind >= 0; kind--) {
		for (uint32_t i = 0; i < ROWS; i++)
			fixture_add_of(batch, i, cgroup_of(kind, i));
		kpc_buf_reset(&body);
		assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
		kpc_batch_reset(batch);
		if (kind == 4)
			without = body.used;
		if (kind == 0)
			assert_true(body.used <= without + 16);
		assert_int_equal(kpc_rows_load(&rows,
					       (struct kpc_wire){
						       body.data,
						       body.data + body.used },
					       ROWS, fixture_events,
					       FIXTURE_EVENTS),
				 0);
		for (uint32_t i = 0; kpc_rows_next(&rows, &row, values); i++) {
			assert_row(&row, i);
			assert_true(row.cgroup == cgroup_of(kind, i));
		}
	}
	kpc_batch_free(batch);
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
}

static void test_bounds(void **state)
{
	struct kpc_sample sample = { .raw = (const uint8_t *)"", .event = 0 };
	struct kpc_batch *batch;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	for (uint32_t i = 0; i < KPC_BATCH_EVENTS; i++)
		assert_true(kpc_batch_add(batch, &sample));
	assert_false(kpc_batch_add(batch, &sample));
	kpc_batch_reset(batch);
	kpc_batch_add_bytes(batch, KPC_BATCH_RAW_BYTES);
	assert_false(kpc_batch_add(batch, &sample));
	kpc_batch_reset(batch);
	/* Of no known event: counted, not kept. */
	sample.event = FIXTURE_EVENTS;
	assert_true(kpc_batch_add(batch, &sample));
	assert_int_equal(kpc_batch_events(batch), 0);
	assert_false(kpc_batch_empty(batch));
	kpc_batch_free(batch);
}

/* Records of no bytes are payloads of nothing, not rows whose fields are 0. */
static void test_empty_payloads(void **state)
{
	struct kpc_sample sample = { .raw = (const uint8_t *)"" };
	struct kpc_batch_summary summary;
	struct kpc_rows rows = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_batch *batch;
	struct kpc_row row;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	assert_true(kpc_batch_add(batch, &sample));
	assert_true(kpc_batch_add(batch, &sample));
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	assert_int_equal(
		kpc_rows_load(&rows,
			      (struct kpc_wire){ body.data,
						 body.data + body.used },
			      2, fixture_events, FIXTURE_EVENTS),
		0);
	while (kpc_rows_next(&rows, &row, values)) {
		assert_non_null(row.payload);
		assert_int_equal(row.payload_bytes, 0);
	}
	kpc_batch_free(batch);
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
}

/* Records that aren't samples, several of them, beside a row. */
static void test_unparsed(void **state)
{
	struct kpc_batch_summary summary;
	struct kpc_rows rows = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_batch *batch;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	fixture_add(batch, 0);
	for (int i = 0; i < 3; i++)
		kpc_batch_add_unparsed(batch, "12345678", 8);
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	assert_int_equal(
		kpc_rows_load(&rows,
			      (struct kpc_wire){ body.data,
						 body.data + body.used },
			      1, fixture_events, FIXTURE_EVENTS),
		0);
	assert_int_equal(rows.unparsed, 3);
	kpc_batch_free(batch);
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
}

/* A dynamic field that points out of its record makes the row a payload. */
static void test_wild_dynamic(void **state)
{
	struct fixture_record r = { .path = 0xffffffff };
	struct kpc_sample sample = { .raw = (const uint8_t *)&r,
				     .raw_bytes = sizeof(r) };
	struct kpc_batch_summary summary;
	struct kpc_rows rows = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_batch *batch;
	struct kpc_row row;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	assert_true(kpc_batch_add(batch, &sample));
	r.path = sizeof(r) << 0;
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	assert_int_equal(
		kpc_rows_load(&rows,
			      (struct kpc_wire){ body.data,
						 body.data + body.used },
			      1, fixture_events, FIXTURE_EVENTS),
		0);
	assert_true(kpc_rows_next(&rows, &row, values));
	assert_int_equal(row.payload_bytes, sizeof(r));
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
	kpc_batch_free(batch);
}

/* As the module lays out "name=…:string files=…:string[2] ids=…:u16[3]". */
struct text_record {
	uint16_t type;
	uint8_t flags;
	uint8_t preempt;
	int32_t pid;
	uint32_t name;
	uint32_t files[2];
	uint16_t ids[3];
	char data[34];
};

#define TEXT_FIELD(_member, _bytes, _i, _kind, ...)               \
	{                                                         \
		.name = (char *)#_member, .bytes = _bytes,        \
		.offset = offsetof(struct text_record, _member) + \
			  (_bytes) * (_i),                        \
		.kind = _kind, __VA_ARGS__                        \
	}
#define STRING .dynamic = true, .faults = true

static struct kpc_field text_fields[] = {
	TEXT_FIELD(name, 4, 0, KPC_FIELD_STRING, STRING),
	TEXT_FIELD(files, 4, 0, KPC_FIELD_STRING, STRING, .elements = 2),
	TEXT_FIELD(files, 4, 1, KPC_FIELD_STRING, STRING),
	TEXT_FIELD(ids, 2, 0, KPC_FIELD_UNSIGNED, .elements = 3),
	TEXT_FIELD(ids, 2, 1, KPC_FIELD_UNSIGNED),
	TEXT_FIELD(ids, 2, 2, KPC_FIELD_UNSIGNED),
};

static struct kpc_event text_event = {
	.name = (char *)"text",
	.fields = text_fields,
	.nr_fields = 6,
};

#define AT(_i)	     ((uint32_t)offsetof(struct text_record, data) + (_i))
#define WORD(_n, _i) ((uint32_t)(_n) << 16 | AT(_i))

/* What is at the end of the memory that the record has, as in a ring. */
static uint8_t *text_record(const struct text_record *r, uint32_t bytes)
{
	uint8_t *raw = malloc(bytes);

	memcpy(raw, r, bytes);
	return raw;
}

static void encode_text(uint8_t *const *raw, const uint32_t *bytes, uint32_t nr,
			struct kpc_buf *body, struct kpc_rows *rows)
{
	struct kpc_batch_summary summary;
	struct kpc_batch *batch;

	assert_int_equal(kpc_batch_new(&batch, &text_event, 1), 0);
	for (uint32_t i = 0; i < nr; i++) {
		struct kpc_sample sample = { .raw = raw[i],
					     .raw_bytes = bytes[i] };

		assert_true(kpc_batch_add(batch, &sample));
	}
	assert_int_equal(kpc_batch_encode(batch, body, &summary), 0);
	assert_int_equal(
		kpc_rows_load(rows,
			      (struct kpc_wire){ body->data,
						 body->data + body->used },
			      nr, &text_event, 1),
		0);
	kpc_batch_free(batch);
}

/* Read, empty, not to be read, and without a NUL up to the record's end. */
static void test_strings(void **state)
{
	const struct text_record r[] = {
		{ .name = WORD(3, 0),
		  .files = { WORD(1, 2), WORD(0, 2) },
		  .ids = { 1, 2, 65535 },
		  .data = "ab" },
		{ .name = WORD(0, 0),
		  .files = { WORD(3, 0), WORD(34, 0) },
		  .data = "\"\xff" },
	};
	uint32_t bytes[] = { sizeof(r[0]), sizeof(r[1]) };
	uint8_t *raw[] = { text_record(&r[0], bytes[0]),
			   text_record(&r[1], bytes[1]) };
	struct kpc_rows rows = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_row row;

	(void)state;
	memset(raw[1] + AT(2), 'x', 32); /* no NUL */
	encode_text(raw, bytes, 2, &body, &rows);
	assert_true(kpc_rows_next(&rows, &row, values));
	assert_null(row.payload);
	assert_span(&values[0], "ab");
	assert_span(&values[1], "");
	assert_false(values[0].fault || values[1].fault);
	assert_true(values[2].fault);
	assert_int_equal(values[3].u, 1);
	assert_int_equal(values[5].u, 65535);
	assert_true(kpc_rows_next(&rows, &row, values));
	assert_true(values[0].fault);
	assert_span(&values[1], "\"\xffx");
	assert_int_equal(values[2].blob_bytes, 34);
	assert_int_equal(values[3].u, 0);
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
	free(raw[0]);
	free(raw[1]);
}

/* Words that point out of the record by a byte or by all, and short records. */
static void test_hostile_strings(void **state)
{
	static const struct {
		uint32_t word;
		uint32_t bytes;
		bool kept; /* as fields; else whole */
	} cases[] = {
		{ WORD(34, 0), sizeof(struct text_record), true },
		{ WORD(35, 0), sizeof(struct text_record), false },
		{ WORD(34, 1), sizeof(struct text_record), false },
		{ WORD(0, 34), sizeof(struct text_record), true },
		{ WORD(0, 35), sizeof(struct text_record), false },
		{ WORD(1, 34), sizeof(struct text_record), false },
		{ 0xffffffff, sizeof(struct text_record), false },
		{ 0x0000ffff, sizeof(struct text_record), false },
		{ 0xffff0000, sizeof(struct text_record), false },
		/* into the fixed part: odd, but within */
		{ 4u << 16, sizeof(struct text_record), true },
		{ WORD(1, 0), AT(1), true },
		{ WORD(2, 0), AT(1), false },
		{ WORD(0, 0), AT(0), true },
		{ WORD(0, 0), AT(0) - 1, false },
		{ WORD(0, 0), 8, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int f = 0; f < 3; f++) {
			struct text_record r = { .name = WORD(0, 0),
						 .files = { WORD(0, 0),
							    WORD(0, 0) } };
			uint32_t bytes = cases[i].bytes;
			struct kpc_rows rows = { 0 };
			struct kpc_buf body = { 0 };
			struct kpc_row row;
			uint8_t *raw;

			*(f ? &r.files[f - 1] : &r.name) = cases[i].word;
			raw = text_record(&r, bytes);
			encode_text(&raw, &bytes, 1, &body, &rows);
			assert_true(kpc_rows_next(&rows, &row, values));
			assert_int_equal(!row.payload, cases[i].kept);
			if (row.payload) {
				assert_int_equal(row.payload_bytes, bytes);
				assert_memory_equal(row.payload, raw, bytes);
			}
			kpc_rows_uninit(&rows);
			kpc_buf_uninit(&body);
			free(raw);
		}
	}
}

/* Times that go backwards, and the ends of the range. */
static void test_times(void **state)
{
	static const uint64_t times[] = { 5, 4, UINT64_MAX, 0, 1ull << 63, 7 };
	struct kpc_sample sample = { .raw = (const uint8_t *)"" };
	struct kpc_batch_summary summary;
	struct kpc_rows rows = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_batch *batch;
	struct kpc_row row;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	for (int i = 0; i < 6; i++) {
		sample.time_ns = times[i];
		sample.weight = i;
		assert_true(kpc_batch_add(batch, &sample));
	}
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	assert_int_equal(
		kpc_rows_load(&rows,
			      (struct kpc_wire){ body.data,
						 body.data + body.used },
			      6, fixture_events, FIXTURE_EVENTS),
		0);
	for (int i = 0; i < 6; i++) {
		assert_true(kpc_rows_next(&rows, &row, values));
		assert_true(row.time_ns == times[i]);
		assert_int_equal(row.weight, i);
	}
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
	kpc_batch_free(batch);
}

/* Every bit of a body flipped: an error, or rows that can be read. */
static void test_damage(void **state)
{
	struct kpc_batch_summary summary;
	struct kpc_rows rows = { 0 };
	struct kpc_buf body = { 0 };
	struct kpc_batch *batch;
	struct kpc_row row;
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS),
			 0);
	for (uint32_t n = 0; n < 40; n++)
		fixture_add(batch, n);
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	for (size_t bit = 0; bit < body.used * 8; bit++) {
		uint8_t *copy = malloc(body.used);
		int err;

		memcpy(copy, body.data, body.used);
		copy[bit / 8] ^= 1 << bit % 8;
		err = kpc_rows_load(&rows,
				    (struct kpc_wire){ copy, copy + body.used },
				    40, fixture_events, FIXTURE_EVENTS);
		assert_true(!err || err == -EBADMSG);
		while (!err && kpc_rows_next(&rows, &row, values)) {
			for (uint32_t i = 0; i < row.payload_bytes; i++)
				sum += row.payload[i];
			for (uint32_t i = 0; i < row.stack_depth; i++)
				sum += row.stack[i];
			for (uint32_t f = 0; f < row.event->nr_fields; f++)
				for (uint32_t i = 0; i < values[f].blob_bytes;
				     i++)
					sum += values[f].blob[i];
		}
		free(copy);
	}
	assert_true(sum != 0);
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
	kpc_batch_free(batch);
}

/* A record of words that no two have, in the slot 0 of table 0. */
static void make_colliding(const struct kpc_diff *diff, uint64_t record[2],
			   uint64_t *seed)
{
	do {
		record[1] = unit_random(seed);
	} while ((kpc_distinct_hash(diff, (const uint8_t *)record) >> 24) %
		 KPC_DISTINCT_SLOTS);
}

/* Records made to collide are given up soon, and others are still numbered. */
static void test_colliding(void **state)
{
	static struct kpc_distinct distinct;
	static uint64_t record[KPC_DISTINCT_STEPS + 1][2];
	const struct kpc_distinct_entry *entry;
	static struct kpc_diff diff;
	uint64_t other[2] = { 0, 1 }, seed = 3;
	bool fresh;

	(void)state;
	kpc_diff_init(&diff, sizeof(record[0]), false);
	for (uint32_t i = 0; i <= KPC_DISTINCT_STEPS; i++) {
		make_colliding(&diff, record[i], &seed);
		entry = kpc_distinct_find(&distinct, &diff,
					  (const uint8_t *)record[i], 0, i,
					  &fresh, kpc_diff_same);
		if (i == KPC_DISTINCT_STEPS) {
			assert_null(entry);
			break;
		}
		assert_true(fresh);
		assert_int_equal(entry->number, i);
	}
	entry = kpc_distinct_find(&distinct, &diff, (const uint8_t *)other, 0,
				  100, &fresh, kpc_diff_same);
	assert_non_null(entry);
	assert_true(fresh);
	entry = kpc_distinct_find(&distinct, &diff, (const uint8_t *)record[7],
				  0, 101, &fresh, kpc_diff_same);
	assert_int_equal(entry->number, 7);
	assert_false(fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_empty_payloads),
		cmocka_unit_test(test_unparsed),
		cmocka_unit_test(test_wild_dynamic),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_colliding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
