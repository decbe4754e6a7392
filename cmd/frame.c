// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errnoname.h"
#include "frame.h"
#include "json.h"
#include "quantity.h"

#define FILE_LEAST 20 /* columns of a path */

static const struct {
	const char *name;
	const char *other; /* word for it, or NULL */
	int key;
	int leave; /* see table_column */
} columns[FRAME_COLUMNS] = {
	[FRAME_COUNT] = { "count", "calls", 'c', 0 },
	[FRAME_SHARE] = { "share", NULL, 0, 8 },
	[FRAME_RATE] = { "rate", NULL, 'r', 3 },
	[FRAME_SUM] = { "bytes", "sum", 'b', 0 },
	[FRAME_SUM_RATE] = { "bytes/s", NULL, 'B', 5 },
	[FRAME_TIME] = { "time", NULL, 't', 7 },
	[FRAME_MEAN] = { "latency", "mean", 'l', 1 },
	[FRAME_P50] = { "p50", NULL, 0, 9 },
	[FRAME_P99] = { "p99", NULL, 'p', 6 },
	[FRAME_MAX] = { "max", NULL, 'm', 2 },
	[FRAME_ERRORS] = { "errors", NULL, 'e', 4 },
	[FRAME_NAME] = { "name", NULL, 'n', 0 },
};

bool frame_column_find(const char *word, enum frame_column *column)
{
	for (int i = 0; i < FRAME_COLUMNS; i++) {
		if (strcmp(columns[i].name, word) &&
		    (!columns[i].other || strcmp(columns[i].other, word)))
			continue;
		*column = i;
		return true;
	}
	return false;
}

bool frame_column_of_key(int key, enum frame_column *column)
{
	for (int i = 0; i < FRAME_COLUMNS; i++) {
		if (!key || columns[i].key != key)
			continue;
		*column = i;
		return true;
	}
	return false;
}

const char *frame_column_name(enum frame_column column)
{
	return columns[column].name;
}

const char *frame_column_names(void)
{
	return "count, rate, bytes, bytes/s, time, latency, p99, max, errors "
	       "and name";
}

static const struct tally *all_of(const struct view *view)
{
	return &aggregate_total(view_aggregate(view))->all;
}

bool frame_has(const struct view *view, enum frame_column column)
{
	switch (column) {
	case FRAME_SUM:
	case FRAME_SUM_RATE:
		/* A sum that nothing was added to says nothing. */
		return view_has_sum(view) &&
		       (!view_is_detailed(view) || all_of(view)->sum);
	case FRAME_SHARE:
		return view_is_detailed(view);
	case FRAME_P50:
		return view_is_detailed(view) && view_has_time(view);
	case FRAME_TIME:
	case FRAME_MEAN:
	case FRAME_P99:
	case FRAME_MAX:
		return view_has_time(view);
	case FRAME_ERRORS:
		return aggregate_total(view_aggregate(view))->all.failed != 0;
	default:
		return true;
	}
}

/* ---- values -------------------------------------------------------------- */

static uint64_t mean(const struct tally *t)
{
	return t->timed ? t->ns / t->timed : 0;
}

/* A bucket's middle may be more than the largest of its values. */
static uint64_t quantile(const struct aggregate_entry *e, uint32_t per_mille)
{
	uint64_t v = e->times ? histogram_quantile(e->times, per_mille) : 0;

	return v < e->all.ns_max ? v : e->all.ns_max;
}

static uint64_t value(const struct aggregate_entry *e, enum frame_column column,
		      const struct frame_opts *opts)
{
	switch (column) {
	case FRAME_COUNT:
	case FRAME_SHARE:
		return e->all.count;
	case FRAME_RATE:
		return opts->average ? e->all.count : e->last.count;
	case FRAME_SUM:
		return e->all.sum;
	case FRAME_SUM_RATE:
		return opts->average ? e->all.sum : e->last.sum;
	case FRAME_TIME:
		return e->all.ns;
	case FRAME_MEAN:
		return mean(&e->all);
	case FRAME_P50:
		return quantile(e, 500);
	case FRAME_P99:
		return quantile(e, 990);
	case FRAME_MAX:
		return e->all.ns_max;
	case FRAME_ERRORS:
		return e->all.failed;
	default:
		return 0;
	}
}

static double per_second(uint64_t n, uint64_t ns)
{
	return ns ? n * 1e9 / ns : 0;
}

/* ---- sorting ------------------------------------------------------------- */

