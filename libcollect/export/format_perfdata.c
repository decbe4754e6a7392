// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_perfdata.c - the file that perf record writes
 *
 * Samples come in the order of time, and before each what perf has to know for it:
 * threads that began and ended, what rings lost, and the names of what is in it (perftell).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formats.h"
#include "lives.h"
#include "perffile.h"
#include "perfrecord.h"
#include "perftell.h"
#include "ptrmap.h"

#define ROUND_ROWS 4096u /* perf sorts what is between two marks */
#define CHAIN_MAX  1920u /* with the longest raw record they fit */

struct loss {
	uint64_t time_ns;
	uint64_t count;
	int32_t cpu;
};

struct perfdata {
	struct kpc_perffile file;
	struct kpc_ptrmap by_event;
	struct kpc_perftell tell;
	uint32_t events_room;
	uint32_t last_type;
	uint8_t types[KPC_PERFEVENT_TYPES / 8]; /* of tracepoints, taken */
	struct kpc_perfrecord record;
	struct kpc_buf raw;
	struct loss *losses; /* of the trace, by time */
	uint32_t nr_losses;
	uint32_t next_loss;
	const struct kpc_trace_info *info; /* of the trace, and of these: */
	const struct kpc_lives *lives;
	uint32_t next_life;
	bool by_realtime;
	uint64_t rows;
};

/* ---- events -------------------------------------------------------------- */

static bool take_type(struct perfdata *p, uint32_t type)
{
	uint8_t bit = 1 << type % 8;

	if (!type || p->types[type / 8] & bit)
		return false;
	p->types[type / 8] |= bit;
	return true;
}

/* The kernel's, if no other event has that, or one that is free. */
static uint32_t choose_type(struct perfdata *p, const struct kpc_event *event)
{
	uint32_t type = kpc_perfevent_type(event);

	if (take_type(p, type))
		return type;
	/* From above: the kernel counts from below. */
	while (p->last_type > 1)
		if (take_type(p, --p->last_type))
			return p->last_type;
	return 0;
}

