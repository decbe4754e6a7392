// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_bpfring - a BPF ring buffer as the kernel writes it, in plain memory: its
 * reader, and the way of its records into a file
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfring.h"
#include "bpfstream.h"
#include "outputs.h"
#include "trace_clock.h"
#include "unit.h"

#define SIZE 4096u

static unsigned long consumer, producer;
static uint64_t data[2 * SIZE / 8];
static struct kpc_bpfring ring;

/* As if the pages were mapped twice. */
static void put(uint64_t at, const void *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t offset = (at + i) % SIZE;

		((uint8_t *)data)[offset] = ((const uint8_t *)bytes)[i];
		((uint8_t *)data)[offset + SIZE] = ((const uint8_t *)bytes)[i];
	}
}

/* A record that is reserved, with these bits in its header; where it is. */
static uint64_t reserve(const void *bytes, uint32_t n, uint32_t bits)
{
	uint64_t at = producer;
	uint32_t header[2] = { n | bits, 0 };

	put(at, header, sizeof(header));
	put(at + 8, bytes, n);
	producer += (n + 8 + 7) & ~7ul;
	return at;
}

static int setup(void **state)
{
	(void)state;
	memset(data, 0, sizeof(data));
	/* Such that the first records go around the end. */
	consumer = producer = 10 * SIZE - 32;
	kpc_bpfring_init_memory(&ring, &consumer, &producer, data, SIZE);
	return 0;
}

static void expect(const char *text)
{
	const uint8_t *record;
	uint32_t bytes;

	assert_int_equal(kpc_bpfring_next(&ring, &record, &bytes), 1);
	assert_int_equal(bytes, strlen(text));
	assert_memory_equal(record, text, bytes);
}

static void expect_none(int want)
{
	const uint8_t *record;
	uint32_t bytes;

	assert_int_equal(kpc_bpfring_next(&ring, &record, &bytes), want);
}

static void records(void **state)
{
	const char *const long_one = "more than there is before the ring's end";
	const uint8_t *record;
	uint32_t bytes;

	(void)state;
	setup(NULL);
	assert_int_equal(kpc_bpfring_look(&ring), 0);
	expect_none(0);
	reserve("one", 3, 0);
	reserve("dropped", 7, BPF_RINGBUF_DISCARD_BIT);
	reserve(long_one, strlen(long_one), 0);
	reserve("", 0, 0);
	expect_none(0); /* until it's looked at */
	assert_int_equal(kpc_bpfring_look(&ring), 16 + 16 + 48 + 8);
	expect("one");
	expect(long_one);
	assert_int_equal(kpc_bpfring_next(&ring, &record, &bytes), 1);
	assert_int_equal(bytes, 0);
	expect_none(0);
	/* Not before release, and then all. */
	assert_true(consumer == 10 * SIZE - 32);
	kpc_bpfring_release(&ring);
	assert_true(consumer == producer);
	assert_int_equal(kpc_bpfring_look(&ring), 0);
}

static void back(void **state)
{
	const uint8_t *record;
	uint32_t bytes;

	(void)state;
	setup(NULL);
	reserve("gone", 4, BPF_RINGBUF_DISCARD_BIT);
	reserve("again", 5, 0);
	kpc_bpfring_look(&ring);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kpc_bpfring_next(&ring, &record, &bytes), 1);
		assert_int_equal(bytes, 5);
		kpc_bpfring_unread(&ring);
	}
	expect("again");
	expect_none(0);
}

/* What isn't submitted yet holds up what is behind it. */
static void busy(void **state)
{
	uint32_t header = 4;
	uint64_t at;

	(void)state;
	setup(NULL);
	at = reserve("slow", 4, BPF_RINGBUF_BUSY_BIT);
	reserve("quick", 5, 0);
	kpc_bpfring_look(&ring);
	expect_none(0);
	kpc_bpfring_release(&ring);
	assert_true(consumer == 10 * SIZE - 32);
	assert_false(kpc_bpfring_settled(&ring));
	put(at, &header, sizeof(header));
	assert_true(kpc_bpfring_settled(&ring));
	at = reserve("later", 5, BPF_RINGBUF_BUSY_BIT);
	assert_false(kpc_bpfring_settled(&ring));
	ring.end = at;
	assert_true(kpc_bpfring_settled(&ring));
	expect("slow");
	expect("quick");
}

static void closed(void **state)
{
	(void)state;
	setup(NULL);
	reserve("in", 2, 0);
	kpc_bpfring_close(&ring);
	reserve("out", 3, 0);
	kpc_bpfring_look(&ring);
	expect("in");
	expect_none(0);
	assert_int_equal(kpc_bpfring_look(&ring), 0);
}

