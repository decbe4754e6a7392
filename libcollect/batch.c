// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "batch.h"
#include "batch_fields.h"
#include "column.h"
#include "desc.h"
#include "record.h"

#define NO_TABLE   UINT16_MAX
#define DIFF_BYTES 256u /* of a record are watched for change */

/* 16 bytes at any address. */
typedef uint64_t lanes __attribute__((vector_size(16), aligned(1), may_alias));

struct row {
	uint64_t time_ns;
	const uint8_t *raw;
	uint32_t raw_bytes;
	uint32_t tid;
	uint32_t stack;
	uint32_t table;
};

struct loss {
	uint32_t after;
	uint32_t event;
	uint64_t count;
};

/* Rows of one event, all split into fields or all kept as payload. */
struct table {
	uint32_t event;
	bool payload;
	uint32_t rows;
	uint32_t start; /* in the order sorted by table */
};

/* What is kept of an event over batches. */
struct event_state {
	uint32_t fixed_bytes; /* that its fields reach */
	uint32_t diff_bytes;  /* of it, watched */
	bool dynamic;	      /* has fields of variable place */
	bool stack;	      /* a row had a call chain */
	uint16_t table[2];    /* its tables in this batch: split, payload */
	const uint8_t *first; /* raw record of the first split row */
	uint8_t *diff;	      /* bits that differed from it, per byte */
	struct kpc_column_memory *field;
	struct kpc_column_memory chains;
	struct kpc_column_memory payloads;
	struct kpc_column_memory weights;
};

struct kpc_batch {
	const struct kpc_event *events;
	uint32_t nr_events;
	struct event_state *state;

	uint32_t nr;
	uint32_t raw_bytes;
	uint32_t unparsed;
	struct row *rows;
	uint64_t *weight; /* per row */
	bool weighted;
	struct table *tables;
	uint32_t nr_tables;
	struct loss *losses;
	uint32_t nr_losses;
	uint32_t losses_room;
	struct kpc_intern chains;

	/* scratch of encode */
	struct kpc_column_encoder column;
	struct kpc_column_memory time_hi;
	struct kpc_column_memory table_index;
	struct kpc_column_memory tid;
	struct kpc_column_memory frame;
	uint32_t *order;     /* rows, sorted by table */
	const uint8_t **raw; /* their records */
	uint64_t *v;
	uint32_t v_room;
	struct kpc_span *span;
};

static int state_init(struct event_state *state, const struct kpc_event *event)
{
	uint32_t reach = kpc_record_fixed_bytes(event);

	state->table[0] = NO_TABLE;
	state->table[1] = NO_TABLE;
	for (uint32_t i = 0; i < event->nr_fields; i++)
		state->dynamic |= event->fields[i].dynamic;
	state->fixed_bytes = reach;
	state->diff_bytes = reach < DIFF_BYTES ? reach : DIFF_BYTES;
	state->diff = calloc(1, DIFF_BYTES);
	state->field = calloc(event->nr_fields + 1, sizeof(*state->field));
	return state->diff && state->field ? 0 : -ENOMEM;
}

int kpc_batch_new(struct kpc_batch **batch, const struct kpc_event *events,
		  uint32_t nr_events)
{
	struct kpc_batch *b;
	int err = -ENOMEM;

	if (nr_events >= NO_TABLE / 2)
		return -EINVAL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	b->events = events;
	b->nr_events = nr_events;
	b->state = calloc(nr_events + 1, sizeof(*b->state));
	b->tables = calloc(nr_events * 2 + 1, sizeof(*b->tables));
	b->rows = calloc(KPC_BATCH_EVENTS, sizeof(*b->rows));
	b->weight = calloc(KPC_BATCH_EVENTS, sizeof(*b->weight));
	b->order = calloc(KPC_BATCH_EVENTS, sizeof(*b->order));
	b->raw = calloc(KPC_BATCH_EVENTS, sizeof(*b->raw));
	b->v = calloc(KPC_BATCH_EVENTS, sizeof(*b->v));
	b->v_room = KPC_BATCH_EVENTS;
	b->span = calloc(KPC_BATCH_EVENTS, sizeof(*b->span));
	if (!b->state || !b->tables || !b->rows || !b->weight || !b->order ||
	    !b->raw || !b->v || !b->span)
		goto err_free;
	for (uint32_t i = 0; i < nr_events; i++) {
		err = kpc_event_check(&events[i]);
		if (!err)
			err = state_init(&b->state[i], &events[i]);
		if (err)
			goto err_free;
	}
	*batch = b;
	return 0;

err_free:
	kpc_batch_free(b);
	return err;
}

