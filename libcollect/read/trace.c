// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desc.h"
#include "head.h"
#include "ledger.h"
#include "trace.h"
#include "writer.h"

enum text {
	TEXT_WRITER,
	TEXT_HOSTNAME,
	TEXT_RELEASE,
	TEXT_VERSION,
	TEXT_MACHINE
};

struct kpc_trace *kpc_trace_new(uint64_t id)
{
	struct kpc_trace *trace = calloc(1, sizeof(*trace));
	static const char *const no_argv[1];

	if (!trace)
		return NULL;
	trace->id = id;
	trace->info.writer = "";
	trace->info.hostname = "";
	trace->info.kernel_release = "";
	trace->info.kernel_version = "";
	trace->info.machine = "";
	kpc_host_unpack(&trace->host, NULL);
	trace->info.host = &trace->host.info;
	trace->info.argv = no_argv;
	return trace;
}

void kpc_trace_free(struct kpc_trace *trace)
{
	if (!trace)
		return;
	for (uint32_t i = 0; i < trace->nr_events; i++)
		kpc_event_uninit(&trace->events[i]);
	for (size_t i = 0; i < sizeof(trace->texts) / sizeof(*trace->texts);
	     i++)
		free(trace->texts[i]);
	for (const char **arg = trace->argv; arg && *arg; arg++)
		free((char *)*arg);
	free(trace->argv);
	free(trace->ring_cpu);
	free(trace->events);
	free(trace->chunks);
	free(trace->sets);
	kpc_clockmap_uninit(&trace->clocks);
	kpc_tasks_uninit(&trace->tasks);
	kpc_lives_uninit(&trace->lives);
	kpc_symtab_uninit(&trace->symtab);
	kpc_maptab_uninit(&trace->maptab);
	kpc_cgrouptab_uninit(&trace->cgroups);
	kpc_head_free(trace->ledger_head);
	kpc_head_free(trace->begin_head);
	kpc_ledger_uninit(&trace->ledger);
	free(trace);
}

/* ---- header -------------------------------------------------------------- */

static int copy_texts(struct kpc_trace *trace, const Kprobex__Header *header)
{
	char **texts = trace->texts;

	texts[TEXT_WRITER] = strdup(header->writer);
	texts[TEXT_HOSTNAME] = kpc_head_strdup(header->hostname);
	texts[TEXT_RELEASE] = kpc_head_strdup(header->kernel_release);
	texts[TEXT_VERSION] = kpc_head_strdup(header->kernel_version);
	texts[TEXT_MACHINE] = kpc_head_strdup(header->machine);
	trace->argv = calloc(header->n_argv + 1, sizeof(*trace->argv));
	if (!texts[TEXT_WRITER] || !texts[TEXT_HOSTNAME] ||
	    !texts[TEXT_RELEASE] || !texts[TEXT_VERSION] ||
	    !texts[TEXT_MACHINE] || !trace->argv)
		return -ENOMEM;
	for (size_t i = 0; i < header->n_argv; i++) {
		trace->argv[i] = kpc_head_strdup(header->argv[i]);
		if (!trace->argv[i])
			return -ENOMEM;
	}
	trace->info.writer = texts[TEXT_WRITER];
	trace->info.hostname = texts[TEXT_HOSTNAME];
	trace->info.kernel_release = texts[TEXT_RELEASE];
	trace->info.kernel_version = texts[TEXT_VERSION];
	trace->info.machine = texts[TEXT_MACHINE];
	trace->info.argv = trace->argv;
	trace->info.argv_omitted = header->argv_omitted;
	return 0;
}

static void copy_part(struct kpc_trace *trace, const Kprobex__Part *part)
{
	struct kpc_trace_info *info = &trace->info;

	if (!part || part->series.len != sizeof(info->series))
		return;
	info->part = part->number;
	info->parts_removed = part->removed;
	info->dump = part->dump;
	memcpy(info->series, part->series.data, sizeof(info->series));
}