static void nonsense(void **state)
{
	(void)state;
	/* A length beyond what was reserved. */
	setup(NULL);
	reserve("x", 1, 0);
	put(10 * SIZE - 32, &(uint32_t){ 1000 }, 4);
	kpc_bpfring_look(&ring);
	expect_none(-EBADMSG);
	put(10 * SIZE - 32, &(uint32_t){ 0x3fffffff }, 4);
	expect_none(-EBADMSG);
	assert_true(kpc_bpfring_settled(&ring)); /* and it ends */
	kpc_bpfring_skip(&ring);
	expect_none(0);
	/* A position that can't be. */
	setup(NULL);
	producer += SIZE + 8;
	kpc_bpfring_look(&ring);
	expect_none(-EBADMSG);
	setup(NULL);
	producer -= 8;
	kpc_bpfring_look(&ring);
	expect_none(-EBADMSG);
}

/* ---- into a file --------------------------------------------------------- */

struct event {
	uint64_t time_ns;
	uint32_t tid;
	uint32_t x;
};

static struct kpc_field fields[] = {
	{ .name = (char *)"time_ns", .type = (char *)"u64", .bytes = 8 },
	{ .name = (char *)"tid",
	  .type = (char *)"u32",
	  .offset = 8,
	  .bytes = 4 },
	{ .name = (char *)"x", .type = (char *)"u32", .offset = 12, .bytes = 4 },
};

static const struct kpc_event described = {
	.name = (char *)"bpf:ring",
	.source = KPC_SOURCE_BPF,
	.fields = fields,
	.nr_fields = 3,
	.record_bytes = sizeof(struct event),
	.time = KPC_TIME_FIELD,
};

static struct kpc_bpfstream stream;
static struct kpc_book book;
static struct kpc_share share;
static struct kpc_self self;
static struct kpc_writer *writer;
static struct kpc_batch *batch;
static char path[64];

static int open_stream(void **state)
{
	struct kpc_ring_desc desc = { -1, SIZE };
	struct kpc_header header = {
		.rings = &desc,
		.nr_rings = 1,
		.clock_id = KPC_TRACE_CLOCK,
	};

	setup(NULL);
	strcpy(path, "/tmp/kpc-unit-bpfring.XXXXXX");
	close(mkstemp(path));
	self = (struct kpc_self){ 0 };
	kpc_self_add(&self, 99);
	if (kpc_book_init(&book, 1, 1) || kpc_share_init(&share, &book) ||
	    kpc_batch_new(&batch, &described, 1) ||
	    kpc_writer_open(&writer, path, 0, NULL, 0) ||
	    kpc_writer_header(writer, &header) ||
	    kpc_writer_event(writer, &described))
		return -1;
	book.rule[0].output = true;
	stream = (struct kpc_bpfstream){
		.ring = ring,
		.bytes = sizeof(struct event),
		.time_at = 1,
		.tid_at = 9,
		.self = &self,
		.flush_ns = 1000,
		.share = &share,
		.batch = batch,
		.writer = writer,
	};
	(void)state;
	return 0;
}

static int close_stream(void **state)
{
	(void)state;
	unlink(path);
	kpc_writer_free(writer);
	kpc_batch_free(batch);
	kpc_share_uninit(&share);
	kpc_book_uninit(&book);
	return 0;
}

static void put_event(uint64_t time_ns, uint32_t tid, uint32_t x)
{
	struct event e = { time_ns, tid, x };

	reserve(&e, sizeof(e), 0);
}

