// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "batch_fields.h"
#include "index.h"

#define INDEX_CHUNK 1 /* Index's only field */
#define SET_MAX	    4096u

enum entry_number { /* IndexEntry's fields */
	ENTRY_OFFSET = 1,
	ENTRY_RING = 2,
	ENTRY_EVENTS = 3,
	ENTRY_FIRST_TIME = 4,
	ENTRY_LAST_TIME = 5,
	ENTRY_BYTES = 6,
	ENTRY_SEQUENCE = 7,
	ENTRY_EVENT = 8,
	ENTRY_EVENT_ROWS = 9,
};

/* ---- the events of a batch ----------------------------------------------- */

static int set_append(struct kpc_event_set *set, uint32_t event, uint32_t rows)
{
	uint32_t room = set->room ? set->room * 2 : 16;
	uint32_t *grown;

	if (set->nr == set->room) {
		grown = realloc(set->event, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		set->event = grown;
		grown = realloc(set->rows, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		set->rows = grown;
		set->room = room;
	}
	set->event[set->nr] = event;
	set->rows[set->nr++] = rows;
	return 0;
}

/* Both numbers stand before the columns. */
static void table_numbers(struct kpc_wire table, uint32_t *event,
			  uint32_t *rows)
{
	struct kpc_wire_field field;

	*event = 0;
	*rows = 0;
	while (kpc_wire_next(&table, &field) > 0 &&
	       field.number < TABLE_COLUMN) {
		if (field.number == TABLE_EVENT)
			*event = field.value;
		else if (field.number == TABLE_ROWS)
			*rows = field.value;
	}
}

int kpc_event_set_load(struct kpc_event_set *set, struct kpc_wire batch)
{
	struct kpc_wire_field field;
	uint32_t event, rows;

	set->nr = 0;
	while (kpc_wire_next(&batch, &field) > 0) {
		if (field.number != BATCH_TABLE)
			continue;
		if (set->nr == SET_MAX) {
			set->nr = 0;
			break;
		}
		table_numbers(field.bytes, &event, &rows);
		if (set_append(set, event, rows))
			return -ENOMEM;
	}
	return 0;
}

void kpc_event_set_uninit(struct kpc_event_set *set)
{
	free(set->event);
	free(set->rows);
	*set = (struct kpc_event_set){ 0 };
}

/* ---- entries ------------------------------------------------------------- */

static void add_packed(struct kpc_buf *body, uint32_t number, const uint32_t *v,
		       uint32_t n)
{
	size_t begin;

	if (!n)
		return;
	begin = kpc_wire_begin(body, number);
	while (n--)
		kpc_wire_put_varint(body, *v++);
	kpc_wire_end(body, begin);
}

int kpc_index_add(struct kpc_index *index, const Kprobex__Chunk *chunk,
		  uint64_t offset, uint32_t bytes)
{
	struct kpc_buf *body = &index->body;
	size_t begin = kpc_wire_begin(body, INDEX_CHUNK);

	kpc_wire_add_varint(body, ENTRY_OFFSET, offset);
	if (chunk->ring)
		kpc_wire_add_varint(body, ENTRY_RING, chunk->ring);
	kpc_wire_add_varint(body, ENTRY_EVENTS, chunk->events);
	kpc_wire_add_fixed64(body, ENTRY_FIRST_TIME, chunk->first_time_ns);
	kpc_wire_add_fixed64(body, ENTRY_LAST_TIME, chunk->last_time_ns);
	kpc_wire_add_varint(body, ENTRY_BYTES, bytes);
	if (chunk->sequence)
		kpc_wire_add_varint(body, ENTRY_SEQUENCE, chunk->sequence);
	add_packed(body, ENTRY_EVENT, chunk->event, chunk->n_event);
	add_packed(body, ENTRY_EVENT_ROWS, chunk->event_rows,
		   chunk->n_event_rows);
	kpc_wire_end(body, begin);
	index->chunks++;
	return body->error;
}

/* A packed list into @to; as many as a chunk of ours may have. */
static int read_packed(struct kpc_wire list, uint32_t *to, uint32_t *nr)
{
	uint64_t v;

	for (*nr = 0; list.at != list.end; ++*nr) {
		if (*nr == SET_MAX || kpc_wire_get_varint(&list, &v) ||
		    v > UINT32_MAX)
			return -EBADMSG;
		to[*nr] = v;
	}
	return 0;
}

static int read_member(const struct kpc_wire_field *field,
		       struct kpc_index_entry *entry, struct kpc_event_set *set,
		       uint32_t *nr_rows)
{
	switch (field->number) {
	case ENTRY_OFFSET:
		entry->offset = field->value;
		return 0;
	case ENTRY_RING:
		entry->ring = field->value;
		return field->value > UINT32_MAX ? -EBADMSG : 0;
	case ENTRY_EVENTS:
		entry->events = field->value;
		return field->value > UINT32_MAX ? -EBADMSG : 0;
	case ENTRY_FIRST_TIME:
		entry->first_time_ns = field->value;
		return 0;
	case ENTRY_LAST_TIME:
		entry->last_time_ns = field->value;
		return 0;
	case ENTRY_BYTES:
		entry->bytes = field->value;
		return field->value > UINT32_MAX ? -EBADMSG : 0;
	case ENTRY_SEQUENCE:
		entry->sequence = field->value;
		return 0;
	case ENTRY_EVENT:
		return read_packed(field->bytes, set->event, &set->nr);
	case ENTRY_EVENT_ROWS:
		return read_packed(field->bytes, set->rows, nr_rows);
	}
	return 0;
}

static int read_entry(struct kpc_wire wire, struct kpc_index_entry *entry,
		      struct kpc_event_set *set)
{
	struct kpc_wire_field field;
	uint32_t nr_rows = 0;
	int ret;

	*entry = (struct kpc_index_entry){ 0 };
	set->nr = 0;
	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		ret = read_member(&field, entry, set, &nr_rows);
		if (ret)
			return ret;
	}
	return ret || set->nr != nr_rows ? -EBADMSG : 1;
}

/* Once for all entries: as much as one may have. */
static int set_reserve(struct kpc_event_set *set)
{
	while (set->room < SET_MAX) {
		set->nr = set->room;
		if (set_append(set, 0, 0))
			return -ENOMEM;
	}
	return 0;
}

int kpc_index_next(struct kpc_wire *body, struct kpc_index_entry *entry,
		   struct kpc_event_set *set)
{
	struct kpc_wire_field field;
	int ret = set_reserve(set);

	if (ret)
		return ret;
	while ((ret = kpc_wire_next(body, &field)) > 0)
		if (field.number == INDEX_CHUNK)
			return field.type == KPC_WIRE_BYTES ?
				       read_entry(field.bytes, entry, set) :
				       -EBADMSG;
	return ret;
}

bool kpc_index_is_due(const struct kpc_index *index)
{
	return index->body.used >= KPC_INDEX_BODY_BYTES;
}

int kpc_index_pack(const struct kpc_index *index, struct kpc_packer *packer)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__IndexHead message = KPROBEX__INDEX_HEAD__INIT;

	kpc_buf_reset(&packer->body);
	kpc_buf_add(&packer->body, index->body.data, index->body.used);
	message.chunks = index->chunks;
	message.previous_offset = index->previous;
	head.kind_case = KPROBEX__HEAD__KIND_INDEX;
	head.index = &message;
	return kpc_packer_body(packer, &head);
}

void kpc_index_written(struct kpc_index *index, uint64_t offset)
{
	kpc_buf_reset(&index->body);
	index->chunks = 0;
	index->previous = offset;
}

void kpc_index_uninit(struct kpc_index *index)
{
	kpc_buf_uninit(&index->body);
}
