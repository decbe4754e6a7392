// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fieldtext.h"
#include "pfevents.h"

/* A row that is being put. */
struct put {
	struct kpc_pf *pf;
	struct kpc_pf_thread *thread;
	struct kpc_pf_shape *shape;
	const struct kpc_row *row;
	struct kpc_pf_stacks *stacks;
	uint64_t time_ns;
};

/* ---- shapes -------------------------------------------------------------- */

static void shape_free(void *value)
{
	struct kpc_pf_shape *shape = value;

	free(shape->sched);
	free(shape->fields);
	free(shape);
}

void kpc_pf_events_uninit(struct kpc_pf_events *events)
{
	kpc_ptrmap_uninit(&events->shapes, shape_free);
	kpc_calls_uninit(&events->calls);
}

struct kpc_pf_shape *kpc_pf_shape(struct kpc_pf_events *events,
				  const struct kpc_row *row)
{
	const struct kpc_event *event = row->event;
	struct kpc_pf_shape *shape = kpc_ptrmap_find(&events->shapes, event);

	if (shape)
		return shape;
	shape = calloc(1, sizeof(*shape));
	if (!shape)
		return NULL;
	shape->event = event;
	shape->info = row->info;
	shape->generation = UINT64_MAX;
	shape->fields = calloc(event->nr_fields + 1ull, sizeof(*shape->fields));
	if (!shape->fields || kpc_ptrmap_put(&events->shapes, event, shape)) {
		free(shape->fields);
		free(shape);
		return NULL;
	}
	kpc_calls_find(&events->calls, event, &shape->call);
	shape->sched = kpc_pf_sched_new(event);
	return shape;
}

/* ---- names --------------------------------------------------------------- */

/* A tracepoint's system is its category; of others, what they are. */
static void split_name(const struct kpc_event *event, char category[64],
		       const char **name)
{
	static const char *const sources[] = {
		[KPC_SOURCE_UNKNOWN] = "event",
		[KPC_SOURCE_KPROBEX] = "kprobex",
		[KPC_SOURCE_TRACEPOINT] = "tracepoint",
		[KPC_SOURCE_SOFTWARE] = "software",
		[KPC_SOURCE_BPF] = "bpf",
		[KPC_SOURCE_UPROBE] = "uprobe",
		[KPC_SOURCE_HARDWARE] = "hardware",
	};
	const char *colon = strchr(event->name, ':');
	bool known = event->source < sizeof(sources) / sizeof(*sources);

	*name = event->name;
	if (event->source == KPC_SOURCE_TRACEPOINT && colon) {
		snprintf(category, 64, "%.*s", (int)(colon - event->name),
			 event->name);
		*name = colon + 1;
		return;
	}
	snprintf(category, 64, "%s", sources[known ? event->source : 0]);
}

/* Numbers of names, for the packet that was begun. */
static void find_numbers(struct kpc_pf *pf, struct kpc_pf_shape *shape)
{
	const struct kpc_event *event = shape->event;
	char category[64];
	const char *name;

	if (shape->generation == pf->generation)
		return;
	split_name(event, category, &name);
	shape->category = kpc_pf_name(pf, PF_INTERNED_CATEGORIES, category);
	shape->name = kpc_pf_name(pf, PF_INTERNED_EVENT_NAMES, name);
	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!event->fields[i].common)
			shape->fields[i] =
				kpc_pf_name(pf, PF_INTERNED_ANNOTATION_NAMES,
					    event->fields[i].name);
	shape->generation = pf->generation;
}

/* A call is called the same at its begin and its end. */
static uint64_t call_name(struct kpc_pf *pf, const struct kpc_pf_shape *shape,
			  uint32_t number)
{
	const char *name = NULL;
	char text[64];

	if (shape->call.number < 0)
		return kpc_pf_name(pf, PF_INTERNED_EVENT_NAMES,
				   shape->call.name);
	name = kpc_syscall_text(shape->info->machine, number);
	if (name)
		return kpc_pf_name(pf, PF_INTERNED_EVENT_NAMES, name);
	snprintf(text, sizeof(text), "system call %u", number);
	return kpc_pf_name(pf, PF_INTERNED_EVENT_NAMES, text);
}