static void into_file(void **state)
{
	uint64_t start, middle, seen_from, seen_to;
	struct kpc_reader *reader;
	struct kpc_row row;
	struct event e = { 0, 7, 4 };
	char longer[20] = "too long";

	(void)state;
	put_event(0, 1, 0);
	kpc_bpfstream_start(&stream); /* that one is left out */
	start = stream.start_ns;
	/* Nothing is written before enough waits, or long enough. */
	middle = kpc_trace_clock();
	put_event(middle, 7, 1);
	assert_int_equal(kpc_bpfstream_pass(&stream, 5000, false), 0);
	assert_true(stream.since_ns == 5000);
	assert_int_equal(book.entries, 0);
	put_event(middle - 1, 99, 2); /* its own */
	put_event(start - 1, 8, 3);   /* before the recording: not so */
	e.time_ns = UINT64_MAX;
	reserve(&e, sizeof(e), 0); /* after it */
	reserve(longer, sizeof(longer), 0);
	reserve(longer, 3, 0);
	seen_from = kpc_trace_clock();
	assert_int_equal(kpc_bpfstream_pass(&stream, 5999, false), 0);
	seen_to = kpc_trace_clock();
	assert_int_equal(book.entries, 0);
	assert_int_equal(kpc_bpfstream_pass(&stream, 6000, false), 0);
	assert_int_equal(book.entries, 1);
	assert_true(!stream.since_ns && consumer == producer);
	assert_int_equal(book.ledger.events[0].delivered, 5);
	assert_int_equal(book.ledger.events[0].own_dropped, 1);
	assert_int_equal(book.ledger.rings[0].records, 6);
	/* Of a record that isn't finished there's no more to be done at once. */
	reserve(&e, sizeof(e), BPF_RINGBUF_BUSY_BIT);
	assert_int_equal(kpc_bpfstream_pass(&stream, 7000, true), 0);

	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	assert_int_equal(kpc_reader_event(reader, 0)->time, KPC_TIME_FIELD);
	assert_int_equal(kpc_reader_next(reader, &row), 1);
	assert_true(row.time_ns == middle && row.tid == 7 && row.cpu == -1);
	assert_true(row.values[2].u == 1);
	for (uint64_t x = 3; x <= 4; x++) {
		assert_int_equal(kpc_reader_next(reader, &row), 1);
		assert_true(row.values[2].u == x);
		assert_in_range(row.time_ns, seen_from, seen_to);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kpc_reader_next(reader, &row), 1);
		assert_int_equal(row.payload_bytes, i ? 3 : sizeof(longer));
		assert_memory_equal(row.payload, longer, row.payload_bytes);
		assert_true(row.tid == KPC_TID_UNKNOWN);
		assert_in_range(row.time_ns, seen_from, seen_to);
	}
	assert_int_equal(kpc_reader_next(reader, &row), 0);
	kpc_reader_close(reader);
}

/* One that no packet has room for isn't kept, but is told of. */
static void too_large(void **state)
{
	uint32_t bytes = KPC_BPFSTREAM_RECORD_MAX + 1;
	uint8_t *large = calloc(2, 1 << 24);
	struct kpc_reader *reader;
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct kpc_row row;
	uint32_t header[] = { bytes, 0, 3, 0 };
	uint64_t lost = 5;

	(void)state;
	assert_non_null(large);
	consumer = producer = 0;
	memcpy(large, header, 8);
	memcpy(large + ((bytes + 8 + 7) & ~7u), header + 2, 8);
	kpc_bpfring_init_memory(&stream.ring, &consumer, &producer, large,
				1 << 24);
	kpc_bpfstream_start(&stream);
	producer = ((bytes + 8 + 7) & ~7u) + 16;
	/* It fills a chunk's measure by itself. */
	assert_int_equal(kpc_bpfstream_pass(&stream, 1, true), 1);
	assert_int_equal(kpc_bpfstream_pass(&stream, 1, true), 0);
	assert_true(consumer == producer);
	assert_int_equal(book.ledger.events[0].delivered, 1);
	kpc_bpfring_close(&stream.ring);
	kpc_bpfstream_count(&stream, &lost);
	assert_int_equal(book.ledger.events[0].lost, 5 + 1);
	assert_int_equal(book.ledger.events[0].count, 5 + 1 + 1);
	assert_false(book.ledger.events[0].lost_unknown);
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	assert_int_equal(kpc_reader_next(reader, &row), 1);
	assert_int_equal(row.payload_bytes, 3);
	assert_int_equal(kpc_reader_next(reader, &row), 0);
	kpc_reader_health(reader, &health);
	assert_int_equal(health.unparsed, 1);
	kpc_reader_close(reader);
	free(large);
}

/* What would wake us for ever isn't polled; it's looked at often instead. */
static void polled(void **state)
{
	bool dead[1] = { false };
	struct kpc_outputs outputs = {
		.stream = &stream,
		.nr_streams = 1,
		.dead = dead,
	};

	(void)state;
	stream.fd = 5;
	assert_int_equal(kpc_outputs_nr_fds(&outputs), 1);
	assert_int_equal(kpc_outputs_fd(&outputs, 0), 5);
	assert_false(kpc_outputs_wait(&outputs));
	stream.since_ns = 1;
	assert_int_equal(kpc_outputs_fd(&outputs, 0), -1);
	assert_true(kpc_outputs_wait(&outputs));
	stream.since_ns = 0;
	kpc_outputs_dead(&outputs, 0);
	assert_int_equal(kpc_outputs_fd(&outputs, 0), -1);
	assert_true(kpc_outputs_wait(&outputs));
}

