// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "htmljson.h"
#include "htmltables.h"
#include "json.h"
#include "losses.h"
#include "webtext.h"

#define EVENTS_MAX  200u /* rows of tables, those with most */
#define CALLS_SHOWN 24u	 /* with a heat map */
#define CALL_ROWS   300u
#define CELLS_SHOWN 60000u
#define NOTES_MAX   40u

/* ---- the trace and its books --------------------------------------------- */

static void put_command(struct text *out, bool *first,
			const struct kpc_trace_info *info)
{
	bool none = true;
	uint32_t i;

	json_key(out, first, "command");
	text_char(out, '[');
	for (i = 0; i < NOTES_MAX && info->argv[i]; i++) {
		webtext_comma(out, &none);
		webtext(out, info->argv[i]);
	}
	if (info->argv_omitted || (i == NOTES_MAX && info->argv[i]))
		text_string(out, none ? "\"...\"" : ",\"...\"");
	text_char(out, ']');
}

static void put_trace(struct text *out, const struct htmldata *d)
{
	const struct kpc_trace_info *info = d->books[0].info;
	const struct kpc_host_info *host = info->host;
	bool first = true;

	text_char(out, '{');
	json_u64(out, &first, "count", info->traces);
	webtext_member(out, &first, "host", info->hostname);
	webtext_member(out, &first, "kernel", info->kernel_release);
	webtext_member(out, &first, "machine", info->machine);
	webtext_member(out, &first, "system", host->os_release);
	webtext_member(out, &first, "cpu", host->cpu_model);
	json_u64(out, &first, "cpus", info->cpus_online);
	json_u64(out, &first, "memory", host->memory_bytes);
	json_bool(out, &first, "realtime", info->has_realtime);
	webtext_member_u64(out, &first, "bytes", d->health.file_bytes);
	put_command(out, &first, info);
	text_char(out, '}');
}

static void put_account(struct text *out, const char *name,
			const struct account *a)
{
	bool first = true, none = true;

	text_char(out, '{');
	webtext_member(out, &first, "name", name);
	webtext_member_u64(out, &first, "count", a->count);
	webtext_member_u64(out, &first, "delivered", a->delivered);
	if (a->lost_unknown && a->event) {
		json_key(out, &first, "lost");
		text_string(out, "null");
		webtext_member_u64(out, &first, "lost_at_least", a->lost);
	} else {
		webtext_member_u64(out, &first, "lost", a->lost);
	}
	webtext_member_u64(out, &first, "missed", a->missed);
	webtext_member_u64(out, &first, "filtered", a->filtered);
	webtext_member_u64(out, &first, "self", a->self);
	json_key(out, &first, "unexplained");
	text_s64(out, a->unexplained);
	webtext_member_u64(out, &first, "rows", a->rows);
	json_key(out, &first, "reasons");
	text_char(out, '[');
	for (uint32_t i = 0; i < a->nr_reasons; i++) {
		webtext_comma(out, &none);
		webtext(out, a->reasons[i]);
	}
	text_string(out, "]}");
}

/* Of parts, the book of all of them together says it. */
static const struct account_book *books_of(const struct htmldata *d,
					   uint32_t *nr)
{
	*nr = d->nr_books;
	if (!d->books[*nr - 1].first_part)
		return d->books;
	*nr = 1;
	return &d->books[d->nr_books - 1];
}

static int by_rows(const void *a, const void *b)
{
	const struct account *x = *(const struct account *const *)a;
	const struct account *y = *(const struct account *const *)b;

	if (x->rows != y->rows)
		return x->rows > y->rows ? -1 : 1;
	return strcmp(x->event->name, y->event->name);
}