struct sorted {
	const struct aggregate_entry *entry;
	uint64_t value;
	char name[64]; /* the beginning of it */
};

static int by_key(const struct aggregate_entry *a,
		  const struct aggregate_entry *b)
{
	size_t n = a->key_bytes < b->key_bytes ? a->key_bytes : b->key_bytes;
	int order = memcmp(a->key, b->key, n);

	return order			   ? order :
	       a->key_bytes < b->key_bytes ? -1 :
					     a->key_bytes > b->key_bytes;
}

static int compare(const void *left, const void *right)
{
	const struct sorted *a = left;
	const struct sorted *b = right;
	int order = strcmp(a->name, b->name);

	if (a->value != b->value)
		return a->value > b->value ? -1 : 1;
	return order ? order : by_key(a->entry, b->entry);
}

/* What it is of, as it is shown: the last column says most. */
static void name_of(const struct view *view, struct sorted *s)
{
	char text[VIEW_TEXT_BYTES];

	view_text(view, s->entry, view_nr_by(view) - 1, text);
	snprintf(s->name, sizeof(s->name), "%.*s", (int)sizeof(s->name) - 1,
		 text);
}

/* The caller frees; NULL without memory. Those with nothing are left out. */
static struct sorted *sort(const struct view *view,
			   const struct frame_opts *opts, uint32_t *nr)
{
	const struct aggregate *a = view_aggregate(view);
	struct sorted *sorted = calloc(aggregate_nr(a) + 1, sizeof(*sorted));

	*nr = 0;
	for (uint32_t i = 0; sorted && i < aggregate_nr(a); i++) {
		struct sorted *s = &sorted[*nr];

		s->entry = aggregate_entry(a, i);
		if (!s->entry->all.count)
			continue;
		s->value = value(s->entry, opts->sort, opts);
		if (opts->sort == FRAME_NAME)
			name_of(view, s);
		++*nr;
	}
	if (sorted)
		qsort(sorted, *nr, sizeof(*sorted), compare);
	for (uint32_t i = 0; sorted && opts->upward && i < *nr / 2; i++) {
		struct sorted other = sorted[i];

		sorted[i] = sorted[*nr - 1 - i];
		sorted[*nr - 1 - i] = other;
	}
	return sorted;
}

const struct aggregate_entry **frame_entries(const struct view *view,
					     const struct frame_opts *opts,
					     uint32_t *nr)
{
	struct sorted *sorted = sort(view, opts, nr);
	const struct aggregate_entry **entry = NULL;

	if (sorted)
		entry = calloc(*nr + 1, sizeof(*entry));
	for (uint32_t i = 0; entry && i < *nr; i++)
		entry[i] = sorted[i].entry;
	free(sorted);
	return entry;
}

uint32_t frame_rows(const struct view *view)
{
	const struct aggregate *a = view_aggregate(view);
	uint32_t nr = aggregate_others(a)->all.count != 0;

	for (uint32_t i = 0; i < aggregate_nr(a); i++)
		nr += aggregate_entry(a, i)->all.count != 0;
	return nr;
}

uint32_t frame_left(const struct view *view, const struct frame_opts *opts)
{
	uint32_t nr = frame_rows(view);

	nr -= aggregate_others(view_aggregate(view))->all.count != 0;
	return opts->rows && nr > opts->rows ? nr - opts->rows : 0;
}

/* ---- the table ----------------------------------------------------------- */

struct layout {
	struct table_column table[TABLE_COLUMNS];
	enum frame_column column[TABLE_COLUMNS];
	char heading[TABLE_COLUMNS][40];
	int nr_numbers;
	int nr;
};

static bool are_calls(const struct view *view)
{
	return view_has_time(view) && !view_is_by_row(view);
}

static void heading(const struct view *view, enum frame_column column,
		    char text[40])
{
	static const char *const texts[FRAME_COLUMNS] = {
		[FRAME_SHARE] = "%",   [FRAME_RATE] = "/S",
		[FRAME_TIME] = "TIME", [FRAME_MEAN] = "MEAN",
		[FRAME_P50] = "P50",   [FRAME_P99] = "P99",
		[FRAME_MAX] = "MAX",   [FRAME_ERRORS] = "ERRORS",
	};

	if (column == FRAME_COUNT)
		strcpy(text, are_calls(view) ? "CALLS" : "COUNT");
	else if (column == FRAME_SUM || column == FRAME_SUM_RATE)
		snprintf(text, 40, "%s%s", view_sum_heading(view),
			 column == FRAME_SUM ? "" : "/S");
	else
		strcpy(text, texts[column]);
}