static int add_header(struct kpc_trace *trace, const Kprobex__Header *header)
{
	int err;

	if (trace->has_header)
		return 0; /* again, as the repeat at the end */
	if (header->uuid.len != sizeof(trace->info.uuid) ||
	    kpc_load64(header->uuid.data) != trace->id ||
	    header->n_ring > KPC_RINGS_MAX)
		return -EBADMSG;
	err = copy_texts(trace, header);
	if (err)
		return err;
	trace->ring_cpu = calloc(header->n_ring + 1, sizeof(*trace->ring_cpu));
	if (!trace->ring_cpu)
		return -ENOMEM;
	for (size_t i = 0; i < header->n_ring; i++)
		trace->ring_cpu[i] = header->ring[i]->cpu;
	trace->info.ring_cpus = trace->ring_cpu;
	memcpy(trace->info.uuid, header->uuid.data, header->uuid.len);
	if (header->merged &&
	    header->merged->uuid.len == sizeof(trace->merge)) {
		memcpy(trace->merge, header->merged->uuid.data,
		       sizeof(trace->merge));
		trace->info.merged = true;
	}
	trace->info.clock_id = header->clock_id;
	trace->info.anonymous = header->anonymous;
	trace->info.nr_rings = header->n_ring;
	trace->info.start_ns = header->start_time_ns;
	copy_part(trace, header->part);
	trace->info.cpus_online = header->cpus_online;
	trace->info.page_bytes = header->page_bytes;
	kpc_host_unpack(&trace->host, header->host);
	trace->has_header = true;
	return 0;
}

/* ---- the other packets --------------------------------------------------- */

static int events_reserve(struct kpc_trace *trace, uint32_t nr)
{
	struct kpc_event *events;
	uint32_t room = trace->events_room ? trace->events_room : 16;

	while (room < nr)
		room *= 2;
	if (room != trace->events_room) {
		events = realloc(trace->events, room * sizeof(*events));
		if (!events)
			return -ENOMEM;
		trace->events = events;
		trace->events_room = room;
	}
	if (nr > trace->nr_events) {
		memset(trace->events + trace->nr_events, 0,
		       (nr - trace->nr_events) * sizeof(*events));
		trace->nr_events = nr;
	}
	return 0;
}

static int add_event(struct kpc_trace *trace, const Kprobex__EventDesc *desc)
{
	struct kpc_event event;
	int err;

	if (desc->id >= KPC_EVENTS_MAX)
		return -EBADMSG;
	if (desc->id < trace->nr_events && trace->events[desc->id].name)
		return 0; /* again, as the repeat at the end */
	err = kpc_desc_unpack(&event, desc);
	if (err)
		return err;
	err = events_reserve(trace, desc->id + 1);
	if (err) {
		kpc_event_uninit(&event);
		return err;
	}
	trace->events[desc->id] = event;
	return 0;
}

static void note_time(struct kpc_trace *trace, uint64_t time_ns)
{
	if (time_ns > trace->info.end_ns)
		trace->info.end_ns = time_ns;
}

static int add_clock(struct kpc_trace *trace,
		     const Kprobex__ClockSnapshot *clock)
{
	struct kpc_clock_point point = {
		.trace_ns = clock->trace_ns,
		.offset_ns = (uint64_t)clock->realtime_ns - clock->trace_ns,
		.uncertainty_ns = clock->uncertainty_ns,
		.monotonic_ns = clock->monotonic_ns,
		.monotonic_raw_ns = clock->monotonic_raw_ns,
		.boottime_ns = clock->boottime_ns,
	};

	trace->nr_clocks++;
	if (!trace->info.has_realtime)
		trace->info.realtime_offset_ns = point.offset_ns;
	trace->info.has_realtime = true;
	return kpc_clockmap_add(&trace->clocks, &point);
}

int kpc_trace_add(struct kpc_trace *trace, Kprobex__Head **head)
{
	switch ((*head)->kind_case) {
	case KPROBEX__HEAD__KIND_HEADER:
		return add_header(trace, (*head)->header);
	case KPROBEX__HEAD__KIND_EVENT:
		return add_event(trace, (*head)->event);
	case KPROBEX__HEAD__KIND_LEDGER:
		/* Its numbers are checked when all events are known. */
		note_time(trace, (*head)->ledger->time_ns);
		if ((*head)->ledger->begin) {
			kpc_head_free(trace->begin_head);
			trace->begin_head = *head;
			*head = NULL;
			return 0;
		}
		kpc_head_free(trace->ledger_head);
		trace->ledger_head = *head;
		*head = NULL;
		return 0;
	case KPROBEX__HEAD__KIND_CLOCK:
		return add_clock(trace, (*head)->clock);
	case KPROBEX__HEAD__KIND_FOOTER:
		trace->has_footer = true;
		trace->footer = (struct kpc_footer){
			(*head)->footer->index_offset,
			(*head)->footer->total_bytes,
			(*head)->footer->events,
			(*head)->footer->exit_reason,
		};
		trace->info.part_follows = trace->footer.exit_reason ==
					   KPC_EXIT_PART;
		return 0;
	default:
		return 0;
	}
}

/*
 * The chunk's events and their rows. What doesn't add up, or would take too much
 * memory, is as if it weren't there.
 */
