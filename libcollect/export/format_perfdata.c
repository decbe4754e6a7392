// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_perfdata.c - the file that perf record writes
 *
 * Samples come in the order of time, and before each what perf has to know for it:
 * names of threads, mappings of user space, symbols of the kernel. Of those perf is
 * told by PERF_RECORD_KSYMBOL, each as an object of its own: it takes no others from
 * a file, but wants the kernel's image or kallsyms, which another machine hasn't.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "formats.h"
#include "keyhash.h"
#include "perffile.h"
#include "perfknown.h"
#include "ptrmap.h"

#define ROUND_ROWS 4096u /* perf sorts what is between two marks */
#define RECORD_MAX 65528u
#define CHAIN_MAX  1920u      /* with the longest raw record they fit */
#define SYMBOL_MAX 511u	      /* bytes of a name */
#define KERNEL_PID UINT32_MAX /* whose ranges the kernel's symbols are */
#define NO_ADDRESS 0xffffffffff000000ull /* of the kernel, in no symbol */
#define CONTEXTS   (-4095ull) /* and above: perf's marks in call chains */

#ifndef PERF_RECORD_MISC_MMAP_BUILD_ID
#define PERF_RECORD_MISC_MMAP_BUILD_ID (1 << 14)
#endif

struct loss {
	uint64_t time_ns;
	uint64_t count;
	int32_t cpu;
};

struct perfdata {
	struct kpc_perffile file;
	struct kpc_ptrmap by_event;
	struct kpc_perfknown known;
	uint32_t events_room;
	uint32_t last_type;
	uint8_t types[KPC_PERFEVENT_TYPES / 8]; /* of tracepoints, taken */
	struct kpc_buf record;
	struct kpc_buf raw;
	struct loss *losses; /* of the trace, by time */
	uint32_t nr_losses;
	uint32_t next_loss;
	bool by_realtime;
	uint64_t rows;
};

/* ---- records ------------------------------------------------------------- */

static void record_begin(struct perfdata *p, uint32_t type, uint16_t misc)
{
	struct perf_event_header header = { .type = type, .misc = misc };

	kpc_buf_reset(&p->record);
	kpc_buf_add(&p->record, &header, sizeof(header));
}

static void record_u32(struct perfdata *p, uint32_t v)
{
	kpc_buf_add(&p->record, &v, sizeof(v));
}

static void record_u64(struct perfdata *p, uint64_t v)
{
	kpc_buf_add(&p->record, &v, sizeof(v));
}

/* A text with its NUL, up to a multiple of 8. */
static void record_text(struct perfdata *p, const char *text, size_t bytes)
{
	static const uint8_t zeros[8];

	kpc_buf_add(&p->record, text, bytes);
	kpc_buf_add(&p->record, zeros, 8 - bytes % 8);
}

/* What is behind a record that is no sample, by sample_id_all. */
struct trailer {
	uint32_t pid;
	uint32_t tid;
	uint64_t time_ns;
	int32_t cpu;
	uint32_t reserved;
	uint64_t id;
};

static struct trailer row_trailer(const struct kpc_row *row, uint64_t time_ns)
{
	return (struct trailer){
		.pid = row->pid,
		.tid = row->tid,
		.time_ns = time_ns,
		.cpu = row->cpu,
		.id = 1, /* any event will do */
	};
}

static int record_end(struct kpc_export *x, struct perfdata *p,
		      const struct trailer *trailer)
{
	uint16_t size;

	if (trailer)
		kpc_buf_add(&p->record, trailer, sizeof(*trailer));
	if (p->record.error)
		return p->record.error;
	size = p->record.used;
	memcpy(p->record.data + offsetof(struct perf_event_header, size), &size,
	       sizeof(size));
	kpc_outfile_write(x->out, p->record.data, p->record.used);
	return 0;
}

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

/* ---- what perf has to know ----------------------------------------------- */

