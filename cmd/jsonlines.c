// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "ip4.h"
#include "jsonlines.h"
#include "shapes.h"

#define VALUE_BYTES 24 /* of a number, with quotes */

struct jsonlines {
	struct text *text;
	struct shapes *shapes;
	bool with_names;
};

static char *put_string(char *p, const char *string)
{
	size_t n = strlen(string);

	memcpy(p, string, n);
	return p + n;
}

static char *put_json(char *p, const char *string)
{
	*p++ = '"';
	p = text_put_json(p, (const uint8_t *)string, strlen(string));
	*p++ = '"';
	return p;
}

static char *put_event(char *p, const char *name)
{
	p = put_string(p, ",\"event\":");
	return put_json(p, name);
}

static char *put_name(char *p, const char *name, bool first)
{
	p = put_string(p, first ? "" : ",");
	p = put_json(p, name);
	*p++ = ':';
	return p;
}

static const struct shapes_style style = { put_event, put_name, '[' };

struct jsonlines *jsonlines_new(struct text *text, bool with_names)
{
	struct jsonlines *lines = calloc(1, sizeof(*lines));

	if (!lines)
		return NULL;
	lines->text = text;
	lines->with_names = with_names;
	lines->shapes = shapes_new(&style, false);
	if (!lines->shapes) {
		free(lines);
		return NULL;
	}
	return lines;
}

void jsonlines_free(struct jsonlines *lines)
{
	if (!lines)
		return;
	shapes_free(lines->shapes);
	free(lines);
}

static void print_id(struct text *text, const char *key, uint32_t id)
{
	text_string(text, key);
	if (id == KPC_TID_UNKNOWN)
		text_string(text, "null");
	else
		text_u64(text, id);
}

static void print_lead(struct text *text, const struct kpc_row *row)
{
	text_string(text, "{\"time_ns\":");
	/* Of joined traces by the clock that they have in common, and where. */
	text_u64(text,
		 row->info->merged ? (uint64_t)row->realtime_ns : row->time_ns);
	if (row->info->merged) {
		text_string(text, ",\"host\":");
		text_json(text, row->info->hostname);
	}
	text_string(text, ",\"cpu\":");
	if (row->cpu < 0)
		text_string(text, "null");
	else
		text_u64(text, row->cpu);
	text_string(text, ",\"comm\":");
	if (*row->comm)
		text_json(text, row->comm);
	else
		text_string(text, "null");
	print_id(text, ",\"pid\":", row->pid);
	print_id(text, ",\"tid\":", row->tid);
}

static void print_blob(struct text *text, enum kpc_field_kind kind,
		       const struct kpc_value *value)
{
	if (kind == KPC_FIELD_BYTES) {
		text_char(text, '"');
		text_hex_bytes(text, value->blob, value->blob_bytes);
		text_char(text, '"');
	} else if (value->fault) {
		text_string(text, "null");
	} else {
		text_json_bytes(text, value->blob, value->blob_bytes);
	}
}

/* All digits of a number, however large; addresses and the like as text. */
static void print_value(struct text *text, const struct item *item,
			const struct kpc_value *value)
{
	char *p;

	switch (item->kind) {
	case KPC_FIELD_UNSIGNED:
		text_u64(text, value->u);
		break;
	case KPC_FIELD_SIGNED:
		text_s64(text, value->u);
		break;
	case KPC_FIELD_HEX:
		p = text_room(text, VALUE_BYTES);
		*p++ = '"';
		p = item->is_ip4 ? ip4_put(p, value->u) :
				   text_put_hex(p, value->u);
		*p++ = '"';
		text_commit(text, p);
		break;
	case KPC_FIELD_STRING:
	case KPC_FIELD_BYTES:
		print_blob(text, item->kind, value);
		break;
	}
}

static void print_fields(struct text *text, const struct shape *shape,
			 const struct kpc_value *values)
{
	text_string(text, ",\"fields\":{");
	for (uint32_t i = 0; i < shape->nr_items; i++) {
		const struct item *item = &shape->items[i];

		text_bytes(text, item->before, item->before_bytes);
		print_value(text, item, &values[item->field]);
		if (item->closes)
			text_char(text, ']');
	}
	text_char(text, '}');
}

bool jsonlines_print(struct jsonlines *lines, const struct kpc_row *row)
{
	const struct shape *shape = shapes_of(lines->shapes, row->event);
	struct text *text = lines->text;

	if (!shape)
		return false;
	print_lead(text, row);
	text_bytes(text, shape->texts, shape->name_bytes);
	if (row->payload) {
		text_string(text, ",\"payload\":\"");
		text_hex_bytes(text, row->payload, row->payload_bytes);
		text_char(text, '"');
	} else {
		print_fields(text, shape, row->values);
	}
	if (*row->cgroup_path) {
		text_string(text, ",\"cgroup\":");
		text_json(text, row->cgroup_path);
	}
	if (row->stack_depth) {
		text_string(text, ",\"stack\":");
		context_frames_json(text, row, lines->with_names);
	}
	text_string(text, "}\n");
	return true;
}
