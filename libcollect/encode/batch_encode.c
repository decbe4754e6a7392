// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "batch_fields.h"
#include "batch_rows.h"
#include "head.h"

/* ---- what all rows have -------------------------------------------------- */

/* Seven bits are a varint of one byte, so both are there as they go out. */
static void encode_times(struct kpc_batch *b, struct kpc_buf *body)
{
	size_t column;

	kpc_wire_add_fixed64(body, BATCH_TIME_BASE, b->first_ns);
	column = kpc_wire_begin(body, BATCH_TIME_LO);
	kpc_wire_add_bytes(body, KPC_COLUMN_VARINT, b->time_lo, b->nr);
	kpc_wire_end(body, column);
	if (!b->hi_any)
		return;
	column = kpc_wire_begin(body, BATCH_TIME_HI);
	kpc_wire_add_bytes(body, KPC_COLUMN_VARINT, b->time_hi,
			   b->hi_end - b->time_hi);
	kpc_wire_end(body, column);
}

static void encode_table_index(struct kpc_batch *b, struct kpc_buf *body)
{
	size_t column, packed;
	uint8_t *p;

	if (b->nr_tables < 2)
		return;
	if (b->nr_tables > 0x80) {
		for (uint32_t i = 0; i < b->nr; i++)
			b->v[i] = b->table_of[i];
		kpc_column_add(&b->column, body, BATCH_TABLE_INDEX, 0, b->v,
			       b->nr, &b->table_index);
		return;
	}
	column = kpc_wire_begin(body, BATCH_TABLE_INDEX);
	packed = kpc_wire_begin(body, KPC_COLUMN_VARINT);
	p = kpc_buf_reserve(body, b->nr);
	if (!p)
		return;
	for (uint32_t i = 0; i < b->nr; i++)
		p[i] = b->table_of[i];
	body->used += b->nr;
	kpc_wire_end(body, packed);
	kpc_wire_end(body, column);
}

static uint32_t run_end(const struct kpc_batch *b, uint32_t i)
{
	return i + 1 < b->nr_runs ? b->run[i + 1].start : b->nr;
}

static void encode_tids(struct kpc_batch *b, struct kpc_buf *body)
{
	uint32_t *length = b->order; /* isn't used before the tables */

	for (uint32_t i = 0; i < b->nr_runs; i++) {
		b->v[i] = b->run[i].tid;
		length[i] = run_end(b, i) - b->run[i].start;
	}
	if (kpc_column_add_runs(body, BATCH_TID, 0, b->v, length, b->nr_runs,
				b->nr))
		return;
	for (uint32_t i = 0; i < b->nr_runs; i++)
		for (uint32_t n = b->run[i].start; n < run_end(b, i); n++)
			b->v[n] = b->run[i].tid;
	kpc_column_add(&b->column, body, BATCH_TID, 0, b->v, b->nr, &b->tid);
}

/* Threads change theirs hardly ever: its runs are those of threads, or longer. */
static void encode_cgroups(struct kpc_batch *b, struct kpc_buf *body)
{
	uint32_t *length = b->order; /* isn't used before the tables */
	uint32_t runs = 0;

	if (!b->grouped)
		return;
	for (uint32_t i = 0; i < b->nr; i++) {
		if (!i || b->cgroup[i] != b->cgroup[i - 1]) {
			b->v[runs] = b->cgroup[i];
			length[runs++] = 0;
		}
		length[runs - 1]++;
	}
	if (!kpc_column_add_runs(body, BATCH_CGROUP, 0, b->v, length, runs,
				 b->nr))
		kpc_column_add(&b->column, body, BATCH_CGROUP, 0, b->cgroup,
			       b->nr, &b->cgroups);
}

/* ---- tables -------------------------------------------------------------- */

/*
 * Rows by number, with one record for each number: if that is fewer, and leaves
 * out nothing but the thread id.
 */
static bool is_numbered(const struct kpc_batch *b,
			const struct kpc_batch_table *table)
{
	const struct kpc_batch_event *state = &b->state[table->event];

	return !table->payload && state->distinct && !state->tid_diff &&
	       state->nr_distinct > 1 && state->nr_distinct <= table->rows / 2;
}

/* Numbered tables have their records once, in the order of the numbers. */
static void sort_distinct(struct kpc_batch *b)
{
	for (uint32_t i = 0; i < b->distinct.nr; i++) {
		const struct kpc_distinct_entry *e = &b->distinct.entry[i];
		const struct kpc_batch_table *table = &b->tables[e->table];

		if (is_numbered(b, table))
			b->sorted[table->start + e->number] = e->raw;
	}
}

