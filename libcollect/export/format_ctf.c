// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_ctf.c - Common Trace Format 1.8: a directory with a file for each ring, and
 * the metadata that says how to read them
 *
 * Several traces are a directory each in there. A trace's metadata is written when it
 * ends, with the events that came.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctfmeta.h"
#include "ctfstream.h"
#include "formats.h"
#include "ptrmap.h"
#include "trace.h"

#define PACKET_BYTES  (192u << 10)
#define PACKETS_BYTES (64u << 20) /* of all rings together */
#define PACKET_LEAST  (4u << 10)

struct ctf_trace {
	const struct kpc_trace_info *info;
	struct kpc_ctf_home home;
	struct kpc_ptrmap classes; /* by event */
	struct kpc_ctf_class **class;
	uint32_t nr_classes;
	uint32_t room;
	struct kpc_ctf_stream *streams; /* by ring */
	bool has_stream[KPC_CTF_NR_STREAM_CLASSES];
	bool has_unsplit;
	bool own_dir;
	bool ended;
};

struct ctf {
	struct kpc_ptrmap traces; /* by info */
	struct ctf_trace **trace;
	uint32_t nr;
};

/* ---- traces -------------------------------------------------------------- */

static void trace_free(struct ctf_trace *trace)
{
	for (uint32_t i = 0; trace->streams && i < trace->info->nr_rings; i++)
		kpc_ctf_stream_uninit(&trace->streams[i]);
	for (uint32_t i = 0; i < trace->nr_classes; i++)
		kpc_ctf_class_free(trace->class[i]);
	kpc_ptrmap_uninit(&trace->classes, NULL);
	kpc_buf_uninit(&trace->home.packet);
	if (trace->own_dir)
		close(trace->home.dir);
	free(trace->class);
	free(trace->streams);
	free(trace);
}

static void uninit(struct kpc_export *x)
{
	struct ctf *ctf = x->state;

	for (uint32_t i = 0; i < ctf->nr; i++)
		trace_free(ctf->trace[i]);
	free(ctf->trace);
	kpc_ptrmap_uninit(&ctf->traces, NULL);
}

/* One alone has the directory for itself. */
static int find_home(struct kpc_export *x, struct ctf_trace *trace,
		     uint32_t number)
{
	struct kpc_ctf_home *home = &trace->home;
	uint32_t nr = trace->info->nr_rings;
	char name[32];

	home->x = x;
	home->uuid = trace->info->uuid;
	home->packet_bytes = PACKETS_BYTES / (nr ? nr : 1);
	if (home->packet_bytes > PACKET_BYTES)
		home->packet_bytes = PACKET_BYTES;
	if (home->packet_bytes < PACKET_LEAST)
		home->packet_bytes = PACKET_LEAST;
	home->dir = x->dir->fd;
	if (number == 1 && trace->info->traces <= 1)
		return 0;
	snprintf(name, sizeof(name), "trace_%u", number);
	home->dir = kpc_outdir_sub(x->dir, name, x->error, sizeof(x->error));
	trace->own_dir = home->dir >= 0;
	return trace->own_dir ? 0 : home->dir;
}

static int trace_init(struct kpc_export *x, struct ctf_trace *trace,
		      uint32_t number)
{
	const struct kpc_trace_info *info = trace->info;
	const struct kpc_ledger *ledger = kpc_export_ledger(x, info);

	trace->streams = calloc(info->nr_rings + 1ull, sizeof(*trace->streams));
	if (!trace->streams)
		return -ENOMEM;
	for (uint32_t i = 0; i < info->nr_rings; i++)
		kpc_ctf_stream_init(&trace->streams[i], i,
				    info->ring_cpus ? info->ring_cpus[i] : -1,
				    info->start_ns,
				    ledger && i < ledger->nr_rings ?
					    &ledger->rings[i] :
					    NULL);
	return find_home(x, trace, number);
}

/* 0 or a negative errno. */
static int trace_of(struct kpc_export *x, const struct kpc_trace_info *info,
		    struct ctf_trace **found)
{
	struct ctf *ctf = x->state;
	struct ctf_trace **all, *trace = kpc_ptrmap_find(&ctf->traces, info);

	*found = trace;
	if (trace)
		return 0;
	all = realloc(ctf->trace, (ctf->nr + 1ull) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	ctf->trace = all;
	trace = calloc(1, sizeof(*trace));
	if (!trace)
		return -ENOMEM;
	trace->info = info;
	all[ctf->nr++] = trace;
	*found = trace;
	if (kpc_ptrmap_put(&ctf->traces, info, trace))
		return -ENOMEM;
	return trace_init(x, trace, ctf->nr);
}

/* ---- rows ---------------------------------------------------------------- */

static int add_class(struct ctf_trace *trace, const struct kpc_event *event,
		     struct kpc_ctf_class **class)
{
	uint32_t room = trace->room ? trace->room * 2 : 16;

