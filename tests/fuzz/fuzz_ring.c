// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a perf ring: read, sorted by event, encoded, decoded, and each
 * row compared with what a much simpler parser finds in the ring.
 *
 * Input: a byte of flags, where the tail is (2 bytes, in units of 8), the head's
 * distance from it (8 bytes; as far as there are bytes if the flag isn't set),
 * then the ring's bytes from the tail on.
 */
#include "drain.h"
#include "fuzz.h"
#include "idmap.h"
#include "rows.h"

#define SIZE_FLAGS 0x03 /* 4096 << */
#define KEY_SHIFT  2	/* enum kpc_intake_key, two bits */
#define LANE_SHIFT 4	/* enum kpc_intake_lanes, two bits */
#define SPLIT	   0x40 /* the kernel is seen twice, a part each time */
#define ANY_HEAD   0x80
#define LEAD_BYTES 11

#define ROWS_MAX 8192 /* a ring has records of 8 bytes at least */
#define EVENTS	 5
#define KEYS	 3
#define OWN_TID	 999

#define FIELD(_name, _offset, _bytes, _kind, ...)                              \
	{                                                                      \
		.name = (char *)_name, .type = (char *)"t", .offset = _offset, \
		.bytes = _bytes, .kind = _kind, ##__VA_ARGS__                  \
	}

static struct kpc_field fields[] = {
	FIELD("common_pid", 4, 4, KPC_FIELD_SIGNED, .common = true),
	FIELD("x", 8, 4, KPC_FIELD_SIGNED),
	FIELD("y", 12, 1, KPC_FIELD_UNSIGNED),
	FIELD("p", 16, 8, KPC_FIELD_HEX),
	FIELD("s", 24, 8, KPC_FIELD_STRING),
	FIELD("d", 32, 4, KPC_FIELD_STRING, .dynamic = true, .faults = true),
	FIELD("r", 36, 4, KPC_FIELD_BYTES, .dynamic = true, .relative = true),
};
static struct kpc_field ip[] = { FIELD("ip", 0, 8, KPC_FIELD_HEX) };

static const struct kpc_event events[EVENTS] = {
	{ .id = 0, .name = (char *)"all", .fields = fields, .nr_fields = 7 },
	{ .id = 1,
	  .name = (char *)"chain",
	  .fields = fields,
	  .nr_fields = 4,
	  .callchain = true },
	{ .id = 2, .name = (char *)"ip", .fields = ip, .nr_fields = 1 },
	{ .id = 3,
	  .name = (char *)"of a size",
	  .fields = fields,
	  .nr_fields = 2 },
	{ .id = 4,
	  .name = (char *)"grouped",
	  .fields = fields,
	  .nr_fields = 4,
	  .callchain = true,
	  .cgroup = true },
};

/* By an id in the record; one event only; by the type in the trace entry. */
#define PLAIN (PERF_SAMPLE_TIME | PERF_SAMPLE_RAW)
#define FULL                                                   \
	(PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | \
	 PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW)
static const struct kpc_intake_event intakes[KEYS][EVENTS] = {
	[KPC_INTAKE_ID] = {
		{ PERF_SAMPLE_IDENTIFIER | PLAIN, 0, 0, 0 },
		{ PERF_SAMPLE_IDENTIFIER | FULL, 0, 0, 0 },
		{ PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
			  PERF_SAMPLE_TIME,
		  0, 0, 0 },
		{ PERF_SAMPLE_IDENTIFIER | PLAIN, 8, 12, 0 },
		{ PERF_SAMPLE_IDENTIFIER | FULL | PERF_SAMPLE_CGROUP, 0, 0, 0 },
	},
	[KPC_INTAKE_ONLY] = { { PLAIN, 0, 0, 0 } },
	[KPC_INTAKE_TYPE] = {
		{ PLAIN, 0, 0, 7 },
		{ PLAIN, 0, 0, 8 },
	},
};
static const uint32_t nr_events[KEYS] = { EVENTS, 1, 2 };

static struct kpc_idmap ids;
static struct kpc_book book;
static struct kpc_share share;
static struct kpc_self self;
static struct kpc_drain drain;
static struct kpc_intake *intake[KEYS];
static struct kpc_rows rows;
static enum kpc_intake_key key;

static void set_up(void)
{
	if (drain.batch)
		return;
	CHECK(!kpc_batch_new(&drain.batch, events, EVENTS));
	CHECK(!kpc_book_init(&book, EVENTS, 1));
	CHECK(!kpc_share_init(&share, &book));
	kpc_self_add(&self, OWN_TID);
	for (uint32_t i = 0; i < EVENTS; i++)
		CHECK(!kpc_idmap_add(&ids, 1 + i, i));
	for (uint32_t k = 0; k < KEYS; k++) {
		const struct kpc_intake_opts opts = {
			.key = k,
			.ids = &ids,
			.events = intakes[k],
			.nr_events = nr_events[k],
		};

		CHECK(!kpc_intake_new(&intake[k], &opts));
		kpc_intake_own(intake[k], &self);
	}
	drain.share = &share;
}

/* ---- what is expected ---------------------------------------------------- */

struct sample {
	uint64_t time;
	uint32_t event;
	uint32_t tid;
	uint32_t depth;
	const uint8_t *chain;
	const uint8_t *raw;
	uint32_t raw_bytes;
	uint64_t cgroup;
};

static struct sample samples[ROWS_MAX];
static uint32_t nr_samples;

static uint64_t number(const uint8_t *at, uint32_t bytes)
{
	uint64_t v = 0;

	memcpy(&v, at, bytes);
	return v;
}

/* What is left of a record that is taken apart. */
struct rest {
	const uint8_t *at;
	uint64_t bytes;
	bool bad;
};

static const uint8_t *take(struct rest *rest, uint64_t bytes)
{
	const uint8_t *at = rest->at;

	if (rest->bad || bytes > rest->bytes) {
		rest->bad = true;
		return (const uint8_t *)"\0\0\0\0\0\0\0";
	}
	rest->at += bytes;
	rest->bytes -= bytes;
	return at;
}

/* False: it is no sample of an event that is known. */
static bool parse(struct rest rest, struct sample *s)
{
	uint64_t type = intakes[key][0].sample_type;
	uint64_t depth;

	*s = (struct sample){ 0 };
	if (key == KPC_INTAKE_ID) {
		uint64_t id = number(take(&rest, 8), 8);

		if (id < 1 || id > EVENTS)
			return false;
		s->event = id - 1;
		type = intakes[key][s->event].sample_type;
	}
	if (type & PERF_SAMPLE_CGROUP) { /* the last of it */
		if (rest.bytes < 8)
			return false;
		rest.bytes -= 8;
		s->cgroup = number(rest.at + rest.bytes, 8);
	}
	if (type & PERF_SAMPLE_IP) {
		s->raw = take(&rest, 8);
		s->raw_bytes = 8;
	}
	if (type & PERF_SAMPLE_TID)
		s->tid = number(take(&rest, 8) + 4, 4);
	if (type & PERF_SAMPLE_TIME)
		s->time = number(take(&rest, 8), 8);
	if (type & PERF_SAMPLE_PERIOD)
		take(&rest, 8);
	if (type & PERF_SAMPLE_CALLCHAIN) {
		depth = number(take(&rest, 8), 8);
		if (depth > rest.bytes / 8)
			return false;
		s->depth = depth;
		s->chain = take(&rest, 8 * depth);
	}
	if (type & PERF_SAMPLE_RAW) {
		s->raw_bytes = number(take(&rest, 4), 4);
		s->raw = take(&rest, s->raw_bytes);
		if (!(type & PERF_SAMPLE_TID) && s->raw_bytes < 8)
			return false;
		if (!(type & PERF_SAMPLE_TID) && !rest.bad)
			s->tid = number(s->raw + 4, 4);
	}
	if (rest.bad || key != KPC_INTAKE_TYPE)
		return !rest.bad;
	s->event = number(s->raw, 2) - intakes[key][0].type;
	return s->event < nr_events[key];
}

static uint64_t unparsed, lost, own; /* that are expected */
static uint8_t straight[ROWS_MAX * 8];

static void expect_record(const uint8_t *record, uint32_t bytes)
{
	struct sample *s = &samples[nr_samples];
	uint32_t type = number(record, 4);
	uint64_t id;

	switch (type) {
	case PERF_RECORD_SAMPLE:
		if (!parse((struct rest){ record + 8, bytes - 8, false }, s))
			unparsed++;
		else if (s->tid == OWN_TID)
			own++;
		else
			nr_samples++;
		break;
	case PERF_RECORD_LOST:
		if (bytes < 24)
			unparsed++;
		else
			lost += number(record + 16, 8);
		break;
	case PERF_RECORD_THROTTLE:
		id = bytes < 32 ? 0 : number(record + 16, 8);
		unparsed += id < 1 || id > EVENTS;
		break;
	case PERF_RECORD_UNTHROTTLE:
		break;
	default:
		unparsed++;
	}
}

/* What is between @from and @to, which has a straight copy. */
static void expect(const uint8_t *data, uint64_t size, uint64_t from,
		   uint64_t to)
{
	uint64_t left = to - from, at = 0;

	nr_samples = 0;
	unparsed = 0;
	lost = 0;
	own = 0;
	if (left > size) {
		unparsed++;
		return;
	}
	for (uint64_t i = 0; i < left; i++)
		straight[i] = data[(from + i) % size];
	while (left) {
		uint32_t bytes = left < 8 ? 0 : number(straight + at + 6, 2);

		if (bytes < 8 || bytes % 8 || bytes > left) {
			unparsed++;
			return;
		}
		expect_record(straight + at, bytes);
		at += bytes;
		left -= bytes;
	}
}

/* Where a field's bytes are in the raw record; it may say anywhere. */
static void locate(const struct kpc_field *field, const struct sample *s,
		   uint64_t *from, uint64_t *bytes)
{
	*from = field->offset;
	*bytes = field->bytes;
	if (field->dynamic) {
		uint32_t word = number(s->raw + field->offset, 4);

		*from = (word & 0xffff) +
			(field->relative ? field->offset + 4 : 0);
		*bytes = word >> 16;
	}
}

/* The record has all that its fields are about. */
static bool can_be_split(const struct sample *s)
{
	const struct kpc_event *event = &events[s->event];
	uint32_t want = intakes[key][s->event].raw_bytes;
	uint64_t from, bytes;

	if (want && want != s->raw_bytes)
		return false;
	for (uint32_t f = 0; f < event->nr_fields; f++) {
		if (event->fields[f].offset + event->fields[f].bytes >
		    s->raw_bytes)
			return false;
		locate(&event->fields[f], s, &from, &bytes);
		if (from + bytes > s->raw_bytes)
			return false;
	}
	return true;
}

static void compare_value(const struct kpc_field *field, const struct sample *s,
			  const struct kpc_value *value)
{
	uint64_t from, bytes, v;
	bool fault = false;

	locate(field, s, &from, &bytes);
	if (field->kind != KPC_FIELD_STRING && field->kind != KPC_FIELD_BYTES) {
		v = number(s->raw + from, bytes);
		if (field->kind == KPC_FIELD_SIGNED)
			v = (uint64_t)((int64_t)(v << (64 - 8 * bytes)) >>
				       (64 - 8 * bytes));
		CHECK(value->u == v);
		return;
	}
	if (field->kind == KPC_FIELD_STRING) {
		fault = field->faults && !bytes;
		bytes = strnlen((const char *)s->raw + from, bytes);
	}
	CHECK(value->fault == fault);
	CHECK(value->blob_bytes == bytes);
	CHECK(!bytes || !memcmp(value->blob, s->raw + from, bytes));
}

static void compare(const struct sample *s, const struct kpc_row *row)
{
	CHECK(row->event == &events[s->event]);
	CHECK(row->time_ns == s->time);
	CHECK(row->tid == s->tid);
	CHECK(row->cgroup == s->cgroup);
	CHECK(row->stack_depth == s->depth);
	CHECK(!s->depth || !memcmp(row->stack, s->chain, 8 * s->depth));
	CHECK(!row->payload == can_be_split(s));
	if (row->payload) {
		CHECK(row->payload_bytes == s->raw_bytes);
		CHECK(!s->raw_bytes ||
		      !memcmp(row->payload, s->raw, s->raw_bytes));
		return;
	}
	for (uint32_t f = 0; f < row->event->nr_fields; f++)
		compare_value(&row->event->fields[f], s, &row->values[f]);
}

/* ---- the way of the records ---------------------------------------------- */

/* Encodes and decodes what is in the batch; how many rows that was. */
static uint32_t check_batch(uint32_t first)
{
	uint32_t nr = kpc_batch_events(drain.batch), n = 0;
	struct kpc_batch_summary summary;
	struct kpc_value values[7];
	struct kpc_buf body = { 0 };
	struct kpc_wire wire;
	struct kpc_row row;

	CHECK(!kpc_batch_encode(drain.batch, &body, &summary));
	wire.at = body.used ? body.data : (const uint8_t *)"";
	wire.end = wire.at + body.used;
	CHECK(!kpc_rows_load(&rows, wire, nr, events, EVENTS));
	CHECK(first + nr <= nr_samples);
	while (kpc_rows_next(&rows, &row, values))
		compare(&samples[first + n++], &row);
	CHECK(n == nr);
	CHECK(rows.lost == summary.lost);
	kpc_batch_reset(drain.batch);
	kpc_buf_uninit(&body);
	return n;
}

static void read_ring(struct kpc_ring *ring, const uint8_t *data,
		      uint64_t bytes, uint64_t head)
{
	uint64_t got_unparsed = 0, got_lost = 0, got_own = 0;
	uint32_t n = 0;

	ring->page->data_head = head;
	expect(data, bytes, ring->at, head);
	for (uint32_t i = 0; i < EVENTS; i++)
		got_own -= book.ledger.events[i].own_dropped;
	kpc_ring_look(ring);
	do {
		kpc_drain_read(&drain, ring);
		kpc_share_enter(&share, 0);
		n += check_batch(n);
		got_unparsed += rows.unparsed;
		got_lost += rows.lost;
		kpc_ring_release(ring);
		kpc_ring_look(ring);
	} while (ring->at != ring->there);
	for (uint32_t i = 0; i < EVENTS; i++)
		got_own += book.ledger.events[i].own_dropped;
	CHECK(n == nr_samples);
	CHECK(got_unparsed == unparsed);
	CHECK(got_lost == lost);
	CHECK(got_own == own);
	CHECK(ring->page->data_tail == head);
}

/* In place, or from a copy that isn't larger: records are cut there, too. */
static void run(const uint8_t *input, size_t size, bool staged)
{
	struct perf_event_mmap_page page = { 0 };
	uint64_t bytes, tail, head;
	struct kpc_ring ring;
	uint8_t *data;

	bytes = 4096u << (input[0] & SIZE_FLAGS);
	key = (input[0] >> KEY_SHIFT & 3) % KEYS;
	drain.intake = intake[key];
	drain.nr_events = nr_events[key];
	kpc_intake_use(drain.intake, input[0] >> LANE_SHIFT & 3);
	tail = number(input + 1, 2) * 8;
	head = tail + number(input + 3, 8);
	size -= LEAD_BYTES;
	if (size > bytes)
		size = bytes;
	if (!(input[0] & ANY_HEAD))
		head = tail + size / 8 * 8;
	/* just this size: a byte read behind it is a report */
	data = aligned_alloc(8, bytes);
	CHECK(data);
	memset(data, 0, bytes);
	for (size_t i = 0; i < size; i++)
		data[(tail + i) % bytes] = input[LEAD_BYTES + i];
	CHECK(!kpc_ring_init_memory(&ring, &page, data, bytes));
	if (staged)
		CHECK(!kpc_ring_stage(&ring, bytes));
	page.data_tail = tail;
	ring.tail = ring.at = ring.head = tail;
	if (input[0] & SPLIT)
		read_ring(&ring, data, bytes, tail + (head - tail) / 16 * 8);
	if (ring.at % 8 == 0)
		read_ring(&ring, data, bytes, head);
	kpc_ring_uninit(&ring);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	if (size < LEAD_BYTES)
		return 0;
	set_up();
	run(input, size, false);
	run(input, size, true);
	return 0;
}
