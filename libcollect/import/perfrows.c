// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "perfrows.h"

#define RING_BYTES  (8u << 20) /* that wait of a CPU's ring, in order anyway */
#define MIXED_BYTES (128u << 20) /* of that of no CPU */
#define ALL_BYTES   (256u << 20)

int kpc_perfrows_init(struct kpc_perfrows *rows, struct kpc_writer *writer,
		      const struct kpc_event *events, uint32_t nr_events,
		      uint32_t nr_rings)
{
	*rows = (struct kpc_perfrows){ .writer = writer };
	rows->ring = calloc(nr_rings + 1, sizeof(*rows->ring));
	rows->account = calloc(nr_events + 1, sizeof(*rows->account));
	if (!rows->ring || !rows->account)
		return -ENOMEM;
	rows->nr_rings = nr_rings;
	return kpc_batch_new(&rows->batch, events, nr_events);
}

/* ---- writing ------------------------------------------------------------- */

static int write_chunk(struct kpc_perfrows *rows, struct kpc_perfring *ring,
		       uint64_t before_ns)
{
	kpc_loss_ranges_batch(&ring->losses, rows->batch, before_ns,
			      ring->last_ns);
	return kpc_writer_chunk(rows->writer, ring - rows->ring, rows->batch);
}

static void count(struct kpc_perfrows *rows, struct kpc_perfring *ring,
		  const struct kpc_perfrow *row)
{
	struct kpc_event_account *account = &rows->account[row->sample.event];

	account->delivered++;
	rows->late += row->sample.time_ns < ring->last_ns;
}

/* False: the batch is full. */
static bool put(struct kpc_perfrows *rows, struct kpc_perfring *ring,
		const struct kpc_perfrow *row)
{
	if (row->lost)
		return !kpc_batch_add_loss(rows->batch, row->lost,
					   row->lost_event);
	if (row->is_unreadable) {
		kpc_batch_add_unparsed(rows->batch, row->data, row->bytes);
	} else {
		if (!kpc_batch_add(rows->batch, &row->sample))
			return false;
		count(rows, ring, row);
	}
	kpc_batch_add_bytes(rows->batch, row->bytes);
	return true;
}

static int by_time(const void *left, const void *right)
{
	const struct kpc_perfrow *a = *(struct kpc_perfrow *const *)left;
	const struct kpc_perfrow *b = *(struct kpc_perfrow *const *)right;

	if (a->sample.time_ns != b->sample.time_ns)
		return a->sample.time_ns < b->sample.time_ns ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* Frees the first @nr, which are written. */
static void drop(struct kpc_perfrows *rows, struct kpc_perfring *ring,
		 uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		size_t bytes = sizeof(**ring->row) + ring->row[i]->bytes;

		ring->bytes -= bytes;
		rows->bytes -= bytes;
		free(ring->row[i]);
	}
	ring->nr -= nr;
	if (ring->nr)
		memmove(ring->row, ring->row + nr,
			ring->nr * sizeof(*ring->row));
}

/* Writes the first @nr of a ring's, of which there are more maybe. */
static int write_rows(struct kpc_perfrows *rows, struct kpc_perfring *ring,
		      uint32_t nr)
{
	uint64_t before_ns = ring->last_ns;
	int err = 0;

	if (!ring->is_sorted)
		qsort(ring->row, ring->nr, sizeof(*ring->row), by_time);
	ring->is_sorted = true;
	for (uint32_t i = 0; !err && i < nr; i++) {
		if (!put(rows, ring, ring->row[i])) {
			err = write_chunk(rows, ring, before_ns);
			before_ns = ring->last_ns;
			if (!err && !put(rows, ring, ring->row[i]))
				err = -ENOMEM;
		}
		if (ring->last_ns < ring->row[i]->sample.time_ns)
			ring->last_ns = ring->row[i]->sample.time_ns;
	}
	if (!err)
		err = write_chunk(rows, ring, before_ns);
	drop(rows, ring, nr);
	return err;
}

static int write_half(struct kpc_perfrows *rows, struct kpc_perfring *ring)
{
	return ring->nr ? write_rows(rows, ring, (ring->nr + 1) / 2) : 0;
}

int kpc_perfrows_finish(struct kpc_perfrows *rows)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < rows->nr_rings; i++)
		if (rows->ring[i].nr)
			err = write_rows(rows, &rows->ring[i],
					 rows->ring[i].nr);
	return err;
}

/* ---- adding -------------------------------------------------------------- */

static struct kpc_perfring *ring_of(struct kpc_perfrows *rows, int32_t cpu)
{
	uint32_t last = rows->nr_rings - 1;

