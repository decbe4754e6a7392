// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_intake - random rings into batches, in every way that the machine knows:
 * the same bytes, and what they say is what was in the ring
 */
#include <errno.h>
#include <stdlib.h>

#include "intake.h"
#include "rows.h"
#include "sample.h"
#include "unit.h"

#define RING	  (1u << 16)
#define NR_EVENTS 3
#define FIELDS	  40
#define ROWS	  4096

/* common_pid, and then words up to what the event has. */
static struct kpc_field fields[FIELDS];
static struct kpc_event events[NR_EVENTS];
static const uint32_t nr_fields[NR_EVENTS] = { 3, 8, FIELDS };

static uint64_t seed = 1;
static struct kpc_idmap ids;
static uint8_t *data; /* of just the ring's size, so that ASan sees */
static struct perf_event_mmap_page page;

/* What was put into the ring. */
static struct put {
	uint32_t event;
	uint32_t tid;
	uint64_t time;
	uint64_t period;
	uint32_t depth;
	uint64_t chain[4];
	uint8_t raw[FIELDS * 8];
} puts_[ROWS];
static uint32_t nr_puts;

static int group_setup(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < FIELDS; i++)
		fields[i] = (struct kpc_field){
			.name = (char *)(i ? "word" : "common_pid"),
			.type = (char *)"t",
			.offset = i ? i * 8 : 4,
			.bytes = i ? 8 : 4,
			.kind = i ? KPC_FIELD_HEX : KPC_FIELD_SIGNED,
			.common = !i,
		};
	for (uint32_t i = 0; i < NR_EVENTS; i++) {
		events[i] = (struct kpc_event){
			.id = i,
			.name = (char *)"e",
			.fields = fields,
			.nr_fields = nr_fields[i],
		};
		kpc_idmap_add(&ids, 100 + i, i);
	}
	data = malloc(RING);
	return !data;
}

static int group_teardown(void **state)
{
	(void)state;
	free(data);
	kpc_idmap_uninit(&ids);
	return 0;
}

static void put(uint64_t *head, const void *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		data[(*head)++ % RING] = ((const uint8_t *)bytes)[i];
}

static void put_u64(uint64_t *head, uint64_t v)
{
	put(head, &v, sizeof(v));
}

/* A record of @p, as @type has it. */
static void put_sample(uint64_t *head, const struct put *p, uint64_t type)
{
	uint32_t raw_bytes = nr_fields[p->event] * 8 + 4;
	struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.size = sizeof(header) + sizeof(uint64_t) + sizeof(raw_bytes) +
			raw_bytes,
	};

	if (type & PERF_SAMPLE_IDENTIFIER)
		header.size += 8;
	if (type & PERF_SAMPLE_TID)
		header.size += 8;
	if (type & PERF_SAMPLE_PERIOD)
		header.size += 8;
	if (type & PERF_SAMPLE_CALLCHAIN)
		header.size += 8 + p->depth * 8;
	put(head, &header, sizeof(header));
	if (type & PERF_SAMPLE_IDENTIFIER)
		put_u64(head, 100 + p->event);
	if (type & PERF_SAMPLE_TID)
		put_u64(head, (uint64_t)p->tid << 32 | 1);
	put_u64(head, p->time);
	if (type & PERF_SAMPLE_PERIOD)
		put_u64(head, p->period);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		put_u64(head, p->depth);
		put(head, p->chain, p->depth * 8);
	}
	put(head, &raw_bytes, sizeof(raw_bytes));
	put(head, p->raw, raw_bytes - 4);
	put(head, "pad.", 4);
}

/* @variety: how many different records there are of an event. */
static void fill_put(struct put *p, uint32_t variety, uint32_t nr_events,
		     uint64_t time)
{
	uint64_t pick = unit_random(&seed) % variety;
	uint16_t type;

	*p = (struct put){
		.event = unit_random(&seed) % nr_events,
		.tid = 1 + unit_random(&seed) % 3,
		.time = time,
		/* what may be a raw record's length, too */
		.period = 1 + unit_random(&seed) % 512,
		.depth = unit_random(&seed) % 5,
	};
	type = 10 + p->event;
	for (uint32_t i = 0; i < p->depth; i++)
		p->chain[i] = unit_random(&seed) % 4;
	for (uint32_t i = 1; i < FIELDS; i++) {
		uint64_t word = i % 5 == 4 ? 7 : pick * i * (1ull << i);

		memcpy(p->raw + i * 8, &word, sizeof(word));
	}
	memcpy(p->raw, &type, sizeof(type));
	memcpy(p->raw + 4, &p->tid, sizeof(p->tid));
}

