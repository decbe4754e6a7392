// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "fail.h"
#include "head.h"
#include "input.h"
#include "rows.h"
#include "scan.h"

/* Decoded chunks of all rings together: against files made to fill memory. */
#define MEMORY_MAX (8ull << 30)

struct ring {		     /* of the current trace */
	uint32_t next;	     /* chunk to be loaded */
	uint32_t end;	     /* after its last chunk */
	struct kpc_buf body; /* of the loaded chunk */
	struct kpc_rows rows;
	size_t memory; /* counted for it */
};

struct kpc_reader {
	struct kpc_input input;
	struct kpc_decompressor *decompressor;
	struct kpc_reader_health health;
	struct kpc_trace **traces;
	uint32_t nr_traces;
	uint32_t trace; /* the current one */
	struct ring *rings;
	uint32_t nr_rings;
	uint32_t *heap; /* rings that have a row, soonest first */
	uint32_t nr_heap;
	bool started; /* the heap is filled */
	uint64_t memory;
	struct kpc_value *values; /* of the row given last */
	int failed;
	char *name;
	char error[KPC_ERROR_BYTES];
};

static struct kpc_trace *current(const struct kpc_reader *reader)
{
	return reader->traces[reader->trace];
}

/* ---- a ring's chunks ----------------------------------------------------- */

static int load_packet(struct kpc_reader *reader, struct ring *ring,
		       const struct kpc_chunk *chunk)
{
	const struct kpc_trace *trace = current(reader);
	struct kpc_packet packet;
	Kprobex__Head *head;
	struct kpc_wire body;
	const uint8_t *data = NULL;
	size_t need;
	ssize_t n;
	int err;

	n = kpc_input_read(&reader->input, chunk->offset, chunk->bytes, &data);
	if (n < 0)
		return n;
	/* It was good in the scan; but somebody may write to the file. */
	if (kpc_packet_parse(&packet, data, n, &need))
		return -EBADMSG;
	head = kpc_head_unpack(packet.head);
	if (!head)
		return -EBADMSG;
	err = kpc_scan_body(reader->decompressor, head, &packet, &ring->body);
	kpc_head_free(head);
	if (err)
		return err;
	body.at = ring->body.data;
	body.end = body.at + ring->body.used;
	return kpc_rows_load(&ring->rows, body, chunk->events, trace->events,
			     trace->nr_events);
}

static int count_memory(struct kpc_reader *reader, struct ring *ring)
{
	size_t memory = ring->body.size + kpc_rows_bytes(&ring->rows);

	reader->memory += memory - ring->memory;
	ring->memory = memory;
	if (reader->memory <= MEMORY_MAX)
		return 0;
	return kpc_fail(
		reader->error, sizeof(reader->error), -ENOMEM,
		"%s: its chunks need more than %llu GiB of memory when decompressed: it is damaged or made to do harm",
		reader->name, MEMORY_MAX >> 30);
}

/* Loads the ring's next good chunk that has rows. 1; 0: there is none. */
static int load_chunk(struct kpc_reader *reader, struct ring *ring)
{
	const struct kpc_trace *trace = current(reader);
	int err;

	while (ring->next < ring->end) {
		err = load_packet(reader, ring, &trace->chunks[ring->next++]);
		if (err == -EBADMSG) {
			reader->health.damaged_packets++;
			continue;
		}
		if (err)
			return kpc_fail(reader->error, sizeof(reader->error),
					err, "cannot read %s: %s", reader->name,
					strerror(-err));
		reader->health.lost_in_chunks += ring->rows.lost;
		reader->health.unparsed += ring->rows.unparsed;
		err = count_memory(reader, ring);
		if (err)
			return err;
		if (ring->rows.nr)
			return 1;
	}
	/* The row given last points into the body: freed with the trace. */
	return 0;
}

/* ---- the merge ----------------------------------------------------------- */

/* By time, then ring; a ring's own rows come in its order, whatever times. */
static bool is_before(const struct kpc_reader *reader, uint32_t a, uint32_t b)
{
	const struct kpc_rows *left = &reader->rings[a].rows;
	const struct kpc_rows *right = &reader->rings[b].rows;
	uint64_t left_ns = left->time_ns[left->next];
	uint64_t right_ns = right->time_ns[right->next];

	return left_ns != right_ns ? left_ns < right_ns : a < b;
}