static uint32_t call_number(const struct kpc_pf_shape *shape,
			    const struct kpc_row *row)
{
	if (shape->call.number < 0 || row->payload)
		return 0;
	return row->values[shape->call.number].u;
}

/* ---- fields -------------------------------------------------------------- */

static const uint32_t types[] = {
	[KPC_FIELD_UNSIGNED] = PF_NOTE_UINT,
	[KPC_FIELD_SIGNED] = PF_NOTE_INT,
	[KPC_FIELD_HEX] = PF_NOTE_POINTER,
};

static void add_hex(struct kpc_buf *buf, const uint8_t *bytes, size_t nr)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *at = kpc_buf_reserve(buf, nr * 2);

	if (!at)
		return;
	for (size_t i = 0; i < nr; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	buf->used += nr * 2;
}

/* What stands for an address of the kernel: which one is no more to be known. */
static void add_place(struct kpc_pf *pf, const struct kpc_kernel_symbol *symbol)
{
	bool both = *symbol->name && *symbol->module;
	char text[640];

	snprintf(text, sizeof(text), "%s+0x%" PRIx64 "%s%s%s",
		 *symbol->name ? symbol->name : symbol->module, symbol->offset,
		 both ? " [" : "", both ? symbol->module : "", both ? "]" : "");
	kpc_pf_add_string(pf, &pf->note, PF_NOTE_STRING, text);
}

/* What an annotation of that field says, in note. */
static void add_value(const struct put *put, const struct kpc_field *field,
		      const struct kpc_value *value)
{
	struct kpc_pf *pf = put->pf;
	struct kpc_buf *note = &pf->note;
	struct kpc_kernel_symbol symbol;
	char text[32];

	if (field->kind == KPC_FIELD_BYTES) {
		kpc_buf_reset(&pf->text);
		add_hex(&pf->text, value->blob, value->blob_bytes);
		kpc_wire_add_bytes(note, PF_NOTE_STRING, pf->text.data,
				   pf->text.used);
	} else if (field->kind == KPC_FIELD_STRING) {
		if (value->fault)
			kpc_pf_add_string(pf, note, PF_NOTE_STRING, "(fault)");
		else
			kpc_pf_add_text(pf, note, PF_NOTE_STRING, value->blob,
					value->blob_bytes ?
						strnlen((char *)value->blob,
							value->blob_bytes) :
						0);
	} else if (kpc_export_is_place(put->stacks->x, value->u, &symbol)) {
		add_place(pf, &symbol);
	} else if (kpc_field_is_ip4(field)) {
		kpc_pf_add_text(pf, note, PF_NOTE_STRING, text,
				kpc_put_number(text, field, value->u) - text);
	} else {
		kpc_wire_add_varint(note, types[field->kind], value->u);
	}
}

static void add_field(const struct put *put, uint32_t f, uint32_t elements)
{
	const struct kpc_field *field = &put->shape->event->fields[f];
	const struct kpc_value *values = &put->row->values[f];
	struct kpc_pf *pf = put->pf;
	size_t begin;

	kpc_buf_reset(&pf->note);
	kpc_wire_add_varint(&pf->note, PF_NOTE_NAME, put->shape->fields[f]);
	if (!elements)
		add_value(put, field, values);
	for (uint32_t i = 0; i < elements; i++) {
		begin = kpc_wire_begin(&pf->note, PF_NOTE_ARRAY);
		add_value(put, &field[i], &values[i]);
		kpc_wire_end(&pf->note, begin);
	}
	kpc_wire_add_bytes(&pf->body, PF_EVENT_ANNOTATION, pf->note.data,
			   pf->note.used);
}