/* Fills the ring from @from on; returns its head. */
static uint64_t fill(uint64_t from, const struct kpc_intake_opts *opts,
		     uint32_t variety)
{
	uint64_t head = from;
	uint64_t time = 1000;

	nr_puts = 0;
	while (nr_puts < ROWS && head - from < RING - 1024) {
		struct put *p = &puts_[nr_puts++];
		uint64_t type;

		time += unit_random(&seed) % 1000;
		fill_put(p, variety, opts->nr_events, time);
		type = opts->events[p->event].sample_type;
		if (!(type & PERF_SAMPLE_PERIOD))
			p->period = 0;
		if (!(type & PERF_SAMPLE_CALLCHAIN))
			p->depth = 0;
		put_sample(&head, p, type);
	}
	return head;
}

static void check_row(const struct kpc_row *row, const struct put *p)
{
	assert_ptr_equal(row->event, &events[p->event]);
	assert_int_equal(row->time_ns, p->time);
	assert_int_equal(row->tid, p->tid);
	assert_int_equal(row->weight, p->period);
	assert_int_equal(row->stack_depth, p->depth);
	if (p->depth)
		assert_memory_equal(row->stack, p->chain, p->depth * 8);
	assert_null(row->payload);
	assert_int_equal(row->values[0].u, p->tid);
	for (uint32_t f = 1; f < nr_fields[p->event]; f++)
		assert_memory_equal(&row->values[f].u, p->raw + f * 8, 8);
}

static void check_body(const struct kpc_buf *body)
{
	static struct kpc_value values[FIELDS];
	struct kpc_rows rows = { 0 };
	struct kpc_row row;
	uint32_t n = 0;

	assert_int_equal(
		kpc_rows_load(&rows,
			      (struct kpc_wire){ body->data,
						 body->data + body->used },
			      nr_puts, events, NR_EVENTS),
		0);
	while (kpc_rows_next(&rows, &row, values))
		check_row(&row, &puts_[n++]);
	assert_int_equal(n, nr_puts);
	kpc_rows_uninit(&rows);
}

/* The ring's records as a batch; false if the machine can't do it so. */
static bool take(enum kpc_intake_lanes lanes,
		 const struct kpc_intake_opts *opts, uint64_t from,
		 uint64_t head, struct kpc_buf *body)
{
	const struct perf_event_header *other;
	struct kpc_batch_summary summary;
	struct kpc_intake *intake;
	struct kpc_batch *batch;
	struct kpc_ring ring;
	bool can;

	assert_int_equal(kpc_intake_new(&intake, opts), 0);
	can = kpc_intake_use(intake, lanes);
	assert_int_equal(kpc_batch_new(&batch, events, NR_EVENTS), 0);
	page.data_head = head;
	assert_int_equal(kpc_ring_init_memory(&ring, &page, data, RING), 0);
	ring.at = ring.tail = from;
	kpc_ring_look(&ring);
	if (can) {
		assert_int_equal(kpc_intake_ring(intake, &ring, batch, &other),
				 KPC_INTAKE_DONE);
		assert_int_equal(kpc_batch_events(batch), nr_puts);
		kpc_buf_reset(body);
		assert_int_equal(kpc_batch_encode(batch, body, &summary), 0);
	}
	kpc_ring_uninit(&ring);
	kpc_batch_free(batch);
	kpc_intake_free(intake);
	return can;
}

static void check_lanes(const struct kpc_intake_opts *opts, uint32_t variety)
{
	uint64_t from = unit_random(&seed) % RING & ~7ull;
	uint64_t head = fill(from, opts, variety);
	struct kpc_buf scalar = { 0 }, body = { 0 };

	assert_true(take(KPC_INTAKE_SCALAR, opts, from, head, &scalar));
	check_body(&scalar);
	for (enum kpc_intake_lanes lanes = KPC_INTAKE_BEST;
	     lanes <= KPC_INTAKE_AVX512; lanes++) {
		if (!take(lanes, opts, from, head, &body))
			continue;
		assert_int_equal(body.used, scalar.used);
		assert_memory_equal(body.data, scalar.data, body.used);
	}
	kpc_buf_uninit(&scalar);
	kpc_buf_uninit(&body);
}

/* @more: what the second event has besides. */
static void check_types(enum kpc_intake_key key, uint64_t type,
			uint32_t nr_events, uint64_t more)
{
	const struct kpc_intake_event intake_events[NR_EVENTS] = {
		{ .sample_type = type, .type = 10 },
		{ .sample_type = type | more, .type = 11 },
		{ .sample_type = type, .type = 12 },
	};
	const struct kpc_intake_opts opts = {
		.key = key,
		.ids = &ids,
		.events = intake_events,
		.nr_events = nr_events,
	};

	for (uint32_t variety = 1; variety < 5000; variety = variety * 3 + 1)
		check_lanes(&opts, variety);
}

static void check_type(enum kpc_intake_key key, uint64_t type,
		       uint32_t nr_events)
{
	check_types(key, type, nr_events, 0);
}

