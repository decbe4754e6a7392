// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "chains.h"
#include "colour.h"
#include "details.h"
#include "json.h"
#include "quantity.h"
#include "role.h"
#include "tables.h"

#define SETTLE 4096u /* rows; then halves of calls are paired */

struct tables {
	const struct tables_opts *opts;
	struct view_events events;
	const struct kpc_event **event;
	uint32_t *system;
	struct view *by[TABLES_MAX];
	struct view *hist[TABLES_MAX];
	struct chains *chains; /* NULL: not asked for */
	const char *machine;   /* of the first trace */
	uint64_t rows;
	uint64_t lost;	     /* of all traces: pairs may be wrong */
	uint64_t elapsed_ns; /* that the rows are of */
};

bool tables_wanted(const struct tables_opts *opts)
{
	return opts->nr_by || opts->nr_hist || opts->calls || opts->chains;
}

/* ---- making -------------------------------------------------------------- */

/* Of all traces but that of parts together, whose events are those of the parts. */
static bool find_events(struct tables *t, const struct account_book *books,
			uint32_t nr)
{
	bool parts = nr && books[nr - 1].first_part;
	uint32_t all = 0;

	for (uint32_t i = 0; i < nr - parts; i++)
		all += books[i].nr;
	t->event = calloc(all + 1, sizeof(*t->event));
	t->system = calloc(all + 1, sizeof(*t->system));
	if (!t->event || !t->system)
		return false;
	for (uint32_t i = 0; i < nr - parts; i++) {
		t->lost += books[i].totals.lost;
		for (uint32_t e = 0; e < books[i].nr; e++) {
			t->event[t->events.nr] = books[i].accounts[e].event;
			t->system[t->events.nr++] = parts ? 0 : i;
		}
	}
	t->events.event = t->event;
	t->events.system = t->system;
	return true;
}

static const char *hist_field(const char *name)
{
	return strcmp(name, "duration") ? name : "duration_ns";
}

static bool make_views(struct tables *t, char *error, size_t size)
{
	const struct tables_opts *o = t->opts;
	struct view_opts opts = {
		.sum = o->sum,
		.machine = t->machine,
		.by_row = !o->calls,
		.calls = o->calls,
		.detailed = true,
		.values = true,
	};

	for (uint32_t i = 0; i < o->nr_by; i++) {
		opts.by = o->by[i];
		t->by[i] = view_new(&opts, &t->events, error, size);
		if (!t->by[i])
			return false;
	}
	opts.by = o->nr_by ? o->by[0] : "event";
	opts.sum = NULL;
	for (uint32_t i = 0; i < o->nr_hist; i++) {
		opts.latency = hist_field(o->hist[i]);
		/* Of a duration only calls have one. */
		opts.by_row = strcmp(opts.latency, "duration_ns") != 0;
		opts.calls = !opts.by_row;
		t->hist[i] = view_new(&opts, &t->events, error, size);
		if (!t->hist[i])
			return false;
	}
	return true;
}

struct tables *tables_new(const struct tables_opts *opts,
			  const struct account_book *books, uint32_t nr,
			  char *error, size_t error_size)
{
	struct tables *t = calloc(1, sizeof(*t));
	bool good;

	snprintf(error, error_size, "out of memory");
	if (!t)
		return NULL;
	t->opts = opts;
	t->machine = nr ? books[0].info->machine : NULL;
	good = find_events(t, books, nr) && make_views(t, error, error_size);
	if (good && opts->chains) {
		t->chains = chains_new();
		good = t->chains;
	}
	if (good)
		return t;
	tables_free(t);
	return NULL;
}

void tables_free(struct tables *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < TABLES_MAX; i++) {
		view_free(t->by[i]);
		view_free(t->hist[i]);
	}
	chains_free(t->chains);
	free(t->event);
	free(t->system);
	free(t);
}

/* ---- reading ------------------------------------------------------------- */

static void settle(struct tables *t, uint64_t time_ns)
{
	for (uint32_t i = 0; i < t->opts->nr_by; i++)
		view_settle(t->by[i], time_ns);
	for (uint32_t i = 0; i < t->opts->nr_hist; i++)
		view_settle(t->hist[i], time_ns);
}

static void add_row(struct tables *t, const struct kpc_row *row)
{
	for (uint32_t i = 0; i < t->opts->nr_by; i++)
		view_row(t->by[i], row);
	for (uint32_t i = 0; i < t->opts->nr_hist; i++)
		view_row(t->hist[i], row);
	if (t->chains)
		chains_row(t->chains, row);
	t->rows++;
}

