// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "profile.h"
#include "quantities.h"

#define SLOTS	     (PROFILE_ITEMS_MAX * 2) /* a power of two */
#define NAME_BYTES   512
#define FRAMES_CACHE 4096u /* a power of two */
#define NS_PER_S     1e9
#define KNOWN_MAX    (1u << 15) /* events, of traces that are read together */
#define KNOWN_SLOTS  (KNOWN_MAX * 2)

/* An address whose function was looked up, in this trace. */
struct frame {
	bool known;
	bool plumbing; /* of tracing */
	uint64_t address;
	uint32_t pid;
	const char *comm; /* of a program's: one that is run begins another */
	struct profile_item *item;
};

/* An event, by its address: its item, and those of its fields. */
struct known {
	const struct kpc_event *event;
	struct profile_item *item;
	struct profile_item **fields;
};

/* The current trace. */
struct reading {
	struct profile *profile;
	const struct profile_opts *opts;
	struct kpc_reader *reader;
	uint32_t first_window;
	uint32_t windows; /* of this trace */
	uint64_t start_ns, end_ns;
	struct known *known;
	uint32_t nr_known;
	struct frame *frames;
	char comm[32]; /* the last one, and its item */
	struct profile_item *process;
};

/* ---- items --------------------------------------------------------------- */

static uint64_t hash(const struct profile *p, enum profile_kind kind,
		     const char *name)
{
	uint64_t h = p->seed + kind;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3ull;
	return h ^ h >> 29;
}

static struct profile_item **slot_of(const struct profile *p, uint64_t h,
				     enum profile_kind kind, const char *name)
{
	uint32_t i = h & (SLOTS - 1);

	for (; p->slot[i]; i = (i + 1) & (SLOTS - 1))
		if (p->slot[i]->hash == h && p->slot[i]->kind == kind &&
		    !strcmp(p->slot[i]->name, name))
			break;
	return &p->slot[i];
}

static void item_free(struct profile_item *item)
{
	if (!item)
		return;
	free(item->name);
	free(item->by_window);
	free(item->level);
	free(item->values);
	free(item->sums);
	free(item);
}

static struct profile_item *item_new(uint32_t windows, enum profile_kind kind,
				     const char *name)
{
	struct profile_item *item = calloc(1, sizeof(*item));
	bool has_values = kind == PROFILE_FIELD;

	if (!item)
		return NULL;
	item->kind = kind;
	item->name = strdup(name);
	item->by_window = calloc(windows, sizeof(*item->by_window));
	if (has_values) {
		item->level = calloc(windows, sizeof(*item->level));
		item->values = calloc(PROFILE_CLASSES, sizeof(*item->values));
		item->sums = calloc(PROFILE_CLASSES, sizeof(*item->sums));
	}
	if (item->name && item->by_window &&
	    (!has_values || (item->level && item->values && item->sums)))
		return item;
	item_free(item);
	return NULL;
}

/* NULL: there is no room for more. */
static struct profile_item *item_at(struct profile *p, enum profile_kind kind,
				    const char *name)
{
	uint64_t h = hash(p, kind, name);
	struct profile_item **slot = slot_of(p, h, kind, name);

	if (*slot || p->nr == PROFILE_ITEMS_MAX)
		return *slot;
	*slot = item_new(p->nr_windows, kind, name);
	if (*slot) {
		(*slot)->hash = h;
		p->item[p->nr++] = *slot;
	}
	return *slot;
}

const struct profile_item *
profile_find(const struct profile *p, enum profile_kind kind, const char *name)
{
	return *slot_of(p, hash(p, kind, name), kind, name);
}

double profile_quantile(const struct profile_item *item, uint32_t per_mille)
{
	uint64_t rank = item->count / 1000 * per_mille +
			(item->count % 1000 * per_mille + 999) / 1000;
	uint64_t seen = item->values[0];

	if (seen >= rank)
		return -1;
	for (uint32_t i = 1; i < PROFILE_CLASSES; i++) {
		seen += item->values[i];
		if (seen >= rank)
			return item->sums[i] / item->values[i];
	}
	return 0;
}

/* ---- rows ---------------------------------------------------------------- */