/* A counting sort; it keeps the rows' order within a table. */
static void sort_rows(struct kpc_batch *b)
{
	bool ordered = b->weighted || b->stacked || b->has_payloads;
	struct kpc_batch_table *tables = b->tables;
	uint32_t *order = b->order;
	uint32_t start = 0;

	for (uint32_t i = 0; i < b->nr_tables; i++) {
		tables[i].start = start;
		start += tables[i].rows;
	}
	for (uint32_t i = 0; i < b->nr; i++) {
		uint32_t at = tables[b->table_of[i]].start++;

		b->sorted[at] = b->raw[i];
		b->sorted_number[at] = b->number[i];
		if (ordered)
			order[at] = i;
	}
	for (uint32_t i = 0; i < b->nr_tables; i++)
		tables[i].start -= tables[i].rows;
	sort_distinct(b);
}

/* The field had the same bytes in every record. */
static bool is_constant(const struct kpc_batch_event *state,
			const struct kpc_field *field)
{
	return !field->dynamic && !kpc_batch_has_pid(state, field) &&
	       !kpc_diff_any(&state->diff, field->offset, field->bytes);
}

/* Trace entries have the thread id; so does the row. */
static bool repeats_tid(const struct kpc_batch_event *state,
			const struct kpc_field *field)
{
	return state->has_pid && !state->tid_diff && field->common &&
	       field->offset == state->pid_at && field->bytes == 4 &&
	       !strcmp(field->name, "common_pid");
}

/* The spans point to what stands for them then. */
static void veil_blobs(struct kpc_batch *b, struct kpc_buf *body,
		       enum kpc_content content, uint32_t n)
{
	uint8_t *room;

	if (!b->veil)
		return;
	kpc_buf_reset(&b->stand_ins);
	room = kpc_buf_reserve(&b->stand_ins, (size_t)n * KPC_TOKEN_BYTES);
	for (uint32_t i = 0; i < n; i++)
		b->span[i] = room ? kpc_veil_blob(b->veil, content, b->span[i],
						  room + i * KPC_TOKEN_BYTES) :
				    (struct kpc_span){ 0 };
	body->error |= b->stand_ins.error;
}

static void veil_values(struct kpc_batch *b, const struct kpc_field *field,
			uint32_t n)
{
	enum kpc_content content;

	if (!b->veil)
		return;
	content = kpc_content_of(field);
	for (uint32_t i = 0; content != KPC_CONTENT_NUMBER && i < n; i++)
		b->v[i] = kpc_veil_value(b->veil, &b->veil_cache, content,
					 b->v[i]);
}

static void encode_blob_field(struct kpc_batch *b, struct kpc_buf *body,
			      const struct kpc_batch_table *table, uint32_t f,
			      uint32_t n)
{
	struct kpc_batch_event *state = &b->state[table->event];
	const struct kpc_field *field = &b->events[table->event].fields[f];
	const uint8_t *const *raw = b->sorted + table->start;
	bool constant = is_constant(state, field);

	kpc_record_gather_blobs(field, raw, b->span, constant ? 1 : n);
	veil_blobs(b, body, kpc_content_of(field), constant ? 1 : n);
	if (constant)
		kpc_column_add_blob(body, TABLE_COLUMN, f, b->span[0], n);
	else
		kpc_column_add_blobs(&b->column, body, TABLE_COLUMN, f, b->span,
				     n, &state->field[f]);
}

/* The values in b->v: an address of the kernel may be among them. */
static void note_addresses(struct kpc_batch *b, uint32_t n)
{
	if (b->addresses)
		kpc_addresses_add(b->addresses, &b->address_cache, b->v, n);
}

static bool may_be_address(const struct kpc_field *field)
{
	return field->kind == KPC_FIELD_HEX && field->bytes == sizeof(uint64_t);
}

/* The @n values of a field, of as many records. */
static void encode_field(struct kpc_batch *b, struct kpc_buf *body,
			 const struct kpc_batch_table *table, uint32_t f,
			 uint32_t n)
{
	struct kpc_batch_event *state = &b->state[table->event];
	const struct kpc_field *field = &b->events[table->event].fields[f];
	const uint8_t *const *raw = b->sorted + table->start;

	if (kpc_field_is_blob(field)) {
		encode_blob_field(b, body, table, f, n);
	} else if (is_constant(state, field)) {
		kpc_record_gather(field, raw, b->v, 1);
		if (may_be_address(field))
			note_addresses(b, 1);
		veil_values(b, field, 1);
		kpc_column_add_constant(body, TABLE_COLUMN, f, b->v[0]);
	} else if (repeats_tid(state, field)) {
		kpc_column_add_tid(body, TABLE_COLUMN, f);
	} else {
		kpc_record_gather(field, raw, b->v, n);
		if (may_be_address(field))
			note_addresses(b, n);
		veil_values(b, field, n);
		kpc_column_add(&b->column, body, TABLE_COLUMN, f, b->v, n,
			       &state->field[f]);
	}
}

