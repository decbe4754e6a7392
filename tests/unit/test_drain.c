// SPDX-License-Identifier: GPL-2.0-only
/* test_drain - records of every type into the batch and the book */
#include <stdlib.h>
#include <string.h>

#include "drain.h"
#include "idmap.h"
#include "rows.h"
#include "unit.h"

#define TYPE (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW)

static struct kpc_field fields[] = {
	{ .name = (char *)"common_pid",
	  .type = (char *)"int",
	  .offset = 4,
	  .bytes = 4,
	  .kind = KPC_FIELD_SIGNED,
	  .common = true },
	{ .name = (char *)"x",
	  .type = (char *)"int",
	  .offset = 8,
	  .bytes = 4,
	  .kind = KPC_FIELD_SIGNED },
};

static const struct kpc_event events[] = {
	{ .id = 0, .name = (char *)"a", .fields = fields, .nr_fields = 2 },
	{ .id = 1, .name = (char *)"b", .fields = fields, .nr_fields = 2 },
};

static struct kpc_idmap ids;
static struct kpc_book book;
static struct kpc_share share;
static struct kpc_self self;
static struct kpc_drain drain;

/* As if it had been put. */
static bool add(const struct perf_event_header *record)
{
	bool added = kpc_drain_record(&drain, record);

	kpc_share_enter(&share, 0);
	return added;
}

/* An intake of events that differ in this, the first as event @first. */
static int use_intake(const uint32_t *weight_at, const uint32_t *raw_bytes,
		      uint32_t first)
{
	const struct kpc_intake_event intake_events[] = {
		{ TYPE, weight_at[0], raw_bytes[0], 0 },
		{ TYPE, weight_at[1], raw_bytes[1], 0 },
	};
	const struct kpc_intake_opts opts = {
		.key = KPC_INTAKE_ID,
		.ids = &ids,
		.events = intake_events,
		.nr_events = 2 - first,
		.first_event = first,
	};

	kpc_intake_free(drain.intake);
	if (kpc_intake_new(&drain.intake, &opts))
		return -1;
	kpc_intake_own(drain.intake, &self);
	return 0;
}

static const uint32_t none[2];

static int setup(void **state)
{
	(void)state;
	drain = (struct kpc_drain){
		.share = &share,
		.nr_events = 2,
	};
	self = (struct kpc_self){ 0 };
	kpc_self_add(&self, 1003);
	kpc_self_add(&self, 999);
	kpc_self_add(&self, 1001);
	return use_intake(none, none, 0) || kpc_idmap_add(&ids, 70, 0) ||
	       kpc_idmap_add(&ids, 71, 0) || kpc_idmap_add(&ids, 80, 1) ||
	       kpc_book_init(&book, 2, 1) || kpc_share_init(&share, &book) ||
	       kpc_batch_new(&drain.batch, events, 2);
}

static int teardown(void **state)
{
	(void)state;
	kpc_batch_free(drain.batch);
	kpc_intake_free(drain.intake);
	kpc_share_uninit(&share);
	kpc_book_uninit(&book);
	kpc_idmap_uninit(&ids);
	return 0;
}

struct sample_record {
	struct perf_event_header header;
	uint64_t id;
	uint64_t time;
	uint32_t raw_bytes;
	uint32_t word;
	int32_t pid;
	uint32_t x;
};

static bool add_sample(uint64_t id, int32_t pid)
{
	static struct sample_record kept[KPC_BATCH_EVENTS + 8];
	static uint32_t nr;
	struct sample_record *r = &kept[nr++ % (KPC_BATCH_EVENTS + 8)];

	*r = (struct sample_record){
		.header = { .type = PERF_RECORD_SAMPLE, .size = sizeof(*r) },
		.id = id,
		.time = 1000 + nr,
		.raw_bytes = 12,
		.pid = pid,
	};
	return add(&r->header);
}

static void samples(void **state)
{
	(void)state;
	assert_true(add_sample(70, 5));
	assert_true(add_sample(71, 5));
	assert_true(add_sample(80, 5));
	assert_true(add_sample(80, 999)); /* our own */
	assert_true(add_sample(80, 1003));
	assert_true(add_sample(80, 1000)); /* between them, and not ours */
	assert_int_equal(kpc_batch_events(drain.batch), 4);
	assert_int_equal(book.ledger.events[0].delivered, 2);
	assert_int_equal(book.ledger.events[1].delivered, 2);
	assert_int_equal(book.ledger.events[1].own_dropped, 2);
	assert_int_equal(book.ledger.rings[0].records, 6);
	assert_int_equal(book.ledger.rings[0].bytes,
			 6 * sizeof(struct sample_record));
}

