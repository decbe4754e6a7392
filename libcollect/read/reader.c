// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ahead.h"
#include "fail.h"
#include "filter.h"
#include "input.h"
#include "reader.h"
#include "scan.h"

/* Decoded chunks of all rings together: against files made to fill memory. */
#define MEMORY_MAX (8ull << 30)

struct ring {
	struct kpc_trace *trace;
	const struct kpc_filter *filter;
	uint32_t number; /* in its trace */
	uint32_t next;	 /* of its jobs, to be asked for */
	uint32_t end;
	struct kpc_load *load; /* the current chunk; NULL: none yet, or no more */
	size_t memory;	       /* counted for it */
};

struct soonest { /* of a ring: what its next row is sorted by */
	uint64_t key;
	uint32_t ring;
};

enum reading {
	READING_NOT,
	READING_ROWS,
	READING_TABLES,
};

struct kpc_reader {
	struct kpc_input input;
	struct kpc_decompressor *decompressor;
	struct kpc_reader_health health;
	struct kpc_trace **traces;
	uint32_t nr_traces;
	uint32_t trace;	    /* the current one */
	uint32_t nr_joined; /* traces from it on that are read as one */
	bool joined;	    /* by realtime, then */
	int threads;
	struct kpc_choice choice;
	uint64_t seek_ns;

	/* of the current trace */
	struct kpc_filter *filters; /* of each joined one */
	uint32_t nr_filters;
	struct kpc_ahead *ahead;
	enum reading reading;
	struct ring *rings;
	uint32_t nr_rings;
	uint32_t *ring_jobs;  /* jobs by ring */
	struct soonest *heap; /* rings that have a row, soonest first */
	uint32_t nr_heap;
	uint64_t memory;
	struct kpc_value *values; /* of the row given last */
	struct kpc_load *load;	  /* whose tables are being given */
	uint32_t job;		  /* to be asked for next */
	uint32_t table;		  /* to be given next */
	struct kpc_table_column *columns;

	int failed;
	char *name;
	char error[KPC_ERROR_BYTES];
};

static struct kpc_trace *current(const struct kpc_reader *reader)
{
	return reader->traces[reader->trace];
}

const struct kpc_trace *kpc_reader_trace(const struct kpc_reader *reader)
{
	return current(reader);
}

/* One of those that are read as one; often there is one only. */
static struct kpc_trace *joined(const struct kpc_reader *reader, uint32_t i)
{
	return reader->traces[reader->trace + i];
}

static int no_memory(struct kpc_reader *reader)
{
	return kpc_fail(reader->error, sizeof(reader->error), -ENOMEM,
			"out of memory");
}

/* ---- chunks -------------------------------------------------------------- */

/* An index knew the chunk, and now it turns out that it can't be read. */
static void count_damaged(struct kpc_reader *reader,
			  const struct kpc_chunk *chunk)
{
	reader->health.damaged_packets++;
	if (!chunk->is_unchecked)
		return;
	reader->health.packets--;
	reader->health.damaged_bytes += chunk->bytes;
}

/* … or that it is for a newer reader. */
static void count_unknown(struct kpc_reader *reader)
{
	reader->health.unknown_packets++;
	reader->health.missing_chunks++;
}

/* 1: @load is good; 0: it can't be read, and is counted; or a negative errno. */
static int check_load(struct kpc_reader *reader, const struct kpc_job *job,
		      const struct kpc_load *load)
{
	struct kpc_chunk *chunk = (struct kpc_chunk *)job->chunk;
	bool first = !chunk->was_counted;

	if (!load)
		return no_memory(reader);
	if (load->err && load->err != -EBADMSG && load->err != -EOPNOTSUPP)
		return kpc_fail(reader->error, sizeof(reader->error), load->err,
				"cannot read %s: %s", reader->name,
				strerror(-load->err));
	chunk->was_counted = true;
	if (load->err) {
		if (first && load->err == -EOPNOTSUPP)
			count_unknown(reader);
		else if (first)
			count_damaged(reader, chunk);
		return 0;
	}
	if (first) {
		reader->health.lost_in_chunks += load->rows.lost;
		reader->health.unparsed += load->rows.unparsed;
	}
	return 1;
}

static int count_memory(struct kpc_reader *reader, struct ring *ring)
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

static void drop_load(struct kpc_reader *reader, struct ring *ring)
{
	kpc_ahead_put(reader->ahead, ring->load);
	ring->load = NULL;
}