/* The bytes at @at, of as many fields as there are, and what stands for them. */
static void veil_array(const struct kpc_batch *b,
		       const struct kpc_field *fields, uint32_t elements,
		       const uint8_t *raw, uint8_t *at)
{
	for (uint32_t e = 0; e < elements; e++)
		at[e] = raw[fields[e].offset];
	kpc_token_bytes(&b->veil->names, at, elements);
}

/* All columns of an array of bytes: what stands for one depends on all. */
static void encode_veiled_array(struct kpc_batch *b, struct kpc_buf *body,
				const struct kpc_batch_table *table, uint32_t f,
				uint32_t elements, uint32_t n)
{
	struct kpc_batch_event *state = &b->state[table->event];
	const struct kpc_field *fields = &b->events[table->event].fields[f];
	const uint8_t *const *raw = b->sorted + table->start;
	uint8_t *room;

	kpc_buf_reset(&b->stand_ins);
	room = kpc_buf_reserve(&b->stand_ins, (size_t)n * elements);
	body->error |= b->stand_ins.error;
	if (!room)
		return;
	for (uint32_t i = 0; i < n; i++)
		veil_array(b, fields, elements, raw[i], room + i * elements);
	for (uint32_t e = 0; e < elements; e++) {
		for (uint32_t i = 0; i < n; i++)
			b->v[i] = kpc_content_byte(&fields[e],
						   room[i * elements + e]);
		kpc_column_add(&b->column, body, TABLE_COLUMN, f + e, b->v, n,
			       &state->field[f + e]);
	}
}

static void encode_payload(struct kpc_batch *b, struct kpc_buf *body,
			   const struct kpc_batch_table *table)
{
	size_t before = body->used;

	for (uint32_t i = 0; i < table->rows; i++) {
		uint32_t row = b->order[table->start + i];

		b->span[i] =
			(struct kpc_span){ b->raw[row], b->raw_bytes_of[row] };
	}
	veil_blobs(b, body, KPC_CONTENT_BYTES, table->rows);
	kpc_column_add_blobs(&b->column, body, TABLE_PAYLOAD, 0, b->span,
			     table->rows, &b->state[table->event].payloads);
	/* Records of no bytes: else they'd be rows whose fields are 0. */
	if (body->used == before)
		kpc_wire_add_bytes(body, TABLE_PAYLOAD, "", 0);
}

/* Which record each row has. */
static void encode_numbers(struct kpc_batch *b, struct kpc_buf *body,
			   const struct kpc_batch_table *table)
{
	const uint16_t *number = b->sorted_number + table->start;
	size_t column, packed;
	uint8_t *p;

	kpc_wire_add_varint(body, TABLE_DISTINCT,
			    b->state[table->event].nr_distinct);
	column = kpc_wire_begin(body, TABLE_ROW);
	packed = kpc_wire_begin(body, KPC_COLUMN_VARINT);
	p = kpc_buf_reserve(body, table->rows * 3ull);
	if (!p)
		return;
	for (uint32_t i = 0; i < table->rows; i++)
		p = kpc_wire_store_varint(p, number[i]);
	body->used = p - body->data;
	kpc_wire_end(body, packed);
	kpc_wire_end(body, column);
}

static void encode_fields(struct kpc_batch *b, struct kpc_buf *body,
			  const struct kpc_batch_table *table)
{
	const struct kpc_event *event = &b->events[table->event];
	uint32_t n = table->rows;

	if (is_numbered(b, table)) {
		encode_numbers(b, body, table);
		n = b->state[table->event].nr_distinct;
	}
	for (uint32_t f = 0, by; f < event->nr_fields; f += by) {
		by = b->veil ? kpc_content_array(&event->fields[f]) : 0;
		if (by)
			encode_veiled_array(b, body, table, f, by, n);
		else
			encode_field(b, body, table, f, n);
		by += !by;
	}
}