static void lay_out(const struct view *view, const struct frame_opts *opts,
		    struct layout *l)
{
	*l = (struct layout){ 0 };
	for (int c = 0; c < FRAME_NAME; c++) {
		if (!frame_has(view, c))
			continue;
		heading(view, c, l->heading[l->nr]);
		l->column[l->nr] = c;
		l->table[l->nr] = (struct table_column){
			.heading = l->heading[l->nr],
			/* What it is sorted by stays. */
			.leave = c == (int)opts->sort ? 0 : columns[c].leave,
		};
		l->nr++;
	}
	l->nr_numbers = l->nr;
	for (int i = 0; i < view_nr_by(view); i++, l->nr++) {
		const struct view_by *by = view_by(view, i);
		bool is_path = by->kind == VIEW_BY_FILE ||
			       by->kind == VIEW_BY_CGROUP;

		l->table[l->nr] = (struct table_column){
			.heading = by->heading,
			.left = true,
			.cut = is_path ? TABLE_CUT_BEGIN : TABLE_CUT_END,
			.least = is_path ? FILE_LEAST : 0,
		};
	}
}

static void number_text(const struct view *view,
			const struct aggregate_entry *e,
			enum frame_column column, const struct frame_opts *opts,
			char text[QUANTITY_TEXT])
{
	uint64_t v = value(e, column, opts);

	switch (column) {
	case FRAME_SHARE:
		snprintf(text, QUANTITY_TEXT, "%.1f",
			 100.0 * v / all_of(view)->count);
		return;
	case FRAME_RATE:
		quantity_rate(per_second(v, opts->interval_ns), text);
		return;
	case FRAME_SUM_RATE:
		if (view_sum_is_bytes(view))
			quantity_bytes(per_second(v, opts->interval_ns), text);
		else
			quantity_rate(per_second(v, opts->interval_ns), text);
		return;
	case FRAME_TIME:
	case FRAME_MEAN:
	case FRAME_P50:
	case FRAME_P99:
	case FRAME_MAX:
		if (e->all.timed)
			quantity_time(v, text);
		else
			strcpy(text, "-");
		return;
	default:
		quantity_count(v, text);
	}
}

/* "-2 ENOENT" of what a call returned. */
static void by_text(const struct view *view, const struct aggregate_entry *e,
		    int by, char text[VIEW_TEXT_BYTES])
{
	const char *name = view_errno(view, e, by);
	size_t used;

	view_text(view, e, by, text);
	used = strlen(text);
	if (name)
		snprintf(text + used, VIEW_TEXT_BYTES - used, " %s", name);
}

static bool add_row(struct table *table, const struct view *view,
		    const struct layout *l, const struct aggregate_entry *e,
		    const struct frame_opts *opts)
{
	static char texts[VIEW_BY_MAX][VIEW_TEXT_BYTES];
	char numbers[TABLE_COLUMNS][QUANTITY_TEXT];
	const char *cells[TABLE_COLUMNS];

	for (int i = 0; i < l->nr_numbers; i++) {
		number_text(view, e, l->column[i], opts, numbers[i]);
		cells[i] = numbers[i];
	}
	for (int i = l->nr_numbers; i < l->nr; i++) {
		by_text(view, e, i - l->nr_numbers, texts[i - l->nr_numbers]);
		cells[i] = texts[i - l->nr_numbers];
	}
	return table_row(table, cells);
}

struct table *frame_table(const struct view *view,
			  const struct frame_opts *opts)
{
	const struct aggregate_entry *others =
		aggregate_others(view_aggregate(view));
	struct layout l;
	struct table *table;
	struct sorted *sorted;
	bool good = true;
	uint32_t nr;

	lay_out(view, opts, &l);
	table = table_new(l.table, l.nr);
	sorted = sort(view, opts, &nr);
	if (opts->rows && nr > opts->rows)
		nr = opts->rows;
	for (uint32_t i = 0; table && sorted && good && i < nr; i++)
		good = add_row(table, view, &l, sorted[i].entry, opts);
	if (table && sorted && good && others->all.count &&
	    (!opts->rows || nr < opts->rows || view_is_detailed(view)))
		good = add_row(table, view, &l, others, opts);
	if (sorted && good) {
		free(sorted);
		return table;
	}
	free(sorted);
	table_free(table);
	return NULL;
}