#define SMALL (PERF_SAMPLE_TIME | PERF_SAMPLE_RAW)

static void by_id(void **state)
{
	(void)state;
	check_type(KPC_INTAKE_ID, SMALL | PERF_SAMPLE_IDENTIFIER, 3);
	check_type(KPC_INTAKE_ID,
		   SMALL | PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID |
			   PERF_SAMPLE_CALLCHAIN,
		   3);
}

static void by_type(void **state)
{
	(void)state;
	check_type(KPC_INTAKE_TYPE, SMALL, 3);
	check_type(KPC_INTAKE_TYPE, SMALL | PERF_SAMPLE_CALLCHAIN, 3);
}

static void by_type_of_two(void **state)
{
	(void)state;
	check_types(KPC_INTAKE_TYPE, SMALL, 3, PERF_SAMPLE_PERIOD);
	check_types(KPC_INTAKE_TYPE, SMALL | PERF_SAMPLE_CALLCHAIN, 3,
		    PERF_SAMPLE_PERIOD);
}

static void only_one(void **state)
{
	(void)state;
	check_type(KPC_INTAKE_ONLY, SMALL, 1);
	check_type(KPC_INTAKE_ONLY, SMALL | PERF_SAMPLE_CALLCHAIN, 1);
}

/* Types that aren't there, and records cut short: kept as they are. */
static void strangers(void **state)
{
	const struct kpc_intake_event event = { .sample_type = SMALL,
						.type = 10 };
	const struct kpc_intake_opts opts = { .key = KPC_INTAKE_TYPE,
					      .events = &event,
					      .nr_events = 1 };
	struct {
		struct perf_event_header header;
		uint64_t time;
		uint32_t raw_bytes;
		uint16_t type;
		uint16_t more[5];
	} r = { { PERF_RECORD_SAMPLE, 0, 32 }, 5, 12, 11, { 0 } };
	struct kpc_batch_summary summary;
	struct kpc_wire_field field;
	struct kpc_intake *intake;
	struct kpc_buf body = { 0 };
	struct kpc_book book = { 0 };
	struct kpc_share share = { 0 };
	struct kpc_batch *batch;
	struct kpc_wire wire;
	uint32_t kept = 0;

	(void)state;
	assert_int_equal(kpc_book_init(&book, 1, 1), 0);
	assert_int_equal(kpc_share_init(&share, &book), 0);
	assert_int_equal(kpc_intake_new(&intake, &opts), 0);
	assert_int_equal(kpc_batch_new(&batch, events, 1), 0);
	assert_true(kpc_intake_sample(intake, batch, &r.header));
	assert_true(kpc_intake_settle(intake, &share));
	assert_false(kpc_intake_settle(intake, &share));
	assert_int_equal(share.ring.records, 1);
	assert_int_equal(share.ring.bytes, 32);
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	wire = (struct kpc_wire){ body.data, body.data + body.used };
	while (kpc_wire_next(&wire, &field) > 0) {
		if (field.number != 10)
			continue;
		kept++;
		assert_int_equal(kpc_wire_left(&field.bytes), 32);
		assert_memory_equal(field.bytes.at, &r, 32);
	}
	assert_int_equal(kept, 1);
	/* As many as may come: memory and the file stay bounded. */
	for (int i = 0; i < 1000; i++)
		assert_true(kpc_intake_sample(intake, batch, &r.header));
	kpc_buf_reset(&body);
	assert_int_equal(kpc_batch_encode(batch, &body, &summary), 0);
	assert_true(body.used < 256 * 64);
	kpc_buf_uninit(&body);
	kpc_batch_free(batch);
	kpc_intake_free(intake);
	kpc_share_uninit(&share);
	kpc_book_uninit(&book);
}

/* Takes one record; returns whether it was told whose it is. */
static bool is_told(const struct kpc_intake_opts *opts,
		    const struct perf_event_header *record)
{
	struct kpc_book book = { 0 };
	struct kpc_share share = { 0 };
	struct kpc_intake *intake;
	struct kpc_batch *batch;
	bool told;

	assert_int_equal(kpc_book_init(&book, 1, NR_EVENTS), 0);
	assert_int_equal(kpc_share_init(&share, &book), 0);
	assert_int_equal(kpc_intake_new(&intake, opts), 0);
	assert_int_equal(kpc_batch_new(&batch, events, NR_EVENTS), 0);
	assert_true(kpc_intake_sample(intake, batch, record));
	told = !kpc_intake_settle(intake, &share);
	assert_int_equal(kpc_batch_events(batch), told);
	kpc_batch_free(batch);
	kpc_intake_free(intake);
	kpc_share_uninit(&share);
	kpc_book_uninit(&book);
	return told;
}

