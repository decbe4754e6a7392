// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "errnoname.h"
#include "ip4.h"
#include "lines.h"

#define SLOTS_LEAST 64
#define HOST_BYTES  64
#define LEAD_BYTES  512 /* up to the event, and an ending newline, at most */
#define VALUE_BYTES (21 + ERRNONAME_BYTES) /* of a number, with a name */

/* A field, or an element of an array: what stands before and after it. */
struct item {
	const char *before;
	uint32_t before_bytes;
	uint32_t field;
	enum kpc_field_kind kind;
	bool closes;   /* an array */
	bool is_errno; /* below 0 it has a name */
	bool is_ip4;
};

/* All that is known of an event's line beforehand. */
struct shape {
	const struct kpc_event *event; /* NULL: a free slot */
	char *texts;		       /* the event's, and those before items */
	uint32_t name_bytes;
	struct item *items;
	uint32_t nr_items;
	size_t bound; /* bytes of a line, strings and bytes left aside */
};

struct lines {
	struct text *text;
	bool with_errno;
	struct shape *shapes; /* a hash table by event */
	uint32_t nr_slots;
	uint32_t nr;
};

struct lines *lines_new(struct text *text, bool with_errno)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	lines->text = text;
	lines->with_errno = with_errno;
	lines->nr_slots = SLOTS_LEAST;
	lines->shapes = calloc(lines->nr_slots, sizeof(*lines->shapes));
	if (!lines->shapes) {
		free(lines);
		return NULL;
	}
	return lines;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	for (uint32_t i = 0; i < lines->nr_slots; i++) {
		free(lines->shapes[i].texts);
		free(lines->shapes[i].items);
	}
	free(lines->shapes);
	free(lines);
}

/* ---- shapes -------------------------------------------------------------- */

static size_t texts_bound(const struct kpc_event *event)
{
	/* A byte takes four at most when it is escaped. */
	size_t bytes = strlen(event->name) * 4 + 2;

	for (uint32_t i = 0; i < event->nr_fields; i++)
		bytes += strlen(event->fields[i].name) * 4 + 4;
	return bytes;
}

static void add_item(struct shape *shape, uint32_t f, char **at, uint32_t left)
{
	const struct kpc_field *field = &shape->event->fields[f];
	struct item *item = &shape->items[shape->nr_items++];
	bool begins = field->elements || !left;

	*item = (struct item){
		.before = *at,
		.field = f,
		.kind = field->kind,
		.closes = left == 1,
		.is_ip4 = ip4_applies(field),
	};
	if (begins) {
		*(*at)++ = ' ';
		*at = text_put_word(*at, field->name);
		*(*at)++ = '=';
		if (field->elements)
			*(*at)++ = '{';
	} else {
		*(*at)++ = ',';
	}
	item->before_bytes = *at - item->before;
}

/* Elements of an array follow each other; @left counts those to come. */
static void add_items(struct shape *shape, char *at)
{
	const struct kpc_event *event = shape->event;
	uint32_t left = 0;

	for (uint32_t f = 0; f < event->nr_fields; f++) {
		const struct kpc_field *field = &event->fields[f];

		if (field->elements)
			left = field->elements;
		if (!field->common)
			add_item(shape, f, &at, left);
		if (left)
			left--;
	}
	shape->bound = (at - shape->texts) + LEAD_BYTES +
		       (size_t)shape->nr_items * (VALUE_BYTES + 1);
}

static void mark_errno(struct shape *shape)
{
	for (uint32_t i = 0; i < shape->nr_items; i++) {
		struct item *item = &shape->items[i];

		item->is_errno = errnoname_applies(shape->event, item->field);
	}
}

static bool shape_init(struct shape *shape, const struct kpc_event *event,
		       bool with_errno)
{
	char *at = malloc(texts_bound(event));

	*shape = (struct shape){ .texts = at };
	shape->items = calloc(event->nr_fields + 1, sizeof(*shape->items));
	if (!shape->texts || !shape->items) {
		free(shape->texts);
		free(shape->items);
		*shape = (struct shape){ 0 };
		return false;
	}
	shape->event = event;
	at = text_put_word(at, event->name);
	*at++ = ':';
	shape->name_bytes = at - shape->texts;
	add_items(shape, at);
	if (with_errno)
		mark_errno(shape);
	return true;
}

static struct shape *slot_of(const struct lines *lines,
			     const struct kpc_event *event)
{
	uint32_t mask = lines->nr_slots - 1;
	uint32_t slot = ((uintptr_t)event * 0x9e3779b97f4a7c15ull >> 40) & mask;

	while (lines->shapes[slot].event && lines->shapes[slot].event != event)
		slot = (slot + 1) & mask;
	return &lines->shapes[slot];
}

static bool grow(struct lines *lines)
{
	struct lines grown = *lines;

	grown.nr_slots *= 2;
	grown.shapes = calloc(grown.nr_slots, sizeof(*grown.shapes));
	if (!grown.shapes)
		return false;
	for (uint32_t i = 0; i < lines->nr_slots; i++)
		if (lines->shapes[i].event)
			*slot_of(&grown, lines->shapes[i].event) =
				lines->shapes[i];
	free(lines->shapes);
	*lines = grown;
	return true;
}

