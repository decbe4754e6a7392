// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a BPF ring buffer, whose records go into a trace (/dev/null's).
 *
 * Input: a byte of flags, where the consumer is (2 bytes, in units of 8), the
 * producer's distance from it (8 bytes; as far as there are bytes if the flag
 * isn't set), then the ring's bytes from the consumer on.
 */
#include "bpfstream.h"
#include "fuzz.h"

#define ANY_PRODUCER 0x80 /* flag */
#define CLOSED	     0x40 /* flag: what comes later isn't read */
#define LEAD_BYTES   11
#define SIZE	     4096u

static struct kpc_field fields[] = {
	{ .name = (char *)"time_ns", .type = (char *)"u64", .bytes = 8 },
	{ .name = (char *)"tid",
	  .type = (char *)"u32",
	  .offset = 8,
	  .bytes = 4 },
};
static const struct kpc_event event = { .name = (char *)"bpf:m",
					.fields = fields,
					.nr_fields = 2,
					.source = KPC_SOURCE_BPF };

static struct kpc_writer *writer;
static struct kpc_batch *batch;
static struct kpc_book book;
static struct kpc_share share;
static struct kpc_self self;
static volatile uint64_t sum;

static void set_up(void)
{
	struct kpc_ring_desc desc = { -1, SIZE };
	struct kpc_header header = { .rings = &desc,
				     .nr_rings = 1,
				     .clock_id = 1 };

	if (writer)
		return;
	CHECK(!kpc_writer_open(&writer, "/dev/null", 0, NULL, 0));
	CHECK(!kpc_writer_header(writer, &header));
	CHECK(!kpc_writer_event(writer, &event));
	CHECK(!kpc_batch_new(&batch, &event, 1));
	CHECK(!kpc_book_init(&book, 1, 1));
	CHECK(!kpc_share_init(&share, &book));
	kpc_self_add(&self, 999);
}

/* Each record lies where the ring's bytes are, and they come to an end. */
static void read_records(const unsigned long *producer, const uint8_t *data,
			 unsigned long consumer)
{
	unsigned long mine = consumer;
	struct kpc_bpfring ring;
	const uint8_t *record;
	uint32_t bytes;
	int got;

	kpc_bpfring_init_memory(&ring, &mine, producer, data, SIZE);
	kpc_bpfring_settled(&ring);
	kpc_bpfring_look(&ring);
	while ((got = kpc_bpfring_next(&ring, &record, &bytes)) > 0) {
		CHECK(record >= data + 8 && record < data + SIZE + 8);
		CHECK(record + bytes <= data + 2 * SIZE);
		sum += fuzz_sum(record, bytes);
		CHECK(ring.at > ring.last);
	}
	if (got < 0)
		kpc_bpfring_skip(&ring);
	CHECK(got < 0 || ring.head - ring.at <= SIZE);
	kpc_bpfring_release(&ring);
	CHECK(mine == ring.at);
}

static void stream_records(const unsigned long *producer, const uint8_t *data,
			   unsigned long consumer, bool close)
{
	struct kpc_bpfstream stream = {
		.bytes = 12,
		.time_at = 1,
		.tid_at = 9,
		.self = &self,
		.flush_ns = 1,
		.share = &share,
		.batch = batch,
		.writer = writer,
	};
	uint64_t events = kpc_writer_events(writer);
	uint64_t rows = book.ledger.events[0].delivered;
	int more = 0;

	kpc_bpfring_init_memory(&stream.ring, &consumer, producer, data, SIZE);
	if (close)
		kpc_bpfring_close(&stream.ring);
	/* At most a chunk a record. */
	for (uint32_t i = 0; i <= SIZE / 8 && (more || !i); i++)
		more = kpc_bpfstream_pass(&stream, 1, true);
	CHECK(!more);
	CHECK(kpc_writer_events(writer) - events ==
	      book.ledger.events[0].delivered - rows);
	kpc_bpfstream_count(&stream, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	unsigned long consumer, producer;
	uint64_t distance;
	uint16_t at;
	uint8_t *data;

	if (size < LEAD_BYTES)
		return 0;
	set_up();
	memcpy(&at, input + 1, sizeof(at));
	memcpy(&distance, input + 3, sizeof(distance));
	consumer = at * 8ul;
	size -= LEAD_BYTES;
	if (size > SIZE)
		size = SIZE;
	producer =
		consumer + (input[0] & ANY_PRODUCER ? distance : size / 8 * 8);
	data = aligned_alloc(8, 2 * SIZE);
	CHECK(data);
	memset(data, 0, 2 * SIZE);
	for (size_t i = 0; i < size; i++)
		data[(consumer + i) % SIZE] = input[LEAD_BYTES + i];
	memcpy(data + SIZE, data, SIZE);
	read_records(&producer, data, consumer);
	stream_records(&producer, data, consumer, input[0] & CLOSED);
	free(data);
	return 0;
}