static void add_fields(const struct put *put)
{
	const struct kpc_event *event = put->shape->event;

	for (uint32_t f = 0; f < event->nr_fields; f++) {
		uint32_t elements = event->fields[f].elements;

		if (event->fields[f].common)
			continue;
		if (elements > event->nr_fields - f)
			elements = 0;
		add_field(put, f, elements);
		f += elements ? elements - 1 : 0;
	}
}

static void add_text(struct kpc_pf *pf, const char *name, const void *text,
		     size_t bytes)
{
	kpc_buf_reset(&pf->note);
	kpc_wire_add_varint(&pf->note, PF_NOTE_NAME,
			    kpc_pf_name(pf, PF_INTERNED_ANNOTATION_NAMES,
					name));
	kpc_wire_add_bytes(&pf->note, PF_NOTE_STRING, text, bytes);
	kpc_wire_add_bytes(&pf->body, PF_EVENT_ANNOTATION, pf->note.data,
			   pf->note.used);
}

static void add_notes(const struct put *put)
{
	const struct kpc_row *row = put->row;
	struct kpc_pf *pf = put->pf;

	if (row->cpu >= 0)
		kpc_pf_note_number(pf,
				   kpc_pf_name(pf, PF_INTERNED_ANNOTATION_NAMES,
					       "CPU"),
				   PF_NOTE_UINT, row->cpu);
	if (row->weight && put->shape->event->unit != KPC_UNIT_HITS)
		kpc_pf_note_number(pf,
				   kpc_pf_name(pf, PF_INTERNED_ANNOTATION_NAMES,
					       "HITS"),
				   PF_NOTE_UINT, row->weight);
	if (*row->cgroup_path)
		add_text(pf, "CGROUP", row->cgroup_path,
			 strlen(row->cgroup_path));
	if (!row->payload) {
		add_fields(put);
		return;
	}
	kpc_buf_reset(&pf->text);
	add_hex(&pf->text, row->payload, row->payload_bytes);
	add_text(pf, "payload", pf->text.data, pf->text.used);
}

/* ---- slices -------------------------------------------------------------- */

static void begin(const struct put *put, struct kpc_pf_shape *shape,
		  enum pf_event_type type, uint64_t time_ns)
{
	struct kpc_pf *pf = put->pf;

	kpc_pf_begin(pf, time_ns);
	find_numbers(pf, shape);
	kpc_wire_add_varint(&pf->body, PF_EVENT_TYPE, type);
	kpc_wire_add_varint(&pf->body, PF_EVENT_TRACK, put->thread->track);
	kpc_wire_add_varint(&pf->body, PF_EVENT_CATEGORY, shape->category);
}

static void end(const struct put *put)
{
	kpc_pf_end(put->pf, PF_PACKET_TRACK_EVENT);
}

static void put_row(const struct put *put, enum pf_event_type type,
		    bool is_call, uint64_t time_ns)
{
	struct kpc_pf *pf = put->pf;
	struct kpc_pf_shape *shape = put->shape;
	uint64_t name, stack;

	begin(put, shape, type, time_ns);
	name = is_call ? call_name(pf, shape, call_number(shape, put->row)) :
			 shape->name;
	kpc_wire_add_varint(&pf->body, PF_EVENT_NAME, name);
	add_notes(put);
	stack = kpc_pf_stack(put->stacks, put->row);
	if (stack)
		kpc_wire_add_varint(&pf->body, PF_EVENT_CALLSTACK, stack);
	end(put);
}

/* Ends the calls that are open from number @from on, which no row did. */
static void put_lost_ends(const struct put *put, uint32_t from)
{
	struct kpc_pf_thread *thread = put->thread;
	struct kpc_pf *pf = put->pf;

	if (thread->depth > from)
		thread->beyond = 0;
	while (thread->depth > from) {
		const struct kpc_pf_open *open = &thread->open[--thread->depth];
		struct kpc_pf_shape *shape = (struct kpc_pf_shape *)open->shape;

		begin(put, shape, PF_SLICE_END, put->time_ns);
		kpc_wire_add_varint(&pf->body, PF_EVENT_NAME,
				    call_name(pf, shape, open->number));
		kpc_pf_note_text(pf,
				 kpc_pf_name(pf, PF_INTERNED_ANNOTATION_NAMES,
					     "return"),
				 "not recorded", strlen("not recorded"));
		end(put);
	}
}