/* One that was reserved when it was first seen has the time that it says. */
static void slow_record(void **state)
{
	struct event e = { 0, 7, 1 };
	struct kpc_reader *reader;
	struct kpc_row row;
	uint64_t at;

	(void)state;
	kpc_bpfstream_start(&stream);
	at = reserve(&e, sizeof(e), BPF_RINGBUF_BUSY_BIT);
	assert_int_equal(kpc_bpfstream_pass(&stream, 1, false), 0);
	assert_int_equal(stream.nr_marks, 1);
	usleep(2000);
	e.time_ns = kpc_trace_clock();
	put(at + 8, &e, sizeof(e));
	put(at, &(uint32_t){ sizeof(e) }, 4);
	assert_true(e.time_ns > stream.mark[0].time_ns);
	assert_int_equal(kpc_bpfstream_pass(&stream, 2, true), 0);
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	assert_int_equal(kpc_reader_next(reader, &row), 1);
	assert_true(row.time_ns == e.time_ns);
	kpc_reader_close(reader);
}

/* What is left out isn't made up for by a book that closes. */
static void accounts(void **state)
{
	const struct kpc_event_account *account = &book.ledger.events[0];
	uint64_t lost = 5;

	(void)state;
	kpc_bpfstream_start(&stream);
	put_event(stream.start_ns, 1, 0);
	reserve("busy", 4, BPF_RINGBUF_BUSY_BIT);
	assert_int_equal(kpc_bpfstream_pass(&stream, 1, true), 1);
	kpc_bpfstream_count(&stream, &lost);
	assert_false(account->lost_unknown);
	assert_int_equal(account->lost, 5);
	assert_int_equal(account->count, 6);
	kpc_bpfstream_count(&stream, NULL);
	assert_true(account->lost_unknown);
	/* It won't be submitted any more. */
	kpc_bpfring_close(&stream.ring);
	kpc_bpfstream_count(&stream, &lost);
	assert_true(account->lost_unknown);
	assert_int_equal(account->lost, 5);
}

static void broken(void **state)
{
	const struct kpc_event_account *account = &book.ledger.events[0];
	uint64_t lost = 0, at;

	(void)state;
	kpc_bpfstream_start(&stream);
	put_event(stream.start_ns, 1, 0);
	at = reserve("x", 1, 0);
	put(at, &(uint32_t){ 1000 }, 4);
	assert_int_equal(kpc_bpfstream_pass(&stream, 1, true), 0);
	assert_true(consumer == producer);
	/* For good. */
	put_event(stream.start_ns, 1, 0);
	assert_int_equal(kpc_bpfstream_pass(&stream, 2, true), 0);
	kpc_bpfring_close(&stream.ring);
	kpc_bpfstream_count(&stream, &lost);
	assert_int_equal(account->delivered, 2);
	assert_true(account->lost_unknown);
}

/* More looks than marks: times are late, but never before the record. */
static void many_marks(void **state)
{
	uint64_t first = kpc_trace_clock();

	(void)state;
	kpc_bpfstream_start(&stream);
	stream.time_at = 0;
	stream.ring.size = 1 << 30; /* never enough; nothing is read below */
	stream.flush_ns = UINT64_MAX;
	producer = consumer;
	for (int i = 0; i < KPC_BPFSTREAM_MARKS + 50; i++) {
		producer += 8;
		assert_int_equal(kpc_bpfstream_pass(&stream, first, false), 0);
	}
	assert_int_equal(stream.nr_marks, KPC_BPFSTREAM_MARKS);
	assert_true(stream.mark[KPC_BPFSTREAM_MARKS - 1].at == producer);
	for (int i = 1; i < KPC_BPFSTREAM_MARKS; i++) {
		assert_true(stream.mark[i].at > stream.mark[i - 1].at);
		assert_true(stream.mark[i].time_ns >=
			    stream.mark[i - 1].time_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(back),
		cmocka_unit_test(busy),
		cmocka_unit_test(closed),
		cmocka_unit_test(nonsense),
		cmocka_unit_test_setup_teardown(into_file, open_stream,
						close_stream),
		cmocka_unit_test_setup_teardown(too_large, open_stream,
						close_stream),
		cmocka_unit_test_setup_teardown(polled, open_stream,
						close_stream),
		cmocka_unit_test_setup_teardown(slow_record, open_stream,
						close_stream),
		cmocka_unit_test_setup_teardown(accounts, open_stream,
						close_stream),
		cmocka_unit_test_setup_teardown(broken, open_stream,
						close_stream),
		cmocka_unit_test_setup_teardown(many_marks, open_stream,
						close_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