	if (trace->nr_classes == KPC_CTF_CLASS_MAX)
		return -E2BIG;
	if (trace->nr_classes == trace->room) {
		struct kpc_ctf_class **all =
			realloc(trace->class, room * sizeof(*all));

		if (!all)
			return -ENOMEM;
		trace->class = all;
		trace->room = room;
	}
	*class = kpc_ctf_class_new(event, trace->nr_classes);
	if (!*class)
		return -ENOMEM;
	trace->class[trace->nr_classes++] = *class;
	return kpc_ptrmap_put(&trace->classes, event, *class);
}

static int row(struct kpc_export *x, const struct kpc_row *row)
{
	struct kpc_ctf_class *class;
	struct kpc_ctf_stream *stream;
	struct ctf_trace *trace;
	int err = trace_of(x, row->info, &trace);

	if (err)
		return err;
	class = kpc_ptrmap_find(&trace->classes, row->event);
	if (!class)
		err = add_class(trace, row->event, &class);
	if (err)
		return err;
	stream = &trace->streams[row->ring];
	trace->has_stream[kpc_ctf_stream_class(stream)] = true;
	trace->has_unsplit |= row->payload != NULL;
	return kpc_ctf_stream_put(stream, &trace->home, class, row);
}

/* A trace without a row has its losses and its metadata, too. */
static int trace_begin(struct kpc_export *x, const struct kpc_reader *reader)
{
	struct ctf_trace *trace;

	return trace_of(x, kpc_export_info(x, reader), &trace);
}

/* ---- the end ------------------------------------------------------------- */

static void end_log(struct kpc_export *x, const struct ctf_trace *trace)
{
	uint64_t late = 0, cut = 0;

	for (uint32_t i = 0; i < trace->info->nr_rings; i++)
		late += trace->streams[i].late;
	for (uint32_t i = 0; i < trace->nr_classes; i++)
		cut += trace->class[i]->cut;
	if (late)
		kpc_export_log(
			x, KPC_LOG_WARNING,
			"%" PRIu64
			" events are out of order by more than a packet: they have the time of the one before",
			late);
	if (cut)
		kpc_export_log(
			x, KPC_LOG_WARNING,
			"%" PRIu64
			" values are larger than the type that the trace says they have, and were cut to it",
			cut);
}

static int write_metadata(struct kpc_outfile *out,
			  const struct ctf_trace *trace)
{
	int err = 0;

	kpc_ctf_meta_trace(out, trace->info);
	for (int s = 0; s < KPC_CTF_NR_STREAM_CLASSES; s++) {
		if (!trace->has_stream[s])
			continue;
		for (uint32_t i = 0; i < trace->nr_classes && !err; i++)
			err = kpc_ctf_meta_event(out, trace->class[i], s);
		if (trace->has_unsplit)
			kpc_ctf_meta_unsplit(out, s);
	}
	return err;
}

static int end_trace(struct kpc_export *x, struct ctf_trace *trace)
{
	struct kpc_outfile *out;
	int err = 0;

	if (trace->ended)
		return 0;
	trace->ended = true;
	for (uint32_t i = 0; i < trace->info->nr_rings && !err; i++)
		err = kpc_ctf_stream_end(&trace->streams[i], &trace->home,
					 trace->info->end_ns);
	if (err)
		return err;
	end_log(x, trace);
	err = kpc_outfile_create(&out, trace->home.dir, "metadata", x->error,
				 sizeof(x->error));
	if (err)
		return err;
	err = write_metadata(out, trace);
	if (!err && kpc_outfile_finish(out))
		err = kpc_export_fail(x, out->failed, "%s",
				      kpc_outfile_error(out));
	kpc_outfile_free(out);
	return err;
}

/* Of joined traces all. */
static int trace_end(struct kpc_export *x, const struct kpc_reader *reader)
{
	struct ctf *ctf = x->state;
	int err = 0;

	(void)reader;
	for (uint32_t i = 0; i < ctf->nr && !err; i++)
		err = end_trace(x, ctf->trace[i]);
	return err;
}

const struct kpc_export_format kpc_format_ctf = {
	.name = "ctf",
	.what = "Common Trace Format, for babeltrace2 and Trace Compass",
	.flags = KPC_FORMAT_DIRECTORY | KPC_FORMAT_BINARY,
	.state_bytes = sizeof(struct ctf),
	.trace_begin = trace_begin,
	.row = row,
	.trace_end = trace_end,
	.uninit = uninit,
};
