// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ahead.h"
#include "fail.h"
#include "head.h"
#include "index.h"
#include "survey.h"

/* ---- what the scan sees -------------------------------------------------- */

static int see_packet(void *ctx, const struct kpc_trace *trace, uint32_t kind,
		      uint64_t offset, size_t bytes)
{
	struct kpc_survey *s = ctx;
	uint64_t room = s->room ? s->room * 2 : 256;
	struct kpc_place *places;

	if (s->nr_places == s->room) {
		places = realloc(s->places, room * sizeof(*places));
		if (!places)
			return -ENOMEM;
		s->places = places;
		s->room = room;
	}
	s->places[s->nr_places++] = (struct kpc_place){
		.offset = offset,
		.bytes = bytes,
		.kind = kind,
		.trace = trace,
		/* until it was decoded */
		.is_bad = kind == KPROBEX__HEAD__KIND_CHUNK,
	};
	return 0;
}

static void see_damage(void *ctx, uint64_t offset, uint64_t bytes)
{
	struct kpc_survey *s = ctx;
	uint32_t nr = s->result.nr_places;

	if (nr == KPC_VERIFY_PLACES)
		return;
	s->result.places[nr].offset = offset;
	s->result.places[nr].bytes = bytes;
	s->result.nr_places++;
}

static const struct kpc_scan_observer observer = {
	.packet = see_packet,
	.damage = see_damage,
};

static int compare_traces(const void *left, const void *right)
{
	uintptr_t a = *(const uintptr_t *)left, b = *(const uintptr_t *)right;

	return a < b ? -1 : a > b;
}

/* Packets of traces that turned out to be none were damaged ones. */
static int drop_strays(struct kpc_survey *s)
{
	size_t size = sizeof(*s->traces);
	struct kpc_trace **sorted = malloc((s->nr_traces + 1) * size);
	const struct kpc_trace *known = NULL;
	uint64_t kept = 0;

	if (!sorted)
		return -ENOMEM;
	if (s->nr_traces)
		memcpy(sorted, s->traces, s->nr_traces * size);
	qsort(sorted, s->nr_traces, size, compare_traces);
	for (uint64_t i = 0; i < s->nr_places; i++) {
		const struct kpc_place *place = &s->places[i];

		if (place->trace != known &&
		    !bsearch(&place->trace, sorted, s->nr_traces, size,
			     compare_traces)) {
			see_damage(s, place->offset, place->bytes);
			continue;
		}
		known = place->trace;
		s->places[kept++] = *place;
	}
	s->nr_places = kept;
	free(sorted);
	return 0;
}

/* ---- the chunks ---------------------------------------------------------- */

