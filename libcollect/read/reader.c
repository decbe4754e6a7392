// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "reading.h"
#include "scan.h"

/* ---- traces -------------------------------------------------------------- */

static void trace_uninit(struct kpc_reader *reader)
{
	kpc_roworder_uninit(reader);
	kpc_readtables_uninit(reader);
	kpc_ahead_free(reader->ahead);
	for (uint32_t i = 0; reader->filters && i < reader->nr_filters; i++)
		kpc_filter_uninit(&reader->filters[i]);
	free(reader->filters);
	reader->filters = NULL;
	reader->ahead = NULL;
	reader->reading = KPC_READING_NOT;
	reader->job_bytes = 0;
	reader->read_bytes = 0;
}

/* Prepares the reading of the current trace, from its beginning. */
static int trace_init(struct kpc_reader *reader)
{
	struct kpc_trace *first = kpc_reading_trace(reader);
	uint64_t start_ns =
		kpc_reading_key(reader, first, first->info.start_ns);
	int err = 0;

	trace_uninit(reader);
	reader->filters = calloc(reader->nr_joined, sizeof(*reader->filters));
	reader->nr_filters = reader->nr_joined;
	if (!reader->filters)
		err = -ENOMEM;
	for (uint32_t i = 0; !err && i < reader->nr_joined; i++)
		err = kpc_filter_init(&reader->filters[i], &reader->choice,
				      reader->expr, start_ns,
				      kpc_reading_joined(reader, i));
	reader->failed = err ? kpc_reading_no_memory(reader) : 0;
	return reader->failed;
}

