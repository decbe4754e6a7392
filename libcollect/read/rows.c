// SPDX-License-Identifier: GPL-2.0-only
/* rows.c - gives the rows of a decoded Batch; rowsload.c decodes it */
#include <errno.h>
#include <stdlib.h>

#include "desc.h"
#include "rows.h"

static uint64_t column_at(const struct kpc_rows_column *column, uint32_t i)
{
	return column->v ? column->v[i] : column->constant;
}

static void fill_stack(const struct kpc_rows *rows,
		       const struct kpc_rows_table *table, uint32_t i,
		       struct kpc_row *row)
{
	uint64_t stack = column_at(&table->stack, i);

	row->stack_depth = rows->depth[stack];
	row->stack = row->stack_depth ? rows->frame + rows->first_frame[stack] :
					NULL;
}

/* See "Fields" in the schema. */
static void fill_blob(const struct kpc_field *field, struct kpc_span span,
		      struct kpc_value *value)
{
	value->u = 0;
	value->blob = span.at;
	value->blob_bytes = span.bytes;
	value->fault = field->faults && !span.bytes;
	if (field->faults && span.bytes == 1 && !*span.at)
		value->blob_bytes = 0;
}

static void fill_value(const struct kpc_rows_table *table, uint32_t f,
		       uint32_t record, uint32_t tid, struct kpc_value *value)
{
	const struct kpc_field *field = &table->event->fields[f];
	const struct kpc_rows_column *column = &table->fields[f];
	const struct kpc_span none = { 0 };

	if (kpc_field_is_blob(field)) {
		fill_blob(field, column->span ? column->span[record] : none,
			  value);
		return;
	}
	*value = (struct kpc_value){
		.u = column->tid ? tid : column_at(column, record),
	};
}

static uint32_t record_of(const struct kpc_rows_table *table, uint32_t row)
{
	return table->has_row ? column_at(&table->row, row) : row;
}

static void fill_values(const struct kpc_rows_table *table, uint32_t row,
			uint32_t tid, struct kpc_value *values)
{
	uint32_t record = record_of(table, row);

	for (uint32_t f = 0; f < table->event->nr_fields; f++)
		fill_value(table, f, record, tid, &values[f]);
}

struct kpc_rows_at kpc_rows_at(const struct kpc_rows *rows,
			       const struct kpc_rows_table *table, uint32_t row)
{
	return (struct kpc_rows_at){ rows, table, row, record_of(table, row) };
}

bool kpc_rows_field(const struct kpc_rows_at *at, uint32_t field, uint32_t tid,
		    struct kpc_value *value)
{
	if (at->table->has_payload)
		return false;
	fill_value(at->table, field, at->record, tid, value);
	return true;
}

uint32_t kpc_rows_stack_depth(const struct kpc_rows_at *at)
{
	return at->table->has_stack ?
		       at->rows->depth[column_at(&at->table->stack, at->row)] :
		       0;
}

int kpc_rows_split(struct kpc_rows *rows)
{
	size_t need = rows->nr * 2ull;
	uint64_t *at = rows->split;

	if (need > rows->split_room) {
		at = realloc(rows->split, need * sizeof(*at));
		if (!at)
			return -ENOMEM;
		rows->split = at;
		rows->split_room = need;
	}
	for (uint32_t t = 0; t < rows->nr_tables; t++) {
		struct kpc_rows_table *table = &rows->tables[t];

		table->time_ns = at;
		table->tids = at + table->rows;
		at += table->rows * 2ull;
	}
	for (uint32_t i = 0; i < rows->nr; i++) {
		struct kpc_rows_table *table = &rows->tables[rows->table_of[i]];

		table->time_ns[table->next] = rows->time_ns[i];
		table->tids[table->next++] = rows->tid[i];
	}
	for (uint32_t t = 0; t < rows->nr_tables; t++)
		rows->tables[t].next = 0;
	return 0;
}

bool kpc_rows_next(struct kpc_rows *rows, struct kpc_row *row,
		   struct kpc_value *values)
{
	struct kpc_rows_table *table;
	uint32_t n = rows->next;
	uint32_t i;

	if (n == rows->nr)
		return false;
	row->cgroup = kpc_rows_cgroup(rows);
	rows->next++;
	table = &rows->tables[rows->table_of[n]];
	i = table->next++;
	row->event = table->event;
	row->time_ns = rows->time_ns[n];
	row->tid = rows->tid[n];
	row->values = values;
	row->weight = column_at(&table->weight, i);
	row->stack = NULL;
	row->stack_depth = 0;
	row->payload = NULL;
	row->payload_bytes = 0;
	if (table->has_stack)
		fill_stack(rows, table, i, row);
	if (table->has_payload) {
		/* An empty record has a payload too, of nothing. */
		row->payload = (const uint8_t *)"";
		if (table->payload.span && table->payload.span[i].bytes) {
			row->payload = table->payload.span[i].at;
			row->payload_bytes = table->payload.span[i].bytes;
		}
	}
	fill_values(table, i, row->tid, values);
	return true;
}

size_t kpc_rows_bytes(const struct kpc_rows *rows)
{
	return (rows->pool_room + rows->split_room) * sizeof(*rows->pool) +
	       rows->tables_room * sizeof(*rows->tables) +
	       rows->columns_room * sizeof(*rows->columns);
}

void kpc_rows_uninit(struct kpc_rows *rows)
{
	free(rows->pool);
	free(rows->split);
	free(rows->tables);
	free(rows->columns);
	*rows = (struct kpc_rows){ 0 };
}