static void heap_sift(struct kpc_reader *reader, uint32_t at)
{
	uint32_t *heap = reader->heap;
	uint32_t ring = heap[at];

	for (;;) {
		uint32_t child = at * 2 + 1;

		if (child >= reader->nr_heap)
			break;
		if (child + 1 < reader->nr_heap &&
		    is_before(reader, heap[child + 1], heap[child]))
			child++;
		if (!is_before(reader, heap[child], ring))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = ring;
}

/* The soonest ring went on: one row further, or to its end. */
static int heap_settle(struct kpc_reader *reader)
{
	struct ring *ring = &reader->rings[reader->heap[0]];
	int ret;

	if (ring->rows.next == ring->rows.nr) {
		ret = load_chunk(reader, ring);
		if (ret < 0)
			return ret;
		if (!ret)
			reader->heap[0] = reader->heap[--reader->nr_heap];
	}
	if (reader->nr_heap > 1)
		heap_sift(reader, 0);
	return 0;
}

static int heap_start(struct kpc_reader *reader)
{
	int ret;

	for (uint32_t i = 0; i < reader->nr_rings; i++) {
		ret = load_chunk(reader, &reader->rings[i]);
		if (ret < 0)
			return ret;
		if (ret)
			reader->heap[reader->nr_heap++] = i;
	}
	for (uint32_t i = reader->nr_heap / 2; i-- > 0;)
		heap_sift(reader, i);
	reader->started = true;
	return 0;
}

static void fill_task(struct kpc_reader *reader, struct kpc_row *row)
{
	const struct kpc_task *task =
		kpc_tasks_find(&current(reader)->tasks, row->tid, row->time_ns);

	row->pid = task ? task->pid : row->tid;
	row->comm = task ? task->comm : "";
}

int kpc_reader_next(struct kpc_reader *reader, struct kpc_row *row)
{
	struct ring *ring;
	int err = reader->failed;

	/* The row given last stays valid until here. */
	if (!err && !reader->started)
		err = heap_start(reader);
	else if (!err && reader->nr_heap)
		err = heap_settle(reader);
	if (err) {
		reader->failed = err;
		return err;
	}
	if (!reader->nr_heap)
		return 0;
	row->ring = reader->heap[0];
	row->cpu = kpc_trace_cpu(current(reader), row->ring);
	ring = &reader->rings[row->ring];
	kpc_rows_next(&ring->rows, row, reader->values);
	fill_task(reader, row);
	reader->health.rows++;
	return 1;
}

/* ---- traces -------------------------------------------------------------- */

static void trace_uninit(struct kpc_reader *reader)
{
	for (uint32_t i = 0; i < reader->nr_rings; i++) {
		kpc_buf_uninit(&reader->rings[i].body);
		kpc_rows_uninit(&reader->rings[i].rows);
	}
	free(reader->rings);
	free(reader->heap);
	free(reader->values);
	reader->rings = NULL;
	reader->heap = NULL;
	reader->values = NULL;
	reader->nr_rings = 0;
	reader->nr_heap = 0;
	reader->memory = 0;
	reader->started = false;
}

/* Prepares the reading of the current trace. */
static int trace_init(struct kpc_reader *reader)
{
	const struct kpc_trace *trace = current(reader);
	uint32_t fields = 0;
	uint32_t c = 0;

	for (uint32_t i = 0; i < trace->nr_events; i++)
		if (trace->events[i].nr_fields > fields)
			fields = trace->events[i].nr_fields;
	reader->nr_rings = trace->info.nr_rings;
	reader->rings = calloc(reader->nr_rings + 1, sizeof(*reader->rings));
	reader->heap = calloc(reader->nr_rings + 1, sizeof(*reader->heap));
	reader->values = calloc(fields + 1, sizeof(*reader->values));
	if (!reader->rings || !reader->heap || !reader->values) {
		if (!reader->rings)
			reader->nr_rings = 0;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < reader->nr_rings; i++) {
		reader->rings[i].next = c;
		while (c < trace->nr_chunks && trace->chunks[c].ring == i)
			c++;
		reader->rings[i].end = c;
	}
	return 0;
}

int kpc_reader_next_trace(struct kpc_reader *reader)
{
	int err;

	if (reader->trace + 1 >= reader->nr_traces)
		return 0;
	trace_uninit(reader);
	reader->trace++;
	err = trace_init(reader);
	if (err)
		reader->failed = kpc_fail(reader->error, sizeof(reader->error),
					  err, "out of memory");
	return err ? err : 1;
}

/* ---- open and close ------------------------------------------------------ */

/* Why there is nothing to read in a file. */
static int no_trace(struct kpc_reader *reader, char *error, size_t error_size)
{
	const uint8_t *data = NULL;
	ssize_t n;

	if (!reader->input.size)
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s is empty: it should be a trace file, as collect -o writes",
			reader->name);
	if (reader->health.unknown_packets)
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s was written by a newer collect, in a version of the format that this one (%s) does not know: use the newer one",
			reader->name, kpc_version());
	n = kpc_input_read(&reader->input, 0, 8, &data);
	if (n == 8 && !memcmp(data, "PERFILE2", 8))
		return kpc_fail(
			error, error_size, -EBADMSG,
			"%s is a perf.data file, not a trace file: read it with perf, or record with collect -o",
			reader->name);
	return kpc_fail(
		error, error_size, -EBADMSG,
		"%s is not a trace file: it should begin with a packet that has KPXTRACE at byte 7, as collect -o writes",
		reader->name);
}