void kpc_batch_free(struct kpc_batch *b)
{
	if (!b)
		return;
	for (uint32_t i = 0; b->state && i < b->nr_events; i++) {
		free(b->state[i].diff);
		free(b->state[i].field);
	}
	free(b->state);
	free(b->tables);
	free(b->rows);
	free(b->weight);
	free(b->order);
	free(b->raw);
	free(b->v);
	free(b->span);
	free(b->losses);
	kpc_intern_uninit(&b->chains);
	kpc_column_encoder_uninit(&b->column);
	free(b);
}

void kpc_batch_reset(struct kpc_batch *b)
{
	for (uint32_t i = 0; i < b->nr_tables; i++) {
		struct event_state *state = &b->state[b->tables[i].event];

		state->table[b->tables[i].payload] = NO_TABLE;
		state->stack = false;
	}
	b->nr_tables = 0;
	b->nr_losses = 0;
	b->nr = 0;
	b->raw_bytes = 0;
	b->unparsed = 0;
	b->weighted = false;
	kpc_intern_reset(&b->chains);
}

/* ---- gathering ----------------------------------------------------------- */

static bool fits(const struct kpc_event *event, const struct event_state *state,
		 const struct kpc_sample *sample)
{
	return sample->raw_bytes >= state->fixed_bytes &&
	       (!state->dynamic ||
		kpc_record_dynamic_fits(event, sample->raw, sample->raw_bytes));
}

/*
 * Notes which bytes differ from the table's first record: here the record is
 * in the cache, and constant fields then cost nothing at all.
 */
static void note_diff(struct event_state *state, const uint8_t *raw)
{
	uint32_t bytes = state->diff_bytes;
	uint32_t at = 0;

	for (; at + sizeof(lanes) <= bytes; at += sizeof(lanes))
		*(lanes *)(state->diff + at) |=
			*(const lanes *)(raw + at) ^
			*(const lanes *)(state->first + at);
	for (; at < bytes; at++)
		state->diff[at] |= raw[at] ^ state->first[at];
}

static uint32_t table_of(struct kpc_batch *b, uint32_t event, bool payload)
{
	struct event_state *state = &b->state[event];

	if (state->table[payload] == NO_TABLE) {
		state->table[payload] = b->nr_tables;
		b->tables[b->nr_tables++] = (struct table){
			.event = event,
			.payload = payload,
		};
		if (!payload)
			state->first = NULL;
	}
	return state->table[payload];
}

static void add_raw(struct event_state *state, const uint8_t *raw)
{
	if (state->first) {
		note_diff(state, raw);
		return;
	}
	state->first = raw;
	memset(state->diff, 0, DIFF_BYTES);
}

/* The number of the sample's call chain; 0 is the empty one, of rows without */
static int64_t add_chain(struct kpc_batch *b, const struct kpc_sample *sample)
{
	struct kpc_span chain = {
		.at = (const uint8_t *)sample->chain,
		.bytes = sample->chain_depth * sizeof(uint64_t),
	};
	int64_t empty = 0;

	if (!b->chains.nr)
		empty = kpc_intern_add(&b->chains, (struct kpc_span){ 0 });
	return empty < 0 ? empty : kpc_intern_add(&b->chains, chain);
}

bool kpc_batch_add(struct kpc_batch *b, const struct kpc_sample *sample)
{
	struct event_state *state;
	struct row *row;
	int64_t stack = 0;
	bool payload;

	if (b->nr == KPC_BATCH_EVENTS || b->raw_bytes >= KPC_BATCH_RAW_BYTES)
		return false;
	if (sample->event >= b->nr_events) {
		b->unparsed++;
		return true;
	}
	state = &b->state[sample->event];
	if (sample->chain_depth) {
		stack = add_chain(b, sample);
		if (stack < 0) {
			b->unparsed++; /* no memory: counted, at least */
			return true;
		}
		state->stack = true;
	}
	payload = sample->whole ||
		  !fits(&b->events[sample->event], state, sample);
	row = &b->rows[b->nr];
	row->table = table_of(b, sample->event, payload);
	row->time_ns = sample->time_ns;
	row->raw = sample->raw;
	row->raw_bytes = sample->raw_bytes;
	row->tid = sample->tid;
	row->stack = stack;
	b->tables[row->table].rows++;
	b->weight[b->nr++] = sample->weight;
	b->weighted |= sample->weight != 0;
	if (!payload)
		add_raw(state, sample->raw);
	return true;
}

