// SPDX-License-Identifier: GPL-2.0-only
/* What a batch encodes, decoded again by rows. */
#include <errno.h>

#include "fixture.h"
#include "rows.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_wild_dynamic),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