/* The first place that isn't before @offset. */
static uint64_t find_place(const struct kpc_survey *s, uint64_t offset)
{
	uint64_t low = 0;

	for (uint64_t n = s->nr_places; n;) {
		uint64_t half = n / 2;

		if (s->places[low + half].offset < offset) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

static struct kpc_place *place_at(struct kpc_survey *s, uint64_t offset)
{
	uint64_t i = find_place(s, offset);

	return i < s->nr_places && s->places[i].offset == offset ?
		       &s->places[i] :
		       NULL;
}

void kpc_survey_range(const struct kpc_survey *s, const struct kpc_trace *trace,
		      uint64_t *from, uint64_t *to)
{
	*from = find_place(s, trace->start_offset);
	*to = find_place(s, trace->last_offset + 1);
}

static void count_rows(const struct kpc_load *load, uint64_t *rows)
{
	for (uint32_t t = 0; t < load->rows.nr_tables; t++)
		rows[load->rows.tables[t].event->id] +=
			load->rows.tables[t].rows;
}

/* What the head says of the events must be what the tables have. */
static bool set_is_right(const struct kpc_trace *trace,
			 const struct kpc_chunk *chunk,
			 const struct kpc_load *load)
{
	const struct kpc_event_rows *set = trace->sets + chunk->set;
	const struct kpc_rows *rows = &load->rows;

	if (!chunk->nr_set)
		return true;
	if (chunk->nr_set != rows->nr_tables)
		return false;
	for (uint32_t t = 0; t < rows->nr_tables; t++)
		if (set[t].event != rows->tables[t].event->id ||
		    set[t].rows != rows->tables[t].rows)
			return false;
	return true;
}

static bool times_are_right(const struct kpc_chunk *chunk,
			    const struct kpc_rows *rows)
{
	return !rows->nr ||
	       (rows->time_ns[0] == chunk->first_time_ns &&
		rows->time_ns[rows->nr - 1] == chunk->last_time_ns);
}

static struct kpc_job *list_jobs(const struct kpc_trace *trace)
{
	struct kpc_job *jobs = calloc(trace->nr_chunks + 1ull, sizeof(*jobs));

	for (uint32_t i = 0; jobs && i < trace->nr_chunks; i++)
		jobs[i] = (struct kpc_job){ .trace = trace,
					    .chunk = &trace->chunks[i] };
	return jobs;
}

static unsigned int nr_threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 1 ? cpus - 1 : 0;
}

static int check_chunk(struct kpc_survey *s, const struct kpc_trace *trace,
		       const struct kpc_chunk *chunk,
		       const struct kpc_load *load, uint64_t *rows)
{
	struct kpc_place *place = place_at(s, chunk->offset);

	if (!load)
		return -ENOMEM;
	s->result.chunks++;
	if (place)
		place->chunk = chunk;
	if (!load->err) {
		s->result.rows += load->rows.nr;
		s->result.lost += load->rows.lost;
		count_rows(load, rows);
		if (!set_is_right(trace, chunk, load) ||
		    !times_are_right(chunk, &load->rows) ||
		    chunk->lost != load->rows.lost)
			s->result.index_errors++;
		if (place)
			place->is_bad = false;
		return 0;
	}
	if (load->err != -EBADMSG)
		return load->err;
	s->result.bad_chunks++;
	see_damage(s, chunk->offset, chunk->bytes);
	return 0;
}

static int check_chunks(struct kpc_survey *s, const struct kpc_trace *trace,
			uint64_t *rows)
{
	struct kpc_job *jobs = list_jobs(trace);
	struct kpc_ahead *ahead;
	int err;

	if (!jobs)
		return -ENOMEM;
	err = kpc_ahead_new(&ahead, &s->input, s->decompressor, jobs,
			    trace->nr_chunks, nr_threads(), KPC_ROWS_ALL);
	if (err)
		return err;
	for (uint32_t i = 0; !err && i < trace->nr_chunks; i++) {
		struct kpc_load *load = kpc_ahead_get(ahead, i);

		err = check_chunk(s, trace, &trace->chunks[i], load, rows);
		kpc_ahead_put(ahead, load);
		s->done_bytes += trace->chunks[i].bytes;
		s->headway->so_far.rows = s->result.rows;
		kpc_headway_tell(s->headway, s->done_bytes);
	}
	kpc_ahead_free(ahead);
	return err;
}

/* ---- index, footer, ledger ----------------------------------------------- */

/*
 * The events that an entry lists decide whether its chunk is read: they must be
 * the chunk's, or none that a reader would heed.
 */
static bool is_set(const struct kpc_trace *trace, const struct kpc_chunk *chunk,
		   const struct kpc_event_set *set)
{
	const struct kpc_event_rows *of = trace->sets + chunk->set;
	uint64_t rows = 0;

	for (uint32_t i = 0; i < set->nr; i++) {
		rows += set->rows[i];
		if (i < chunk->nr_set && (set->event[i] != of[i].event ||
					  set->rows[i] != of[i].rows))
			return false;
	}
	if (chunk->nr_set || !set->nr)
		return chunk->nr_set == set->nr;
	return rows != chunk->events || trace->nr_sets + set->nr > KPC_SETS_MAX;
}

/* Whoever reads by the index takes the chunk for what it says. */
static bool is_entry_of(const struct kpc_place *place,
			const struct kpc_index_entry *entry,
			const struct kpc_event_set *set)
{
	const struct kpc_chunk *chunk = place->chunk;

	return chunk && (!entry->bytes || place->bytes == entry->bytes) &&
	       entry->ring == chunk->ring &&
	       entry->sequence == chunk->sequence &&
	       entry->events == chunk->events &&
	       entry->first_time_ns == chunk->first_time_ns &&
	       entry->last_time_ns == chunk->last_time_ns &&
	       is_set(place->trace, chunk, set);
}

/* Chunks that an Index lists as they are, once; others are its errors. */
static uint64_t check_entries(struct kpc_survey *s,
			      const struct kpc_trace *trace,
			      struct kpc_wire body)
{
	struct kpc_event_set set = { 0 };
	struct kpc_index_entry entry;
	uint64_t right = 0;
	int ret;

	while ((ret = kpc_index_next(&body, &entry, &set)) > 0) {
		struct kpc_place *place =
			place_at(s, trace->start_offset + entry.offset);

		if (place && place->trace == trace && !place->is_listed &&
		    is_entry_of(place, &entry, &set))
			right++;
		else
			s->result.index_errors++;
		if (place)
			place->is_listed = true;
	}
	s->result.index_errors += ret < 0;
	kpc_event_set_uninit(&set);
	return right;
}

/* @last: where the last Index packet is, as a Footer says it. */
static int check_index(struct kpc_survey *s, const struct kpc_trace *trace,
		       uint64_t *last)
{
	struct kpc_buf body = { 0 };
	uint64_t right = 0, wrong = s->result.index_errors;
	uint64_t i, to;
	int err = 0;

	*last = 0;
	kpc_survey_range(s, trace, &i, &to);
	for (; !err && i < to; i++) {
		const struct kpc_place *place = &s->places[i];
		struct kpc_packet packet;
		Kprobex__Head *head;

		if (place->trace != trace ||
		    place->kind != KPROBEX__HEAD__KIND_INDEX)
			continue;
		err = kpc_survey_packet(s, place, &packet);
		head = err ? NULL : kpc_head_unpack(packet.head);
		if (!head)
			break;
		err = kpc_scan_body(s->decompressor, head, &packet, &body);
		s->result.index_errors += head->index->previous_offset != *last;
		*last = place->offset - trace->start_offset;
		kpc_head_free(head);
		if (!err)
			right += check_entries(
				s, trace,
				(struct kpc_wire){ body.data,
						   body.data + body.used });
		else if (err == -EBADMSG)
			s->result.index_errors++;
		err = err == -EBADMSG ? 0 : err;
	}
	/* One that lists fewer than there are; without a footer there's none. */
	wrong = s->result.index_errors - wrong;
	if (!err && trace->has_footer && trace->footer.index_offset &&
	    right + wrong < trace->nr_chunks)
		s->result.index_errors += trace->nr_chunks - right - wrong;
	kpc_buf_uninit(&body);
	return err;
}

static void check_footer(struct kpc_survey *s, const struct kpc_trace *trace,
			 uint64_t last_index)
{
	uint64_t rows = 0;

	if (!trace->has_footer)
		return;
	for (uint32_t i = 0; i < trace->nr_chunks; i++)
		rows += trace->chunks[i].events;
	if (trace->footer.events != rows ||
	    (trace->footer.index_offset &&
	     trace->footer.index_offset != last_index) ||
	    trace->footer.total_bytes !=
		    trace->end_offset - trace->start_offset)
		s->result.footer_errors++;
}

/* What a final account says was delivered, and what is there. */
static void check_ledger(struct kpc_survey *s, const struct kpc_trace *trace,
			 const uint64_t *rows)
{
	if (!trace->has_ledger || !trace->ledger.final)
		return;
	s->result.ledgers++;
	for (uint32_t i = 0; i < trace->ledger.nr_events; i++) {
		uint64_t delivered = trace->ledger.events[i].delivered;

		if (i < trace->nr_events && delivered != rows[i]) {
			s->result.ledger_errors++;
			if (delivered > rows[i])
				s->result.missing_rows += delivered - rows[i];
		}
	}
}

static int check_trace(struct kpc_survey *s, const struct kpc_trace *trace)
{
	uint64_t *rows = calloc(trace->nr_events + 1ull, sizeof(*rows));
	uint64_t last_index;
	int err;

	if (!rows)
		return -ENOMEM;
	err = check_chunks(s, trace, rows);
	if (!err)
		err = check_index(s, trace, &last_index);
	if (!err) {
		check_footer(s, trace, last_index);
		check_ledger(s, trace, rows);
	}
	free(rows);
	return err;
}

static void judge(struct kpc_verify_result *r)
{
	if (r->health.damaged_packets || r->bad_chunks ||
	    r->health.missing_chunks || r->health.unknown_packets ||
	    r->index_errors || r->footer_errors || r->ledger_errors)
		r->verdict = KPC_DAMAGED;
	else if (r->health.cut || r->health.damaged_bytes)
		r->verdict = KPC_CUT;
	else
		r->verdict = KPC_WHOLE;
}

/* ---- the whole ----------------------------------------------------------- */

int kpc_survey_packet(struct kpc_survey *s, const struct kpc_place *place,
		      struct kpc_packet *packet)
{
	uint8_t *data;
	size_t need;
	ssize_t n;

	kpc_buf_reset(&s->packet);
	data = kpc_buf_reserve(&s->packet, place->bytes);
	if (!data)
		return -ENOMEM;
	n = kpc_input_pread(&s->input, place->offset, place->bytes, data);
	if (n < 0)
		return n;
	s->packet.used = n;
	/* It was good in the scan; but somebody may write to the file. */
	return n == place->bytes && !kpc_packet_parse(packet, data, n, &need) ?
		       0 :
		       -EIO;
}

static int survey_scan(struct kpc_survey *s)
{
	struct kpc_scan scan = {
		.input = &s->input,
		.decompressor = s->decompressor,
		.health = &s->result.health,
		.observer = &observer,
		.observer_ctx = s,
		.headway = s->headway,
	};
	int err = kpc_scan_run(&scan);

	s->traces = scan.traces;
	s->nr_traces = scan.nr_traces;
	s->result.health.size = sizeof(s->result.health);
	s->result.health.file_bytes = s->input.size;
	return err ? err : drop_strays(s);
}

static int check_traces(struct kpc_survey *s)
{
	uint64_t bytes = 0;
	int err = 0;

	for (uint32_t i = 0; i < s->nr_traces; i++)
		for (uint32_t c = 0; c < s->traces[i]->nr_chunks; c++)
			bytes += s->traces[i]->chunks[c].bytes;
	kpc_headway_stage(s->headway, KPC_STAGE_DECODE, bytes);
	for (uint32_t i = 0; !err && i < s->nr_traces; i++)
		err = check_trace(s, s->traces[i]);
	return err;
}

static int survey(struct kpc_survey *s, char *error, size_t error_size)
{
	int err = kpc_decompressor_new(&s->decompressor);

	if (!err)
		err = survey_scan(s);
	if (!err && !s->nr_traces)
		return kpc_scan_no_trace(&s->input, &s->result.health, s->name,
					 error, error_size);
	if (!err)
		err = check_traces(s);
	if (err)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				s->name, strerror(-err));
	s->result.traces = s->nr_traces;
	judge(&s->result);
	return 0;
}

