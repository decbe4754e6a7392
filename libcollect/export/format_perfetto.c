// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_perfetto.c - a protobuf trace for Perfetto (ui.perfetto.dev)
 *
 * Of a trace that is alone, threads are Perfetto's threads, and times those of its own
 * clock, which snapshots relate to others. Of several, each has a track for its host,
 * with threads as mere names below, and times are CLOCK_REALTIME.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats.h"
#include "pfevents.h"
#include "pfhead.h"
#include "pfledger.h"
#include "pfstacks.h"

struct pf_trace {
	const struct kpc_trace_info *info;
	uint32_t number;
	bool alone;
	const struct kpc_clockmap *clocks;
	uint32_t clock; /* the snapshot before the row */
	struct kpc_pf_ledger ledger;
};

struct perfetto {
	struct kpc_pf pf;
	struct kpc_pf_tracks tracks;
	struct kpc_pf_stacks stacks;
	struct kpc_pf_events events;
	struct kpc_ptrmap traces; /* by info */
	uint32_t nr;
	const struct kpc_event
		*sampled; /* the one with call chains, if it's one */
	uint32_t nr_sampled;
};

/* ---- traces -------------------------------------------------------------- */

static void trace_free(void *value)
{
	struct pf_trace *trace = value;

	kpc_pf_ledger_uninit(&trace->ledger);
	free(trace);
}

static void uninit(struct kpc_export *x)
{
	struct perfetto *p = x->state;

	kpc_ptrmap_uninit(&p->traces, trace_free);
	kpc_pf_events_uninit(&p->events);
	kpc_pf_stacks_uninit(&p->stacks);
	kpc_pf_tracks_uninit(&p->tracks);
	kpc_pf_uninit(&p->pf);
}

static int begin(struct kpc_export *x)
{
	struct perfetto *p = x->state;

	kpc_pf_init(&p->pf, x->out);
	kpc_pf_tracks_init(&p->tracks, &p->pf);
	p->stacks.pf = &p->pf;
	p->stacks.x = x;
	p->events.pf = &p->pf;
	p->events.tracks = &p->tracks;
	p->events.stacks = &p->stacks;
	return 0;
}

/* What call chains are of, for the sequence's defaults. */
static void set_sampled(struct perfetto *p)
{
	struct kpc_buf *buf = &p->pf.sampled;
	size_t begin;

	kpc_buf_reset(buf);
	begin = kpc_wire_begin(buf, PF_PERF_DEFAULTS_TIMEBASE);
	kpc_wire_add_varint(buf, PF_TIMEBASE_PERIOD, 1);
	kpc_pf_add_string(&p->pf, buf, PF_TIMEBASE_NAME,
			  p->nr_sampled == 1 ? p->sampled->name :
					       "events with call chains");
	kpc_wire_end(buf, begin);
}

static int trace_init(struct kpc_export *x, struct pf_trace *trace)
{
	const struct kpc_trace_info *info = trace->info;
	struct perfetto *p = x->state;
	uint64_t parent = 0;

	trace->clocks = kpc_export_clocks(x, info);
	trace->alone = info->traces <= 1 && trace->number == 0;
	if (trace->number == 0) {
		set_sampled(p);
		kpc_pf_restart(&p->pf, trace->alone ? kpc_pf_clock(info) :
						      PF_CLOCK_REALTIME);
	}
	if (trace->alone)
		kpc_pf_put_clocks(&p->pf, info, trace->clocks);
	else
		parent = kpc_pf_host(&p->tracks, trace->number, info->hostname);
	if (trace->number == 0)
		kpc_pf_put_system(&p->pf, info);
	return kpc_pf_ledger_init(&trace->ledger, x, &p->tracks, info, parent,
				  !trace->alone);
}

static int trace_of(struct kpc_export *x, const struct kpc_trace_info *info,
		    struct pf_trace **found)
{
	struct perfetto *p = x->state;
	struct pf_trace *trace = kpc_ptrmap_find(&p->traces, info);

	*found = trace;
	if (trace)
		return 0;
	trace = calloc(1, sizeof(*trace));
	if (!trace)
		return -ENOMEM;
	trace->info = info;
	trace->number = p->nr++;
	if (kpc_ptrmap_put(&p->traces, info, trace)) {
		free(trace);
		return -ENOMEM;
	}
	*found = trace;
	return trace_init(x, trace);
}

static int event(struct kpc_export *x, const struct kpc_event *event)
{
	struct perfetto *p = x->state;

	if (event->callchain) {
		p->sampled = event;
		p->nr_sampled++;
	}
	return kpc_calls_add(&p->events.calls, event);
}

static int trace_begin(struct kpc_export *x, const struct kpc_reader *reader)
{
	const struct kpc_event *each;
	struct pf_trace *trace;
	int err = 0;

	for (uint32_t i = 0;
	     !err && !x->shown && i < kpc_reader_nr_events(reader); i++) {
		each = kpc_export_event(x, reader, i);
		if (each)
			err = event(x, each);
	}
	return err ? err : trace_of(x, kpc_export_info(x, reader), &trace);
}

