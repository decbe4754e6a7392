// SPDX-License-Identifier: GPL-2.0-only
/* rowsload.c - decodes a Batch */
#include <errno.h>
#include <stdlib.h>

#include "batch_fields.h"
#include "desc.h"
#include "rows.h"
#include "values.h"

/* The parts of a Batch, before their values are read. */
struct batch {
	uint64_t time_base;
	uint64_t unparsed;
	uint64_t lost;
	uint32_t nr_tables;
	uint64_t rows_in_tables;
	struct kpc_wire part[BATCH_NUMBERS]; /* those that come once */
};

/* ---- memory -------------------------------------------------------------- */

/* Makes sure that @words more can be taken without moving the pool. */
static int pool_reserve(struct kpc_rows *rows, size_t words)
{
	uint64_t *pool;

	if (words <= rows->pool_room)
		return 0;
	free(rows->pool);
	rows->pool_room = 0;
	words += words / 4; /* the next chunk's are about as many */
	pool = malloc(words * sizeof(*pool));
	rows->pool = pool;
	if (!pool)
		return -ENOMEM;
	rows->pool_room = words;
	return 0;
}

static uint64_t *pool_take(struct kpc_rows *rows, size_t words)
{
	uint64_t *taken = rows->pool + rows->pool_used;

	if (words > rows->pool_room - rows->pool_used)
		return NULL;
	rows->pool_used += words;
	return taken;
}

static int tables_reserve(struct kpc_rows *rows, uint32_t nr)
{
	struct kpc_rows_table *tables;

	if (nr > rows->tables_room) {
		tables = realloc(rows->tables, nr * sizeof(*tables));
		if (!tables)
			return -ENOMEM;
		rows->tables = tables;
		rows->tables_room = nr;
	}
	return 0;
}

static int columns_reserve(struct kpc_rows *rows, uint32_t nr)
{
	struct kpc_rows_column *columns;

	if (nr > rows->columns_room) {
		columns = realloc(rows->columns, nr * sizeof(*columns));
		if (!columns)
			return -ENOMEM;
		rows->columns = columns;
		rows->columns_room = nr;
	}
	return 0;
}

/* ---- first pass: how much there is --------------------------------------- */

static enum kpc_wire_type table_type(uint32_t number)
{
	return number == TABLE_EVENT || number == TABLE_ROWS ||
			       number == TABLE_DISTINCT ?
		       KPC_WIRE_VARINT :
		       KPC_WIRE_BYTES;
}

/* The numbers of a table; @columns counts those that take memory. */
static int count_table(struct kpc_wire wire, uint64_t *event, uint64_t *rows,
		       uint64_t *distinct, uint64_t *columns)
{
	struct kpc_wire_field field;
	struct kpc_column column;
	int ret;

	*event = 0;
	*rows = 0;
	*distinct = 0;
	*columns = 0;
	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number >= TABLE_NUMBERS)
			continue;
		if (field.type != table_type(field.number))
			return -EBADMSG;
		if (field.number == TABLE_EVENT)
			*event = field.value;
		else if (field.number == TABLE_ROWS)
			*rows = field.value;
		else if (field.number == TABLE_DISTINCT)
			*distinct = field.value;
		else if (kpc_column_parse(&column, field.bytes))
			return -EBADMSG;
		else
			*columns += !kpc_column_is_constant(&column);
	}
	return ret;
}

static int sum_loss(struct batch *batch, struct kpc_wire wire)
{
	struct kpc_wire_field field;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0)
		if (field.number == LOSS_COUNT && field.type == KPC_WIRE_VARINT)
			batch->lost += field.value;
	return ret;
}