int kpc_survey_run(struct kpc_survey *s, const char *path,
		   struct kpc_headway *headway, char *error, size_t error_size)
{
	int err;

	*s = (struct kpc_survey){
		.name = strcmp(path, "-") ? path : "standard input",
		.headway = headway,
		.result.size = sizeof(s->result),
	};
	err = kpc_input_open(&s->input, path, headway, error, error_size);
	return err ? err : survey(s, error, error_size);
}

void kpc_survey_uninit(struct kpc_survey *s)
{
	for (uint32_t i = 0; i < s->nr_traces; i++)
		kpc_trace_free(s->traces[i]);
	free(s->traces);
	free(s->places);
	kpc_buf_uninit(&s->packet);
	kpc_decompressor_free(s->decompressor);
	kpc_input_close(&s->input);
}

int kpc_verify(const char *path, const struct kpc_file_opts *opts,
	       struct kpc_verify_result *result, char *error, size_t error_size)
{
	struct kpc_headway headway;
	struct kpc_survey s;
	int err;

	if (result->size != sizeof(*result))
		return kpc_fail(error, error_size, -EINVAL,
				"a result of another size");
	err = kpc_headway_init(&headway, opts, 1, error, error_size);
	if (err)
		return err;
	err = kpc_survey_run(&s, path, &headway, error, error_size);
	if (!err)
		*result = s.result;
	kpc_survey_uninit(&s);
	return err;
}