/* ---- rows ---------------------------------------------------------------- */

static uint64_t time_of(const struct pf_trace *trace, struct kpc_export *x,
			const struct kpc_row *row)
{
	int64_t realtime_ns = row->realtime_ns;

	if (trace->alone)
		return row->time_ns;
	if (!realtime_ns &&
	    kpc_export_realtime(x, row->info, row->time_ns, &realtime_ns))
		return row->time_ns;
	return realtime_ns;
}

/* By the snapshot before it, as Perfetto goes back. False: no snapshot has it. */
static bool boot_time(struct pf_trace *trace, uint64_t time_ns,
		      uint64_t *boot_ns)
{
	const struct kpc_clockmap *clocks = trace->clocks;
	const struct kpc_clock_point *point;

	if (!trace->alone || !clocks->nr)
		return false;
	if (clocks->points[trace->clock].trace_ns > time_ns)
		trace->clock = 0;
	while (trace->clock + 1 < clocks->nr &&
	       clocks->points[trace->clock + 1].trace_ns <= time_ns)
		trace->clock++;
	point = &clocks->points[trace->clock];
	*boot_ns = time_ns + (point->boottime_ns - point->trace_ns);
	return point->boottime_ns != 0;
}

/* False: it isn't the scheduler's, or can't be told so. */
static bool put_sched(struct perfetto *p, struct pf_trace *trace,
		      const struct kpc_pf_shape *shape,
		      const struct kpc_row *row)
{
	struct kpc_pf_ring *ring = &trace->ledger.rings[row->ring];
	uint64_t boot_ns;

	if (!shape->sched || row->payload || row->cpu < 0 ||
	    row->cpu >= KPC_PF_CPUS_MAX ||
	    !boot_time(trace, row->time_ns, &boot_ns))
		return false;
	kpc_pf_sched_put(shape->sched, &p->pf, row, boot_ns, ring->gap);
	ring->gap = false;
	return true;
}

static void put_sample(struct perfetto *p, const struct kpc_row *row,
		       uint64_t time_ns)
{
	struct kpc_buf *body = &p->pf.body;
	bool kernel = row->stack[0] == (uint64_t)PERF_CONTEXT_KERNEL;

	kpc_pf_begin(&p->pf, time_ns);
	if (row->cpu >= 0)
		kpc_wire_add_varint(body, PF_SAMPLE_CPU, row->cpu);
	kpc_wire_add_varint(body, PF_SAMPLE_PID, row->pid);
	kpc_wire_add_varint(body, PF_SAMPLE_TID, row->tid);
	kpc_wire_add_varint(body, PF_SAMPLE_CALLSTACK,
			    kpc_pf_stack(&p->stacks, row));
	kpc_wire_add_varint(body, PF_SAMPLE_MODE,
			    kernel ? PF_MODE_KERNEL : PF_MODE_USER);
	kpc_pf_end(&p->pf, PF_PACKET_PERF_SAMPLE);
}

static int row(struct kpc_export *x, const struct kpc_row *row)
{
	struct perfetto *p = x->state;
	struct kpc_pf_shape *shape;
	struct pf_trace *trace;
	uint64_t time_ns;
	int err = trace_of(x, row->info, &trace);
	const struct kpc_pf_who who = {
		.trace = trace ? trace->number : 0,
		.host = trace && !trace->alone ? row->info->hostname : NULL,
		.pid = row->pid,
		.tid = row->tid,
		.cpu = row->cpu,
		.comm = row->comm,
	};

	if (err)
		return err;
	kpc_pf_ledger_losses(&trace->ledger, row->ring, row->time_ns);
	shape = kpc_pf_shape(&p->events, row);
	if (!shape)
		return -ENOMEM;
	time_ns = time_of(trace, x, row);
	if (!put_sched(p, trace, shape, row))
		err = kpc_pf_event(&p->events, row, shape, &who, time_ns);
	/* Threads of other hosts may have the same number. */
	if (row->stack_depth && trace->alone)
		put_sample(p, row, time_ns);
	return err ? err : p->pf.failed;
}

/* ---- the end ------------------------------------------------------------- */

static int trace_end(struct kpc_export *x, const struct kpc_reader *reader)
{
	struct perfetto *p = x->state;

	for (uint32_t i = 0; i < p->traces.nr_slots; i++) {
		struct pf_trace *trace = p->traces.slot[i].value;

		if (p->traces.slot[i].key && trace->ledger.rings)
			kpc_pf_ledger_end(&trace->ledger, reader);
		if (p->traces.slot[i].key)
			kpc_pf_ledger_uninit(&trace->ledger);
	}
	return p->pf.failed;
}

const struct kpc_export_format kpc_format_perfetto = {
	.name = "perfetto",
	.what = "a trace for ui.perfetto.dev: time lines, CPUs, slices, stacks",
	.flags = KPC_FORMAT_BINARY,
	.state_bytes = sizeof(struct perfetto),
	.event = event,
	.begin = begin,
	.trace_begin = trace_begin,
	.row = row,
	.trace_end = trace_end,
	.uninit = uninit,
};