static int tell_thread(struct kpc_export *x, const struct kpc_row *row,
		       const struct trailer *trailer)
{
	struct perfdata *p = x->state;
	int ret;

	/* perf has a name for the idle task of its own. */
	if (!row->tid || row->tid == KPC_TID_UNKNOWN || !*row->comm)
		return 0;
	ret = kpc_perfknown_thread(&p->known, row->pid, row->tid, row->comm);
	if (ret <= 0)
		return ret;
	record_begin(p, PERF_RECORD_COMM, 0);
	record_u32(p, row->pid);
	record_u32(p, row->tid);
	record_text(p, row->comm, strnlen(row->comm, KPC_COMM_BYTES));
	return record_end(x, p, trailer);
}

struct forget {
	struct kpc_export *x;
	const struct trailer *trailer;
};

/* A symbol's record, by which it comes or goes. */
static int write_symbol(struct kpc_export *x, uint64_t start, uint64_t bytes,
			bool gone, const char *name,
			const struct trailer *trailer)
{
	struct perfdata *p = x->state;
	uint32_t type_flags =
		gone ? PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER << 16 : 0;

	record_begin(p, PERF_RECORD_KSYMBOL, 0);
	record_u64(p, start);
	record_u32(p, bytes > UINT32_MAX ? UINT32_MAX : bytes);
	record_u32(p, type_flags);
	record_text(p, name, strnlen(name, SYMBOL_MAX));
	return record_end(x, p, trailer);
}

static void forget_symbol(void *ctx, const struct kpc_perfknown_range *gone)
{
	const struct forget *forget = ctx;

	write_symbol(forget->x, gone->start, gone->end - gone->start, true, "",
		     forget->trailer);
}

/* What @address is called, if it may be one of the kernel. */
static int tell_symbol(struct kpc_export *x, const struct kpc_row *row,
		       uint64_t address, const struct trailer *trailer)
{
	struct forget forget = { x, trailer };
	struct perfdata *p = x->state;
	struct kpc_perfknown_range range;
	struct kpc_kernel_symbol symbol;
	int ret;

	if (!(address >> 63) || address >= CONTEXTS ||
	    kpc_export_symbol(x, row->info, address, row->time_ns, &symbol) ||
	    !*symbol.name)
		return 0;
	range = (struct kpc_perfknown_range){
		.pid = KERNEL_PID,
		.start = symbol.start,
		.end = symbol.start + (symbol.bytes ? symbol.bytes : 1),
		.hash = kpc_keyhash_bytes(kpc_keyhash_key(), symbol.name,
					  strlen(symbol.name)),
	};
	ret = kpc_perfknown_range(&p->known, &range, forget_symbol, &forget);
	if (ret <= 0)
		return ret;
	return write_symbol(x, range.start, range.end - range.start, false,
			    symbol.name, trailer);
}

static int write_map(struct kpc_export *x, uint32_t pid, uint64_t pgoff,
		     const struct kpc_mapping *map,
		     const struct trailer *trailer)
{
	bool has_id = map->build_id_bytes && map->build_id_bytes <= 20;
	struct perfdata *p = x->state;
	uint8_t id[24] = { 0 };

	if (has_id) {
		id[0] = map->build_id_bytes;
		memcpy(id + 4, map->build_id, map->build_id_bytes);
	}
	record_begin(p, PERF_RECORD_MMAP2,
		     PERF_RECORD_MISC_USER |
			     (has_id ? PERF_RECORD_MISC_MMAP_BUILD_ID : 0));
	record_u32(p, pid);
	record_u32(p, pid);
	record_u64(p, map->start);
	record_u64(p, map->bytes);
	record_u64(p, pgoff);
	kpc_buf_add(&p->record, id, sizeof(id));
	record_u32(p, PROT_READ | PROT_EXEC);
	record_u32(p, MAP_PRIVATE);
	record_text(p, map->path, strnlen(map->path, 4095));
	return record_end(x, p, trailer);
}