static void encode_table(struct kpc_batch *b, struct kpc_buf *body,
			 const struct kpc_batch_table *table)
{
	struct kpc_batch_event *state = &b->state[table->event];
	const uint32_t *order = b->order + table->start;
	size_t begin = kpc_wire_begin(body, BATCH_TABLE);

	if (table->event)
		kpc_wire_add_varint(body, TABLE_EVENT, table->event);
	kpc_wire_add_varint(body, TABLE_ROWS, table->rows);
	if (table->payload)
		encode_payload(b, body, table);
	else
		encode_fields(b, body, table);
	if (state->stack) {
		for (uint32_t i = 0; i < table->rows; i++)
			b->v[i] = b->stack[order[i]];
		kpc_column_add(&b->column, body, TABLE_STACK, 0, b->v,
			       table->rows, &state->chains);
	}
	if (state->weighted) {
		for (uint32_t i = 0; i < table->rows; i++)
			b->v[i] = b->weight[order[i]];
		kpc_column_add(&b->column, body, TABLE_WEIGHT, 0, b->v,
			       table->rows, &state->weights);
	}
	kpc_wire_end(body, begin);
}

/* ---- the rest ------------------------------------------------------------ */

static int reserve_values(struct kpc_batch *b, uint32_t n)
{
	uint64_t *v;

	if (n <= b->v_room)
		return 0;
	v = realloc(b->v, (size_t)n * sizeof(*v));
	if (!v)
		return -ENOMEM;
	b->v = v;
	b->v_room = n;
	return 0;
}

static int encode_stacks(struct kpc_batch *b, struct kpc_buf *body)
{
	const struct kpc_intern_entry *entries = b->chains.entries;
	size_t begin, depths;
	uint32_t frames = 0;
	int err;

	if (!b->chains.nr)
		return 0;
	for (uint32_t i = 0; i < b->chains.nr; i++)
		frames += entries[i].span.bytes / sizeof(*b->v);
	err = reserve_values(b, frames);
	if (err)
		return err;
	begin = kpc_wire_begin(body, BATCH_STACKS);
	depths = kpc_wire_begin(body, STACKS_DEPTH);
	frames = 0;
	for (uint32_t i = 0; i < b->chains.nr; i++) {
		uint32_t depth = entries[i].span.bytes / sizeof(*b->v);

		kpc_wire_put_varint(body, depth);
		if (depth)
			memcpy(b->v + frames, entries[i].span.at,
			       entries[i].span.bytes);
		frames += depth;
	}
	kpc_wire_end(body, depths);
	note_addresses(b, frames);
	if (b->veil)
		kpc_veil_frames(b->veil, &b->veil_cache, b->v, frames);
	kpc_column_add(&b->column, body, STACKS_FRAME, 0, b->v, frames,
		       &b->frame);
	kpc_wire_end(body, begin);
	return 0;
}

static void encode_loss(struct kpc_buf *body, const struct kpc_batch_loss *loss)
{
	size_t begin = kpc_wire_begin(body, BATCH_LOSS);

	kpc_wire_add_varint(body, LOSS_AFTER, loss->after);
	kpc_wire_add_varint(body, LOSS_COUNT, loss->count);
	kpc_wire_add_varint(body, LOSS_EVENT, loss->event);
	kpc_wire_end(body, begin);
}

static void encode_unparsed(const struct kpc_batch *b, struct kpc_buf *body)
{
	if (b->unparsed)
		kpc_wire_add_varint(body, BATCH_UNPARSED, b->unparsed);
	for (uint32_t i = 0; !b->veil && i < b->nr_unparsed_records; i++)
		kpc_wire_add_bytes(body, BATCH_UNPARSED_RECORD,
				   b->unparsed_record[i].at,
				   b->unparsed_record[i].bytes);
}

int kpc_batch_encode(struct kpc_batch *b, struct kpc_buf *body,
		     struct kpc_batch_summary *summary)
{
	int err;

	*summary = (struct kpc_batch_summary){ 0 };
	b->column.split = false;
	for (uint32_t i = 0; i < b->nr_tables; i++)
		if (is_numbered(b, &b->tables[i]))
			summary->features |= KPC_FEATURE_DISTINCT;
	if (b->nr) {
		summary->first_time_ns = b->first_ns;
		summary->last_time_ns = b->last_ns;
		encode_times(b, body);
		encode_table_index(b, body);
		encode_tids(b, body);
		encode_cgroups(b, body);
		sort_rows(b);
	}
	for (uint32_t i = 0; i < b->nr_tables; i++)
		encode_table(b, body, &b->tables[i]);
	for (uint32_t i = 0; i < b->nr_losses; i++) {
		summary->lost += b->losses[i].count;
		encode_loss(body, &b->losses[i]);
	}
	err = encode_stacks(b, body);
	if (err)
		return err;
	encode_unparsed(b, body);
	if (b->column.split)
		summary->features |= KPC_FEATURE_SPLIT;
	return body->error;
}