/* From its beginning, and alone. 0 or a negative errno. */
static int go_to_trace(struct kpc_reader *reader, uint32_t trace)
{
	reader->trace = trace;
	reader->nr_joined = 1;
	reader->joined = false;
	reader->following = false;
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

int kpc_reader_filter(struct kpc_reader *reader, const char *text)
{
	struct kpc_expr *expr = NULL;
	int err = 0;

	if (text)
		err = kpc_expr_new(&expr, "filter", text, 0, reader->error,
				   sizeof(reader->error));
	if (expr)
		err = kpc_rowfilter_check(expr, reader->traces,
					  reader->nr_traces, reader->error,
					  sizeof(reader->error));
	if (err) {
		kpc_expr_free(expr);
		return err;
	}
	trace_uninit(reader);
	kpc_expr_free(reader->expr);
	reader->expr = expr;
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
	const struct kpc_trace *first = kpc_reading_trace(reader);
	uint32_t nr = 1;
	int err;

	if (!first->info.merged)
		return 0;
	while (reader->trace + nr < reader->nr_traces &&
	       kpc_reading_joined(reader, nr)->info.merged &&
	       !memcmp(kpc_reading_joined(reader, nr)->merge, first->merge,
		       sizeof(first->merge)))
		nr++;
	reader->nr_joined = nr;
	reader->joined = true;
	reader->seek_ns = 0;
	err = trace_init(reader);
	return err ? err : (int)nr;
}

/* ---- files that grow ----------------------------------------------------- */

static int look_again(struct kpc_reader *reader)
{
	struct kpc_scan scan = {
		.input = &reader->input,
		.decompressor = reader->decompressor,
		.health = &reader->health,
		.traces = reader->traces,
		.nr_traces = reader->nr_traces,
		.room = reader->nr_traces,
		.current = reader->traces[reader->nr_traces - 1],
	};
	int err = kpc_input_refresh(&reader->input);

	if (!err)
		err = kpc_scan_resume(&scan);
	reader->traces = scan.traces;
	reader->nr_traces = scan.nr_traces;
	reader->health.file_bytes = reader->input.size;
	if (err)
		kpc_fail(reader->error, sizeof(reader->error), err,
			 "cannot read %s: %s", reader->name, strerror(-err));
	return err;
}

/* Rows before the bound were given, and all of those chunks that had one. */
static void take_as_given(struct kpc_reader *reader)
{
	struct kpc_trace *trace = kpc_reading_trace(reader);

	reader->given_ns = reader->until_ns;
	for (uint32_t i = 0; i < trace->nr_chunks; i++)
		trace->chunks[i].is_new = false;
}

/* Never back, and to the end of all times only when nothing more comes. */
static void set_bound(struct kpc_reader *reader, bool ended, uint64_t hold_ns)
{
	uint64_t end_ns = kpc_reading_trace(reader)->info.end_ns;
	uint64_t bound = ended		  ? UINT64_MAX :
			 !hold_ns	  ? end_ns + (end_ns < UINT64_MAX) :
			 end_ns > hold_ns ? end_ns - hold_ns :
					    0;

	if (reader->until_ns < bound)
		reader->until_ns = bound;
}

int kpc_reader_follow(struct kpc_reader *reader, uint64_t hold_ns)
{
	struct kpc_trace *trace;
	bool ended;
	int err;

	/* Threads and filters go before what they look at moves. */
	trace_uninit(reader);
	if (reader->following) {
		take_as_given(reader);
	} else {
		reader->trace = reader->nr_traces - 1;
		reader->nr_joined = 1;
		reader->joined = false;
		reader->following = true;
		reader->given_ns = 0;
		reader->until_ns = 0;
		/* What was cut at the end may become whole. */
		reader->health.damaged_bytes -=
			reader->health.file_bytes - reader->health.cut_at;
	}
	err = look_again(reader);
	if (err) {
		reader->failed = err;
		return err;
	}
	trace = kpc_reading_trace(reader);
	ended = trace->has_footer || reader->trace + 1 < reader->nr_traces;
	set_bound(reader, ended, hold_ns);
	err = trace_init(reader);
	return err ? err : !ended;
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
		.headway = &reader->headway,
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
	return kpc_reader_open_opts(out, path, NULL, error, error_size);
}

int kpc_reader_open_opts(struct kpc_reader **out, const char *path,
			 const struct kpc_file_opts *opts, char *error,
			 size_t error_size)
{
	struct kpc_reader *reader = calloc(1, sizeof(*reader));
	int err;

	if (!reader)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	reader->input.fd = -1;
	err = kpc_headway_init(&reader->headway, opts, 1, error, error_size);
	if (err)
		goto err_close;
	reader->threads = -1;
	reader->nr_joined = 1;
	reader->choice.to_ns = UINT64_MAX;
	reader->name = strdup(strcmp(path, "-") ? path : "standard input");
	err = kpc_input_open(&reader->input, path, &reader->headway, error,
			     error_size);
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
	kpc_headway_stage(&reader->headway, KPC_STAGE_DECODE,
			  reader->input.size);
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
	kpc_expr_free(reader->expr);
	kpc_decompressor_free(reader->decompressor);
	kpc_input_close(&reader->input);
	free(reader->name);
	free(reader);
}

/* ---- what it knows ------------------------------------------------------- */

const struct kpc_trace *kpc_reader_trace(const struct kpc_reader *reader)
{
	return kpc_reading_trace(reader);
}

const struct kpc_trace_info *kpc_reader_info(const struct kpc_reader *reader)
{
	return &kpc_reading_trace(reader)->info;
}

uint32_t kpc_reader_nr_events(const struct kpc_reader *reader)
{
	return kpc_reading_trace(reader)->nr_events;
}

const struct kpc_event *kpc_reader_event(const struct kpc_reader *reader,
					 uint32_t id)
{
	const struct kpc_trace *trace = kpc_reading_trace(reader);

	return id < trace->nr_events && trace->events[id].name ?
		       &trace->events[id] :
		       NULL;
}

const struct kpc_ledger *kpc_reader_ledger(const struct kpc_reader *reader)
{
	return kpc_reading_trace(reader)->has_ledger ?
		       &kpc_reading_trace(reader)->ledger :
		       NULL;
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

uint64_t kpc_reader_position(const struct kpc_reader *reader)
{
	uint32_t next = reader->trace + reader->nr_joined;
	uint64_t from = kpc_reading_trace(reader)->start_offset;
	uint64_t to = next < reader->nr_traces ?
			      reader->traces[next]->start_offset :
			      reader->input.size;

	/* The first row may be far behind: chunks are read before reading is on. */
	if (!reader->ahead || to < from)
		return from;
	return from + (reader->job_bytes ?
			       (double)(to - from) * reader->read_bytes /
				       reader->job_bytes :
			       to - from);
}

const char *kpc_reader_error(const struct kpc_reader *reader)
{
	return reader->error;
}