static int note_build_id(struct perfdata *p, const struct kpc_mapping *map,
			 uint64_t hash)
{
	int ret;

	if (!map->build_id_bytes)
		return 0;
	ret = kpc_perfknown_build_id(&p->known, hash);
	if (ret > 0)
		kpc_perffile_build_id(&p->file, PERF_RECORD_MISC_USER,
				      map->path, map->build_id,
				      map->build_id_bytes);
	return ret < 0 ? ret : 0;
}

static int tell_map(struct kpc_export *x, const struct kpc_row *row,
		    uint64_t address, const struct trailer *trailer)
{
	struct perfdata *p = x->state;
	struct kpc_perfknown_range range;
	struct kpc_mapping map;
	uint64_t hash, pgoff;
	int ret;

	if (!address || row->tid == KPC_TID_UNKNOWN ||
	    kpc_export_map(x, row->info, row->pid, address, row->time_ns, &map))
		return 0;
	pgoff = map.offset - (address - map.start);
	hash = kpc_keyhash_bytes(kpc_keyhash_key(), map.path, strlen(map.path));
	hash ^= kpc_keyhash_bytes(kpc_keyhash_key(), map.build_id,
				  map.build_id_bytes);
	range = (struct kpc_perfknown_range){
		.pid = row->pid,
		.start = map.start,
		.end = map.start + map.bytes,
		.hash = kpc_keyhash_mix(kpc_keyhash_key(), hash, pgoff),
	};
	ret = kpc_perfknown_range(&p->known, &range, NULL, NULL);
	if (ret > 0)
		ret = write_map(x, row->pid, pgoff, &map, trailer);
	return ret ? ret : note_build_id(p, &map, hash);
}

/* Addresses of a call chain; the marks in it say of which space they are. */
static int tell_chain(struct kpc_export *x, const struct kpc_row *row,
		      const struct trailer *trailer)
{
	bool user = false;
	int err = 0;

	for (uint32_t i = 0; !err && i < row->stack_depth; i++) {
		uint64_t ip = row->stack[i];

		if (ip >= CONTEXTS)
			user = ip == (uint64_t)PERF_CONTEXT_USER;
		else if (user)
			err = tell_map(x, row, ip, trailer);
		else
			err = tell_symbol(x, row, ip, trailer);
	}
	return err;
}

/* Functions in fields, which print formats name. */
static int tell_fields(struct kpc_export *x, const struct kpc_row *row,
		       const struct trailer *trailer)
{
	const struct kpc_event *event = row->event;
	int err = 0;

	for (uint32_t i = 0; !err && !row->payload && i < event->nr_fields; i++)
		if (event->fields[i].kind == KPC_FIELD_HEX &&
		    event->fields[i].bytes == 8)
			err = tell_symbol(x, row, row->values[i].u, trailer);
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
		if (row->stack[i] >= CONTEXTS)
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
	record_u32(p, bytes);
	kpc_buf_add(&p->record, p->raw.data, bytes);
	if (p->raw.error)
		p->record.error = p->raw.error;
}

static int write_sample(struct kpc_export *x, const struct kpc_perfevent *event,
			const struct kpc_row *row, const struct place *place,
			const struct trailer *trailer)
{
	struct perfdata *p = x->state;
	uint32_t depth = row->stack_depth < CHAIN_MAX ? row->stack_depth :
							CHAIN_MAX;

	record_begin(p, PERF_RECORD_SAMPLE, place->mode);
	record_u64(p, event->id);
	record_u64(p, place->ip);
	record_u32(p, trailer->pid);
	record_u32(p, trailer->tid);
	record_u64(p, trailer->time_ns);
	record_u32(p, trailer->cpu);
	record_u32(p, 0);
	record_u64(p, kpc_perfevent_period(event, row));
	if (event->attr.sample_type & PERF_SAMPLE_CALLCHAIN) {
		record_u64(p, depth);
		kpc_buf_add(&p->record, row->stack, depth * sizeof(uint64_t));
	}
	if (event->attr.sample_type & PERF_SAMPLE_RAW)
		add_raw(p, event, row);
	return record_end(x, p, NULL);
}