/* Loads the ring's next good chunk that has rows. 1; 0: there is none. */
static int load_chunk(struct kpc_reader *reader, struct ring *ring)
{
	int ret;

	do {
		uint32_t job;

		drop_load(reader, ring);
		if (ring->next == ring->end)
			return 0;
		job = reader->ring_jobs[ring->next++];
		ring->load = kpc_ahead_get(reader->ahead, job);
		ret = check_load(reader, kpc_ahead_job(reader->ahead, job),
				 ring->load);
		if (ret > 0) {
			int err = count_memory(reader, ring);

			if (err)
				return err;
		}
	} while (!ret || (ret > 0 && !ring->load->rows.nr));
	return ret;
}

/* ---- jobs ---------------------------------------------------------------- */

static uint64_t from_ns(const struct kpc_reader *reader)
{
	return reader->seek_ns > reader->choice.from_ns ?
		       reader->seek_ns :
		       reader->choice.from_ns;
}

/* What a time is sorted and selected by. No clock was before 1970. */
static uint64_t key_of(const struct kpc_reader *reader, struct kpc_trace *trace,
		       uint64_t time_ns)
{
	int64_t realtime;

	if (!reader->joined)
		return time_ns;
	realtime = kpc_clockmap_realtime(&trace->clocks, time_ns);
	return realtime < 0 ? 0 : realtime;
}

/* Where a clock was set back, a chunk's first and last time are no bounds. */
static bool is_wanted(const struct kpc_reader *reader, struct kpc_trace *trace,
		      const struct kpc_filter *filter,
		      const struct kpc_chunk *chunk)
{
	if (!kpc_filter_has_chunk(filter, &reader->choice, trace, chunk))
		return false;
	if (!kpc_filter_is_ordered(trace, chunk) ||
	    (reader->joined && trace->info.clock_steps))
		return true;
	return key_of(reader, trace, chunk->last_time_ns) >= from_ns(reader) &&
	       key_of(reader, trace, chunk->first_time_ns) <
		       reader->choice.to_ns;
}

/* A ring's next chunk is needed when the last row of the one before was given. */
static uint32_t list_jobs(const struct kpc_reader *reader,
			  struct kpc_trace *trace,
			  const struct kpc_filter *filter, uint32_t first_ring,
			  struct kpc_job *jobs)
{
	uint64_t need_ns = 0;
	uint32_t nr = 0;

	for (uint32_t c = 0; c < trace->nr_chunks; c++) {
		const struct kpc_chunk *chunk = &trace->chunks[c];
		uint64_t last_ns;

		if (!c || chunk[-1].ring != chunk->ring)
			need_ns = 0;
		if (!is_wanted(reader, trace, filter, chunk))
			continue;
		jobs[nr++] = (struct kpc_job){
			.trace = trace,
			.chunk = chunk,
			.need_ns = need_ns,
			.ring = first_ring + chunk->ring,
		};
		last_ns = key_of(reader, trace, chunk->last_time_ns);
		if (last_ns > need_ns)
			need_ns = last_ns;
	}
	return nr;
}

static int by_need(const void *left, const void *right)
{
	const struct kpc_job *a = left;
	const struct kpc_job *b = right;

	if (a->need_ns != b->need_ns)
		return a->need_ns < b->need_ns ? -1 : 1;
	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	return a->chunk < b->chunk ? -1 : a->chunk > b->chunk;
}

static int by_offset(const void *left, const void *right)
{
	const struct kpc_job *a = left;
	const struct kpc_job *b = right;

	return a->chunk->offset < b->chunk->offset ?
		       -1 :
		       a->chunk->offset > b->chunk->offset;
}

static unsigned int threads_of(const struct kpc_reader *reader)
{
	long cpus;

	if (reader->threads >= 0)
		return reader->threads;
	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return cpus > 1 ? cpus - 1 : 0;
}

static int make_jobs(struct kpc_reader *reader, enum kpc_rows_want want,
		     int (*compare)(const void *, const void *))
{
	uint64_t chunks = 0;
	uint32_t ring = 0, nr = 0;
	struct kpc_job *jobs;
	int err;

	for (uint32_t i = 0; i < reader->nr_joined; i++)
		chunks += joined(reader, i)->nr_chunks;
	if (chunks > UINT32_MAX)
		return no_memory(reader);
	jobs = calloc(chunks + 1, sizeof(*jobs));
	if (!jobs)
		return no_memory(reader);
	for (uint32_t i = 0; i < reader->nr_joined; i++) {
		struct kpc_trace *trace = joined(reader, i);

		nr += list_jobs(reader, trace, &reader->filters[i], ring,
				jobs + nr);
		ring += trace->info.nr_rings;
	}
	qsort(jobs, nr, sizeof(*jobs), compare);
	err = kpc_ahead_new(&reader->ahead, &reader->input,
			    reader->decompressor, jobs, nr, threads_of(reader),
			    want);
	return err ? no_memory(reader) : 0;
}