/* A record may say itself what it stands for; a short one can't. */
static void weights(void **state)
{
	static const uint32_t at[][2] = { { 12, 0 }, { 0, 16 } };
	struct {
		struct sample_record r;
		uint64_t weight;
	} s = {
		.r.header = { .type = PERF_RECORD_SAMPLE, .size = sizeof(s) },
		.r.id = 70,
		.r.time = 1,
		.r.raw_bytes = 20,
		.weight = 1ull << 40,
	};

	(void)state;
	/* the weight is behind x, at 12 of the raw record */
	memmove((char *)&s.r.word + 12, &s.weight, sizeof(s.weight));
	use_intake(at[0], none, 0);
	assert_true(add(&s.r.header));
	assert_int_equal(book.rule[0].weights, 1ull << 40);
	s.r.id = 80;
	assert_true(add(&s.r.header));
	assert_int_equal(book.rule[1].weights, 0);
	use_intake(at[1], none, 0); /* beyond the record by four bytes */
	assert_true(add(&s.r.header));
	assert_int_equal(book.rule[1].weights, 0);
	assert_int_equal(book.ledger.events[1].delivered, 2);
}

/* Of no event that we know: counted as unparsed, not as delivered. */
static void strangers(void **state)
{
	(void)state;
	assert_true(add_sample(70, 5));
	assert_false(book.rule[0].unreadable);
	kpc_batch_reset(drain.batch);
	book.ledger.events[0].delivered = 0;
	assert_true(add_sample(1, 5));
	assert_true(book.rule[0].unreadable);
	assert_true(add_sample(0, 5));
	assert_int_equal(kpc_batch_events(drain.batch), 0);
	assert_false(kpc_batch_empty(drain.batch));
	assert_int_equal(book.ledger.events[0].delivered, 0);
}

static void full_batch(void **state)
{
	uint64_t nr = 0;

	(void)state;
	while (add_sample(70, 5))
		nr++;
	assert_true(nr > 1000);
	assert_int_equal(book.ledger.events[0].delivered, nr);
	assert_int_equal(book.ledger.rings[0].records, nr);
	/* What was refused wasn't counted, and goes into the next. */
	kpc_batch_reset(drain.batch);
	assert_true(add_sample(70, 5));
	assert_int_equal(book.ledger.events[0].delivered, nr + 1);
}

/* Records of every type and size, in memory of just that size. */
static void hostile_records(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 24; type++) {
		for (uint16_t size = 8; size <= 64; size += 8) {
			struct perf_event_header *r = malloc(size);

			memset(r, 0xff, size);
			r->type = type;
			r->size = size;
			assert_true(add(r));
			if (size >= 16) {
				((uint64_t *)r)[1] = 70;
				assert_true(add(r));
			}
			kpc_batch_reset(drain.batch);
			free(r);
		}
	}
}

static void losses_and_throttling(void **state)
{
	struct {
		struct perf_event_header header;
		uint64_t id, lost;
	} lost = { { .type = PERF_RECORD_LOST, .size = sizeof(lost) }, 70, 5 };
	struct {
		struct perf_event_header header;
		uint64_t time, id, stream;
	} throttle = { { .type = PERF_RECORD_THROTTLE,
			 .size = sizeof(throttle) },
		       1,
		       80,
		       80 };

	(void)state;
	assert_true(add(&lost.header));
	assert_true(add(&lost.header));
	assert_int_equal(book.ledger.rings[0].lost, 10);
	assert_true(add(&throttle.header));
	assert_int_equal(book.ledger.events[1].throttled, 1);
	assert_int_equal(book.ledger.events[0].throttled, 0);
}