/* ---- losses -------------------------------------------------------------- */

static int write_lost(struct kpc_export *x, uint32_t type, uint64_t id,
		      uint64_t count, uint64_t time_ns, int32_t cpu)
{
	const struct trailer trailer = {
		.pid = UINT32_MAX,
		.tid = UINT32_MAX,
		.time_ns = time_ns,
		.cpu = cpu,
		.id = id,
	};
	struct perfdata *p = x->state;

	record_begin(p, type, 0);
	if (type == PERF_RECORD_LOST)
		record_u64(p, id);
	record_u64(p, count);
	return record_end(x, p, &trailer);
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
	/* Only what gets its name at the end can be written over. */
	p->file.is_pipe = !x->out->part;
	return kpc_perffile_begin(&p->file);
}

/*
 * Without any map of the kernel perf report warns that it was hidden from who recorded.
 * This one has no address that anything is at: symbols are told one by one.
 */
static int write_kernel_map(struct kpc_export *x)
{
	static const char name[] = "[kernel.kallsyms]_text";
	const struct trailer trailer = { .id = 1 };
	struct perfdata *p = x->state;

	record_begin(p, PERF_RECORD_MMAP, PERF_RECORD_MISC_KERNEL);
	record_u32(p, UINT32_MAX);
	record_u32(p, 0);
	record_u64(p, NO_ADDRESS);
	record_u64(p, 1);
	record_u64(p, NO_ADDRESS);
	record_text(p, name, sizeof(name) - 1);
	return record_end(x, p, &trailer);
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
		err = write_kernel_map(x);
	if (!err && ledger)
		err = find_losses(x, info, ledger);
	return err;
}

static int tell(struct kpc_export *x, const struct kpc_row *row,
		const struct place *place, const struct trailer *trailer)
{
	int err = write_losses(x, trailer->time_ns);

	if (!err)
		err = tell_thread(x, row, trailer);
	if (!err && row->stack)
		err = tell_chain(x, row, trailer);
	else if (!err && place->mode == PERF_RECORD_MISC_USER)
		err = tell_map(x, row, place->ip, trailer);
	else if (!err)
		err = tell_symbol(x, row, place->ip, trailer);
	return err ? err : tell_fields(x, row, trailer);
}

static int perfdata_row(struct kpc_export *x, const struct kpc_row *row)
{
	struct perfdata *p = x->state;
	uint64_t time_ns = row->realtime_ns > 0 ?
				   (uint64_t)row->realtime_ns :
				   shown_time(x, p, row->info, row->time_ns);
	struct trailer trailer = row_trailer(row, time_ns);
	struct kpc_perfevent *event;
	struct place place;
	int err = find_event(x, row->event, &event);

	if (err)
		return err;
	place = find_place(event, row);
	err = tell(x, row, &place, &trailer);
	if (!err)
		err = write_sample(x, event, row, &place, &trailer);
	if (!p->rows++)
		p->file.first_ns = time_ns;
	p->file.last_ns = time_ns;
	if (!err && !(p->rows % ROUND_ROWS)) {
		record_begin(p, KPC_PERF_RECORD_ROUND, 0);
		err = record_end(x, p, NULL);
	}
	return err;
}

static int perfdata_trace_end(struct kpc_export *x,
			      const struct kpc_reader *reader)
{
	struct perfdata *p = x->state;
	int err = write_losses(x, UINT64_MAX);

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
	kpc_perfknown_uninit(&p->known);
	kpc_perffile_uninit(&p->file);
	free(p->file.events);
	free(p->losses);
	kpc_buf_uninit(&p->record);
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
