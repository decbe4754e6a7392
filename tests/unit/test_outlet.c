// SPDX-License-Identifier: GPL-2.0-only
/* test_outlet - threads that write into one trace, and their shares of the book */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "head.h"
#include "outlet.h"
#include "packet.h"
#include "share.h"
#include "trace_clock.h"
#include "unit.h"

#define THREADS 3u
#define CHUNKS	200u /* of each thread */

static struct kpc_book book;
static struct kpc_writer *writer;
static char *path;

/* A thread that reads a ring, and what it makes. */
struct producer {
	pthread_t thread;
	uint32_t ring;
	struct kpc_share share;
	struct kpc_writer *writer;
	struct kpc_batch *batch;
	uint32_t chunks; /* that it could write */
};

static struct producer producer[THREADS];

static atomic_bool enough;

static bool give_up(void *ctx)
{
	(void)ctx;
	return enough;
}

/* @name NULL: it keeps, in so much memory. */
static void begin(const char *name, size_t memory)
{
	struct kpc_ring_desc rings[THREADS] = { 0 };
	struct kpc_header header = {
		.rings = rings,
		.nr_rings = THREADS,
		.clock_id = 1,
	};

	assert_int_equal(kpc_book_init(&book, FIXTURE_EVENTS, THREADS), 0);
	assert_int_equal(kpc_writer_open(&writer, name, 0, NULL, 0), 0);
	enough = false;
	kpc_writer_give_up_when(writer, give_up, NULL);
	if (!name) {
		struct kpc_outlet *outlet = kpc_writer_outlet(writer);

		kpc_tracefile_series(kpc_outlet_file(outlet), true);
		assert_int_equal(kpc_outlet_keep(outlet, memory, 0, &book), 0);
	}
	assert_int_equal(kpc_writer_header(writer, &header), 0);
	for (uint32_t i = 0; i < FIXTURE_EVENTS; i++)
		assert_int_equal(kpc_writer_event(writer, &fixture_events[i]),
				 0);
	assert_int_equal(kpc_writer_start(writer, memory), 0);
	for (uint32_t i = 0; i < THREADS; i++) {
		struct producer *p = &producer[i];

		*p = (struct producer){ .ring = i };
		assert_int_equal(kpc_share_init(&p->share, &book), 0);
		assert_int_equal(kpc_writer_share(&p->writer, writer), 0);
		assert_int_equal(kpc_batch_new(&p->batch, fixture_events,
					       FIXTURE_EVENTS),
				 0);
	}
}

static void end(void)
{
	for (uint32_t i = 0; i < THREADS; i++) {
		kpc_share_uninit(&producer[i].share);
		kpc_writer_free(producer[i].writer);
		kpc_batch_free(producer[i].batch);
	}
	kpc_writer_free(writer);
	kpc_book_uninit(&book);
}

static void *produce(void *arg)
{
	struct producer *p = arg;
	int err = 0;

	for (; !err && p->chunks < CHUNKS; p->chunks++) {
		uint32_t rows = 1 + (p->chunks * 7 + p->ring) % 50;

		for (uint32_t i = 0; i < rows; i++) {
			fixture_add(p->batch, i);
			kpc_share_sample(&p->share, 0, 1, false);
			p->share.ring.records++;
		}
		err = kpc_writer_encode(p->writer, p->ring, p->batch);
		if (!err)
			err = kpc_share_put(&p->share, p->writer, p->ring);
	}
	return NULL;
}

static void produce_all(void)
{
	for (uint32_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&producer[i].thread, NULL,
						produce, &producer[i]),
				 0);
}

static void join_all(void)
{
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(producer[i].thread, NULL);
}

static int write_ledger(void)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(writer);
	int err;

	kpc_outlet_lock(outlet);
	err = kpc_writer_ledger(writer, &book.ledger);
	kpc_outlet_unlock(outlet);
	return err;
}

/* ---- what is in the file ------------------------------------------------- */

struct found {
	uint64_t rows;
	uint64_t next[THREADS]; /* chunk of each ring */
	uint32_t ledgers;
	bool whole; /* the footer's numbers are right */
};