/* The evlist's events aren't the trace's first; records of a size are split. */
static void behind_others(void **state)
{
	static const uint32_t raw_bytes[][2] = { { 12 }, { 16 } };
	struct {
		struct perf_event_header header;
		uint64_t id, lost;
	} lost = { { .type = PERF_RECORD_LOST, .size = sizeof(lost) }, 70, 5 };
	struct sample_record r = {
		.header = { .type = PERF_RECORD_SAMPLE, .size = sizeof(r) },
		.id = 70,
		.time = 1,
		.raw_bytes = 12,
		.pid = 5,
	};
	struct kpc_buf body = { 0 };
	struct kpc_batch_summary summary;
	struct kpc_rows rows = { 0 };
	struct kpc_value values[4];
	struct kpc_row row;

	(void)state;
	drain.first_event = 1;
	drain.nr_events = 1;
	use_intake(none, raw_bytes[0], 1);
	assert_true(add(&r.header));
	use_intake(none, raw_bytes[1],
		   1); /* it has the fields, and isn't one */
	assert_true(add(&r.header));
	assert_true(add(&lost.header));
	assert_int_equal(book.ledger.events[0].delivered, 0);
	assert_int_equal(book.ledger.events[1].delivered, 2);
	assert_int_equal(kpc_batch_encode(drain.batch, &body, &summary), 0);
	assert_int_equal(summary.lost, 5);
	assert_int_equal(
		kpc_rows_load(&rows,
			      (struct kpc_wire){ body.data,
						 body.data + body.used },
			      2, events, 2),
		0);
	kpc_rows_next(&rows, &row, values);
	assert_true(row.event == &events[1] && !row.payload);
	kpc_rows_next(&rows, &row, values);
	assert_true(row.event == &events[1]);
	assert_int_equal(row.payload_bytes, 12);
	kpc_rows_uninit(&rows);
	kpc_buf_uninit(&body);
}

#define SMALL 4096u
#define MS    1000000ull
#define US    1000ull

static struct perf_event_mmap_page page;
static uint8_t data[SMALL] __attribute__((aligned(8)));

/* What has come at @now_ns, and whether the reader should look again at once. */
static bool come(uint64_t bytes, uint64_t now_ns)
{
	page.data_head += bytes;
	assert_int_equal(kpc_drain_pass(&drain, now_ns, false), 0);
	assert_int_equal(page.data_tail, page.data_head);
	return kpc_drain_is_eager(&drain, now_ns);
}

static void eager(void **state)
{
	struct kpc_ring ring;
	struct kpc_drain_ring one = { .ring = &ring };
	uint64_t now = 1000 * MS;

	(void)state;
	page = (struct perf_event_mmap_page){ 0 };
	assert_int_equal(kpc_ring_init_memory(&ring, &page, data, SMALL), 0);
	assert_int_equal(kpc_ring_stage(&ring, KPC_RING_STAGE), 0);
	drain.ring = &one;
	drain.nr_rings = 1;
	drain.flush_ns = 10000 * MS;
	assert_false(come(0, now));
	assert_false(come(SMALL / 2 - 8, now + US));
	/* Nearly too late; it sleeps once, and then not for a while. */
	assert_false(come(SMALL / 2, now += 2 * US));
	assert_true(come(0, now + US));
	assert_true(come(8, now + MS - 1));
	assert_false(come(8, now + MS));
	assert_false(come(8, now + MS + US));
	/* Goes on while it would fill up within a wake-up. */
	assert_false(come(SMALL / 2, now += 10 * MS));
	for (int i = 1; i <= 20; i++)
		assert_true(come(SMALL / 4, now + i * US));
	assert_false(come(0, now += MS));
	assert_true(come(0, now + US));
	assert_false(come(0, now + MS));
	assert_false(come(0, now + MS + US));
	kpc_ring_uninit(&ring);
	drain.ring = NULL;
	drain.nr_rings = 0;
}

/* Each has its own time, and neither keeps the reader from sleeping for ever. */
static void two_eager(void **state)
{
	struct kpc_drain_ring two[2] = { { .eager_ns = 2 * MS },
					 { .eager_ns = 2 * MS + 300 * US } };

	(void)state;
	drain.ring = two;
	drain.nr_rings = 2;
	assert_true(kpc_drain_is_eager(&drain, 2 * MS - 1));
	two[0].eager_ns = 2 * MS + MS; /* judged at 2 ms */
	assert_false(kpc_drain_is_eager(&drain, 2 * MS));
	assert_true(kpc_drain_is_eager(&drain, 2 * MS + 1));
	drain.ring = NULL;
	drain.nr_rings = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(samples, setup, teardown),
		cmocka_unit_test_setup_teardown(weights, setup, teardown),
		cmocka_unit_test_setup_teardown(strangers, setup, teardown),
		cmocka_unit_test_setup_teardown(full_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_records, setup,
						teardown),
		cmocka_unit_test_setup_teardown(losses_and_throttling, setup,
						teardown),
		cmocka_unit_test_setup_teardown(behind_others, setup, teardown),
		cmocka_unit_test_setup_teardown(eager, setup, teardown),
		cmocka_unit_test_setup_teardown(two_eager, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
