// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* stpcpy() */
#include <stdlib.h>
#include <string.h>

#include "colour.h"
#include "errnoname.h"
#include "ip4.h"
#include "lines.h"
#include "shapes.h"

#define HOST_BYTES  64
#define LEAD_BYTES  512 /* up to the event, and an ending newline, at most */
#define VALUE_BYTES (21 + ERRNONAME_BYTES) /* of a number, with a name */

struct lines {
	struct text *text;
	struct shapes *shapes;
	bool with_colour;
};

static char *put_event(char *p, const char *name)
{
	p = text_put_word(p, name);
	*p++ = ':';
	return p;
}

static char *put_coloured_event(char *p, const char *name)
{
	p = stpcpy(p, COLOUR_BOLD);
	p = put_event(p, name);
	return stpcpy(p, COLOUR_OFF);
}

static char *put_name(char *p, const char *name, bool first)
{
	(void)first;
	*p++ = ' ';
	p = text_put_word(p, name);
	*p++ = '=';
	return p;
}

static const struct shapes_style style = { put_event, put_name, '{' };
static const struct shapes_style coloured = { put_coloured_event, put_name,
					      '{' };

struct lines *lines_new(struct text *text, bool with_errno, bool with_colour)
{
	struct lines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	lines->text = text;
	lines->with_colour = with_colour;
	lines->shapes =
		shapes_new(with_colour ? &coloured : &style, with_errno);
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
	shapes_free(lines->shapes);
	free(lines);
}

static size_t bound_of(const struct shape *shape)
{
	return shape->texts_bytes + LEAD_BYTES +
	       (size_t)shape->nr_items * (VALUE_BYTES + 1);
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

static char *put_lead(char *p, const struct kpc_row *row, bool with_colour)
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
	if (with_colour)
		p = stpcpy(p, COLOUR_BLUE);
	if (*row->comm)
		p = text_put_word(p, row->comm);
	else if (row->tid)
		p = put_bytes(p, "<...>", 5);
	else
		p = put_bytes(p, "<idle>", 6);
	if (with_colour)
		p = stpcpy(p, COLOUR_OFF);
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

static char *put_fields(struct text *text, char *p, size_t bound,
			const struct shape *shape,
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
			p = put_blob(text, p, bound, item->kind, value);
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

/* As a string's, for it may be any bytes. */
static void print_cgroup(struct text *text, const char *path)
{
	text_string(text, " cgroup=");
	text_quoted(text, (const uint8_t *)path, strlen(path));
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
		text_commit(text,
			    put_fields(text, text_room(text, VALUE_BYTES + 1),
				       VALUE_BYTES + 1, &piece, row->values));
	}
}

bool lines_print(struct lines *lines, const struct kpc_row *row)
{
	const struct shape *shape = shapes_of(lines->shapes, row->event);
	struct text *text = lines->text;
	size_t bound;
	char *p;

	if (!shape)
		return false;
	bound = bound_of(shape);
	p = put_lead(text_room(text, LEAD_BYTES), row, lines->with_colour);
	text_commit(text, p);
	if (bound > TEXT_BYTES / 2) {
		print_long(text, shape, row);
	} else {
		p = text_room(text, bound);
		p = put_bytes(p, shape->texts, shape->name_bytes);
		if (!row->payload)
			p = put_fields(text, p, bound, shape, row->values);
		text_commit(text, p);
		if (row->payload)
			print_payload(text, row);
	}
	if (*row->cgroup_path)
		print_cgroup(text, row->cgroup_path);
	if (row->stack_depth)
		print_stack(text, row);
	text_char(text, '\n');
	return true;
}