static void find(struct found *found, const Kprobex__Head *head,
		 uint64_t file_bytes)
{
	switch (head->kind_case) {
	case KPROBEX__HEAD__KIND_CHUNK:
		assert_int_equal(head->chunk->sequence,
				 found->next[head->chunk->ring]++);
		found->rows += head->chunk->events;
		break;
	case KPROBEX__HEAD__KIND_LEDGER:
		/* Just the chunks before it, by event and by ring. */
		found->ledgers++;
		assert_int_equal(head->ledger->event[0]->delivered,
				 found->rows);
		assert_int_equal(head->ledger->ring[0]->records +
					 head->ledger->ring[1]->records +
					 head->ledger->ring[2]->records,
				 found->rows);
		break;
	case KPROBEX__HEAD__KIND_FOOTER:
		found->whole = head->footer->events == found->rows &&
			       head->footer->total_bytes == file_bytes;
		break;
	default:
		break;
	}
}

static void read_file(struct found *found)
{
	static uint8_t data[4 << 20];
	FILE *file = fopen(path, "rb");
	size_t bytes = fread(data, 1, sizeof(data), file), at = 0, need;
	struct kpc_packet packet;
	Kprobex__Head *head;

	fclose(file);
	*found = (struct found){ 0 };
	while (at < bytes) {
		assert_int_equal(kpc_packet_parse(&packet, data + at,
						  bytes - at, &need),
				 0);
		head = kpc_head_unpack(packet.head);
		assert_non_null(head);
		find(found, head, bytes);
		kpc_head_free(head);
		at += packet.bytes;
	}
}

/* ---- tests --------------------------------------------------------------- */

/* Each ledger tells of what is before it, whoever writes meanwhile. */
static void shares(void **state)
{
	struct kpc_reader *reader;
	struct kpc_row row;
	struct found found;
	uint64_t rows = 0;

	(void)state;
	path = fixture_path();
	begin(path, KPC_QUEUE_BYTES_MIN);
	produce_all();
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(write_ledger(), 0);
	join_all();
	assert_int_equal(write_ledger(), 0);
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	read_file(&found);
	assert_int_equal(found.ledgers, 201);
	assert_true(found.whole &&
		    found.rows == book.ledger.events[0].delivered);
	for (uint32_t i = 0; i < THREADS; i++)
		assert_int_equal(found.next[i], CHUNKS);
	assert_int_equal(kpc_writer_events(writer), found.rows);
	end();
	/* The index's offsets are where the chunks are. */
	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	while (kpc_reader_next(reader, &row) > 0)
		rows++;
	assert_int_equal(rows, found.rows);
	kpc_reader_close(reader);
	unlink(path);
	free(path);
}

/* A share is nobody else's, and is empty when it was entered. */
static void entered(void **state)
{
	struct kpc_share a, b;

	(void)state;
	assert_int_equal(kpc_book_init(&book, 3, 2), 0);
	assert_int_equal(kpc_share_init(&a, &book), 0);
	assert_int_equal(kpc_share_init(&b, &book), 0);
	kpc_share_sample(&a, 1, 5, false);
	kpc_share_sample(&a, 1, 9, true);
	kpc_share_sample(&b, 1, 7, false);
	kpc_share_event(&b, 2)->throttled = 3;
	kpc_share_event(&b, 2)->left_out = 4;
	b.ring = (struct kpc_ring_account){ .records = 1,
					    .bytes = 2,
					    .lost = 3 };
	assert_int_equal(book.ledger.events[1].delivered, 0);
	kpc_share_enter(&b, 1);
	assert_int_equal(book.ledger.events[1].delivered, 1);
	assert_int_equal(book.ledger.events[2].throttled, 3);
	assert_int_equal(book.rule[2].left_out, 4);
	kpc_share_enter(&a, 0);
	kpc_share_enter(&a, 0);
	kpc_share_enter(&b, 1);
	assert_int_equal(book.ledger.events[1].delivered, 2);
	assert_int_equal(book.ledger.events[1].own_dropped, 1);
	assert_int_equal(book.ledger.events[0].delivered, 0);
	assert_int_equal(book.ledger.events[2].throttled, 3);
	assert_int_equal(book.rule[1].weights, 21);
	assert_int_equal(book.rule[1].max_weight, 9);
	assert_int_equal(book.ledger.rings[1].lost, 3);
	assert_int_equal(book.ledger.rings[0].lost, 0);
	assert_int_equal(book.entries, 4);
	kpc_share_uninit(&a);
	kpc_share_uninit(&b);
	kpc_book_uninit(&book);
}