/* The innermost open call of the row's group; depth: there is none. */
static uint32_t find_open(const struct put *put, bool any_number)
{
	const struct kpc_pf_thread *thread = put->thread;
	uint32_t number = call_number(put->shape, put->row);

	for (uint32_t i = thread->depth; i-- > 0;)
		if (thread->open[i].group == put->shape->call.group &&
		    (any_number || thread->open[i].number == number))
			return i;
	return thread->depth;
}

static void put_entry(const struct put *put)
{
	struct kpc_pf_thread *thread = put->thread;

	/* Who calls has returned from the call before. */
	if (put->shape->call.is_syscall)
		put_lost_ends(put, find_open(put, true));
	if (thread->depth == KPC_PF_CALLS) {
		thread->beyond++;
		put_row(put, PF_INSTANT, false, put->time_ns);
		return;
	}
	thread->open[thread->depth++] = (struct kpc_pf_open){
		.shape = put->shape,
		.group = put->shape->call.group,
		.number = call_number(put->shape, put->row),
	};
	put_row(put, PF_SLICE_BEGIN, true, put->time_ns);
}

static void put_return(const struct put *put)
{
	uint32_t open = find_open(put, false);

	/* Of those that are within the open ones, the entries are instants, too. */
	if (put->thread->beyond) {
		put->thread->beyond--;
		open = put->thread->depth;
	}
	/* It was entered before the recording began, or that was lost. */
	if (open == put->thread->depth) {
		put_row(put, PF_INSTANT, false, put->time_ns);
		return;
	}
	put_lost_ends(put, open + 1);
	put->thread->depth = open;
	put_row(put, PF_SLICE_END, true, put->time_ns);
}

static void put_whole(const struct put *put)
{
	uint64_t duration = put->row->values[put->shape->call.duration].u;
	uint64_t time_ns = put->time_ns;

	put_row(put, PF_SLICE_BEGIN, false,
		duration < time_ns ? time_ns - duration : 0);
	begin(put, put->shape, PF_SLICE_END, time_ns);
	kpc_wire_add_varint(&put->pf->body, PF_EVENT_NAME, put->shape->name);
	end(put);
}

static void put_any(const struct put *put)
{
	enum kpc_call_part part = put->shape->call.part;

	if (put->row->payload)
		part = KPC_CALL_ALONE;
	switch (part) {
	case KPC_CALL_ENTRY:
		put_entry(put);
		return;
	case KPC_CALL_RETURN:
		put_return(put);
		return;
	case KPC_CALL_WHOLE:
		put_whole(put);
		return;
	case KPC_CALL_ALONE:
		put_row(put, PF_INSTANT, false, put->time_ns);
	}
}

/* Too many threads: their calls end here, and all begin anew. */
static void forget_threads(struct kpc_pf_events *events, uint64_t time_ns)
{
	struct kpc_records *threads = &events->tracks->threads;

	for (uint32_t i = 0; i < threads->nr; i++) {
		const struct put put = {
			.pf = events->pf,
			.thread = kpc_records_at(threads, i),
			.time_ns = time_ns,
		};

		put_lost_ends(&put, 0);
	}
	kpc_pf_tracks_forget(events->tracks);
}

int kpc_pf_event(struct kpc_pf_events *events, const struct kpc_row *row,
		 struct kpc_pf_shape *shape, const struct kpc_pf_who *who,
		 uint64_t time_ns)
{
	struct put put = {
		.pf = events->pf,
		.shape = shape,
		.row = row,
		.stacks = events->stacks,
		.time_ns = time_ns,
	};

	if (!kpc_pf_tracks_room(events->tracks))
		forget_threads(events, time_ns);
	put.thread = kpc_pf_thread(events->tracks, who);
	if (!put.thread)
		return -ENOMEM;
	put_any(&put);
	return 0;
}
