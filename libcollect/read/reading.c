// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "reading.h"

int kpc_reading_no_memory(struct kpc_reader *reader)
{
	return kpc_fail(reader->error, sizeof(reader->error), -ENOMEM,
			"out of memory");
}

int kpc_reading_check(struct kpc_reader *reader, enum kpc_reading reading)
{
	if (reader->failed)
		return reader->failed;
	if (reader->reading == KPC_READING_NOT || reader->reading == reading)
		return 0;
	return kpc_fail(reader->error, sizeof(reader->error), -EINVAL,
			"rows and tables can't be read in turn");
}

size_t kpc_reading_most_fields(const struct kpc_reader *reader)
{
	uint32_t fields = 0;

	for (uint32_t t = 0; t < reader->nr_joined; t++) {
		const struct kpc_trace *trace = kpc_reading_joined(reader, t);

		for (uint32_t i = 0; i < trace->nr_events; i++)
			if (trace->events[i].nr_fields > fields)
				fields = trace->events[i].nr_fields;
	}
	return fields + 1ull;
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

static void tell_headway(struct kpc_reader *reader)
{
	reader->headway.so_far.rows = reader->health.rows;
	reader->headway.so_far.bytes = reader->input.size; /* it may grow */
	kpc_headway_tell(&reader->headway, kpc_reader_position(reader));
}

int kpc_reading_check_load(struct kpc_reader *reader, const struct kpc_job *job,
			   const struct kpc_load *load)
{
	struct kpc_chunk *chunk = (struct kpc_chunk *)job->chunk;
	bool first = !chunk->was_counted;

	reader->read_bytes += chunk->bytes;
	tell_headway(reader);
	if (!load)
		return kpc_reading_no_memory(reader);
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

/* ---- jobs ---------------------------------------------------------------- */

/* Where a clock was set back, a chunk's first and last time are no bounds. */
static bool is_wanted(const struct kpc_reader *reader, struct kpc_trace *trace,
		      const struct kpc_filter *filter,
		      const struct kpc_chunk *chunk)
{
	uint64_t first_key = 0, last_key = UINT64_MAX;

	if (kpc_filter_is_ordered(trace, chunk) &&
	    !(reader->joined && trace->info.clock_steps)) {
		first_key =
			kpc_reading_key(reader, trace, chunk->first_time_ns);
		last_key = kpc_reading_key(reader, trace, chunk->last_time_ns);
	}
	return last_key >= kpc_reading_from_ns(reader) &&
	       first_key < reader->choice.to_ns &&
	       kpc_reading_is_due(reader, trace, chunk, first_key, last_key) &&
	       kpc_filter_has_chunk(filter, &reader->choice, trace, chunk,
				    first_key, last_key);
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
		last_ns = kpc_reading_key(reader, trace, chunk->last_time_ns);
		if (last_ns > need_ns)
			need_ns = last_ns;
	}
	return nr;
}

int kpc_reading_by_need(const void *left, const void *right)
{
	const struct kpc_job *a = left;
	const struct kpc_job *b = right;

	if (a->need_ns != b->need_ns)
		return a->need_ns < b->need_ns ? -1 : 1;
	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	return a->chunk < b->chunk ? -1 : a->chunk > b->chunk;
}

int kpc_reading_by_offset(const void *left, const void *right)
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

int kpc_reading_make_jobs(struct kpc_reader *reader, enum kpc_rows_want want,
			  int (*compare)(const void *, const void *))
{
	uint64_t chunks = 0;
	uint32_t ring = 0, nr = 0;
	struct kpc_job *jobs;
	int err;

	for (uint32_t i = 0; i < reader->nr_joined; i++)
		chunks += kpc_reading_joined(reader, i)->nr_chunks;
	if (chunks > UINT32_MAX)
		return kpc_reading_no_memory(reader);
	jobs = calloc(chunks + 1, sizeof(*jobs));
	if (!jobs)
		return kpc_reading_no_memory(reader);
	for (uint32_t i = 0; i < reader->nr_joined; i++) {
		struct kpc_trace *trace = kpc_reading_joined(reader, i);

		nr += list_jobs(reader, trace, &reader->filters[i], ring,
				jobs + nr);
		ring += trace->info.nr_rings;
	}
	for (uint32_t i = 0; i < nr; i++)
		reader->job_bytes += jobs[i].chunk->bytes;
	qsort(jobs, nr, sizeof(*jobs), compare);
	err = kpc_ahead_new(&reader->ahead, &reader->input,
			    reader->decompressor, jobs, nr, threads_of(reader),
			    want);
	return err ? kpc_reading_no_memory(reader) : 0;
}