int kpc_batch_add_loss(struct kpc_batch *b, uint64_t count, uint32_t event)
{
	struct loss *losses;

	if (b->nr_losses == b->losses_room) {
		uint32_t room = b->losses_room ? b->losses_room * 2 : 16;

		losses = realloc(b->losses, room * sizeof(*losses));
		if (!losses)
			return -ENOMEM;
		b->losses = losses;
		b->losses_room = room;
	}
	b->losses[b->nr_losses++] = (struct loss){
		.after = b->nr,
		.event = event,
		.count = count,
	};
	return 0;
}

void kpc_batch_add_unparsed(struct kpc_batch *b)
{
	b->unparsed++;
}

void kpc_batch_add_bytes(struct kpc_batch *b, uint32_t ring_bytes)
{
	b->raw_bytes += ring_bytes;
}

uint32_t kpc_batch_events(const struct kpc_batch *b)
{
	return b->nr;
}

uint32_t kpc_batch_raw_bytes(const struct kpc_batch *b)
{
	return b->raw_bytes;
}

bool kpc_batch_empty(const struct kpc_batch *b)
{
	return !b->nr && !b->nr_losses && !b->unparsed;
}

/* ---- encoding ------------------------------------------------------------ */

static void encode_times(struct kpc_batch *b, struct kpc_buf *body)
{
	uint64_t last = b->rows[0].time_ns;
	size_t column, packed;
	uint8_t *lo;

	kpc_wire_add_fixed64(body, BATCH_TIME_BASE, last);
	column = kpc_wire_begin(body, BATCH_TIME_LO);
	packed = kpc_wire_begin(body, KPC_COLUMN_VARINT);
	lo = kpc_buf_reserve(body, b->nr);
	if (!lo)
		return;
	/* Seven bits are a varint of one byte. */
	for (uint32_t i = 0; i < b->nr; i++) {
		uint64_t delta = b->rows[i].time_ns - last;

		last = b->rows[i].time_ns;
		lo[i] = delta & 0x7f;
		b->v[i] = delta >> 7;
	}
	body->used += b->nr;
	kpc_wire_end(body, packed);
	kpc_wire_end(body, column);
	kpc_column_add(&b->column, body, BATCH_TIME_HI, 0, b->v, b->nr,
		       &b->time_hi);
}

static void encode_rows(struct kpc_batch *b, struct kpc_buf *body)
{
	if (b->nr_tables > 1) {
		for (uint32_t i = 0; i < b->nr; i++)
			b->v[i] = b->rows[i].table;
		kpc_column_add(&b->column, body, BATCH_TABLE_INDEX, 0, b->v,
			       b->nr, &b->table_index);
	}
	for (uint32_t i = 0; i < b->nr; i++)
		b->v[i] = b->rows[i].tid;
	kpc_column_add(&b->column, body, BATCH_TID, 0, b->v, b->nr, &b->tid);
}

/* A counting sort; it keeps the rows' order within a table. */
static void sort_rows(struct kpc_batch *b)
{
	uint32_t start = 0;

	for (uint32_t i = 0; i < b->nr_tables; i++) {
		b->tables[i].start = start;
		start += b->tables[i].rows;
	}
	for (uint32_t i = 0; i < b->nr; i++) {
		uint32_t at = b->tables[b->rows[i].table].start++;

		b->order[at] = i;
		b->raw[at] = b->rows[i].raw;
	}
	for (uint32_t i = 0; i < b->nr_tables; i++)
		b->tables[i].start -= b->tables[i].rows;
}

/* The field had the same bytes in every record. */
static bool is_constant(const struct event_state *state,
			const struct kpc_field *field)
{
	if (field->dynamic || field->offset + field->bytes > state->diff_bytes)
		return false;
	for (uint32_t i = 0; i < field->bytes; i++)
		if (state->diff[field->offset + i])
			return false;
	return true;
}

/* Trace entries have the thread id; so does the row. */
static bool repeats_tid(const struct kpc_batch *b, const struct table *table,
			const struct kpc_field *field)
{
	if (!field->common || strcmp(field->name, "common_pid"))
		return false;
	for (uint32_t i = 0; i < table->rows; i++)
		if (b->v[i] != b->rows[b->order[table->start + i]].tid)
			return false;
	return true;
}