/* ---- the merge ----------------------------------------------------------- */

/* By time, then ring; a ring's own rows come in its order, whatever times. */
static bool is_before(const struct soonest *a, const struct soonest *b)
{
	return a->key != b->key ? a->key < b->key : a->ring < b->ring;
}

static void heap_sift(struct kpc_reader *reader, uint32_t at)
{
	struct soonest *heap = reader->heap;
	struct soonest moved = heap[at];

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

static bool has_row(const struct kpc_reader *reader, const struct ring *ring,
		    uint64_t key)
{
	const struct kpc_rows *rows = &ring->load->rows;
	const struct kpc_task *task;
	uint32_t tid = rows->tid[rows->next];
	uint32_t event = rows->tables[rows->table_of[rows->next]].event->id;

	if (key < from_ns(reader) || key >= reader->choice.to_ns ||
	    (ring->filter->events && !ring->filter->events[event]))
		return false;
	if (!reader->choice.nr_pids)
		return true;
	task = kpc_tasks_find(&ring->trace->tasks, tid,
			      rows->time_ns[rows->next]);
	return kpc_choice_has_pid(&reader->choice, task ? task->pid : tid);
}

/* Finds the ring's next selected row. 1 with its key, 0 at the end. */
static int ring_settle(struct kpc_reader *reader, struct ring *ring,
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
		*key = key_of(reader, ring->trace, rows->time_ns[rows->next]);
		if (has_row(reader, ring, *key))
			return 1;
		kpc_rows_skip(rows);
	}
}

/* The soonest ring went on: one row further, or to its end. */
static int heap_settle(struct kpc_reader *reader)
{
	struct soonest *top = &reader->heap[0];
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
		struct ring *ring = &reader->rings[i];

		ring->next = at;
		at += ring->end;
		ring->end = ring->next;
	}
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t ring = kpc_ahead_job(reader->ahead, i)->ring;

		reader->ring_jobs[reader->rings[ring].end++] = i;
	}
}

/* Of an event, and one: never none. */
static size_t most_fields(const struct kpc_reader *reader)
{
	uint32_t fields = 0;

	for (uint32_t t = 0; t < reader->nr_joined; t++) {
		const struct kpc_trace *trace = joined(reader, t);

		for (uint32_t i = 0; i < trace->nr_events; i++)
			if (trace->events[i].nr_fields > fields)
				fields = trace->events[i].nr_fields;
	}
	return fields + 1ull;
}

static int rings_init(struct kpc_reader *reader)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < reader->nr_joined; i++)
		nr += joined(reader, i)->info.nr_rings;
	reader->rings = calloc(nr + 1ull, sizeof(*reader->rings));
	reader->heap = calloc(nr + 1ull, sizeof(*reader->heap));
	reader->values = calloc(most_fields(reader), sizeof(*reader->values));
	reader->ring_jobs = calloc(kpc_ahead_nr(reader->ahead) + 1ull,
				   sizeof(*reader->ring_jobs));
	if (!reader->rings || !reader->heap || !reader->values ||
	    !reader->ring_jobs)
		return no_memory(reader);
	reader->nr_rings = nr;
	nr = 0;
	for (uint32_t t = 0; t < reader->nr_joined; t++)
		for (uint32_t i = 0; i < joined(reader, t)->info.nr_rings; i++)
			reader->rings[nr++] = (struct ring){
				.trace = joined(reader, t),
				.filter = &reader->filters[t],
				.number = i,
			};
	share_jobs(reader);
	return 0;
}

static int start_rows(struct kpc_reader *reader)
{
	int ret = make_jobs(reader, KPC_ROWS_ALL, by_need);

	if (!ret)
		ret = rings_init(reader);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < reader->nr_rings; i++) {
		struct soonest *end = &reader->heap[reader->nr_heap];

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
	reader->reading = READING_ROWS;
	return 0;
}

static void fill_row(struct kpc_reader *reader, struct ring *ring,
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
}

/* Only one way of reading at a time. 0, or the failure that ended it. */
static int check_reading(struct kpc_reader *reader, enum reading reading)
{
	if (reader->failed)
		return reader->failed;
	if (reader->reading == READING_NOT || reader->reading == reading)
		return 0;
	return kpc_fail(reader->error, sizeof(reader->error), -EINVAL,
			"rows and tables can't be read in turn");
}