static uint32_t window_of(const struct reading *r, uint64_t time_ns)
{
	uint64_t span = r->end_ns - r->start_ns;
	uint64_t since = time_ns > r->start_ns ? time_ns - r->start_ns : 0;
	uint32_t i;

	if (since >= span)
		return r->first_window + r->windows - 1;
	i = (double)since / span * r->windows;
	return r->first_window + (i < r->windows ? i : r->windows - 1);
}

static void add(struct reading *r, struct profile_item *item, uint32_t window,
		uint64_t hits)
{
	if (!item) {
		r->profile->left_out += hits;
		return;
	}
	item->count += hits;
	item->by_window[window] += hits;
}

static void add_value(struct profile_item *item, uint32_t window,
		      const struct kpc_field *field, uint64_t value)
{
	bool below = field->kind == KPC_FIELD_SIGNED && (int64_t)value < 0;
	uint32_t class = below ? 0 : histogram_bucket(value) + 1;

	item->count++;
	item->by_window[window]++;
	item->level[window] += class;
	item->values[class]++;
	item->sums[class] += below ? 0 : value;
}

static void add_process(struct reading *r, const struct kpc_row *row,
			uint32_t window, uint64_t hits)
{
	const char *comm = *row->comm ? row->comm :
			   row->tid   ? "<...>" :
					"<idle>";

	if (!r->process || strcmp(comm, r->comm)) {
		char name[sizeof(r->comm)];

		snprintf(r->comm, sizeof(r->comm), "%s", comm);
		quantities_process(comm, name, sizeof(name));
		r->process = item_at(r->profile, PROFILE_PROCESS, name);
	}
	add(r, r->process, window, hits);
}

static void name_frame(const struct kpc_row *row, uint64_t address, bool kernel,
		       char *name, size_t size)
{
	struct kpc_kernel_symbol symbol;
	struct kpc_mapping mapping;

	snprintf(name, size, "[unknown]");
	if (!kernel) {
		if (!kpc_trace_map(row->info, row->pid, address, row->time_ns,
				   &mapping))
			snprintf(name, size, "%s+0x%llx", mapping.path,
				 (unsigned long long)mapping.offset);
		return;
	}
	if (!kpc_trace_symbol(row->info, address, row->time_ns, &symbol))
		snprintf(name, size, "%s",
			 *symbol.name ? symbol.name : symbol.module);
}

/* What calls a tracepoint's users is in all of its chains, and says nothing. */
static bool is_plumbing(const char *name)
{
	return !strncmp(name, "__traceiter_", strlen("__traceiter_"));
}

/* A function's name is looked up once for an address. */
static const struct frame *frame_of(struct reading *r,
				    const struct kpc_row *row, uint64_t address,
				    bool kernel)
{
	uint32_t pid = kernel ? 0 : row->pid;
	uint32_t at = ((address >> 2) * 31 + pid) & (FRAMES_CACHE - 1);
	struct frame *frame = &r->frames[at];
	char name[NAME_BYTES];

	/* What a thread is called is one text of the trace until that changes. */
	if (frame->known && frame->address == address && frame->pid == pid &&
	    (kernel || frame->comm == row->comm))
		return frame;
	name_frame(row, address, kernel, name, sizeof(name));
	*frame = (struct frame){
		.known = true,
		.plumbing = kernel && is_plumbing(name),
		.address = address,
		.pid = pid,
		.comm = row->comm,
	};
	if (!frame->plumbing)
		frame->item = item_at(r->profile, PROFILE_FUNCTION, name);
	return frame;
}

/* The innermost one. */
static void add_function(struct reading *r, const struct kpc_row *row,
			 uint32_t window, uint64_t hits)
{
	bool kernel = false;

	for (uint32_t i = 0; i < row->stack_depth; i++) {
		const struct frame *frame;

		if (row->stack[i] >= PERF_CONTEXT_MAX) {
			kernel = row->stack[i] == PERF_CONTEXT_KERNEL;
			continue;
		}
		frame = frame_of(r, row, row->stack[i], kernel);
		if (frame->plumbing)
			continue;
		r->profile->has_chains = true;
		add(r, frame->item, window, hits);
		return;
	}
}

