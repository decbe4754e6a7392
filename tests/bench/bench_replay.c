// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_replay - what it costs to encode real rings, as capture kept them
 *
 * usage: bench_replay [-b] [-n RUNS] CAPTURE...
 *
 * For each capture one line: the least ns of CPU per event of RUNS, up to the
 * batch, up to its columns, up to their compression, and of all of it through
 * the writer; and bytes per event. With -b also where the bytes are: of each
 * column before and after compression by itself. Nothing is asserted.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "batch_fields.h"
#include "capture.h"
#include "compress.h"
#include "drain.h"
#include "events.h"
#include "wire.h"
#include "writer.h"

enum upto {
	UPTO_BATCH,
	UPTO_COLUMNS,
	UPTO_FRAME,
	UPTO_FILE,
	NR_UPTO
};

#define RINGS_MAX   64
#define COLUMNS_MAX 1024

struct capture {
	struct kpc_events events;
	struct kpc_idmap ids;
	const uint8_t *ring[RINGS_MAX];
	uint64_t ring_bytes[RINGS_MAX];
	uint32_t nr_rings;
};

/* What a column took, over all batches. */
struct part {
	char name[64];
	uint64_t plain, packed;
};

struct replay {
	struct capture *capture;
	struct kpc_drain drain;
	struct kpc_book book;
	struct kpc_share share;
	struct kpc_writer *writer;
	struct kpc_compressor *compressor;
	struct kpc_buf body, frame;
	uint64_t events;
	bool breakdown;
	struct part part[COLUMNS_MAX];
	uint32_t nr_parts;
};

static void die(const char *what)
{
	fprintf(stderr, "bench_replay: %s\n", what);
	exit(1);
}

/* ---- the capture --------------------------------------------------------- */

static const uint8_t *take(const uint8_t **at, const uint8_t *end,
			   uint64_t bytes)
{
	const uint8_t *here = *at;

	if (bytes > end - here)
		die("the capture is cut");
	*at += bytes;
	return here;
}

static void find_events(struct capture *c, const char *names,
			const struct capture_head *head)
{
	struct kpc_eventspecs specs = { 0 };
	char error[512] = "events aren't what they were";

	for (uint32_t i = 0; i < head->nr_events; i++) {
		if (kpc_eventspecs_add(&specs, names, error, sizeof(error)))
			die(error);
		names += strlen(names) + 1;
	}
	if (kpc_events_find(&c->events, &specs, error, sizeof(error)) ||
	    c->events.nr != head->nr_events)
		die(error);
	kpc_events_prepare(&c->events, &(struct kpc_sampling){
					       .callchain = head->callchain,
				       });
	kpc_eventspecs_uninit(&specs);
}

static void load(struct capture *c, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct capture_head *head;
	const uint8_t *at, *end;
	const char *names;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st))
		die(path);
	map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (map == MAP_FAILED)
		die("no memory");
	for (off_t got = 0; got < st.st_size;) {
		ssize_t n = read(fd, (char *)map + got, st.st_size - got);

		if (n <= 0)
			die(path);
		got += n;
	}
	close(fd);
	at = map;
	end = at + st.st_size;
	head = (const void *)take(&at, end, sizeof(*head));
	if (head->magic != CAPTURE_MAGIC || head->nr_rings > RINGS_MAX)
		die("not a capture");
	names = (const void *)take(&at, end, head->name_bytes);
	find_events(c, names, head);
	for (uint32_t i = 0; i < head->nr_ids; i++) {
		struct capture_id id;

		memcpy(&id, take(&at, end, sizeof(id)), sizeof(id));
		kpc_idmap_add(&c->ids, id.id, id.event);
	}
	for (uint32_t i = 0; i < head->nr_rings; i++) {
		void *ring;

		memcpy(&c->ring_bytes[i], take(&at, end, 8), 8);
		/* Aligned as the kernel's are. */
		ring = mmap(NULL, c->ring_bytes[i] + 4096,
			    PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (ring == MAP_FAILED)
			die("no memory");
		memcpy(ring, take(&at, end, c->ring_bytes[i]),
		       c->ring_bytes[i]);
		c->ring[i] = ring;
	}
	c->nr_rings = head->nr_rings;
	munmap(map, st.st_size);
}