/* A trace, or several that were merged, whose times aren't of one clock. */
static int read_trace(struct tables *t, struct kpc_reader *reader, bool joined)
{
	uint64_t from_ns = 0, to_ns = 0, before = t->rows;
	struct kpc_row row;
	int ret;

	while ((ret = kpc_reader_next(reader, &row)) > 0) {
		uint64_t ns = joined ? (uint64_t)row.realtime_ns : row.time_ns;

		/* Those that a program wrote may have any times. */
		if (t->rows == before || ns < from_ns)
			from_ns = ns;
		if (ns > to_ns)
			to_ns = ns;
		add_row(t, &row);
		if (!joined && t->rows % SETTLE == 0)
			settle(t, row.time_ns);
	}
	settle(t, UINT64_MAX);
	t->elapsed_ns += to_ns - from_ns;
	return ret;
}

int tables_read(struct tables *t, struct kpc_reader *reader,
		const struct selection *selection)
{
	int ret = kpc_reader_rewind(reader);

	if (ret)
		return ret;
	do {
		int joined = kpc_reader_join(reader);

		ret = joined < 0 ? joined : selection_apply(selection, reader);
		if (!ret)
			ret = read_trace(t, reader, joined);
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	for (uint32_t i = 0; i < t->opts->nr_by; i++)
		view_end(t->by[i]);
	for (uint32_t i = 0; i < t->opts->nr_hist; i++)
		view_end(t->hist[i]);
	return ret;
}

uint64_t tables_rows(const struct tables *t)
{
	return t->rows;
}

/* ---- text ---------------------------------------------------------------- */

static struct frame_opts frame_opts(const struct tables *t)
{
	return (struct frame_opts){
		.sort = t->opts->sort,
		.upward = t->opts->upward,
		.rows = t->opts->rows,
		.interval_ns = t->elapsed_ns,
		.average = true,
	};
}

/* Calls of which a half is missing, and why that may be. */
static void text_unpaired(const struct tables *t, const struct view *view,
			  struct text *out)
{
	char entries[QUANTITY_TEXT], returns[QUANTITY_TEXT];

	if (!view_has_pairs(view) ||
	    (!view_unpaired(view) && !view_unentered(view)))
		return;
	text_printf(out,
		    "not timed: %s entries whose return isn't there, and "
		    "%s returns whose entry isn't\n",
		    quantity_count(view_unpaired(view), entries),
		    quantity_count(view_unentered(view), returns));
	if (t->lost)
		text_printf(out,
			    "%s events were lost: times of calls around "
			    "them may be wrong\n",
			    quantity_count(t->lost, entries));
}

static void text_left(const struct view *view, const struct frame_opts *opts,
		      struct text *out)
{
	uint32_t left = frame_left(view, opts);

	if (left)
		text_printf(out, "(%u more: --rows)\n", left);
	if (aggregate_others(view_aggregate(view))->all.count)
		text_printf(out,
			    "(others) are those beyond the first %u that were "
			    "told apart\n",
			    aggregate_nr(view_aggregate(view)));
}

static bool text_table(const struct tables *t, const struct view *view,
		       struct text *out)
{
	struct frame_opts opts = frame_opts(t);
	struct table *table = frame_table(view, &opts);
	static char line[2 * VIEW_TEXT_BYTES];
	int widths[TABLE_COLUMNS];

	if (!table)
		return false;
	text_char(out, '\n');
	table_layout(table, t->opts->width, widths);
	for (int64_t i = -1; i < table_rows(table); i++) {
		table_line(table, widths, i, line, sizeof(line));
		text_coloured(out, i < 0 ? COLOUR_BOLD : NULL, line);
		text_char(out, '\n');
	}
	table_free(table);
	text_left(view, &opts, out);
	text_unpaired(t, view, out);
	return true;
}

/* What a value of a histogram's field is called. */
struct naming {
	const struct tables *tables;
	const char *field;
};

static const char *name_value(void *ctx, uint64_t value)
{
	const struct naming *naming = ctx;
	const struct view_events *events = &naming->tables->events;
	const char *name = NULL;

	for (uint32_t i = 0; !name && i < events->nr; i++) {
		int f = role_field(events->event[i], naming->field);

		if (f >= 0)
			name = details_value_name(naming->tables->machine,
						  events->event[i], f, value);
	}
	return name;
}

static void print_values(const struct tables *t, const char *field,
			 const struct aggregate_entry *e, FILE *out)
{
	struct naming naming = { t, field };
	bool time = strstr(field, "_ns") || !strcmp(field, "ns") ||
		    !strcmp(field, "duration");

	if (e->few && !e->few->more) {
		bars_values(out, e->few, name_value, &naming);
		return;
	}
	bars_print(out, e->times, time, e->few ? e->few->below : 0);
}

/* Its text, which is short. False without memory. */
static bool text_values(const struct tables *t, const char *field,
			const struct aggregate_entry *e, struct text *out)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *file = open_memstream(&text, &bytes);

	if (!file)
		return false;
	print_values(t, field, e, file);
	if (fclose(file)) {
		free(text);
		return false;
	}
	text_bytes(out, text, bytes);
	free(text);
	return true;
}