int kpc_reader_next(struct kpc_reader *reader, struct kpc_row *row)
{
	int err = check_reading(reader, READING_ROWS);

	if (err)
		return err;
	/* The row given last stays valid until here. */
	if (reader->reading == READING_NOT)
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

/* ---- tables -------------------------------------------------------------- */

static int start_tables(struct kpc_reader *reader, unsigned int what)
{
	if (reader->joined)
		return kpc_fail(
			reader->error, sizeof(reader->error), -EINVAL,
			"of joined traces there are rows only, no tables");
	if (from_ns(reader) || reader->choice.to_ns != UINT64_MAX ||
	    reader->choice.nr_pids)
		return kpc_fail(
			reader->error, sizeof(reader->error), -EINVAL,
			"of selected times and processes there are rows only, no tables");
	reader->columns = calloc(most_fields(reader), sizeof(*reader->columns));
	if (!reader->columns)
		return no_memory(reader);
	reader->reading = READING_TABLES;
	return make_jobs(reader,
			 what & KPC_TABLE_TIMES ? KPC_ROWS_ALL :
			 what & KPC_TABLE_SUMS	? KPC_ROWS_SUMS :
						  KPC_ROWS_NUMBERS,
			 by_offset);
}

/* The next chunk that can be read. 1; 0 at the end. */
static int next_load(struct kpc_reader *reader, bool times)
{
	int ret = 0;

	while (!ret) {
		kpc_ahead_put(reader->ahead, reader->load);
		reader->load = NULL;
		if (reader->job == kpc_ahead_nr(reader->ahead))
			return 0;
		reader->load = kpc_ahead_get(reader->ahead, reader->job);
		ret = check_load(reader,
				 kpc_ahead_job(reader->ahead, reader->job++),
				 reader->load);
	}
	reader->table = 0;
	if (ret > 0 && (times || reader->load->rows.has_tids) &&
	    kpc_rows_split(&reader->load->rows))
		return no_memory(reader);
	return ret;
}

static struct kpc_table_column table_column(const struct kpc_rows_table *from,
					    uint32_t field)
{
	const struct kpc_rows_column *column = &from->fields[field];
	struct kpc_table_column out = {
		.v = column->tid ? from->tids : column->v,
		.constant = column->constant,
		.by_row = column->tid,
		.times = column->times,
		.nr = column->nr,
	};

	/* All rows are the same record. */
	if (out.v && !out.by_row && from->has_row && !from->row.v) {
		out.constant = out.v[from->row.constant];
		out.v = NULL;
	}
	return out;
}

static void fill_table(struct kpc_reader *reader,
		       const struct kpc_rows_table *from, bool times,
		       struct kpc_table *table)
{
	*table = (struct kpc_table){
		.event = from->event,
		.rows = from->rows,
		.records = from->records,
		.record = from->has_row ? from->row.v : NULL,
		.columns = from->has_payload ? NULL : reader->columns,
		.time_ns = times ? from->time_ns : NULL,
	};
	for (uint32_t f = 0; table->columns && f < from->event->nr_fields; f++)
		reader->columns[f] = table_column(from, f);
}

static int next_table(struct kpc_reader *reader, bool times,
		      struct kpc_table *table)
{
	int ret = 1;

	for (;;) {
		struct kpc_rows *rows = reader->load ? &reader->load->rows :
						       NULL;
		struct kpc_rows_table *from;

		if (!rows || reader->table == rows->nr_tables) {
			ret = next_load(reader, times);
			if (ret <= 0)
				return ret;
			continue;
		}
		from = &rows->tables[reader->table++];
		if (reader->filters->events &&
		    !reader->filters->events[from->event->id])
			continue;
		fill_table(reader, from, times, table);
		reader->health.rows += table->rows;
		return 1;
	}
}

int kpc_reader_next_table(struct kpc_reader *reader, unsigned int what,
			  struct kpc_table *table)
{
	int ret = check_reading(reader, READING_TABLES);

	if (ret)
		return ret;
	if (reader->reading == READING_NOT)
		ret = start_tables(reader, what);
	if (!ret)
		ret = next_table(reader, what & KPC_TABLE_TIMES, table);
	if (ret < 0)
		reader->failed = ret;
	return ret;
}

/* ---- traces -------------------------------------------------------------- */

static void trace_uninit(struct kpc_reader *reader)
{
	for (uint32_t i = 0; i < reader->nr_rings; i++)
		drop_load(reader, &reader->rings[i]);
	if (reader->load)
		kpc_ahead_put(reader->ahead, reader->load);
	kpc_ahead_free(reader->ahead);
	for (uint32_t i = 0; reader->filters && i < reader->nr_filters; i++)
		kpc_filter_uninit(&reader->filters[i]);
	free(reader->filters);
	free(reader->rings);
	free(reader->ring_jobs);
	free(reader->heap);
	free(reader->values);
	free(reader->columns);
	reader->filters = NULL;
	reader->ahead = NULL;
	reader->load = NULL;
	reader->rings = NULL;
	reader->ring_jobs = NULL;
	reader->heap = NULL;
	reader->values = NULL;
	reader->columns = NULL;
	reader->nr_rings = 0;
	reader->nr_heap = 0;
	reader->memory = 0;
	reader->job = 0;
	reader->table = 0;
	reader->reading = READING_NOT;
}

/* Prepares the reading of the current trace, from its beginning. */
static int trace_init(struct kpc_reader *reader)
{
	int err = 0;

	trace_uninit(reader);
	reader->filters = calloc(reader->nr_joined, sizeof(*reader->filters));
	reader->nr_filters = reader->nr_joined;
	if (!reader->filters)
		err = -ENOMEM;
	for (uint32_t i = 0; !err && i < reader->nr_joined; i++)
		err = kpc_filter_init(&reader->filters[i], &reader->choice,
				      joined(reader, i));
	reader->failed = err ? no_memory(reader) : 0;
	return reader->failed;
}

/* From its beginning, and alone. 0 or a negative errno. */
static int go_to_trace(struct kpc_reader *reader, uint32_t trace)
{
	reader->trace = trace;
	reader->nr_joined = 1;
	reader->joined = false;
	reader->seek_ns = 0;
	return trace_init(reader);
}

int kpc_reader_next_trace(struct kpc_reader *reader)
{
	uint32_t next = reader->trace + reader->nr_joined;
	int err;

	if (next >= reader->nr_traces)
		return 0;
	err = go_to_trace(reader, next);
	return err ? err : 1;
}

int kpc_reader_rewind(struct kpc_reader *reader)
{
	return go_to_trace(reader, 0);
}

int kpc_reader_select(struct kpc_reader *reader,
		      const struct kpc_selection *selection)
{
	struct kpc_choice choice;
	int err = kpc_choice_copy(&choice, selection);

	if (err)
		return kpc_fail(reader->error, sizeof(reader->error), err, "%s",
				err == -EINVAL ? "a selection of another size" :
						 "out of memory");
	kpc_choice_uninit(&reader->choice);
	reader->choice = choice;
	reader->seek_ns = 0;
	return trace_init(reader);
}

int kpc_reader_seek(struct kpc_reader *reader, uint64_t time_ns)
{
	reader->seek_ns = time_ns;
	return trace_init(reader);
}

/* The traces of a merge follow each other, in the order of their positions. */
int kpc_reader_join(struct kpc_reader *reader)
{
	const struct kpc_trace *first = current(reader);
	uint32_t nr = 1;
	int err;

	if (!first->info.merged)
		return 0;
	while (reader->trace + nr < reader->nr_traces &&
	       joined(reader, nr)->info.merged &&
	       !memcmp(joined(reader, nr)->merge, first->merge,
		       sizeof(first->merge)))
		nr++;
	reader->nr_joined = nr;
	reader->joined = true;
	reader->seek_ns = 0;
	err = trace_init(reader);
	return err ? err : (int)nr;
}

void kpc_reader_set_threads(struct kpc_reader *reader, int threads)
{
	reader->threads = threads;
}

/* ---- open and close ------------------------------------------------------ */

static int reader_scan(struct kpc_reader *reader, char *error,
		       size_t error_size)
{
	struct kpc_scan scan = {
		.input = &reader->input,
		.decompressor = reader->decompressor,
		.health = &reader->health,
		.by_index = true,
	};
	int err = kpc_scan_run(&scan);

	reader->traces = scan.traces;
	reader->nr_traces = scan.nr_traces;
	reader->health.size = sizeof(reader->health);
	reader->health.file_bytes = reader->input.size;
	if (err)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				reader->name, strerror(-err));
	return reader->nr_traces ?
		       0 :
		       kpc_scan_no_trace(&reader->input, &reader->health,
					 reader->name, error, error_size);
}

int kpc_reader_open(struct kpc_reader **out, const char *path, char *error,
		    size_t error_size)
{
	struct kpc_reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	reader->threads = -1;
	reader->nr_joined = 1;
	reader->choice.to_ns = UINT64_MAX;
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
	kpc_choice_uninit(&reader->choice);
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