/* ---- where the bytes are ------------------------------------------------- */

static void add_part(struct replay *r, const char *name, struct kpc_wire bytes)
{
	uint32_t i = 0;

	while (i < r->nr_parts && strcmp(r->part[i].name, name))
		i++;
	if (i == COLUMNS_MAX)
		die("too many columns");
	if (i == r->nr_parts)
		snprintf(r->part[r->nr_parts++].name, sizeof(r->part->name),
			 "%s", name);
	kpc_buf_reset(&r->frame);
	kpc_compressor_add(r->compressor, &r->frame, bytes.at,
			   kpc_wire_left(&bytes));
	r->part[i].plain += kpc_wire_left(&bytes);
	r->part[i].packed += r->frame.used;
}

static void add_table(struct replay *r, struct kpc_wire table)
{
	const struct kpc_event *event = &r->capture->events.event[0];
	struct kpc_wire_field field, sub;
	char name[64];

	while (kpc_wire_next(&table, &field) > 0) {
		const char *what = "";

		if (field.number == TABLE_EVENT)
			event = &r->capture->events.event[field.value];
		if (field.type != KPC_WIRE_BYTES)
			continue;
		if (field.number == TABLE_COLUMN) {
			struct kpc_wire column = field.bytes;
			uint64_t number = 0;

			if (kpc_wire_next(&column, &sub) > 0 && sub.number == 1)
				number = sub.value;
			what = event->fields[number].name;
		}
		snprintf(name, sizeof(name), "%.40s %u %s", event->name,
			 field.number, what);
		add_part(r, name, field.bytes);
	}
}

static void add_parts(struct replay *r)
{
	struct kpc_wire body = { r->body.data, r->body.data + r->body.used };
	struct kpc_wire_field field;
	char name[64];

	while (kpc_wire_next(&body, &field) > 0) {
		if (field.number == BATCH_TABLE) {
			add_table(r, field.bytes);
			continue;
		}
		if (field.type != KPC_WIRE_BYTES)
			continue;
		snprintf(name, sizeof(name), "batch %u", field.number);
		add_part(r, name, field.bytes);
	}
}

static int by_packed(const void *a, const void *b)
{
	uint64_t x = ((const struct part *)a)->packed;
	uint64_t y = ((const struct part *)b)->packed;

	return x < y ? 1 : x > y ? -1 : 0;
}

static void print_parts(struct replay *r)
{
	qsort(r->part, r->nr_parts, sizeof(*r->part), by_packed);
	for (uint32_t i = 0; i < r->nr_parts && i < 40; i++)
		printf("  %-48s %8.4f %8.4f\n", r->part[i].name,
		       (double)r->part[i].plain / r->events,
		       (double)r->part[i].packed / r->events);
}

/* ---- replaying ----------------------------------------------------------- */

static void end_batch(struct replay *r, enum upto upto)
{
	struct kpc_batch_summary summary;

	r->events += kpc_batch_events(r->drain.batch);
	if (upto == UPTO_FILE) {
		if (kpc_writer_chunk(r->writer, 0, r->drain.batch))
			die(kpc_writer_error(r->writer));
		return;
	}
	kpc_buf_reset(&r->body);
	kpc_buf_reset(&r->frame);
	if (upto >= UPTO_COLUMNS)
		kpc_batch_encode(r->drain.batch, &r->body, &summary);
	if (upto >= UPTO_FRAME)
		kpc_compressor_add(r->compressor, &r->frame, r->body.data,
				   r->body.used);
	if (r->breakdown)
		add_parts(r);
	kpc_batch_reset(r->drain.batch);
}