static struct known *known_slot(const struct reading *r,
				const struct kpc_event *event)
{
	uint32_t i = ((uintptr_t)event * 0x9e3779b97f4a7c15ull >> 32) &
		     (KNOWN_SLOTS - 1);

	while (r->known[i].event && r->known[i].event != event)
		i = (i + 1) & (KNOWN_SLOTS - 1);
	return &r->known[i];
}

static int know(struct reading *r, struct known *known,
		const struct kpc_event *event)
{
	char name[NAME_BYTES];

	if (r->nr_known == KNOWN_MAX)
		return -E2BIG;
	known->fields = calloc(event->nr_fields + 1, sizeof(*known->fields));
	if (!known->fields)
		return -ENOMEM;
	r->nr_known++;
	known->event = event;
	known->item = item_at(r->profile, PROFILE_EVENT, event->name);
	for (uint32_t f = 0; f < event->nr_fields; f++) {
		const struct kpc_field *field = &event->fields[f];

		if (!quantities_wanted(field, r->opts->fields))
			continue;
		snprintf(name, sizeof(name), "%s %s", event->name, field->name);
		known->fields[f] = item_at(r->profile, PROFILE_FIELD, name);
		if (known->fields[f])
			known->fields[f]->is_time = quantities_is_time(field);
	}
	return 0;
}

/*
 * The hits that a row stands for. A tracepoint's weight may be an amount, such as the
 * nanoseconds of sched_stat_runtime: there it is the period.
 */
static uint64_t hits_of(const struct kpc_row *row)
{
	const struct kpc_event *event = row->event;
	struct perf_event_attr attr = { 0 };

	if (event->unit != KPC_UNIT_HITS)
		return 1;
	if (event->source == KPC_SOURCE_TRACEPOINT && event->attr) {
		memcpy(&attr, event->attr,
		       event->attr_bytes < sizeof(attr) ? event->attr_bytes :
							  sizeof(attr));
		if (!attr.freq)
			return attr.sample_period ? attr.sample_period : 1;
	}
	return row->weight ? row->weight : 1;
}

static int add_row(struct reading *r, const struct kpc_row *row)
{
	uint64_t time_ns = row->info->merged ? (uint64_t)row->realtime_ns :
					       row->time_ns;
	uint32_t window = window_of(r, time_ns);
	uint64_t hits = hits_of(row);
	struct known *known = known_slot(r, row->event);
	int err = known->event ? 0 : know(r, known, row->event);

	if (err)
		return err;
	r->profile->hits[window] += hits;
	r->profile->all_hits += hits;
	add(r, known->item, window, hits);
	add_process(r, row, window, hits);
	add_function(r, row, window, hits);
	for (uint32_t f = 0; !row->payload && f < row->event->nr_fields; f++)
		if (known->fields[f])
			add_value(known->fields[f], window,
				  &row->event->fields[f], row->values[f].u);
	return 0;
}

/* ---- traces -------------------------------------------------------------- */

/* What the current trace lost, by its last ledger. */
static void add_loss(struct profile *p, struct kpc_reader *reader)
{
	const struct kpc_ledger *ledger = kpc_reader_ledger(reader);

	p->cut |= kpc_reader_info(reader)->cut;
	p->has_ledger &= ledger != NULL;
	/* Those that never happened were recorded, too. */
	for (uint32_t i = 0; i < kpc_reader_nr_events(reader); i++) {
		const struct kpc_event *event = kpc_reader_event(reader, i);

		if (event)
			item_at(p, PROFILE_EVENT, event->name);
	}
	for (uint32_t i = 0; ledger && i < ledger->nr_events; i++) {
		const struct kpc_event *event = kpc_reader_event(reader, i);
		const struct kpc_event_account *a = &ledger->events[i];
		struct profile_item *item =
			event ? item_at(p, PROFILE_EVENT, event->name) : NULL;

		if (!item)
			continue;
		item->lost += a->lost + a->overwritten +
			      a->probe.missed_kprobe + a->probe.missed_return +
			      a->probe.recursion;
		item->lost_unknown |= a->lost_unknown;
	}
}