static void encode_field(struct kpc_batch *b, struct kpc_buf *body,
			 const struct table *table, uint32_t f)
{
	struct event_state *state = &b->state[table->event];
	const struct kpc_field *field = &b->events[table->event].fields[f];
	const uint8_t *const *raw = b->raw + table->start;
	uint32_t n = table->rows;

	if (kpc_field_is_blob(field) && is_constant(state, field)) {
		kpc_record_gather_blobs(field, raw, b->span, 1);
		kpc_column_add_blob(body, TABLE_COLUMN, f, b->span[0], n);
		return;
	}
	if (kpc_field_is_blob(field)) {
		kpc_record_gather_blobs(field, raw, b->span, n);
		kpc_column_add_blobs(&b->column, body, TABLE_COLUMN, f, b->span,
				     n, &state->field[f]);
		return;
	}
	if (is_constant(state, field)) {
		kpc_record_gather(field, raw, b->v, 1);
		kpc_column_add_constant(body, TABLE_COLUMN, f, b->v[0]);
		return;
	}
	kpc_record_gather(field, raw, b->v, n);
	if (repeats_tid(b, table, field))
		kpc_column_add_tid(body, TABLE_COLUMN, f);
	else
		kpc_column_add(&b->column, body, TABLE_COLUMN, f, b->v, n,
			       &state->field[f]);
}

static void encode_payload(struct kpc_batch *b, struct kpc_buf *body,
			   const struct table *table)
{
	for (uint32_t i = 0; i < table->rows; i++) {
		const struct row *row = &b->rows[b->order[table->start + i]];

		b->span[i] = (struct kpc_span){ row->raw, row->raw_bytes };
	}
	kpc_column_add_blobs(&b->column, body, TABLE_PAYLOAD, 0, b->span,
			     table->rows, &b->state[table->event].payloads);
}

static void encode_table(struct kpc_batch *b, struct kpc_buf *body,
			 const struct table *table)
{
	struct event_state *state = &b->state[table->event];
	const uint32_t *order = b->order + table->start;
	size_t begin = kpc_wire_begin(body, BATCH_TABLE);

	if (table->event)
		kpc_wire_add_varint(body, TABLE_EVENT, table->event);
	kpc_wire_add_varint(body, TABLE_ROWS, table->rows);
	if (table->payload)
		encode_payload(b, body, table);
	for (uint32_t f = 0;
	     !table->payload && f < b->events[table->event].nr_fields; f++)
		encode_field(b, body, table, f);
	if (state->stack) {
		for (uint32_t i = 0; i < table->rows; i++)
			b->v[i] = b->rows[order[i]].stack;
		kpc_column_add(&b->column, body, TABLE_STACK, 0, b->v,
			       table->rows, &state->chains);
	}
	if (b->weighted) {
		for (uint32_t i = 0; i < table->rows; i++)
			b->v[i] = b->weight[order[i]];
		kpc_column_add(&b->column, body, TABLE_WEIGHT, 0, b->v,
			       table->rows, &state->weights);
	}
	kpc_wire_end(body, begin);
}

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
	kpc_column_add(&b->column, body, STACKS_FRAME, 0, b->v, frames,
		       &b->frame);
	kpc_wire_end(body, begin);
	return 0;
}

static void encode_loss(struct kpc_buf *body, const struct loss *loss)
{
	size_t begin = kpc_wire_begin(body, BATCH_LOSS);

	kpc_wire_add_varint(body, LOSS_AFTER, loss->after);
	kpc_wire_add_varint(body, LOSS_COUNT, loss->count);
	kpc_wire_add_varint(body, LOSS_EVENT, loss->event);
	kpc_wire_end(body, begin);
}

int kpc_batch_encode(struct kpc_batch *b, struct kpc_buf *body,
		     struct kpc_batch_summary *summary)
{
	int err;

	*summary = (struct kpc_batch_summary){ 0 };
	if (b->nr) {
		summary->first_time_ns = b->rows[0].time_ns;
		summary->last_time_ns = b->rows[b->nr - 1].time_ns;
		encode_times(b, body);
		encode_rows(b, body);
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
	if (b->unparsed)
		kpc_wire_add_varint(body, BATCH_UNPARSED, b->unparsed);
	return body->error;
}
