// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "json.h"
#include "quantity.h"
#include "statprint.h"
#include "text.h"

struct columns {
	bool interval, count, time, sum, missed;
};

/* What it was since then. */
static struct kpc_counter since(const struct kpc_counter *now,
				const struct kpc_counter *then)
{
	struct kpc_counter c = *now;

	if (!then)
		return c;
	c.count -= then->count;
	c.time_ns -= then->time_ns;
	c.sum -= then->sum;
	c.missed -= then->missed;
	return c;
}

static struct columns columns_of(const struct kpc_counts *counts, bool interval)
{
	struct columns c = { .interval = interval };

	for (uint32_t i = 0; i < counts->nr; i++) {
		const struct kpc_counter *counter = &counts->counters[i];

		c.time |= counter->has_time || counter->unit == KPC_UNIT_NS;
		c.sum |= counter->field != NULL;
		c.missed |= counter->missed != 0;
	}
	return c;
}

static struct table *new_table(const struct columns *c, const char *field)
{
	struct table_column columns[TABLE_COLUMNS] = { 0 };
	char sum[TABLE_HEADING], each[TABLE_HEADING];
	int nr = 0;

	snprintf(sum, sizeof(sum), "SUM(%.30s)", field ? field : "");
	snprintf(each, sizeof(each), "MEAN(%.30s)", field ? field : "");
	if (c->interval)
		columns[nr++].heading = "AT";
	columns[nr++].heading = "COUNT";
	columns[nr++].heading = "/S";
	if (c->time) {
		columns[nr++].heading = "TIME";
		columns[nr++].heading = "MEAN";
	}
	if (c->sum) {
		columns[nr++].heading = sum;
		columns[nr++].heading = each;
	}
	if (c->missed)
		columns[nr++].heading = "MISSED";
	columns[nr].heading = "EVENT";
	columns[nr++].left = true;
	return table_new(columns, nr);
}

struct cells {
	char text[TABLE_COLUMNS][QUANTITY_TEXT];
	const char *cell[TABLE_COLUMNS];
	int nr;
};

static char *next_cell(struct cells *c)
{
	c->cell[c->nr] = c->text[c->nr];
	strcpy(c->text[c->nr], "-");
	return c->text[c->nr++];
}

static void add_time(struct cells *cells, const struct kpc_counter *c)
{
	char *time = next_cell(cells), *mean = next_cell(cells);

	if (c->unit == KPC_UNIT_NS)
		quantity_time(c->count, time);
	else if (c->has_time)
		quantity_time(c->time_ns, time);
	if (c->has_time && c->count)
		quantity_time(c->time_ns / c->count, mean);
}

static void add_sum(struct cells *cells, const struct kpc_counter *c)
{
	char *sum = next_cell(cells), *mean = next_cell(cells);

	if (c->field)
		quantity_count(c->sum, sum);
	if (c->field && c->count)
		quantity_rate((double)c->sum / c->count, mean);
}

static bool add_counter(struct table *table, const struct columns *columns,
			const struct kpc_counter *c, uint64_t at_ns,
			uint64_t ns)
{
	struct cells cells = { .nr = 0 };

	if (columns->interval)
		quantity_time(at_ns, next_cell(&cells));
	if (c->unit != KPC_UNIT_NS) {
		quantity_count(c->count, next_cell(&cells));
		quantity_rate(ns ? c->count * 1e9 / ns : 0, next_cell(&cells));
	} else {
		next_cell(&cells);
		next_cell(&cells);
	}
	if (columns->time)
		add_time(&cells, c);
	if (columns->sum)
		add_sum(&cells, c);
	if (columns->missed)
		quantity_count(c->missed, next_cell(&cells));
	cells.cell[cells.nr] = c->name;
	return table_row(table, cells.cell);
}

/* One field's name heads the sums, if they are of one. */
static const char *field_of(const struct kpc_counts *counts)
{
	const char *field = NULL;

	for (uint32_t i = 0; i < counts->nr; i++) {
		const char *other = counts->counters[i].field;

		if (field && other && strcmp(field, other))
			return "value";
		field = other ? other : field;
	}
	return field;
}

