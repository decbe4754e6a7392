// SPDX-License-Identifier: GPL-2.0-only
/* readtables.c - the rows chunk by chunk, as tables of columns */
#include <errno.h>
#include <stdlib.h>

#include "fail.h"
#include "reading.h"

static bool has_order(unsigned int what)
{
	return what & (KPC_TABLE_TIMES | KPC_TABLE_THREADS);
}

static enum kpc_rows_want wanted(unsigned int what)
{
	if (has_order(what))
		return what & KPC_TABLE_SUMS ? KPC_ROWS_ORDER : KPC_ROWS_ALL;
	return what & KPC_TABLE_SUMS ? KPC_ROWS_SUMS : KPC_ROWS_NUMBERS;
}

static int start_tables(struct kpc_reader *reader, unsigned int what)
{
	if (reader->joined)
		return kpc_fail(
			reader->error, sizeof(reader->error), -EINVAL,
			"of joined traces there are rows only, no tables");
	if (kpc_reading_from_ns(reader) || reader->choice.to_ns != UINT64_MAX ||
	    reader->choice.nr_pids)
		return kpc_fail(
			reader->error, sizeof(reader->error), -EINVAL,
			"of selected times and processes there are rows only, no tables");
	if (reader->expr)
		return kpc_fail(reader->error, sizeof(reader->error), -EINVAL,
				"of filtered rows there are no tables");
	reader->columns = calloc(kpc_reading_most_fields(reader),
				 sizeof(*reader->columns));
	if (!reader->columns)
		return kpc_reading_no_memory(reader);
	reader->reading = KPC_READING_TABLES;
	return kpc_reading_make_jobs(reader, wanted(what),
				     kpc_reading_by_offset);
}

/* The next chunk that can be read. 1; 0 at the end. */
static int next_load(struct kpc_reader *reader, unsigned int what)
{
	int ret = 0;

	while (!ret) {
		kpc_ahead_put(reader->ahead, reader->load);
		reader->load = NULL;
		if (reader->job == kpc_ahead_nr(reader->ahead))
			return 0;
		reader->load = kpc_ahead_get(reader->ahead, reader->job);
		ret = kpc_reading_check_load(
			reader, kpc_ahead_job(reader->ahead, reader->job++),
			reader->load);
	}
	reader->table = 0;
	if (ret > 0 && (has_order(what) || reader->load->rows.has_tids) &&
	    kpc_rows_split(&reader->load->rows))
		return kpc_reading_no_memory(reader);
	return ret;
}

static struct kpc_table_column table_column(const struct kpc_rows_table *from,
					    uint32_t field)
{
	const struct kpc_rows_column *column = &from->fields[field];
	struct kpc_table_column out = {
		.v = column->tid ? from->tids : column->v,
		.constant = column->constant,
		.by_row = column->tid,
		.times = column->times,
		.nr = column->nr,
	};

	/* All rows are the same record. */
	if (out.v && !out.by_row && from->has_row && !from->row.v) {
		out.constant = out.v[from->row.constant];
		out.v = NULL;
	}
	return out;
}

static void fill_table(struct kpc_reader *reader,
		       const struct kpc_rows_table *from, unsigned int what,
		       struct kpc_table *table)
{
	*table = (struct kpc_table){
		.event = from->event,
		.rows = from->rows,
		.records = from->records,
		.record = from->has_row ? from->row.v : NULL,
		.columns = from->has_payload ? NULL : reader->columns,
		.time_ns = what & KPC_TABLE_TIMES ? from->time_ns : NULL,
		.tids = what & KPC_TABLE_THREADS ? from->tids : NULL,
	};
	for (uint32_t f = 0; table->columns && f < from->event->nr_fields; f++)
		reader->columns[f] = table_column(from, f);
}

static int next_table(struct kpc_reader *reader, unsigned int what,
		      struct kpc_table *table)
{
	int ret = 1;

	for (;;) {
		struct kpc_rows *rows = reader->load ? &reader->load->rows :
						       NULL;
		struct kpc_rows_table *from;

		if (!rows || reader->table == rows->nr_tables) {
			ret = next_load(reader, what);
			if (ret <= 0)
				return ret;
			continue;
		}
		from = &rows->tables[reader->table++];
		if (reader->filters->events &&
		    !reader->filters->events[from->event->id])
			continue;
		fill_table(reader, from, what, table);
		reader->health.rows += table->rows;
		return 1;
	}
}

int kpc_reader_next_table(struct kpc_reader *reader, unsigned int what,
			  struct kpc_table *table)
{
	int ret = kpc_reading_check(reader, KPC_READING_TABLES);

	if (ret)
		return ret;
	if (reader->reading == KPC_READING_NOT)
		ret = start_tables(reader, what);
	if (!ret)
		ret = next_table(reader, what, table);
	if (ret < 0)
		reader->failed = ret;
	return ret;
}

void kpc_readtables_uninit(struct kpc_reader *reader)
{
	if (reader->load)
		kpc_ahead_put(reader->ahead, reader->load);
	free(reader->columns);
	reader->load = NULL;
	reader->columns = NULL;
	reader->job = 0;
	reader->table = 0;
}