static int parse_batch(struct batch *batch, struct kpc_wire wire)
{
	struct kpc_wire_field field;
	int ret;

	*batch = (struct batch){ 0 };
	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		switch (field.number) {
		case BATCH_TIME_BASE:
			if (field.type != KPC_WIRE_FIXED64)
				return -EBADMSG;
			batch->time_base = field.value;
			continue;
		case BATCH_UNPARSED:
			if (field.type != KPC_WIRE_VARINT)
				return -EBADMSG;
			batch->unparsed = field.value;
			continue;
		case BATCH_UNPARSED_RECORD: /* as many as there are */
			if (field.type != KPC_WIRE_BYTES)
				return -EBADMSG;
			continue;
		}
		if (field.number >= BATCH_NUMBERS)
			continue;
		if (field.type != KPC_WIRE_BYTES)
			return -EBADMSG;
		if (field.number == BATCH_TABLE) {
			batch->nr_tables++;
		} else if (field.number == BATCH_LOSS) {
			ret = sum_loss(batch, field.bytes);
			if (ret)
				return ret;
		} else if (batch->part[field.number].at) {
			return -EBADMSG;
		} else {
			batch->part[field.number] = field.bytes;
		}
	}
	return ret;
}

/* Sets up the tables, and adds up the words that their values may take. */
static int count_tables(struct kpc_rows *rows, struct kpc_wire wire,
			const struct kpc_event *events, uint32_t nr_events,
			uint64_t *words)
{
	struct kpc_wire_field field;
	uint64_t event, nr, distinct, columns;
	uint64_t rows_seen = 0;
	uint64_t fields = 0;
	uint32_t t = 0;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number != BATCH_TABLE)
			continue;
		ret = count_table(field.bytes, &event, &nr, &distinct,
				  &columns);
		if (ret)
			return ret;
		if (event >= nr_events || !events[event].name || !nr ||
		    nr > rows->nr - rows_seen || distinct > nr)
			return -EBADMSG;
		rows_seen += nr;
		fields += events[event].nr_fields;
		*words += nr * columns;
		if (fields > KPC_ROWS_COLUMNS_MAX ||
		    *words > KPC_ROWS_VALUES_MAX)
			return -EBADMSG;
		rows->tables[t++] = (struct kpc_rows_table){
			.event = &events[event],
			.rows = nr,
			.records = distinct ? distinct : nr,
			.has_row = distinct,
		};
	}
	if (ret || rows_seen != rows->nr)
		return -EBADMSG;
	rows->nr_tables = t;
	ret = columns_reserve(rows, fields + 1);
	if (ret)
		return ret;
	fields = 0;
	for (t = 0; t < rows->nr_tables; t++) {
		rows->tables[t].fields = rows->columns + fields;
		fields += rows->tables[t].event->nr_fields;
	}
	if (fields)
		memset(rows->columns, 0, fields * sizeof(*rows->columns));
	return 0;
}

/* ---- second pass: the values --------------------------------------------- */

static int load_integers(struct kpc_rows *rows, struct kpc_rows_column *out,
			 const struct kpc_column *column, uint32_t n)
{
	uint64_t *v;

	if (kpc_column_is_constant(column)) {
		out->constant = column->constant;
		return 0;
	}
	if (column->tid) {
		out->tid = true;
		rows->has_tids = true;
		return 0;
	}
	v = pool_take(rows, n);
	if (!v)
		return -EBADMSG;
	out->v = v;
	return kpc_column_decode(column, v, n);
}

static int load_tally(struct kpc_rows *rows, struct kpc_rows_column *out,
		      const struct kpc_column *column, uint32_t n)
{
	uint64_t *v = pool_take(rows, n);
	/* Room for spans was reserved: two words for each. */
	uint64_t *times = pool_take(rows, n);

	if (!v || !times)
		return -EBADMSG;
	out->v = v;
	out->times = (uint32_t *)times;
	return kpc_column_tally(column, v, (uint32_t *)times, n, &out->nr);
}