/* A file that may not grow ends them all, with one error and its text. */
static void limit(void **state)
{
	struct rlimit before, small;
	struct found found;

	(void)state;
	path = fixture_path();
	begin(path, KPC_QUEUE_BYTES_MIN);
	getrlimit(RLIMIT_FSIZE, &before);
	small = (struct rlimit){ 30000, before.rlim_max };
	setrlimit(RLIMIT_FSIZE, &small);
	produce_all();
	join_all();
	for (uint32_t i = 0; i < THREADS; i++)
		assert_int_equal(kpc_writer_chunk(producer[i].writer, i,
						  producer[i].batch),
				 -EFBIG);
	assert_int_equal(write_ledger(), -EFBIG);
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_non_null(strstr(kpc_writer_error(producer[0].writer), path));
	/* All that was whole is kept, and nothing else. */
	read_file(&found);
	assert_true(found.rows > 0 && !found.whole);
	assert_int_equal(kpc_writer_events(writer), found.rows);
	end();
	unlink(path);
	free(path);
}

/* For a while, and not only until the consumer has written what it holds. */
static bool stays_full(struct kpc_outlet *outlet)
{
	for (uint32_t i = 0; i < 20; i++) {
		if (kpc_outlet_trylock(outlet, 0)) {
			kpc_outlet_unlock(outlet);
			return false;
		}
	}
	return true;
}

/*
 * A pipe that nobody reads: they read on until the queue is full, then wait,
 * and nobody waits any more when it's enough.
 */
static void stalled_pipe(void **state)
{
	struct kpc_queue_stats stats = { 0 };
	int fd;

	(void)state;
	path = fixture_path();
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	begin(path, 2 * KPC_QUEUE_BYTES_MIN);
	produce_all();
	while (!stays_full(kpc_writer_outlet(writer)))
		usleep(1000);
	kpc_outlet_stats(kpc_writer_outlet(writer), &stats);
	assert_true(stats.waits);
	assert_true(stats.most_bytes > KPC_QUEUE_BYTES_MIN);
	enough = true;
	join_all();
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_SIGNAL),
			 -ETIMEDOUT);
	end();
	close(fd);
	unlink(path);
	free(path);
}

/* Freed while its thread waits for a reader: it doesn't wait with it. */
static void abandoned(void **state)
{
	int fd;

	(void)state;
	path = fixture_path();
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	begin(path, 16 << 20);
	produce_all();
	join_all();
	end();
	close(fd);
	unlink(path);
	free(path);
}

/* ---- dumps --------------------------------------------------------------- */

/* All that is kept, with the book of it; @whole: the file has room. */
static void dump(uint64_t from_ns, bool whole)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(writer);

	/* None is written over what is there. */
	unlink(path);
	kpc_outlet_dump_begin(outlet, path, 1);
	assert_int_equal(kpc_writer_clock(writer), 0);
	kpc_outlet_lock(outlet);
	kpc_flight_drop_before(kpc_outlet_flight(outlet), from_ns);
	kpc_outlet_dump_kept(outlet);
	assert_int_equal(write_ledger(), 0);
	if (!kpc_outlet_dump_end(outlet, 0, KPC_EXIT_PART))
		kpc_flight_clear(kpc_outlet_flight(outlet));
	kpc_outlet_unlock(outlet);
	assert_int_equal(!kpc_outlet_dump_failed(outlet), whole);
	if (whole)
		return;
	assert_true(*kpc_outlet_dump_error(outlet));
	assert_int_equal(kpc_outlet_failed(outlet), 0);
}