static const struct shape *shape_of(struct lines *lines,
				    const struct kpc_event *event)
{
	struct shape *shape = slot_of(lines, event);

	if (shape->event)
		return shape;
	if (lines->nr * 2 >= lines->nr_slots) {
		if (!grow(lines))
			return NULL;
		shape = slot_of(lines, event);
	}
	lines->nr++;
	return shape_init(shape, event, lines->with_errno) ? shape : NULL;
}

/* ---- rows ---------------------------------------------------------------- */

static char *put_id(char *p, uint32_t id)
{
	return text_put_s64(p, id == KPC_TID_UNKNOWN ? -1 : (int64_t)id);
}

static char *put_bytes(char *p, const void *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

/* As much of a name as fits. */
static char *put_host(char *p, const char *name)
{
	char host[HOST_BYTES + 1] = { 0 };

	strncpy(host, name, HOST_BYTES);
	return text_put_word(p, host);
}

static char *put_lead(char *p, const struct kpc_row *row)
{
	/* Of joined traces by the clock that they have in common, and where. */
	p = text_put_seconds(p, row->info->merged ? (uint64_t)row->realtime_ns :
						    row->time_ns);
	*p++ = ' ';
	if (row->info->merged) {
		p = put_host(p, row->info->hostname);
		*p++ = ':';
	}
	p = text_put_s64(p, row->cpu);
	*p++ = ' ';
	if (*row->comm)
		p = text_put_word(p, row->comm);
	else if (row->tid)
		p = put_bytes(p, "<...>", 5);
	else
		p = put_bytes(p, "<idle>", 6);
	*p++ = ' ';
	p = put_id(p, row->pid);
	*p++ = '/';
	p = put_id(p, row->tid);
	*p++ = ' ';
	return p;
}

/* "(ENOENT)" */
static char *put_errno(char *p, int64_t value)
{
	const char *name = errnoname_of(value);

	if (!name)
		return p;
	*p++ = '(';
	p = put_bytes(p, name, strlen(name));
	*p++ = ')';
	return p;
}

/* What may be long goes through the text's own functions. */
static char *put_blob(struct text *text, char *p, size_t bound,
		      enum kpc_field_kind kind, const struct kpc_value *value)
{
	text_commit(text, p);
	if (kind == KPC_FIELD_BYTES)
		text_hex_bytes(text, value->blob, value->blob_bytes);
	else if (value->fault)
		text_string(text, "(fault)");
	else
		text_quoted(text, value->blob, value->blob_bytes);
	return text_room(text, bound);
}

static char *put_fields(struct text *text, char *p, const struct shape *shape,
			const struct kpc_value *values)
{
	for (uint32_t i = 0; i < shape->nr_items; i++) {
		const struct item *item = &shape->items[i];
		const struct kpc_value *value = &values[item->field];

		p = put_bytes(p, item->before, item->before_bytes);
		switch (item->kind) {
		case KPC_FIELD_UNSIGNED:
			p = text_put_u64(p, value->u);
			break;
		case KPC_FIELD_SIGNED:
			p = text_put_s64(p, value->u);
			if (item->is_errno)
				p = put_errno(p, value->u);
			break;
		case KPC_FIELD_HEX:
			p = item->is_ip4 ? ip4_put(p, value->u) :
					   text_put_hex(p, value->u);
			break;
		case KPC_FIELD_STRING:
		case KPC_FIELD_BYTES:
			p = put_blob(text, p, shape->bound, item->kind, value);
			break;
		}
		if (item->closes)
			*p++ = '}';
	}
	return p;
}

static void print_payload(struct text *text, const struct kpc_row *row)
{
	text_string(text, " payload=");
	text_hex_bytes(text, row->payload, row->payload_bytes);
}

static void print_stack(struct text *text, const struct kpc_row *row)
{
	for (uint32_t i = 0; i < row->stack_depth; i++) {
		text_string(text, i ? "," : " stack=");
		text_hex(text, row->stack[i]);
	}
}

/* Too many fields for the buffer at once: piece by piece. */
static void print_long(struct text *text, const struct shape *shape,
		       const struct kpc_row *row)
{
	struct shape piece = *shape;

	text_bytes(text, shape->texts, shape->name_bytes);
	if (row->payload) {
		print_payload(text, row);
		return;
	}
	piece.nr_items = 1;
	for (uint32_t i = 0; i < shape->nr_items; i++) {
		size_t bytes = shape->items[i].before_bytes;
		struct item item = shape->items[i];

		text_bytes(text, item.before, bytes);
		item.before_bytes = 0;
		piece.items = &item;
		piece.bound = VALUE_BYTES + 1;
		text_commit(text, put_fields(text, text_room(text, piece.bound),
					     &piece, row->values));
	}
}

bool lines_print(struct lines *lines, const struct kpc_row *row)
{
	const struct shape *shape = shape_of(lines, row->event);
	struct text *text = lines->text;
	char *p;

	if (!shape)
		return false;
	p = put_lead(text_room(text, LEAD_BYTES), row);
	text_commit(text, p);
	if (shape->bound > TEXT_BYTES / 2) {
		print_long(text, shape, row);
	} else {
		p = text_room(text, shape->bound);
		p = put_bytes(p, shape->texts, shape->name_bytes);
		if (!row->payload)
			p = put_fields(text, p, shape, row->values);
		text_commit(text, p);
		if (row->payload)
			print_payload(text, row);
	}
	if (row->stack_depth)
		print_stack(text, row);
	text_char(text, '\n');
	return true;
}