static int add_set(struct kpc_trace *trace, struct kpc_chunk *to,
		   const Kprobex__Chunk *chunk)
{
	uint64_t room = trace->sets_room ? trace->sets_room : 1024;
	struct kpc_event_rows *sets;
	uint64_t rows = 0;

	for (size_t i = 0; i < chunk->n_event_rows; i++)
		rows += chunk->event_rows[i];
	if (!chunk->n_event || chunk->n_event != chunk->n_event_rows ||
	    rows != chunk->events ||
	    chunk->n_event > KPC_SETS_MAX - trace->nr_sets)
		return 0;
	while (room < trace->nr_sets + chunk->n_event)
		room *= 2;
	if (room != trace->sets_room) {
		sets = realloc(trace->sets, room * sizeof(*sets));
		if (!sets)
			return -ENOMEM;
		trace->sets = sets;
		trace->sets_room = room;
	}
	to->set = trace->nr_sets;
	to->nr_set = chunk->n_event;
	for (size_t i = 0; i < chunk->n_event; i++)
		trace->sets[trace->nr_sets++] =
			(struct kpc_event_rows){ chunk->event[i],
						 chunk->event_rows[i] };
	return 0;
}

/* ---- context ------------------------------------------------------------- */

bool kpc_trace_wants_body(const Kprobex__Head *head)
{
	switch (head->kind_case) {
	case KPROBEX__HEAD__KIND_TASKS:
	case KPROBEX__HEAD__KIND_MAPS:
	case KPROBEX__HEAD__KIND_SYMBOLS:
	case KPROBEX__HEAD__KIND_MODULES:
	case KPROBEX__HEAD__KIND_KSYMBOLS:
	case KPROBEX__HEAD__KIND_TEXT_POKES:
	case KPROBEX__HEAD__KIND_CGROUPS:
		return true;
	default:
		return false;
	}
}

static int add_symbols(struct kpc_trace *trace,
		       const Kprobex__ContextHead *head, struct kpc_wire body)
{
	trace->symtab.denied |= head->denied;
	if (head->lost > trace->symtab.lost)
		trace->symtab.lost = head->lost;
	return kpc_symtab_add_symbols(&trace->symtab, body);
}

static int add_maps(struct kpc_trace *trace, const Kprobex__ContextHead *head,
		    struct kpc_wire body)
{
	if (head->lost > trace->maptab.lost)
		trace->maptab.lost = head->lost;
	return kpc_maptab_add(&trace->maptab, body);
}

static int add_cgroups(struct kpc_trace *trace,
		       const Kprobex__ContextHead *head, struct kpc_wire body)
{
	if (head->lost > trace->cgroups.lost)
		trace->cgroups.lost = head->lost;
	return kpc_cgrouptab_add(&trace->cgroups, body);
}

static int add_tasks(struct kpc_trace *trace, struct kpc_wire body)
{
	int err = kpc_tasks_add(&trace->tasks, body);

	if (!err)
		err = kpc_lives_add(&trace->lives, body);
	return err ? err : kpc_maptab_add_tasks(&trace->maptab, body);
}

int kpc_trace_add_body(struct kpc_trace *trace, const Kprobex__Head *head,
		       struct kpc_wire body)
{
	int err = 0;

	switch (head->kind_case) {
	case KPROBEX__HEAD__KIND_TASKS:
		err = add_tasks(trace, body);
		break;
	case KPROBEX__HEAD__KIND_MAPS:
		err = add_maps(trace, head->maps, body);
		break;
	case KPROBEX__HEAD__KIND_SYMBOLS:
		err = add_symbols(trace, head->symbols, body);
		break;
	case KPROBEX__HEAD__KIND_MODULES:
		err = kpc_symtab_add_modules(&trace->symtab, body);
		break;
	case KPROBEX__HEAD__KIND_KSYMBOLS:
		err = kpc_symtab_add_ksymbols(&trace->symtab, body);
		break;
	case KPROBEX__HEAD__KIND_TEXT_POKES:
		trace->symtab.text_pokes += head->text_pokes->entries;
		break;
	case KPROBEX__HEAD__KIND_CGROUPS:
		err = add_cgroups(trace, head->cgroups, body);
		break;
	default:
		break;
	}
	return err == -E2BIG ? -EBADMSG : err;
}