static int load_blobs(struct kpc_rows *rows, struct kpc_rows_column *out,
		      const struct kpc_column *column, uint32_t n)
{
	struct kpc_span *span;

	if (kpc_column_is_constant(column))
		return 0;
	/* A span takes two words; so was the pool reserved. */
	span = (struct kpc_span *)pool_take(rows, (size_t)n * 2);
	if (!span)
		return -EBADMSG;
	out->span = span;
	return kpc_column_decode_blobs(column, span, n);
}

static bool is_wanted(const struct kpc_field *field, enum kpc_rows_want want)
{
	switch (want) {
	case KPC_ROWS_ALL:
		return true;
	case KPC_ROWS_NUMBERS:
		return !field->common && !kpc_field_is_blob(field);
	case KPC_ROWS_SUMS:
	case KPC_ROWS_ORDER:
		return !field->common && (field->kind == KPC_FIELD_UNSIGNED ||
					  field->kind == KPC_FIELD_SIGNED);
	}
	return true;
}

/* Where a value comes doesn't matter, only how often. */
static bool is_summed(enum kpc_rows_want want)
{
	return want == KPC_ROWS_SUMS || want == KPC_ROWS_ORDER;
}

/* Are the columns of all rows read, too? */
static bool has_order(enum kpc_rows_want want)
{
	return want == KPC_ROWS_ALL || want == KPC_ROWS_ORDER;
}

static int load_field(struct kpc_rows *rows, struct kpc_rows_table *table,
		      const struct kpc_column *column, uint32_t *seen,
		      enum kpc_rows_want want)
{
	const struct kpc_event *event = table->event;

	/* Writers give them in order; so none comes twice. */
	if (column->field >= event->nr_fields || column->field < *seen)
		return -EBADMSG;
	*seen = column->field + 1;
	if (!is_wanted(&event->fields[column->field], want))
		return 0;
	if (kpc_field_is_blob(&event->fields[column->field]))
		return load_blobs(rows, &table->fields[column->field], column,
				  table->records);
	if (is_summed(want) && !table->has_row &&
	    kpc_column_has_tally(column, table->records))
		return load_tally(rows, &table->fields[column->field], column,
				  table->records);
	return load_integers(rows, &table->fields[column->field], column,
			     table->records);
}

/* All values of @column, of the table's rows, are less than @bound. */
static int check_below(const struct kpc_rows_table *table,
		       const struct kpc_rows_column *column, uint32_t bound)
{
	if (column->tid || (!column->v && column->constant >= bound))
		return -EBADMSG;
	for (uint32_t i = 0; column->v && i < table->rows; i++)
		if (column->v[i] >= bound)
			return -EBADMSG;
	return 0;
}

static int load_table(struct kpc_rows *rows, struct kpc_rows_table *table,
		      struct kpc_wire wire, enum kpc_rows_want want)
{
	struct kpc_wire_field field;
	struct kpc_column column;
	uint32_t seen = 0;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number >= TABLE_NUMBERS ||
		    table_type(field.number) != KPC_WIRE_BYTES)
			continue;
		ret = kpc_column_parse(&column, field.bytes);
		if (ret)
			return ret;
		switch (field.number) {
		case TABLE_COLUMN:
			ret = load_field(rows, table, &column, &seen, want);
			break;
		case TABLE_STACK:
			if (want != KPC_ROWS_ALL)
				break;
			table->has_stack = true;
			ret = load_integers(rows, &table->stack, &column,
					    table->rows);
			break;
		case TABLE_PAYLOAD:
			table->has_payload = true;
			if (want != KPC_ROWS_ALL)
				break;
			ret = load_blobs(rows, &table->payload, &column,
					 table->rows);
			break;
		case TABLE_ROW:
			ret = load_integers(rows, &table->row, &column,
					    table->rows);
			break;
		case TABLE_WEIGHT:
			if (want != KPC_ROWS_ALL)
				break;
			ret = load_integers(rows, &table->weight, &column,
					    table->rows);
			break;
		}
		if (ret)
			return ret;
	}
	if (!ret && table->has_stack)
		ret = check_below(table, &table->stack, rows->nr_stacks);
	if (!ret && table->has_row)
		ret = table->has_payload ?
			      -EBADMSG :
			      check_below(table, &table->row, table->records);
	return ret;
}