/* What it has, by a reader; and what its part of the series says. */
static uint64_t dumped_rows(uint32_t part)
{
	struct kpc_reader_health health = { .size = sizeof(health) };
	const struct kpc_trace_info *info;
	struct kpc_reader *reader;
	struct kpc_row row;
	uint64_t rows = 0;

	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	while (kpc_reader_next(reader, &row) > 0)
		rows++;
	info = kpc_reader_info(reader);
	assert_true(info->dump && !info->cut);
	assert_int_equal(info->part, part);
	assert_int_equal(kpc_reader_health(reader, &health), 0);
	assert_int_equal(health.missing_chunks, 0);
	assert_int_equal(health.damaged_bytes, 0);
	kpc_reader_close(reader);
	return rows;
}

/* Each sample is in one dump, or was overwritten, whoever puts meanwhile. */
static void dumps(void **state)
{
	uint64_t total = 0, rows = 0;

	(void)state;
	path = fixture_path();
	begin(NULL, 1 << 20);
	produce_all();
	for (uint32_t part = 1; part <= 20; part++) {
		dump(part % 3 ? 0 : kpc_trace_clock() - 20000, true);
		rows += dumped_rows(part);
	}
	join_all();
	for (uint32_t i = 0; i < THREADS; i++)
		for (uint32_t chunk = 0; chunk < CHUNKS; chunk++)
			total += 1 + (chunk * 7 + i) % 50;
	dump(0, true);
	rows += dumped_rows(21);
	assert_int_equal(book.ledger.events[0].delivered, rows);
	assert_int_equal(book.ledger.events[0].overwritten, total - rows);
	assert_int_equal(kpc_writer_events(writer), rows);
	/* Of nothing there is a dump, too. */
	dump(0, true);
	assert_int_equal(dumped_rows(22), 0);
	end();
	unlink(path);
	free(path);
}

/* A dump that the caller gives up before its end: how large it is until then. */
static uint64_t size_without_end(void)
{
	struct kpc_outlet *outlet = kpc_writer_outlet(writer);
	struct stat st;

	unlink(path);
	assert_int_equal(kpc_outlet_dump_begin(outlet, path, 1), 0);
	assert_int_equal(kpc_writer_clock(writer), 0);
	assert_int_equal(kpc_outlet_dump_kept(outlet), 0);
	assert_int_equal(write_ledger(), 0);
	assert_int_equal(kpc_outlet_dump_end(outlet, -EIO, KPC_EXIT_PART),
			 -EIO);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* Where a file can't have more bytes than so many. */
static void dump_into(uint64_t bytes)
{
	struct rlimit before, small;

	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &small);
	dump(0, false);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(kpc_writer_events(writer), 0);
	assert_int_equal(kpc_writer_bytes(writer), 0);
}

/* What couldn't be dumped is in the next dump, whole. */
static void dump_limit(void **state)
{
	uint64_t delivered, size;

	(void)state;
	path = fixture_path();
	begin(NULL, 1 << 20);
	produce_all();
	join_all();
	delivered = book.ledger.events[0].delivered;
	size = size_without_end();
	signal(SIGXFSZ, SIG_IGN);
	for (uint64_t bytes = 0; bytes < size; bytes += 1 + bytes / 2)
		dump_into(bytes);
	/* All but the end of it has room. */
	for (uint64_t bytes = 10; bytes < 1000; bytes *= 3)
		dump_into(size + bytes);
	dump(0, true);
	assert_int_equal(dumped_rows(1), delivered);
	assert_int_equal(kpc_writer_events(writer), delivered);
	assert_int_equal(book.ledger.events[0].overwritten, 0);
	end();
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares),     cmocka_unit_test(entered),
		cmocka_unit_test(limit),      cmocka_unit_test(stalled_pipe),
		cmocka_unit_test(abandoned),  cmocka_unit_test(dumps),
		cmocka_unit_test(dump_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