/* Of all traces; those that are read together, too. */
static int add_losses(struct profile *p, struct kpc_reader *reader)
{
	int ret;

	do {
		add_loss(p, reader);
		ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	return ret ? ret : kpc_reader_rewind(reader);
}

static void set_times(struct reading *r)
{
	const struct kpc_trace_info *info = kpc_reader_info(r->reader);
	const struct selection *s = r->opts->selection;
	uint64_t offset = info->merged ? info->realtime_offset_ns : 0;

	r->start_ns = info->start_ns + offset;
	r->end_ns = info->end_ns + offset;
	if (s)
		selection_times(s, r->start_ns, &r->start_ns, &r->end_ns);
	if (r->end_ns <= r->start_ns)
		r->end_ns = r->start_ns + 1;
	for (uint32_t i = 0; i < r->windows; i++)
		r->profile->seconds[r->first_window + i] =
			(r->end_ns - r->start_ns) / NS_PER_S / r->windows;
	r->profile->all_seconds += (r->end_ns - r->start_ns) / NS_PER_S;
}

static void forget(struct reading *r)
{
	for (uint32_t i = 0; i < KNOWN_SLOTS; i++)
		free(r->known[i].fields);
	memset(r->known, 0, KNOWN_SLOTS * sizeof(*r->known));
	memset(r->frames, 0, FRAMES_CACHE * sizeof(*r->frames));
	r->nr_known = 0;
	r->process = NULL;
}

static int read_trace(struct reading *r)
{
	struct kpc_row row;
	int ret = kpc_reader_join(r->reader);

	if (ret < 0)
		return ret;
	set_times(r);
	ret = r->opts->selection ?
		      selection_apply(r->opts->selection, r->reader) :
		      0;
	while (!ret && (ret = kpc_reader_next(r->reader, &row)) > 0)
		ret = add_row(r, &row);
	forget(r);
	r->first_window += r->windows;
	return ret;
}

static int read_traces(struct reading *r)
{
	int ret = add_losses(r->profile, r->reader);

	while (!ret) {
		ret = read_trace(r);
		if (ret)
			break;
		ret = kpc_reader_next_trace(r->reader);
		if (ret <= 0)
			break;
		ret = 0;
	}
	/* Traces that are read together have windows together. */
	r->profile->nr_windows = r->first_window;
	return ret;
}

static int allocate(struct profile *p, uint32_t traces, uint32_t windows)
{
	*p = (struct profile){ .traces = traces, .has_ledger = true };
	p->nr_windows = traces * windows;
	p->seconds = calloc(p->nr_windows, sizeof(*p->seconds));
	p->hits = calloc(p->nr_windows, sizeof(*p->hits));
	p->item = calloc(PROFILE_ITEMS_MAX, sizeof(*p->item));
	p->slot = calloc(SLOTS, sizeof(*p->slot));
	/* Names are strangers'; without it, it's only a hash. */
	if (getrandom(&p->seed, sizeof(p->seed), GRND_NONBLOCK) < 0)
		p->seed = 0xcbf29ce484222325ull;
	return p->seconds && p->hits && p->item && p->slot ? 0 : -ENOMEM;
}

int profile_read(struct profile *p, struct kpc_reader *reader,
		 const struct profile_opts *opts)
{
	uint32_t traces = kpc_reader_info(reader)->traces;
	uint32_t windows = opts->windows ? opts->windows : PROFILE_WINDOWS;
	struct reading r = { .profile = p, .opts = opts, .reader = reader };
	int ret;

	*p = (struct profile){ 0 };
	/* Of very many traces, each has fewer. */
	if (traces > PROFILE_WINDOWS_MAX)
		return -E2BIG;
	if (traces * windows > PROFILE_WINDOWS_MAX)
		windows = PROFILE_WINDOWS_MAX / traces;
	r.windows = windows;
	ret = allocate(p, traces, windows);
	r.frames = calloc(FRAMES_CACHE, sizeof(*r.frames));
	r.known = calloc(KNOWN_SLOTS, sizeof(*r.known));
	if (!ret)
		ret = r.frames && r.known ? read_traces(&r) : -ENOMEM;
	free(r.frames);
	free(r.known);
	return ret;
}

void profile_uninit(struct profile *p)
{
	for (uint32_t i = 0; i < p->nr; i++)
		item_free(p->item[i]);
	free(p->item);
	free(p->slot);
	free(p->seconds);
	free(p->hits);
	*p = (struct profile){ 0 };
}