static int load_tables(struct kpc_rows *rows, struct kpc_wire wire,
		       enum kpc_rows_want want)
{
	struct kpc_wire_field field;
	uint32_t t = 0;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number != BATCH_TABLE)
			continue;
		ret = load_table(rows, &rows->tables[t++], field.bytes, want);
		if (ret)
			return ret;
	}
	return ret;
}

/* A column of all rows; absent ones are zeros. */
static int load_column(struct kpc_rows *rows, struct kpc_wire wire,
		       uint64_t **out, uint32_t n)
{
	struct kpc_column column;
	int err = kpc_column_parse(&column, wire);

	if (err)
		return err;
	*out = pool_take(rows, n);
	return *out ? kpc_column_decode(&column, *out, n) : -EBADMSG;
}

static int load_times(struct kpc_rows *rows, const struct batch *batch)
{
	uint64_t time = batch->time_base;
	uint64_t *lo, *hi;
	int err;

	err = load_column(rows, batch->part[BATCH_TIME_LO], &lo, rows->nr);
	if (!err)
		err = load_column(rows, batch->part[BATCH_TIME_HI], &hi,
				  rows->nr);
	if (err)
		return err;
	for (uint32_t i = 0; i < rows->nr; i++) {
		time += hi[i] << 7 | lo[i];
		lo[i] = time;
	}
	rows->time_ns = lo;
	return 0;
}

static int load_index(struct kpc_rows *rows, const struct batch *batch)
{
	uint64_t *table, *tid;
	uint32_t t;
	int err;

	err = load_column(rows, batch->part[BATCH_TABLE_INDEX], &table,
			  rows->nr);
	if (!err)
		err = load_column(rows, batch->part[BATCH_TID], &tid, rows->nr);
	if (err)
		return err;
	/* Each table has exactly as many rows as point to it. */
	for (uint32_t i = 0; i < rows->nr; i++) {
		if (tid[i] > UINT32_MAX || table[i] >= rows->nr_tables)
			return -EBADMSG;
		rows->tables[table[i]].next++;
	}
	for (t = 0; t < rows->nr_tables; t++) {
		if (rows->tables[t].next != rows->tables[t].rows)
			return -EBADMSG;
		rows->tables[t].next = 0;
	}
	rows->table_of = table;
	rows->tid = tid;
	return 0;
}

static int load_cgroups(struct kpc_rows *rows, const struct batch *batch)
{
	struct kpc_column column;
	int err = kpc_column_parse(&column, batch->part[BATCH_CGROUP]);

	if (err)
		return err;
	return column.tid ?
		       -EBADMSG :
		       load_integers(rows, &rows->cgroup, &column, rows->nr);
}

/* The depths come first: how many there are is known by their bytes only. */
static int split_stacks(struct kpc_wire wire, struct kpc_wire *depth,
			struct kpc_wire *frame)
{
	struct kpc_wire_field field;
	int ret;

	*depth = (struct kpc_wire){ 0 };
	*frame = (struct kpc_wire){ 0 };
	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number > STACKS_FRAME)
			continue;
		if (field.type != KPC_WIRE_BYTES)
			return -EBADMSG;
		*(field.number == STACKS_DEPTH ? depth : frame) = field.bytes;
	}
	return ret;
}

/* Number of stacks and of their frames in all. */
static int count_stacks(struct kpc_wire depth, uint64_t *stacks,
			uint64_t *frames)
{
	uint64_t v;

	*stacks = 0;
	*frames = 0;
	while (depth.at != depth.end) {
		if (kpc_wire_get_varint(&depth, &v) || v > KPC_ROWS_MAX)
			return -EBADMSG;
		*frames += v;
		if (++*stacks > KPC_ROWS_MAX || *frames > KPC_ROWS_MAX)
			return -EBADMSG;
	}
	return 0;
}