	return &rows->ring[cpu >= 0 && (uint32_t)cpu < last ? (uint32_t)cpu :
							      last];
}

static int make_room(struct kpc_perfrows *rows, struct kpc_perfring *ring)
{
	bool is_mixed = ring == &rows->ring[rows->nr_rings - 1];
	int err = 0;

	if (ring->bytes > (is_mixed ? MIXED_BYTES : RING_BYTES))
		return write_half(rows, ring);
	if (rows->bytes <= ALL_BYTES)
		return 0;
	for (uint32_t i = 0; !err && i < rows->nr_rings; i++)
		err = write_half(rows, &rows->ring[i]);
	return err;
}

static int append(struct kpc_perfrows *rows, struct kpc_perfring *ring,
		  struct kpc_perfrow *row)
{
	uint32_t room = ring->room ? ring->room * 2 : 64;
	struct kpc_perfrow **grown;

	if (ring->nr == ring->room) {
		grown = reallocarray(ring->row, room, sizeof(*grown));
		if (!grown) {
			free(row);
			return -ENOMEM;
		}
		ring->row = grown;
		ring->room = room;
	}
	ring->is_sorted =
		!ring->nr ||
		(ring->is_sorted && ring->row[ring->nr - 1]->sample.time_ns <=
					    row->sample.time_ns);
	row->number = ring->account.records++;
	ring->row[ring->nr++] = row;
	ring->bytes += sizeof(*row) + row->bytes;
	rows->bytes += sizeof(*row) + row->bytes;
	ring->account.bytes += row->bytes;
	return make_room(rows, ring);
}

/* One with a copy of the record, or NULL. */
static struct kpc_perfrow *row_new(const void *record, uint32_t bytes)
{
	struct kpc_perfrow *row = calloc(1, sizeof(*row) + bytes + 8);

	if (!row)
		return NULL;
	memcpy(row->data, record, bytes);
	row->bytes = bytes;
	return row;
}

/* Where in the copy it is that @at is in the record; NULL: it isn't there. */
static const void *moved(const struct kpc_perfrow *row, const void *record,
			 const void *at)
{
	uintptr_t offset = (uintptr_t)at - (uintptr_t)record;

	return at && offset <= row->bytes ?
		       (const uint8_t *)row->data + offset :
		       NULL;
}

int kpc_perfrows_add(struct kpc_perfrows *rows, int32_t cpu,
		     const struct perf_event_header *record,
		     const struct kpc_sample *sample)
{
	struct kpc_perfrow *row = row_new(record, record->size);

	if (!row)
		return -ENOMEM;
	row->sample = *sample;
	row->sample.raw = moved(row, record, sample->raw);
	row->sample.chain = moved(row, record, sample->chain);
	if (!row->sample.raw) {
		memcpy(row->own, sample->raw, sample->raw_bytes);
		row->sample.raw = (const uint8_t *)row->own;
	}
	return append(rows, ring_of(rows, cpu), row);
}

int kpc_perfrows_add_lost(struct kpc_perfrows *rows, int32_t cpu,
			  uint64_t time_ns, uint64_t lost, uint32_t event)
{
	struct kpc_perfring *ring = ring_of(rows, cpu);
	struct kpc_perfrow *row = row_new(&lost, sizeof(lost));

	if (!row)
		return -ENOMEM;
	row->lost = lost;
	row->lost_event = event;
	row->sample.time_ns = time_ns;
	ring->account.lost += lost;
	return append(rows, ring, row);
}

int kpc_perfrows_add_unreadable(struct kpc_perfrows *rows, int32_t cpu,
				const struct perf_event_header *record)
{
	struct kpc_perfring *ring = ring_of(rows, cpu);
	struct kpc_perfrow *row = row_new(record, record->size);

	if (!row)
		return -ENOMEM;
	row->is_unreadable = true;
	row->sample.time_ns = ring->nr ?
				      ring->row[ring->nr - 1]->sample.time_ns :
				      ring->last_ns;
	ring->account.unreadable++;
	return append(rows, ring, row);
}

void kpc_perfrows_uninit(struct kpc_perfrows *rows)
{
	for (uint32_t i = 0; rows->ring && i < rows->nr_rings; i++) {
		struct kpc_perfring *ring = &rows->ring[i];

		for (uint32_t n = 0; n < ring->nr; n++)
			free(ring->row[n]);
		free(ring->row);
	}
	free(rows->ring);
	free(rows->account);
	kpc_batch_free(rows->batch);
	*rows = (struct kpc_perfrows){ 0 };
}