/* ---- JSON and in one line ------------------------------------------------ */

/* [[the least value of a bucket, how many there are], …] */
static void json_histogram(const struct histogram *h, struct text *out)
{
	bool first = true;

	text_char(out, '[');
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		text_string(out, first ? "[" : ",[");
		first = false;
		text_u64(out, histogram_least(i));
		text_char(out, ',');
		text_u64(out, h->bucket[i]);
		text_char(out, ']');
	}
	text_char(out, ']');
}

/* [[value, how many], …] */
static void json_few(const struct few *few, struct text *out)
{
	text_char(out, '[');
	for (uint32_t i = 0; i < few->nr; i++) {
		text_string(out, i ? ",[" : "[");
		if (few->is_signed)
			text_s64(out, few->value[i].value);
		else
			text_u64(out, few->value[i].value);
		text_char(out, ',');
		text_u64(out, few->value[i].n);
		text_char(out, ']');
	}
	text_char(out, ']');
}

void frame_key(const struct view *view, int i, char key[32])
{
	const struct view_by *by = view_by(view, i);
	size_t n = 0;

	if (by->kind == VIEW_BY_FIELD) {
		snprintf(key, 32, "%s", by->name);
		return;
	}
	for (; n < 31 && by->heading[n]; n++)
		key[n] = by->heading[n] >= 'A' && by->heading[n] <= 'Z' ?
				 by->heading[n] + 32 :
				 by->heading[n];
	key[n] = '\0';
}

static void json_entry(const struct view *view, const struct aggregate_entry *e,
		       const struct frame_opts *opts, struct text *out)
{
	static char text[VIEW_TEXT_BYTES];
	const struct tally *t = &e->all;
	bool first = true;

	text_char(out, '{');
	for (int i = 0; i < view_nr_by(view); i++) {
		char key[32];

		frame_key(view, i, key);
		view_text(view, e, i, text);
		json_text(out, &first, key, text);
	}
	json_u64(out, &first, "count", t->count);
	if (view_has_sum(view))
		json_u64(out, &first, "sum", t->sum);
	json_u64(out, &first, "errors", t->failed);
	if (opts->histogram && e->times) {
		json_key(out, &first, "histogram");
		json_histogram(e->times, out);
		if (e->few && !e->few->more) {
			json_key(out, &first, "values");
			json_few(e->few, out);
		}
	} else if (view_has_time(view)) {
		json_u64(out, &first, "time_ns", t->ns);
		json_u64(out, &first, "mean_ns", mean(t));
		if (view_is_detailed(view))
			json_u64(out, &first, "p50_ns", quantile(e, 500));
		json_u64(out, &first, "p99_ns", quantile(e, 990));
		json_u64(out, &first, "max_ns", t->ns_max);
	}
	text_char(out, '}');
}

bool frame_json(const struct view *view, const struct frame_opts *opts,
		struct text *out)
{
	const struct aggregate_entry *others =
		aggregate_others(view_aggregate(view));
	uint32_t nr;
	struct sorted *sorted = sort(view, opts, &nr);

	if (!sorted)
		return false;
	text_char(out, '[');
	for (uint32_t i = 0; i < nr && (!opts->rows || i < opts->rows); i++) {
		text_string(out, i ? "," : "");
		json_entry(view, sorted[i].entry, opts, out);
	}
	if (others->all.count) {
		text_string(out, nr ? "," : "");
		json_entry(view, others, opts, out);
	}
	text_char(out, ']');
	free(sorted);
	return true;
}

void frame_summary(const struct view *view, uint64_t elapsed_ns, char *text,
		   size_t size)
{
	const struct tally *t = &aggregate_total(view_aggregate(view))->all;
	char number[QUANTITY_TEXT];
	size_t used;

	used = snprintf(text, size, "%s %s", quantity_count(t->count, number),
			view_has_time(view) ? "calls" : "events");
	if (view_unpaired(view))
		used += snprintf(text + used, size - used,
				 " (and %s without their return)",
				 quantity_count(view_unpaired(view), number));
	if (view_has_sum(view) && view_sum_is_bytes(view))
		used += snprintf(text + used, size - used, ", %s,",
				 quantity_bytes(t->sum, number));
	else if (view_has_sum(view))
		used += snprintf(text + used, size - used, ", %s %s,",
				 quantity_count(t->sum, number),
				 view_sum_heading(view));
	snprintf(text + used, size - used, " in %s",
		 quantity_time(elapsed_ns, number));
}
