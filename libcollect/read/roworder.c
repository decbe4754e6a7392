// SPDX-License-Identifier: GPL-2.0-only
/* roworder.c - the rows of all rings in one order */
#include <errno.h>
#include <stdlib.h>

#include "fail.h"
#include "reading.h"

/* Decoded chunks of all rings together: against files made to fill memory. */
#define MEMORY_MAX (8ull << 30)

/* ---- chunks of a ring ---------------------------------------------------- */

static int count_memory(struct kpc_reader *reader,
			struct kpc_reading_ring *ring)
{
	size_t memory = ring->load ? kpc_load_bytes(ring->load) : 0;

	reader->memory += memory - ring->memory;
	ring->memory = memory;
	if (reader->memory <= MEMORY_MAX)
		return 0;
	return kpc_fail(
		reader->error, sizeof(reader->error), -ENOMEM,
		"%s: its chunks need more than %llu GiB of memory when decompressed: it is damaged or made to do harm",
		reader->name, MEMORY_MAX >> 30);
}

static void drop_load(struct kpc_reader *reader, struct kpc_reading_ring *ring)
{
	kpc_ahead_put(reader->ahead, ring->load);
	ring->load = NULL;
}

/* Loads the ring's next good chunk that has rows. 1; 0: there is none. */
static int load_chunk(struct kpc_reader *reader, struct kpc_reading_ring *ring)
{
	int ret;

	do {
		uint32_t job;

		drop_load(reader, ring);
		if (ring->next == ring->end)
			return 0;
		job = reader->ring_jobs[ring->next++];
		ring->chunk = kpc_ahead_job(reader->ahead, job)->chunk;
		ring->load = kpc_ahead_get(reader->ahead, job);
		ret = kpc_reading_check_load(
			reader, kpc_ahead_job(reader->ahead, job), ring->load);
		if (ret > 0) {
			int err = count_memory(reader, ring);

			if (err)
				return err;
		}
	} while (!ret || (ret > 0 && !ring->load->rows.nr));
	return ret;
}

/* ---- the merge ----------------------------------------------------------- */

/* By time, then ring; a ring's own rows come in its order, whatever times. */
static bool is_before(const struct kpc_soonest *a, const struct kpc_soonest *b)
{
	return a->key != b->key ? a->key < b->key : a->ring < b->ring;
}

static void heap_sift(struct kpc_reader *reader, uint32_t at)
{
	struct kpc_soonest *heap = reader->heap;
	struct kpc_soonest moved = heap[at];

	for (;;) {
		uint32_t child = at * 2 + 1;

		if (child >= reader->nr_heap)
			break;
		if (child + 1 < reader->nr_heap &&
		    is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &moved))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

static bool has_pid(const struct kpc_reader *reader,
		    const struct kpc_rowfilter_row *row)
{
	const struct kpc_task *task;

	if (!reader->choice.nr_pids)
		return true;
	task = kpc_tasks_find(&row->trace->tasks, row->tid, row->time_ns);
	return kpc_choice_has_pid(&reader->choice, task ? task->pid : row->tid);
}

static bool has_row(const struct kpc_reader *reader,
		    const struct kpc_reading_ring *ring, uint64_t key)
{
	const struct kpc_rows *rows = &ring->load->rows;
	const struct kpc_rows_table *table =
		&rows->tables[rows->table_of[rows->next]];
	struct kpc_rowfilter_row row;

	if (key < kpc_reading_from_ns(reader) || key >= reader->choice.to_ns ||
	    !kpc_reading_is_due(reader, ring->trace, ring->chunk, key, key) ||
	    (ring->filter->events && !ring->filter->events[table->event->id]))
		return false;
	row = (struct kpc_rowfilter_row){
		.trace = ring->trace,
		.at = kpc_rows_at(rows, table, table->next),
		.ring = ring->number,
		.key = key,
		.time_ns = rows->time_ns[rows->next],
		.tid = rows->tid[rows->next],
		.cgroup = kpc_rows_cgroup(rows),
	};
	return has_pid(reader, &row) && kpc_filter_has_row(ring->filter, &row);
}

/* Finds the ring's next selected row. 1 with its key, 0 at the end. */
static int ring_settle(struct kpc_reader *reader, struct kpc_reading_ring *ring,
		       uint64_t *key)
{
	int ret;

	for (;;) {
		struct kpc_rows *rows = ring->load ? &ring->load->rows : NULL;

		if (!rows || rows->next == rows->nr) {
			ret = load_chunk(reader, ring);
			if (ret <= 0)
				return ret;
			continue;
		}
		*key = kpc_reading_key(reader, ring->trace,
				       rows->time_ns[rows->next]);
		if (has_row(reader, ring, *key))
			return 1;
		kpc_rows_skip(rows);
	}
}

/* The soonest ring went on: one row further, or to its end. */
static int heap_settle(struct kpc_reader *reader)
{
	struct kpc_soonest *top = &reader->heap[0];
	int ret = ring_settle(reader, &reader->rings[top->ring], &top->key);

	if (ret < 0)
		return ret;
	if (!ret)
		*top = reader->heap[--reader->nr_heap];
	if (reader->nr_heap > 1)
		heap_sift(reader, 0);
	return 0;
}

/* Which jobs are whose: each ring's are in its order. */
static void share_jobs(struct kpc_reader *reader)
{
	uint32_t nr = kpc_ahead_nr(reader->ahead);
	uint32_t at = 0;

	for (uint32_t i = 0; i < nr; i++)
		reader->rings[kpc_ahead_job(reader->ahead, i)->ring].end++;
	for (uint32_t i = 0; i < reader->nr_rings; i++) {
		struct kpc_reading_ring *ring = &reader->rings[i];

		ring->next = at;
		at += ring->end;
		ring->end = ring->next;
	}
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t ring = kpc_ahead_job(reader->ahead, i)->ring;

		reader->ring_jobs[reader->rings[ring].end++] = i;
	}
}