static int append_event(struct perfdata *p, struct kpc_perfevent *event)
{
	struct kpc_perffile *file = &p->file;
	uint32_t room = p->events_room ? p->events_room * 2 : 64;
	struct kpc_perfevent **grown;

	if (file->nr_events == p->events_room) {
		grown = reallocarray(file->events, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		file->events = grown;
		p->events_room = room;
	}
	file->events[file->nr_events++] = event;
	return 0;
}

static int add_event(struct kpc_export *x, const struct kpc_event *event)
{
	struct perfdata *p = x->state;
	struct kpc_perfevent *made;
	uint32_t type = 0;
	int err;

	if (kpc_ptrmap_find(&p->by_event, event))
		return 0;
	if (!p->last_type)
		p->last_type = KPC_PERFEVENT_TYPES;
	if (kpc_perfevent_is_tracepoint(event)) {
		type = choose_type(p, event);
		if (!type)
			return kpc_export_fail(
				x, -E2BIG,
				"perf.data has ids for 65535 events with fields, and the trace has more: choose some with --event");
	}
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	err = kpc_perfevent_init(made, event, p->file.nr_events + 1, type);
	if (!err)
		err = append_event(p, made);
	if (err) {
		kpc_perfevent_uninit(made);
		free(made);
		return err;
	}
	return kpc_ptrmap_put(&p->by_event, event, made);
}

static int find_event(struct kpc_export *x, const struct kpc_event *event,
		      struct kpc_perfevent **found)
{
	struct perfdata *p = x->state;
	int err;

	*found = kpc_ptrmap_find(&p->by_event, event);
	if (*found)
		return 0;
	err = add_event(x, event);
	if (!err)
		err = kpc_perffile_events(&p->file);
	*found = kpc_ptrmap_find(&p->by_event, event);
	return err;
}

/* ---- samples ------------------------------------------------------------- */

struct place {
	uint64_t ip;
	uint16_t mode;
};

/* Where it happened: what its fields say, or the innermost of its call chain. */
static struct place find_place(const struct kpc_perfevent *event,
			       const struct kpc_row *row)
{
	struct place place = { kpc_perfevent_ip(event, row),
			       PERF_RECORD_MISC_KERNEL };

	for (uint32_t i = 0; i < row->stack_depth; i++) {
		if (row->stack[i] == (uint64_t)PERF_CONTEXT_USER)
			place.mode = PERF_RECORD_MISC_USER;
		if (row->stack[i] >= KPC_PERF_CONTEXTS)
			continue;
		if (!place.ip)
			place.ip = row->stack[i];
		return place;
	}
	if (place.ip && !(place.ip >> 63))
		place.mode = PERF_RECORD_MISC_USER;
	return place;
}

static void add_raw(struct perfdata *p, const struct kpc_perfevent *event,
		    const struct kpc_row *row)
{
	size_t bytes;

	kpc_buf_reset(&p->raw);
	kpc_perfevent_raw(event, row, &p->raw);
	/* With its length it ends where 8 bytes do; the kernel counts that in. */
	bytes = (p->raw.used + sizeof(uint32_t) + 7) / 8 * 8 - sizeof(uint32_t);
	kpc_buf_add(&p->raw, (const uint8_t[8]){ 0 }, bytes - p->raw.used);
	kpc_perfrecord_u32(&p->record, bytes);
	kpc_perfrecord_bytes(&p->record, p->raw.data, bytes);
	if (p->raw.error)
		p->record.buf.error = p->raw.error;
}

static int write_sample(struct kpc_export *x, const struct kpc_perfevent *event,
			const struct kpc_row *row, const struct place *place,
			uint64_t cgroup,
			const struct kpc_perfrecord_trailer *trailer)
{
	struct perfdata *p = x->state;
	uint32_t depth = row->stack_depth < CHAIN_MAX ? row->stack_depth :
							CHAIN_MAX;

	kpc_perfrecord_begin(&p->record, PERF_RECORD_SAMPLE, place->mode);
	kpc_perfrecord_u64(&p->record, event->id);
	kpc_perfrecord_u64(&p->record, place->ip);
	kpc_perfrecord_u32(&p->record, trailer->pid);
	kpc_perfrecord_u32(&p->record, trailer->tid);
	kpc_perfrecord_u64(&p->record, trailer->time_ns);
	kpc_perfrecord_u32(&p->record, trailer->cpu);
	kpc_perfrecord_u32(&p->record, 0);
	kpc_perfrecord_u64(&p->record, kpc_perfevent_period(event, row));
	if (event->attr.sample_type & PERF_SAMPLE_CALLCHAIN) {
		kpc_perfrecord_u64(&p->record, depth);
		kpc_perfrecord_bytes(&p->record, row->stack,
				     depth * sizeof(uint64_t));
	}
	if (event->attr.sample_type & PERF_SAMPLE_RAW)
		add_raw(p, event, row);
	if (event->attr.sample_type & PERF_SAMPLE_CGROUP)
		kpc_perfrecord_u64(&p->record, cgroup);
	return kpc_perfrecord_end(&p->record, NULL, x->out);
}

/* ---- losses -------------------------------------------------------------- */

static int write_lost(struct kpc_export *x, uint32_t type, uint64_t id,
		      uint64_t count, uint64_t time_ns, int32_t cpu)
{
	const struct kpc_perfrecord_trailer trailer = {
		.pid = UINT32_MAX,
		.tid = UINT32_MAX,
		.time_ns = time_ns,
		.cpu = cpu,
		.id = id,
	};
	struct perfdata *p = x->state;

	kpc_perfrecord_begin(&p->record, type, 0);
	if (type == PERF_RECORD_LOST)
		kpc_perfrecord_u64(&p->record, id);
	kpc_perfrecord_u64(&p->record, count);
	return kpc_perfrecord_end(&p->record, &trailer, x->out);
}

/* Those of rings before a time. */
static int write_losses(struct kpc_export *x, uint64_t time_ns)
{
	struct perfdata *p = x->state;
	int err = 0;

	while (!err && p->next_loss < p->nr_losses &&
	       p->losses[p->next_loss].time_ns <= time_ns) {
		const struct loss *loss = &p->losses[p->next_loss++];

		err = write_lost(x, PERF_RECORD_LOST, 1, loss->count,
				 loss->time_ns, loss->cpu);
	}
	return err;
}

static int by_time(const void *left, const void *right)
{
	const struct loss *a = left, *b = right;

	return (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);
}

static uint64_t shown_time(struct kpc_export *x, struct perfdata *p,
			   const struct kpc_trace_info *info, uint64_t time_ns)
{
	int64_t realtime;

	if (!p->by_realtime || kpc_export_realtime(x, info, time_ns, &realtime))
		return time_ns;
	return realtime < 0 ? 0 : realtime;
}

static int find_losses(struct kpc_export *x, const struct kpc_trace_info *info,
		       const struct kpc_ledger *ledger)
{
	struct perfdata *p = x->state;
	size_t nr = 0;

	for (uint32_t i = 0; i < ledger->nr_rings; i++)
		nr += ledger->rings[i].nr_losses;
	free(p->losses);
	p->losses = calloc(nr + 1, sizeof(*p->losses));
	p->nr_losses = p->next_loss = 0;
	if (!p->losses)
		return -ENOMEM;
	for (uint32_t i = 0; i < ledger->nr_rings; i++) {
		const struct kpc_ring_account *ring = &ledger->rings[i];
		int32_t cpu = info->ring_cpus && i < info->nr_rings ?
				      info->ring_cpus[i] :
				      -1;

		for (uint32_t e = 0; e < ring->nr_losses; e++)
			p->losses[p->nr_losses++] = (struct loss){
				.time_ns = shown_time(x, p, info,
						      ring->losses[e].to_ns),
				.count = ring->losses[e].count,
				.cpu = cpu,
			};
	}
	qsort(p->losses, p->nr_losses, sizeof(*p->losses), by_time);
	return 0;
}

/* ---- threads that begin and end ------------------------------------------ */

/* Those before a time. */
static int write_lives(struct kpc_export *x, uint64_t until_ns)
{
	struct perfdata *p = x->state;
	int err = 0;

	while (!err && p->lives && p->next_life < p->lives->nr) {
		const struct kpc_life *life = &p->lives->life[p->next_life];
		uint64_t time_ns = shown_time(x, p, p->info, life->time_ns);

		if (time_ns > until_ns)
			break;
		p->next_life++;
		err = kpc_perftell_life(&p->tell, life, time_ns);
	}
	return err;
}

/* A part has those that came shortly before it once more. */
static void find_lives(struct kpc_export *x, const struct kpc_trace_info *info,
		       bool is_first)
{
	struct perfdata *p = x->state;

	p->info = info;
	p->lives = kpc_export_lives(x, info);
	p->next_life = 0;
	while (!is_first && info->part > 1 && p->next_life < p->lives->nr &&
	       p->lives->life[p->next_life].time_ns < info->start_ns)
		p->next_life++;
}

/* ---- losses at the end --------------------------------------------------- */

/* Of each event, as its ledger has it: perf sums them up as lost samples. */
static int write_lost_samples(struct kpc_export *x,
			      const struct kpc_reader *reader, uint64_t time_ns)
{
	const struct kpc_ledger *ledger = kpc_reader_ledger(reader);
	struct perfdata *p = x->state;
	int err = 0;

	for (uint32_t i = 0; ledger && !err && i < ledger->nr_events; i++) {
		const struct kpc_event *event = kpc_export_event(x, reader, i);
		const struct kpc_perfevent *perf =
			event ? kpc_ptrmap_find(&p->by_event, event) : NULL;

		if (perf && ledger->events[i].lost)
			err = write_lost(x, PERF_RECORD_LOST_SAMPLES, perf->id,
					 ledger->events[i].lost, time_ns, -1);
	}
	return err;
}

/* ---- operations ---------------------------------------------------------- */

static int perfdata_event(struct kpc_export *x, const struct kpc_event *event)
{
	return add_event(x, event);
}

static int perfdata_begin(struct kpc_export *x)
{
	struct perfdata *p = x->state;

	p->file.out = x->out;
	p->tell.file = &p->file;
	/* Only what gets its name at the end can be written over. */
	p->file.is_pipe = !x->out->part;
	return kpc_perffile_begin(&p->file);
}

/* What there is to be said of where and when it was recorded: of the first trace. */
static void set_host(struct kpc_export *x, const struct kpc_trace_info *info)
{
	struct perfdata *p = x->state;
	int64_t realtime;

	p->file.info = info;
	p->by_realtime = info->traces > 1;
	p->file.clock_id = p->by_realtime ? CLOCK_REALTIME : info->clock_id;
	if (!kpc_export_realtime(x, info, info->start_ns, &realtime)) {
		p->file.has_realtime = true;
		p->file.realtime_ns = realtime;
		p->file.clock_ns = p->by_realtime ? (uint64_t)realtime :
						    info->start_ns;
	}
	if (info->host->kernel_build_id_bytes)
		kpc_perffile_build_id(&p->file, PERF_RECORD_MISC_KERNEL,
				      "[kernel.kallsyms]",
				      info->host->kernel_build_id,
				      info->host->kernel_build_id_bytes);
}

static int perfdata_trace_begin(struct kpc_export *x,
				const struct kpc_reader *reader)
{
	const struct kpc_trace_info *info = kpc_export_info(x, reader);
	const struct kpc_ledger *ledger = kpc_reader_ledger(reader);
	struct perfdata *p = x->state;
	bool is_first = !p->file.info;
	int err = 0;

	if (is_first)
		set_host(x, info);
	for (uint32_t i = 0; !err && i < kpc_reader_nr_events(reader); i++) {
		const struct kpc_event *event = kpc_export_event(x, reader, i);

		if (event)
			err = add_event(x, event);
	}
	if (!err)
		err = kpc_perffile_events(&p->file);
	if (!err && is_first)
		err = kpc_perftell_kernel(&p->tell);
	if (!err)
		find_lives(x, info, is_first);
	if (!err && ledger)
		err = find_losses(x, info, ledger);
	return err;
}

static struct kpc_perfrecord_trailer row_trailer(const struct kpc_row *row,
						 uint64_t time_ns)
{
	return (struct kpc_perfrecord_trailer){
		.pid = row->pid,
		.tid = row->tid,
		.time_ns = time_ns,
		.cpu = row->cpu,
		.id = 1, /* any event will do */
	};
}

static int perfdata_row(struct kpc_export *x, const struct kpc_row *row)
{
	struct perfdata *p = x->state;
	uint64_t time_ns = row->realtime_ns > 0 ?
				   (uint64_t)row->realtime_ns :
				   shown_time(x, p, row->info, row->time_ns);
	struct kpc_perfrecord_trailer trailer = row_trailer(row, time_ns);
	struct kpc_perfevent *event;
	struct place place;
	int64_t cgroup;
	int err = find_event(x, row->event, &event);

	if (err)
		return err;
	place = find_place(event, row);
	err = write_losses(x, time_ns);
	if (!err)
		err = write_lives(x, time_ns);
	if (!err)
		err = kpc_perftell_row(&p->tell, x, row, place.ip,
				       place.mode == PERF_RECORD_MISC_USER,
				       &trailer);
	cgroup = err ? err : kpc_perftell_cgroup(&p->tell, row, &trailer);
	if (cgroup < 0)
		return cgroup;
	err = write_sample(x, event, row, &place, cgroup, &trailer);
	if (!p->rows++)
		p->file.first_ns = time_ns;
	p->file.last_ns = time_ns;
	if (!err && !(p->rows % ROUND_ROWS)) {
		kpc_perfrecord_begin(&p->record, KPC_PERF_RECORD_ROUND, 0);
		err = kpc_perfrecord_end(&p->record, NULL, x->out);
	}
	return err;
}

static int perfdata_trace_end(struct kpc_export *x,
			      const struct kpc_reader *reader)
{
	struct perfdata *p = x->state;
	int err = write_losses(x, UINT64_MAX);

	if (!err)
		err = write_lives(x, UINT64_MAX);
	return err ? err : write_lost_samples(x, reader, p->file.last_ns);
}

static int perfdata_end(struct kpc_export *x)
{
	struct perfdata *p = x->state;

	return kpc_perffile_end(&p->file);
}

static void perfdata_uninit(struct kpc_export *x)
{
	struct perfdata *p = x->state;

	kpc_ptrmap_uninit(&p->by_event, NULL);
	for (uint32_t i = 0; i < p->file.nr_events; i++) {
		kpc_perfevent_uninit(p->file.events[i]);
		free(p->file.events[i]);
	}
	kpc_perftell_uninit(&p->tell);
	kpc_perffile_uninit(&p->file);
	free(p->file.events);
	free(p->losses);
	kpc_perfrecord_uninit(&p->record);
	kpc_buf_uninit(&p->raw);
}

const struct kpc_export_format kpc_format_perfdata = {
	.name = "perf.data",
	.what = "what perf record writes, for perf report and perf script",
	.flags = KPC_FORMAT_BINARY,
	.state_bytes = sizeof(struct perfdata),
	.event = perfdata_event,
	.begin = perfdata_begin,
	.trace_begin = perfdata_trace_begin,
	.row = perfdata_row,
	.trace_end = perfdata_trace_end,
	.end = perfdata_end,
	.uninit = perfdata_uninit,
};