static bool text_histogram(const struct tables *t, const struct view *view,
			   const char *field, struct text *out)
{
	struct frame_opts opts = frame_opts(t);
	const struct aggregate_entry **entry;
	static char name[VIEW_TEXT_BYTES];
	uint32_t nr, shown = 0;
	bool good = true;

	opts.sort = FRAME_COUNT;
	entry = frame_entries(view, &opts, &nr);
	if (!entry)
		return false;
	for (uint32_t i = 0; good && i < nr; i++) {
		if (!entry[i]->times)
			continue;
		if (opts.rows && shown++ == opts.rows) {
			text_string(out, "\n(more: --rows)\n");
			break;
		}
		text_char(out, '\n');
		text_colour(out, COLOUR_BOLD);
		for (int by = 0; by < view_nr_by(view); by++) {
			view_text(view, entry[i], by, name);
			text_string(out, by ? ", " : "");
			text_string(out, name);
		}
		text_colour(out, COLOUR_OFF);
		text_printf(out, ": %s\n", field);
		good = text_values(t, field, entry[i], out);
	}
	free(entry);
	text_unpaired(t, view, out);
	return good;
}

bool tables_text(const struct tables *t, struct text *out)
{
	bool good = true;

	for (uint32_t i = 0; good && i < t->opts->nr_by; i++)
		good = text_table(t, t->by[i], out);
	for (uint32_t i = 0; good && i < t->opts->nr_hist; i++)
		good = text_histogram(t, t->hist[i], t->opts->hist[i], out);
	if (t->chains)
		chains_text(t->chains, out, t->opts->rows);
	return good;
}

/* ---- JSON ---------------------------------------------------------------- */

static void json_unpaired(const struct view *view, struct text *out,
			  bool *first)
{
	if (!view_has_pairs(view))
		return;
	json_u64(out, first, "entries_without_return", view_unpaired(view));
	json_u64(out, first, "returns_without_entry", view_unentered(view));
}

static void json_by(const struct view *view, struct text *out, bool *first)
{
	json_key(out, first, "by");
	for (int i = 0; i < view_nr_by(view); i++) {
		char key[32];

		frame_key(view, i, key);
		text_char(out, i ? ',' : '[');
		text_json(out, key);
	}
	text_char(out, ']');
}

static bool json_view(const struct tables *t, const struct view *view,
		      const char *hist, struct text *out)
{
	struct frame_opts opts = frame_opts(t);
	bool first = true, good;

	opts.histogram = hist;
	text_char(out, '{');
	if (hist)
		json_text(out, &first, "field", hist);
	json_by(view, out, &first);
	json_bool(out, &first, "calls", !view_is_by_row(view));
	json_u64(out, &first, "count",
		 aggregate_total(view_aggregate(view))->all.count);
	json_unpaired(view, out, &first);
	json_key(out, &first, "rows");
	good = frame_json(view, &opts, out);
	text_char(out, '}');
	return good;
}

bool tables_json(const struct tables *t, struct text *out, bool *first)
{
	bool good = true;

	json_u64(out, first, "elapsed_ns", t->elapsed_ns);
	json_key(out, first, "tables");
	text_char(out, '[');
	for (uint32_t i = 0; good && i < t->opts->nr_by; i++) {
		text_string(out, i ? "," : "");
		good = json_view(t, t->by[i], NULL, out);
	}
	text_char(out, ']');
	json_key(out, first, "histograms");
	text_char(out, '[');
	for (uint32_t i = 0; good && i < t->opts->nr_hist; i++) {
		text_string(out, i ? "," : "");
		good = json_view(t, t->hist[i], t->opts->hist[i], out);
	}
	text_char(out, ']');
	if (t->chains) {
		json_key(out, first, "chains");
		chains_json(t->chains, out, t->opts->rows);
	}
	return good;
}