static int rings_init(struct kpc_reader *reader)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < reader->nr_joined; i++)
		nr += kpc_reading_joined(reader, i)->info.nr_rings;
	reader->rings = calloc(nr + 1ull, sizeof(*reader->rings));
	reader->heap = calloc(nr + 1ull, sizeof(*reader->heap));
	reader->values = calloc(kpc_reading_most_fields(reader),
				sizeof(*reader->values));
	reader->ring_jobs = calloc(kpc_ahead_nr(reader->ahead) + 1ull,
				   sizeof(*reader->ring_jobs));
	if (!reader->rings || !reader->heap || !reader->values ||
	    !reader->ring_jobs)
		return kpc_reading_no_memory(reader);
	reader->nr_rings = nr;
	nr = 0;
	for (uint32_t t = 0; t < reader->nr_joined; t++)
		for (uint32_t i = 0;
		     i < kpc_reading_joined(reader, t)->info.nr_rings; i++)
			reader->rings[nr++] = (struct kpc_reading_ring){
				.trace = kpc_reading_joined(reader, t),
				.filter = &reader->filters[t],
				.number = i,
			};
	share_jobs(reader);
	return 0;
}

static int start_rows(struct kpc_reader *reader)
{
	int ret = kpc_reading_make_jobs(reader, KPC_ROWS_ALL,
					kpc_reading_by_need);

	if (!ret)
		ret = rings_init(reader);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < reader->nr_rings; i++) {
		struct kpc_soonest *end = &reader->heap[reader->nr_heap];

		ret = ring_settle(reader, &reader->rings[i], &end->key);
		if (ret < 0)
			return ret;
		if (ret) {
			end->ring = i;
			reader->nr_heap++;
		}
	}
	for (uint32_t i = reader->nr_heap / 2; i-- > 0;)
		heap_sift(reader, i);
	reader->reading = KPC_READING_ROWS;
	return 0;
}

static void fill_row(struct kpc_reader *reader, struct kpc_reading_ring *ring,
		     struct kpc_row *row)
{
	const struct kpc_task *task;

	row->ring = ring->number;
	row->cpu = kpc_trace_cpu(ring->trace, ring->number);
	row->info = &ring->trace->info;
	kpc_rows_next(&ring->load->rows, row, reader->values);
	row->realtime_ns = 0;
	if (reader->joined)
		row->realtime_ns = kpc_clockmap_realtime(&ring->trace->clocks,
							 row->time_ns);
	task = kpc_tasks_find(&ring->trace->tasks, row->tid, row->time_ns);
	row->pid = task ? task->pid : row->tid;
	row->comm = task ? task->comm : "";
	row->cgroup_path =
		kpc_cgrouptab_find(&ring->trace->cgroups, row->cgroup);
}

int kpc_reader_next(struct kpc_reader *reader, struct kpc_row *row)
{
	int err = kpc_reading_check(reader, KPC_READING_ROWS);

	if (err)
		return err;
	/* The row given last stays valid until here. */
	if (reader->reading == KPC_READING_NOT)
		err = start_rows(reader);
	else if (reader->nr_heap)
		err = heap_settle(reader);
	if (err) {
		reader->failed = err;
		return err;
	}
	if (!reader->nr_heap)
		return 0;
	fill_row(reader, &reader->rings[reader->heap[0].ring], row);
	reader->health.rows++;
	return 1;
}

void kpc_roworder_uninit(struct kpc_reader *reader)
{
	for (uint32_t i = 0; i < reader->nr_rings; i++)
		drop_load(reader, &reader->rings[i]);
	free(reader->rings);
	free(reader->ring_jobs);
	free(reader->heap);
	free(reader->values);
	reader->rings = NULL;
	reader->ring_jobs = NULL;
	reader->heap = NULL;
	reader->values = NULL;
	reader->nr_rings = 0;
	reader->nr_heap = 0;
	reader->memory = 0;
}