static int load_stacks(struct kpc_rows *rows, struct kpc_wire depth,
		       struct kpc_wire frame, uint32_t stacks, uint32_t frames)
{
	uint64_t *depths = pool_take(rows, stacks);
	uint64_t *firsts = pool_take(rows, stacks);
	uint64_t first = 0;
	uint64_t *v;

	if (!depths || !firsts)
		return -EBADMSG;
	for (uint32_t i = 0; i < stacks; i++) {
		if (kpc_wire_get_varint(&depth, &depths[i]))
			return -EBADMSG;
		firsts[i] = first;
		first += depths[i];
	}
	rows->depth = depths;
	rows->first_frame = firsts;
	rows->nr_stacks = stacks;
	if (load_column(rows, frame, &v, frames))
		return -EBADMSG;
	rows->frame = v;
	return 0;
}

static void rows_reset(struct kpc_rows *rows)
{
	rows->nr = 0;
	rows->next = 0;
	rows->nr_tables = 0;
	rows->nr_stacks = 0;
	rows->lost = 0;
	rows->unparsed = 0;
	rows->pool_used = 0;
	rows->cgroup = (struct kpc_rows_column){ 0 };
	rows->has_tids = false;
}

/* The columns of all rows. */
static int load_order(struct kpc_rows *rows, const struct batch *batch)
{
	int err = load_times(rows, batch);

	return err ? err : load_index(rows, batch);
}

static int rows_load(struct kpc_rows *rows, struct kpc_wire body,
		     const struct kpc_event *events, uint32_t nr_events,
		     enum kpc_rows_want want)
{
	struct kpc_wire depth = { 0 }, frame = { 0 };
	uint64_t stacks, frames;
	struct batch batch;
	uint64_t words = 0;
	int err;

	err = parse_batch(&batch, body);
	if (!err)
		err = split_stacks(batch.part[BATCH_STACKS], &depth, &frame);
	if (!err)
		err = count_stacks(depth, &stacks, &frames);
	if (!err && batch.nr_tables > KPC_ROWS_TABLES_MAX)
		err = -EBADMSG;
	if (!err)
		err = tables_reserve(rows, batch.nr_tables + 1);
	if (!err)
		err = count_tables(rows, body, events, nr_events, &words);
	/* Any of the tables' columns may be of spans. */
	if (!err)
		err = pool_reserve(rows, words * 2 + rows->nr * 5ull +
						 stacks * 2 + frames + 1);
	if (!err && has_order(want))
		err = load_order(rows, &batch);
	if (!err && want == KPC_ROWS_ALL)
		err = load_cgroups(rows, &batch);
	if (!err && want == KPC_ROWS_ALL)
		err = load_stacks(rows, depth, frame, stacks, frames);
	if (!err)
		err = load_tables(rows, body, want);
	rows->lost = batch.lost;
	rows->unparsed = batch.unparsed;
	return err;
}

int kpc_rows_load_some(struct kpc_rows *rows, struct kpc_wire body, uint32_t nr,
		       const struct kpc_event *events, uint32_t nr_events,
		       enum kpc_rows_want want)
{
	int err;

	rows_reset(rows);
	if (nr > KPC_ROWS_MAX)
		return -EBADMSG;
	rows->nr = nr;
	err = rows_load(rows, body, events, nr_events, want);
	/* Which row is which thread's, only the order of all says. */
	if (!err && !has_order(want) && rows->has_tids)
		return kpc_rows_load(rows, body, nr, events, nr_events);
	if (err)
		rows_reset(rows);
	return err;
}

int kpc_rows_load(struct kpc_rows *rows, struct kpc_wire body, uint32_t nr,
		  const struct kpc_event *events, uint32_t nr_events)
{
	return kpc_rows_load_some(rows, body, nr, events, nr_events,
				  KPC_ROWS_ALL);
}