static int reader_scan(struct kpc_reader *reader, char *error,
		       size_t error_size)
{
	struct kpc_scan scan = {
		.input = &reader->input,
		.decompressor = reader->decompressor,
		.health = &reader->health,
	};
	int err = kpc_scan_run(&scan);

	reader->traces = scan.traces;
	reader->nr_traces = scan.nr_traces;
	reader->health.size = sizeof(reader->health);
	reader->health.file_bytes = reader->input.size;
	if (err)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				reader->name, strerror(-err));
	return reader->nr_traces ? 0 : no_trace(reader, error, error_size);
}

int kpc_reader_open(struct kpc_reader **out, const char *path, char *error,
		    size_t error_size)
{
	struct kpc_reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	reader->name = strdup(strcmp(path, "-") ? path : "standard input");
	err = kpc_input_open(&reader->input, path, error, error_size);
	if (err)
		goto err_close;
	err = kpc_decompressor_new(&reader->decompressor);
	if (err || !reader->name) {
		err = kpc_fail(error, error_size, -ENOMEM, "out of memory");
		goto err_close;
	}
	err = reader_scan(reader, error, error_size);
	if (err)
		goto err_close;
	err = trace_init(reader);
	if (err) {
		kpc_fail(error, error_size, err, "out of memory");
		goto err_close;
	}
	*out = reader;
	return 0;

err_close:
	kpc_reader_close(reader);
	return err;
}

void kpc_reader_close(struct kpc_reader *reader)
{
	if (!reader)
		return;
	trace_uninit(reader);
	for (uint32_t i = 0; i < reader->nr_traces; i++)
		kpc_trace_free(reader->traces[i]);
	free(reader->traces);
	kpc_decompressor_free(reader->decompressor);
	kpc_input_close(&reader->input);
	free(reader->name);
	free(reader);
}

/* ---- what it knows ------------------------------------------------------- */

const struct kpc_trace_info *kpc_reader_info(const struct kpc_reader *reader)
{
	return &current(reader)->info;
}

uint32_t kpc_reader_nr_events(const struct kpc_reader *reader)
{
	return current(reader)->nr_events;
}

const struct kpc_event *kpc_reader_event(const struct kpc_reader *reader,
					 uint32_t id)
{
	const struct kpc_trace *trace = current(reader);

	return id < trace->nr_events && trace->events[id].name ?
		       &trace->events[id] :
		       NULL;
}

const struct kpc_ledger *kpc_reader_ledger(const struct kpc_reader *reader)
{
	return current(reader)->has_ledger ? &current(reader)->ledger : NULL;
}

int kpc_reader_health(const struct kpc_reader *reader,
		      struct kpc_reader_health *health)
{
	size_t size = health->size;
	size_t known = size < sizeof(*health) ? size : sizeof(*health);

	if (size < sizeof(size))
		return -EINVAL;
	/* What a newer caller knows and we don't is zero. */
	memset(health, 0, size);
	memcpy(health, &reader->health, known);
	health->size = size;
	return 0;
}

const char *kpc_reader_error(const struct kpc_reader *reader)
{
	return reader->error;
}