int kpc_trace_add_chunk(struct kpc_trace *trace, const Kprobex__Chunk *chunk,
			uint64_t offset, size_t bytes)
{
	struct kpc_chunk *chunks;
	uint32_t room = trace->chunks_room ? trace->chunks_room * 2 : 64;

	if (chunk->ring >= KPC_RINGS_MAX || trace->nr_chunks >= UINT32_MAX / 4)
		return -EBADMSG;
	if (trace->nr_chunks == trace->chunks_room) {
		chunks = realloc(trace->chunks, room * sizeof(*chunks));
		if (!chunks)
			return -ENOMEM;
		trace->chunks = chunks;
		trace->chunks_room = room;
	}
	trace->chunks[trace->nr_chunks] = (struct kpc_chunk){
		.offset = offset,
		.bytes = bytes,
		.sequence = chunk->sequence,
		.first_time_ns = chunk->first_time_ns,
		.last_time_ns = chunk->last_time_ns,
		.ring = chunk->ring,
		.events = chunk->events,
		.lost = chunk->lost,
		.order = trace->nr_chunks,
		.is_new = true,
	};
	note_time(trace, chunk->last_time_ns);
	return add_set(trace, &trace->chunks[trace->nr_chunks++], chunk);
}

/* ---- the end ------------------------------------------------------------- */

static int compare_chunks(const void *left, const void *right)
{
	const struct kpc_chunk *a = left;
	const struct kpc_chunk *b = right;

	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Of a chunk that is there twice, put together by whoever, the first counts. */
static void drop_repeats(struct kpc_trace *trace)
{
	struct kpc_chunk *chunks = trace->chunks;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < trace->nr_chunks; i++)
		if (!kept || chunks[kept - 1].ring != chunks[i].ring ||
		    chunks[kept - 1].sequence != chunks[i].sequence)
			chunks[kept++] = chunks[i];
	trace->bad_packets += trace->nr_chunks - kept;
	trace->nr_chunks = kept;
}

/* Gaps in the sequence numbers of each ring; a cut tail leaves none. */
static void count_missing(struct kpc_trace *trace)
{
	trace->missing_chunks = 0;
	for (uint32_t i = 0; i < trace->nr_chunks; i++) {
		const struct kpc_chunk *chunk = &trace->chunks[i];
		uint64_t expected = 0;

		if (i && chunk[-1].ring == chunk->ring)
			expected = chunk[-1].sequence + 1;
		else if (trace->info.part) /* it goes on from the one before */
			expected = chunk->sequence;
		if (chunk->sequence > expected)
			trace->missing_chunks += chunk->sequence - expected;
	}
}

/*
 * Without a Header the rings are those that there are chunks of; with one,
 * chunks of others make no sense.
 */
static void check_rings(struct kpc_trace *trace)
{
	uint32_t last = trace->nr_chunks;

	if (!trace->has_header && last)
		trace->info.nr_rings = trace->chunks[last - 1].ring + 1;
	while (last && trace->chunks[last - 1].ring >= trace->info.nr_rings)
		last--;
	trace->bad_packets += trace->nr_chunks - last;
	trace->nr_chunks = last;
}

/* The ledger of a part is to be its own. */
static int subtract_begin(struct kpc_trace *trace)
{
	struct kpc_ledger begin;
	int err = kpc_ledger_unpack(&begin, trace->begin_head->ledger,
				    trace->nr_events, trace->info.nr_rings);

	if (err) {
		kpc_ledger_uninit(&trace->ledger);
		return err;
	}
	kpc_ledger_subtract(&trace->ledger, &begin);
	kpc_ledger_uninit(&begin);
	return 0;
}

int kpc_trace_finish(struct kpc_trace *trace)
{
	int err;

	if (trace->nr_chunks)
		qsort(trace->chunks, trace->nr_chunks, sizeof(*trace->chunks),
		      compare_chunks);
	check_rings(trace);
	drop_repeats(trace);
	count_missing(trace);
	kpc_clockmap_finish(&trace->clocks);
	trace->info.uncertainty_ns = kpc_clockmap_uncertainty(&trace->clocks);
	trace->info.clock_steps = kpc_clockmap_steps(&trace->clocks);
	trace->info.cut = !trace->has_footer;
	kpc_symtab_finish(&trace->symtab);
	kpc_maptab_finish(&trace->maptab);
	kpc_lives_finish(&trace->lives);
	kpc_cgrouptab_finish(&trace->cgroups);
	err = kpc_tasks_finish(&trace->tasks);
	if (trace->has_ledger)
		kpc_ledger_uninit(&trace->ledger);
	trace->has_ledger = false;
	if (err || !trace->ledger_head)
		return err;
	err = kpc_ledger_unpack(&trace->ledger, trace->ledger_head->ledger,
				trace->nr_events, trace->info.nr_rings);
	if (!err && trace->begin_head)
		err = subtract_begin(trace);
	trace->has_ledger = !err;
	trace->bad_packets += err == -EBADMSG;
	return err == -EBADMSG ? 0 : err;
}

int32_t kpc_trace_cpu(const struct kpc_trace *trace, uint32_t ring)
{
	return trace->ring_cpu && ring < trace->info.nr_rings ?
		       trace->ring_cpu[ring] :
		       -1;
}