/* In intervals the headings come only when the columns move. */
static void print_table(struct stat_printer *p, const struct table *table,
			bool interval)
{
	int widths[TABLE_COLUMNS];
	bool moved = false;
	char line[8192];

	table_layout(table, 0, widths);
	for (int i = 0; i < TABLE_COLUMNS; i++) {
		moved |= widths[i] > p->widths[i];
		if (widths[i] > p->widths[i] || !interval)
			p->widths[i] = widths[i];
	}
	for (int64_t i = moved || !interval ? -1 : 0; i < table_rows(table);
	     i++) {
		table_line(table, p->widths, i, line, sizeof(line));
		fprintf(p->out, "%s\n", line);
	}
}

static void print_text(struct stat_printer *p, const struct kpc_counts *counts,
		       bool interval)
{
	struct columns columns = columns_of(counts, interval);
	struct table *table = new_table(&columns, field_of(counts));
	uint64_t ns = counts->elapsed_ns - (interval ? p->before_ns : 0);
	bool good = table != NULL;

	for (uint32_t i = 0; good && i < counts->nr; i++) {
		struct kpc_counter c = since(&counts->counters[i],
					     interval ? &p->before[i] : NULL);

		good = add_counter(table, &columns, &c, counts->elapsed_ns, ns);
	}
	if (good)
		print_table(p, table, interval);
	table_free(table);
}

static void print_json(struct stat_printer *p, const struct kpc_counts *counts,
		       bool interval)
{
	struct text *out = text_new(fileno(p->out));
	bool first = true;

	if (!out) {
		p->failed = ENOMEM;
		return;
	}
	text_char(out, '{');
	json_bool(out, &first, "final", !interval);
	json_u64(out, &first, "elapsed_ns", counts->elapsed_ns);
	json_u64(out, &first, "interval_ns",
		 counts->elapsed_ns - (interval ? p->before_ns : 0));
	json_key(out, &first, "events");
	text_char(out, '[');
	for (uint32_t i = 0; i < counts->nr; i++) {
		struct kpc_counter c = since(&counts->counters[i],
					     interval ? &p->before[i] : NULL);
		bool one = true;

		text_string(out, i ? ",{" : "{");
		json_text(out, &one, "name", c.name);
		json_u64(out, &one,
			 c.unit == KPC_UNIT_NS ? "clock_ns" : "count", c.count);
		if (c.has_time)
			json_u64(out, &one, "time_ns", c.time_ns);
		if (c.field) {
			json_text(out, &one, "field", c.field);
			json_u64(out, &one, "sum", c.sum);
		}
		json_u64(out, &one, "missed", c.missed);
		json_u64(out, &one, "enabled_ns", c.enabled_ns);
		json_u64(out, &one, "running_ns", c.running_ns);
		text_char(out, '}');
	}
	text_string(out, "]}\n");
	text_flush(out);
	if (!p->failed)
		p->failed = out->failed;
	text_free(out);
}

void stat_print(struct stat_printer *p, const struct kpc_counts *counts,
		bool interval)
{
	if (p->json)
		print_json(p, counts, interval);
	else
		print_text(p, counts, interval);
	if ((fflush(p->out) || ferror(p->out)) && !p->failed)
		p->failed = errno ? errno : EIO;
}

static void print_missed(FILE *out, const struct kpc_counter *c)
{
	char missed[QUANTITY_TEXT];

	if (c->deaf)
		fprintf(out,
			"%s: the kernel won't call it: kernel.ftrace_enabled "
			"or debugfs' kprobes/enabled is 0\n",
			c->name);
	else if (c->missed)
		fprintf(out,
			"%s: a lower bound: the kernel missed at least %s of "
			"all hits, whoever had them\n",
			c->name, quantity_count(c->missed, missed));
}

/*
 * What the CPU counts may have to take turns. Nothing else does: of a program that slept
 * nearly all the time the two clocks may differ by much, and mean nothing.
 */
static bool took_turns(const struct kpc_counter *c)
{
	return (c->source == KPC_SOURCE_HARDWARE ||
		c->source == KPC_SOURCE_UNKNOWN) &&
	       c->running_ns < c->enabled_ns - c->enabled_ns / 100;
}

/* What keeps a count from being all there was. */
void stat_print_doubts(FILE *out, const struct kpc_counts *counts)
{
	for (uint32_t i = 0; i < counts->nr; i++) {
		const struct kpc_counter *c = &counts->counters[i];

		print_missed(out, c);
		if (took_turns(c))
			fprintf(out,
				"%s: a lower bound: it was counted %.0f %% of "
				"the time, because it shares a counter\n",
				c->name, c->running_ns * 100. / c->enabled_ns);
	}
}