static int put_accounts(struct text *out, bool *outer, const struct htmldata *d)
{
	static struct account totals;
	const struct account **sorted;
	uint32_t nr_books, nr = 0;
	const struct account_book *books = books_of(d, &nr_books);
	bool first = true;

	for (uint32_t i = 0; i < nr_books; i++)
		nr += books[i].nr;
	sorted = calloc(nr + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	totals = books[0].totals;
	nr = 0;
	for (uint32_t i = 0; i < nr_books; i++) {
		for (uint32_t e = 0; e < books[i].nr; e++)
			sorted[nr++] = &books[i].accounts[e];
		if (i)
			account_add(&totals, &books[i].totals);
	}
	qsort(sorted, nr, sizeof(*sorted), by_rows);
	json_u64(out, outer, "events_all", nr);
	json_key(out, outer, "totals");
	put_account(out, "total", &totals);
	json_key(out, outer, "events");
	text_char(out, '[');
	for (uint32_t i = 0; i < nr && i < EVENTS_MAX; i++) {
		webtext_comma(out, &first);
		put_account(out, sorted[i]->event->name, sorted[i]);
	}
	text_char(out, ']');
	free(sorted);
	return 0;
}

/* What the books come to, and what is wrong with the file. */
static void put_notes(struct text *out, const struct htmldata *d)
{
	const struct kpc_reader_health *h = &d->health;
	uint32_t nr;
	const struct account_book *books = books_of(d, &nr);
	bool first = true;

	text_char(out, '[');
	for (uint32_t i = 0; i < nr && i < NOTES_MAX; i++) {
		webtext_comma(out, &first);
		webtext(out, losses_verdict(&books[i]));
	}
	if (h->cut)
		text_string(
			out,
			",\"the file ends early: what came after that is missing here\"");
	if (h->damaged_packets)
		text_printf(
			out,
			",\"%" PRIu64
			" packets are damaged: what was in them is missing here\"",
			h->damaged_packets);
	if (h->missing_chunks)
		text_printf(out,
			    ",\"%" PRIu64 " chunks of events are missing\"",
			    h->missing_chunks);
	if (h->unknown_packets)
		text_printf(
			out,
			",\"%" PRIu64
			" packets are for a newer collect, and were skipped\"",
			h->unknown_packets);
	text_char(out, ']');
}

static void put_selection(struct text *out, const struct selection *s)
{
	bool first = true;

	text_char(out, '[');
	if (s->from.given || s->to.given) {
		webtext_comma(out, &first);
		text_string(out, "\"a part of the time\"");
	}
	for (uint32_t i = 0; i < s->nr_events && i < NOTES_MAX; i++) {
		webtext_comma(out, &first);
		webtext(out, s->events[i]);
	}
	if (s->nr_cpus) {
		webtext_comma(out, &first);
		text_printf(out, "\"%u CPUs\"", s->nr_cpus);
	}
	if (s->nr_pids) {
		webtext_comma(out, &first);
		text_printf(out, "\"%u processes\"", s->nr_pids);
	}
	text_char(out, ']');
}

/* ---- over the time ------------------------------------------------------- */

/* [empty buckets before it, count, ...] */
static void put_counts(struct text *out, const uint32_t *counts, uint32_t nr)
{
	uint32_t gap = 0;
	bool first = true;

	text_char(out, '[');
	for (uint32_t i = 0; i < nr; i++) {
		if (!counts[i]) {
			gap++;
			continue;
		}
		webtext_comma(out, &first);
		text_printf(out, "%u,%u", gap, counts[i]);
		gap = 0;
	}
	text_char(out, ']');
}

static void put_line(struct text *out, bool *first, const struct htmldata *d,
		     uint32_t line, const char *name, uint64_t rows)
{
	bool inner = true;

	webtext_comma(out, first);
	text_char(out, '{');
	webtext_member(out, &inner, "name", name);
	json_u64(out, &inner, "rows", rows);
	json_key(out, &inner, "counts");
	put_counts(out, d->counts + (size_t)line * d->buckets, d->buckets);
	text_char(out, '}');
}

static void put_lines(struct text *out, const struct htmldata *d)
{
	uint64_t others = 0;
	bool first = true;

	text_char(out, '[');
	for (uint32_t i = 0; i < d->nr_series; i++)
		if (d->series[i].line == d->lines)
			others += d->series[i].rows;
	for (uint32_t i = 0; i < d->lines; i++)
		put_line(out, &first, d, i, d->series[i].event->name,
			 d->series[i].rows);
	if (others)
		put_line(out, &first, d, d->lines, "(other events)", others);
	text_char(out, ']');
}

/* ---- calls --------------------------------------------------------------- */

static int by_calls(const void *a, const void *b)
{
	const struct call *x = *(const struct call *const *)a;
	const struct call *y = *(const struct call *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* [columns further, row, count, ...] of one series. */
static uint32_t put_cells(struct text *out, const struct cell *cell,
			  uint32_t nr, uint16_t series)
{
	uint32_t low = 0, high = nr, column = 0, shown = 0;
	bool first = true;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (cell[middle].series < series)
			low = middle + 1;
		else
			high = middle;
	}
	text_char(out, '[');
	for (; low < nr && cell[low].series == series; low++, shown++) {
		webtext_comma(out, &first);
		text_printf(out, "%u,%u,", cell[low].column - column,
			    cell[low].row);
		webtext_u64(out, cell[low].count);
		column = cell[low].column;
	}
	text_char(out, ']');
	return shown;
}

/* A bucket's middle may be more than the largest of its values. */
static void put_quantile(struct text *out, bool *first, const char *key,
			 const struct call *call, uint32_t per_mille)
{
	uint64_t v = histogram_quantile(&call->times, per_mille);

	webtext_member_u64(out, first, key,
			   v < call->ns_max ? v : call->ns_max);
}

static void put_call(struct text *out, const struct call *call)
{
	bool first = true;

	text_char(out, '{');
	webtext_member(out, &first, "name", call->name);
	json_u64(out, &first, "count", call->count);
	webtext_member_u64(out, &first, "sum", call->ns);
	put_quantile(out, &first, "p50", call, 500);
	put_quantile(out, &first, "p90", call, 900);
	put_quantile(out, &first, "p99", call, 990);
	webtext_member_u64(out, &first, "max", call->ns_max);
	json_u64(out, &first, "unpaired", call->unpaired);
}

static void put_calls(struct text *out, const struct htmldata *d)
{
	const struct call *sorted[CALLS_MAX + 1] = { 0 };
	uint16_t series[CALLS_MAX + 1];
	uint32_t nr = calls_nr(d->calls), shown = 0;
	const struct cell *cell;
	uint32_t nr_cells = cells_sorted(calls_cells(d->calls), &cell);
	bool first = true;

	for (uint32_t i = 0; i < nr; i++)
		sorted[i] = calls_at(d->calls, i);
	qsort(sorted, nr, sizeof(*sorted), by_calls);
	for (uint32_t i = 0; i < nr; i++)
		series[i] = calls_series(d->calls, sorted[i]);
	text_char(out, '[');
	for (uint32_t i = 0; i < nr && i < CALL_ROWS; i++) {
		webtext_comma(out, &first);
		put_call(out, sorted[i]);
		if (i < CALLS_SHOWN && shown < CELLS_SHOWN) {
			text_string(out, ",\"cells\":");
			shown += put_cells(out, cell, nr_cells, series[i]);
		}
		text_char(out, '}');
	}
	text_char(out, ']');
}

/* The least time of each row of the heat map. */
static void put_bounds(struct text *out)
{
	text_char(out, '[');
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		text_string(out, i ? "," : "");
		webtext_u64(out, histogram_least(i));
	}
	text_char(out, ']');
}

/* ---- all of it ----------------------------------------------------------- */

int htmljson(struct text *out, const struct htmldata *d, const char *path,
	     const struct selection *selection)
{
	bool first = true;
	int err;

	text_char(out, '{');
	webtext_member(out, &first, "file", path);
	json_key(out, &first, "trace");
	put_trace(out, d);
	json_key(out, &first, "selection");
	put_selection(out, selection);
	json_key(out, &first, "notes");
	put_notes(out, d);
	webtext_member_u64(out, &first, "rows", d->rows);
	text_printf(out, ",\"from_ns\":\"%" PRIu64 "\"", d->from_ns);
	webtext_member_u64(out, &first, "span_ns", d->to_ns - d->from_ns);
	json_u64(out, &first, "buckets", d->buckets);
	json_u64(out, &first, "columns", HTML_COLUMNS);
	err = put_accounts(out, &first, d);
	json_key(out, &first, "lines");
	put_lines(out, d);
	json_key(out, &first, "bounds");
	put_bounds(out);
	json_u64(out, &first, "calls_all", calls_nr(d->calls));
	json_key(out, &first, "calls");
	put_calls(out, d);
	json_key(out, &first, "cells_left_out");
	text_u64(out, cells_left_out(calls_cells(d->calls)));
	json_key(out, &first, "flame");
	err = err ? err : htmltables_flame(out, d);
	err = err ? err : htmltables_functions(out, &first, d);
	json_key(out, &first, "processes");
	err = err ? err : htmltables_processes(out, d);
	htmltables_fields(out, &first, d);
	err = err ? err : htmltables_texts(out, &first, d);
	text_char(out, '}');
	return err;
}