static void replay_ring(struct replay *r, uint32_t i, enum upto upto)
{
	struct perf_event_mmap_page page = { 0 };
	struct kpc_ring ring;

	if (kpc_ring_init_memory(&ring, &page, r->capture->ring[i], 1ull << 40))
		die("no memory");
	page.data_head = r->capture->ring_bytes[i];
	kpc_ring_look(&ring);
	do {
		kpc_drain_read(&r->drain, &ring);
		end_batch(r, upto);
		kpc_ring_release(&ring);
	} while (ring.at != ring.head);
	kpc_ring_uninit(&ring);
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static double replay_once(struct replay *r, enum upto upto)
{
	double start = now_ns();

	r->events = 0;
	for (uint32_t i = 0; i < r->capture->nr_rings; i++)
		replay_ring(r, i, upto);
	return (now_ns() - start) / r->events;
}

static void open_writer(struct replay *r)
{
	struct kpc_ring_desc desc = { 0, 1 << 24 };
	struct kpc_header header = { .rings = &desc,
				     .nr_rings = 1,
				     .clock_id = 1 };
	char error[256];

	if (kpc_writer_open(&r->writer, "/dev/null", 0, error, sizeof(error)))
		die(error);
	kpc_writer_header(r->writer, &header);
	for (uint32_t i = 0; i < r->capture->events.nr; i++)
		kpc_writer_event(r->writer, &r->capture->events.event[i]);
}

static void measure(struct replay *r, const char *path, int runs)
{
	double least[NR_UPTO] = { 0 };
	uint64_t bytes = 0;

	for (int n = 0; n < runs; n++) {
		for (enum upto upto = 0; upto < NR_UPTO; upto++) {
			uint64_t before = kpc_writer_bytes(r->writer);
			double ns = replay_once(r, upto);

			if (!n || ns < least[upto])
				least[upto] = ns;
			bytes = kpc_writer_bytes(r->writer) - before;
		}
	}
	printf("%-24s %6.1f %6.1f %6.1f %6.1f ns/event %7.3f bytes/event "
	       "(%llu events)\n",
	       strrchr(path, '/') ? strrchr(path, '/') + 1 : path,
	       least[UPTO_BATCH], least[UPTO_COLUMNS] - least[UPTO_BATCH],
	       least[UPTO_FRAME] - least[UPTO_COLUMNS], least[UPTO_FILE],
	       (double)bytes / r->events, (unsigned long long)r->events);
}

static void run(const char *path, int runs, bool breakdown)
{
	static struct capture capture;
	static struct replay r;
	capture = (struct capture){ 0 };
	load(&capture, path);
	r = (struct replay){ .capture = &capture };
	if (kpc_book_init(&r.book, capture.events.nr, 1) ||
	    kpc_share_init(&r.share, &r.book) ||
	    kpc_batch_new(&r.drain.batch, capture.events.event,
			  capture.events.nr) ||
	    kpc_compressor_new(&r.compressor, 0) ||
	    kpc_events_intake(&capture.events, &capture.ids, &r.drain.intake))
		die("no memory");
	r.drain.share = &r.share;
	r.drain.nr_events = capture.events.nr;
	open_writer(&r);
	measure(&r, path, runs);
	if (breakdown) {
		r.breakdown = true;
		replay_once(&r, UPTO_COLUMNS);
		print_parts(&r);
	}
	kpc_writer_free(r.writer);
	kpc_compressor_free(r.compressor);
	kpc_batch_free(r.drain.batch);
	kpc_intake_free(r.drain.intake);
	kpc_share_uninit(&r.share);
	kpc_book_uninit(&r.book);
	kpc_buf_uninit(&r.body);
	kpc_buf_uninit(&r.frame);
	kpc_idmap_uninit(&capture.ids);
	kpc_events_uninit(&capture.events);
	for (uint32_t i = 0; i < capture.nr_rings; i++)
		munmap((void *)capture.ring[i], capture.ring_bytes[i] + 4096);
}

int main(int argc, char **argv)
{
	bool breakdown = false;
	int runs = 5, opt;

	while ((opt = getopt(argc, argv, "bn:")) > 0) {
		if (opt == 'b')
			breakdown = true;
		else if (opt == 'n')
			runs = atoi(optarg);
		else
			return 2;
	}
	if (optind == argc || runs < 1) {
		fprintf(stderr,
			"usage: bench_replay [-b] [-n RUNS] CAPTURE...\n");
		return 2;
	}
	printf("%-24s %6s %6s %6s %6s\n", "", "batch", "column", "zstd", "all");
	for (; optind < argc; optind++)
		run(argv[optind], runs, breakdown);
	return 0;
}
