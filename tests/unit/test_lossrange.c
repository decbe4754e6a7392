// SPDX-License-Identifier: GPL-2.0-only
/* test_lossrange - when what was lost, of a batch and of many */
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "lossrange.h"
#include "share.h"
#include "unit.h"

static struct kpc_loss_ranges ranges;
static struct kpc_batch *batch;

static int setup(void **state)
{
	(void)state;
	memset(&ranges, 0, sizeof(ranges));
	return kpc_batch_new(&batch, fixture_events, FIXTURE_EVENTS);
}

static int teardown(void **state)
{
	(void)state;
	kpc_batch_free(batch);
	return 0;
}

static void add_row(uint64_t time_ns)
{
	static const uint8_t raw[64];
	struct kpc_sample sample = {
		.time_ns = time_ns,
		.raw = raw,
		.raw_bytes = sizeof(raw),
	};

	assert_true(kpc_batch_add(batch, &sample));
}

static void is(uint32_t i, uint64_t from, uint64_t to, uint64_t count,
	       uint32_t losses)
{
	assert_int_equal(ranges.range[i].from_ns, from);
	assert_int_equal(ranges.range[i].to_ns, to);
	assert_int_equal(ranges.range[i].count, count);
	assert_int_equal(ranges.range[i].losses, losses);
}

/* Before, between and behind the rows, whose times are far and near. */
static void of_a_batch(void **state)
{
	(void)state;
	kpc_batch_add_loss(batch, 7, 0);
	add_row(1000);
	add_row(1001);
	kpc_batch_add_loss(batch, 8, 0);
	kpc_batch_add_loss(batch, 9, 0);
	add_row(1ull << 50);
	add_row((1ull << 50) + 128);
	kpc_batch_add_loss(batch, 10, 0);
	kpc_loss_ranges_batch(&ranges, batch, 500, 1ull << 51);
	assert_int_equal(ranges.nr, 4);
	is(0, 500, 1000, 7, 1);
	is(1, 1001, 1ull << 50, 8, 1);
	is(2, 1001, 1ull << 50, 9, 1);
	is(3, (1ull << 50) + 128, 1ull << 51, 10, 1);
}

/* Nothing else was read. */
static void of_no_rows(void **state)
{
	(void)state;
	kpc_batch_add_loss(batch, 7, 0);
	kpc_loss_ranges_batch(&ranges, batch, 0, 99);
	assert_int_equal(ranges.nr, 1);
	is(0, 0, 99, 7, 1);
}

/* What lies nearest is put together; nothing of the sum is lost. */
static void many(void **state)
{
	struct kpc_loss_range range = { .count = 3, .losses = 1 };
	uint64_t count = 0, losses = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		range.from_ns = i * 100 + (i >= 500 ? 1000000 : 0);
		range.to_ns = range.from_ns + 50;
		kpc_loss_ranges_add(&ranges, &range);
	}
	assert_int_equal(ranges.nr, KPC_LOSS_RANGES_MAX);
	for (uint32_t i = 0; i < ranges.nr; i++) {
		const struct kpc_loss_range *r = &ranges.range[i];

		count += r->count;
		losses += r->losses;
		assert_true(r->from_ns < r->to_ns);
		assert_true(!i || r[-1].to_ns <= r->from_ns);
		/* The long time in the middle is in none of them. */
		assert_true(r->to_ns <= 500 * 100 || r->from_ns >= 1000000);
	}
	assert_int_equal(count, 3000);
	assert_int_equal(losses, 1000);
}

/* Into the ledger, and out of a file. */
static void in_a_ledger(void **state)
{
	char *path = fixture_path();
	struct kpc_ring_desc rings[2] = { 0 };
	struct kpc_header header = { .rings = rings, .nr_rings = 2 };
	const struct kpc_ledger *ledger;
	struct kpc_reader *reader;
	struct kpc_writer *writer;
	struct kpc_share share;
	struct kpc_book book;

	(void)state;
	assert_int_equal(kpc_book_init(&book, 1, 2), 0);
	assert_int_equal(kpc_share_init(&share, &book), 0);
	share.ring.lost = 5;
	share.ring.unreadable = 4;
	kpc_loss_ranges_add(&share.losses,
			    &(struct kpc_loss_range){ 10, 20, 5, 2 });
	kpc_share_enter(&share, 1);
	assert_int_equal(share.losses.nr, 0);
	book.ledger.full_waits = 11;
	book.ledger.full_wait_ns = 12;
	assert_int_equal(kpc_writer_open(&writer, path, 0, NULL, 0), 0);
	assert_int_equal(kpc_writer_header(writer, &header), 0);
	assert_int_equal(kpc_writer_event(writer, &fixture_events[0]), 0);
	assert_int_equal(kpc_writer_ledger(writer, &book.ledger), 0);
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(writer);
	kpc_share_uninit(&share);
	kpc_book_uninit(&book);

	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	ledger = kpc_reader_ledger(reader);
	assert_non_null(ledger);
	assert_int_equal(ledger->full_waits, 11);
	assert_int_equal(ledger->full_wait_ns, 12);
	assert_int_equal(ledger->rings[0].nr_losses, 0);
	assert_int_equal(ledger->rings[1].unreadable, 4);
	assert_int_equal(ledger->rings[1].nr_losses, 1);
	ranges.range[0] = ledger->rings[1].losses[0];
	is(0, 10, 20, 5, 2);
	kpc_reader_close(reader);
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_a_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(of_no_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(many, setup, teardown),
		cmocka_unit_test_setup_teardown(in_a_ledger, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