/* A record that may be of either of two events is of neither. */
static void ambiguous(void **state)
{
	const struct kpc_intake_event intake_events[] = {
		{ .sample_type = SMALL, .type = 10 },
		{ .sample_type = SMALL | PERF_SAMPLE_PERIOD, .type = 11 },
	};
	const struct kpc_intake_opts opts = { .key = KPC_INTAKE_TYPE,
					      .events = intake_events,
					      .nr_events = 2 };
	struct {
		struct perf_event_header header;
		uint64_t time;
		uint32_t period; /* or the length of raw */
		uint16_t type, period_high;
		uint32_t raw_bytes;
		uint16_t second_type, more[25];
	} r = { { PERF_RECORD_SAMPLE, 0, sizeof(r) },
		5,
		60,
		10,
		0,
		52,
		11,
		{ 0 } };

	(void)state;
	assert_int_equal(sizeof(r), 80);
	assert_false(is_told(&opts, &r.header));
	r.second_type = 12;
	assert_true(is_told(&opts, &r.header));
	r.second_type = 11;
	r.type = 12;
	assert_true(is_told(&opts, &r.header));
	r.raw_bytes = 44;
	assert_false(is_told(&opts, &r.header));
}

/* It is looked at when its event comes, and the batch is the same. */
static void triggered(void **state)
{
	const struct kpc_intake_event intake_events[] = {
		{ .sample_type = SMALL, .type = 10 },
		{ .sample_type = SMALL, .type = 11 },
	};
	const struct kpc_intake_opts opts = { .key = KPC_INTAKE_TYPE,
					      .events = intake_events,
					      .nr_events = 2,
					      .first_event = 1 };
	struct {
		struct perf_event_header header;
		uint64_t time;
		uint32_t raw_bytes;
		uint16_t type;
		uint16_t more[5];
	} r = { { PERF_RECORD_SAMPLE, 0, 32 }, 77, 12, 10, { 0, 3 } };
	struct kpc_trigger trigger = { .event = 2, .fd = -1 };
	struct kpc_trigger other = { .event = 0, .fd = -1 };
	struct kpc_self self = { 0 };
	struct kpc_intake *intake;
	struct kpc_batch *batch;

	(void)state;
	kpc_self_add(&self, 3);
	assert_int_equal(kpc_intake_new(&intake, &opts), 0);
	assert_int_equal(kpc_batch_new(&batch, events, NR_EVENTS), 0);
	kpc_intake_own(intake, &self);
	kpc_intake_trigger(intake, &trigger);
	kpc_intake_trigger(intake, &other); /* of another intake */
	assert_true(kpc_intake_sample(intake, batch, &r.header));
	assert_int_equal(trigger.hit_ns, 0);
	r.type = 11;
	/* By the collector itself. */
	assert_true(kpc_intake_sample(intake, batch, &r.header));
	assert_int_equal(trigger.hit_ns, 0);
	r.more[1] = 4;
	assert_true(kpc_intake_sample(intake, batch, &r.header));
	assert_int_equal(trigger.hit_ns, 77);
	r.time = 78;
	assert_true(kpc_intake_sample(intake, batch, &r.header));
	assert_int_equal(trigger.hit_ns, 77);
	assert_int_equal(other.hit_ns, 0);
	kpc_batch_free(batch);
	kpc_intake_free(intake);
}

/* What can't be told apart isn't opened so. */
static void odd_options(void **state)
{
	struct kpc_intake_event two[2] = { { .sample_type = SMALL },
					   { .sample_type = SMALL } };
	struct kpc_intake_opts opts = { .key = KPC_INTAKE_ONLY,
					.events = two,
					.nr_events = 2 };
	struct kpc_intake *intake;

	(void)state;
	assert_int_equal(kpc_intake_new(&intake, &opts), -EINVAL);
	opts.key = KPC_INTAKE_ID;
	assert_int_equal(kpc_intake_new(&intake, &opts), -EINVAL);
	opts.key = KPC_INTAKE_TYPE;
	two[1].sample_type |= PERF_SAMPLE_TID;
	assert_int_equal(kpc_intake_new(&intake, &opts), -EINVAL);
	two[0].sample_type = two[1].sample_type = PERF_SAMPLE_TIME;
	assert_int_equal(kpc_intake_new(&intake, &opts), -EINVAL);
	opts.key = KPC_INTAKE_ONLY;
	opts.nr_events = 1;
	two[0].sample_type = PERF_SAMPLE_CPU;
	assert_int_equal(kpc_intake_new(&intake, &opts), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_id),	  cmocka_unit_test(by_type),
		cmocka_unit_test(only_one),	  cmocka_unit_test(strangers),
		cmocka_unit_test(odd_options),	  cmocka_unit_test(triggered),
		cmocka_unit_test(by_type_of_two), cmocka_unit_test(ambiguous),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
