// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "ctfclass.h"

/* ---- layout -------------------------------------------------------------- */

/* Elements that are the same; 0: it isn't an array that CTF has. */
static uint32_t same_elements(const struct kpc_event *event, uint32_t f)
{
	const struct kpc_field *first = &event->fields[f];
	uint32_t nr = first->elements;

	if (!nr || nr > event->nr_fields - f || first->kind == KPC_FIELD_BYTES)
		return 0;
	for (uint32_t i = 1; i < nr; i++)
		if (first[i].kind != first->kind ||
		    first[i].bytes != first->bytes || first[i].common)
			return 0;
	return nr;
}

static uint8_t natural_bytes(const struct kpc_field *field)
{
	switch (field->bytes) {
	case 1:
	case 2:
	case 4:
		return field->bytes;
	default:
		return 8;
	}
}

static void add_items(struct kpc_ctf_class *class)
{
	const struct kpc_event *event = class->event;

	for (uint32_t f = 0; f < event->nr_fields; f++) {
		struct kpc_ctf_item *item = &class->items[class->nr_items];

		if (event->fields[f].common)
			continue;
		item->field = f;
		item->elements = same_elements(event, f);
		item->bytes = natural_bytes(&event->fields[f]);
		if (item->elements)
			f += item->elements - 1;
		class->nr_items++;
	}
}

struct kpc_ctf_class *kpc_ctf_class_new(const struct kpc_event *event,
					uint32_t id)
{
	struct kpc_ctf_class *class = calloc(1, sizeof(*class));

	if (!class)
		return NULL;
	class->event = event;
	class->id = id;
	class->has_hits = event->unit != KPC_UNIT_HITS;
	class->items = calloc(event->nr_fields + 1ull, sizeof(*class->items));
	if (!class->items) {
		free(class);
		return NULL;
	}
	add_items(class);
	return class;
}

void kpc_ctf_class_free(struct kpc_ctf_class *class)
{
	if (!class)
		return;
	free(class->items);
	free(class);
}

/* ---- records ------------------------------------------------------------- */

static void put(struct kpc_buf *buf, uint64_t v, unsigned int bytes)
{
	uint8_t *at = kpc_buf_reserve(buf, sizeof(v));

	if (!at)
		return;
	/* The host is little-endian; see wire.h. */
	memcpy(at, &v, sizeof(v));
	buf->used += bytes;
}

static void put_string(struct kpc_buf *buf, const void *text, size_t most)
{
	kpc_buf_add(buf, text, most ? strnlen(text, most) : 0);
	put(buf, 0, 1);
}

static void put_text(struct kpc_buf *buf, const char *text)
{
	kpc_buf_add(buf, text, strlen(text) + 1);
}

static void put_bytes(struct kpc_buf *buf, const uint8_t *bytes, uint32_t nr)
{
	put(buf, nr, 4);
	kpc_buf_add(buf, bytes, nr);
}

bool kpc_ctf_fits(const struct kpc_field *field, unsigned int bytes,
		  uint64_t value)
{
	unsigned int above = 64 - bytes * 8;

	if (field->kind == KPC_FIELD_SIGNED)
		return (int64_t)(value << above) >> above == (int64_t)value;
	return value << above >> above == value;
}

static void put_value(struct kpc_ctf_class *class, struct kpc_buf *buf,
		      const struct kpc_ctf_item *item,
		      const struct kpc_value *value)
{
	const struct kpc_field *field = &class->event->fields[item->field];

	if (field->kind == KPC_FIELD_BYTES) {
		put_bytes(buf, value->blob, value->blob_bytes);
	} else if (field->kind == KPC_FIELD_STRING) {
		if (value->fault)
			put_text(buf, "(fault)");
		else
			put_string(buf, value->blob, value->blob_bytes);
	} else {
		put(buf, value->u, item->bytes);
		class->cut += !kpc_ctf_fits(field, item->bytes, value->u);
	}
}

/* As collect dump calls it. */
static const char *comm_of(const struct kpc_row *row)
{
	if (*row->comm)
		return row->comm;
	return row->tid ? "<...>" : "<idle>";
}

static void put_head(struct kpc_buf *buf, uint32_t id,
		     const struct kpc_row *row)
{
	put(buf, id, 2);
	put(buf, row->time_ns, 8);
	/* One that isn't known, UINT32_MAX, is -1 there. */
	put(buf, row->tid, 4);
	put(buf, row->pid, 4);
	put_text(buf, comm_of(row));
}

static void put_others(const struct kpc_ctf_class *class, struct kpc_buf *buf,
		       const struct kpc_row *row)
{
	if (class->has_hits)
		put(buf, row->weight, 8);
	if (class->event->cgroup)
		put_text(buf, row->cgroup_path);
	if (!class->event->callchain)
		return;
	put(buf, row->stack_depth, 4);
	kpc_buf_add(buf, row->stack, row->stack_depth * sizeof(*row->stack));
}

void kpc_ctf_class_put(struct kpc_ctf_class *class, struct kpc_buf *buf,
		       const struct kpc_row *row)
{
	if (row->payload) {
		put_head(buf, KPC_CTF_UNSPLIT, row);
		put_text(buf, class->event->name);
		put_bytes(buf, row->payload, row->payload_bytes);
		return;
	}
	put_head(buf, class->id, row);
	for (uint32_t i = 0; i < class->nr_items; i++) {
		const struct kpc_ctf_item *item = &class->items[i];
		const struct kpc_value *value = &row->values[item->field];

		put_value(class, buf, item, value);
		for (uint32_t e = 1; e < item->elements; e++)
			put_value(class, buf, item, value + e);
	}
	put_others(class, buf, row);
}
