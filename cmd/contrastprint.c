// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "contrastprint.h"
#include "json.h"
#include "quantity.h"
#include "table.h"

#define CELL_BYTES 640

static const struct table_column columns[] = {
	{ .heading = "WHAT", .left = true, .cut = TABLE_CUT_NOT },
	{ .heading = "A" },
	{ .heading = "B" },
	{ .heading = "VERDICT", .left = true },
};
#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(columns[0])))

/* ---- words --------------------------------------------------------------- */

static const char *const kind_words[PROFILE_NR_KINDS] = { "event", "field",
							  "process",
							  "function" };
static const char *const verdict_words[] = {
	[CONTRAST_NOISE] = "noise",
	[CONTRAST_SMALL] = "small",
	[CONTRAST_FEW] = "few",
	[CONTRAST_LOST] = "lost",
	[CONTRAST_UNRECORDED] = "unrecorded",
	[CONTRAST_LESS] = "less",
	[CONTRAST_MORE] = "more",
	[CONTRAST_GONE] = "gone",
	[CONTRAST_NEW] = "new",
};

/* "1.8x", "200x": how many times as much the larger is. */
static const char *times(double ratio, char *text, size_t size)
{
	double large = ratio < 1 ? 1 / ratio : ratio;

	snprintf(text, size, "%.*fx",
		 large < 1.095 ? 2 :
		 large < 99.5  ? 1 :
				 0,
		 large);
	return text;
}

static const char *probability(double p, char *text, size_t size)
{
	if (p < 0.001)
		snprintf(text, size, "p < 0.001");
	else
		snprintf(text, size, "p = %.3f", p);
	return text;
}

/* What became more or less, as people say it of this kind. */
static void change_words(const struct contrast_finding *f, char *text,
			 size_t size)
{
	bool more = f->verdict == CONTRAST_MORE;
	char factor[32];

	times(f->ratio, factor, sizeof(factor));
	switch (f->kind) {
	case PROFILE_EVENT:
		snprintf(text, size, "%s %s often", factor,
			 more ? "more" : "less");
		break;
	case PROFILE_FIELD:
		if (isnan(f->ratio) || fabs(log(f->ratio)) < 0.05)
			snprintf(text, size, "%s values",
				 more ? "larger" : "smaller");
		else
			snprintf(text, size, "%s %s", factor,
				 more ? "larger" : "smaller");
		break;
	default:
		snprintf(text, size, "%s %s of all", factor,
			 more ? "more" : "less");
	}
}

/* In those there were some. */
static void windows_words(const struct contrast_finding *f, char *text,
			  size_t size)
{
	if (f->a.windows == f->b.windows)
		snprintf(text, size, "in %u windows each", f->a.windows);
	else
		snprintf(text, size, "in %u and %u windows", f->a.windows,
			 f->b.windows);
}

/* A command that does the same takes another time. */
static bool is_as_many(const struct contrast_finding *f)
{
	double a = f->a.count, b = f->b.count;

	return f->kind == PROFILE_EVENT && fabs(a - b) <= 0.01 * (a + b) / 2;
}

static void verdict_words_of(const struct contrast_finding *f, char *text,
			     size_t size)
{
	char change[64], p[32], windows[64];

	switch (f->verdict) {
	case CONTRAST_NOISE:
		snprintf(text, size, "no change beyond noise");
		return;
	case CONTRAST_SMALL:
		snprintf(text, size, "no change that matters");
		return;
	case CONTRAST_UNRECORDED:
		snprintf(text, size, "%s didn't record it",
			 f->a.recorded ? "B" : "A");
		return;
	case CONTRAST_FEW:
		snprintf(text, size, "too few to tell");
		return;
	case CONTRAST_LOST:
		snprintf(text, size, "may be what was lost");
		return;
	case CONTRAST_GONE:
		snprintf(change, sizeof(change), "only in A");
		break;
	case CONTRAST_NEW:
		snprintf(change, sizeof(change), "only in B");
		break;
	default:
		change_words(f, change, sizeof(change));
	}
	probability(f->p, p, sizeof(p));
	windows_words(f, windows, sizeof(windows));
	if (f->kind == PROFILE_FIELD)
		snprintf(text, size, "%s, %s, delta %+.2f, %s", change, p,
			 f->delta, windows);
	else
		snprintf(text, size, "%s%s, %s, %s", change,
			 is_as_many(f) ? " (as many in all)" : "", p, windows);
}

/* ---- the table ----------------------------------------------------------- */

static void value_text(double value, bool is_time, char *text)
{
	if (value < 0)
		snprintf(text, QUANTITY_TEXT, "<0");
	else if (is_time)
		quantity_time(value + 0.5, text);
	else
		quantity_count(value + 0.5, text);
}

static void side_text(const struct contrast_finding *f,
		      const struct contrast_side *side, char *text, size_t size)
{
	const char *bound = side->lower_bound ? ">=" : "";
	char one[QUANTITY_TEXT], two[QUANTITY_TEXT];

	if (!side->count) {
		snprintf(text, size, "-");
	} else if (f->kind == PROFILE_EVENT) {
		snprintf(text, size, "%s%s/s", bound,
			 quantity_rate(side->rate, one));
	} else if (f->kind == PROFILE_FIELD) {
		value_text(side->median, f->is_time, one);
		value_text(side->p99, f->is_time, two);
		snprintf(text, size, "%s, p99 %s", one, two);
	} else {
		snprintf(text, size, "%.1f%%", side->share * 100);
	}
}

static void what_text(const struct contrast_finding *f, char *text, size_t size)
{
	char *end = text;

	if (f->kind >= PROFILE_PROCESS)
		end += snprintf(text, size, "%s ", kind_words[f->kind]);
	/* A byte takes four at most when it is escaped; a field's name has a blank
	 * between its words. */
	for (const char *at = f->name; *at && end - text < (long)size - 5;
	     at++) {
		char byte[2] = { *at, '\0' };

		if (*at == ' ')
			*end++ = ' ';
		else
			end = text_put_word(end, byte);
	}
	*end = '\0';
}

static bool add_row(struct table *table, const struct contrast_finding *f)
{
	char what[CELL_BYTES], a[CELL_BYTES], b[CELL_BYTES],
		verdict[CELL_BYTES];
	const char *cells[] = { what, a, b, verdict };

	what_text(f, what, sizeof(what));
	side_text(f, &f->a, a, sizeof(a));
	side_text(f, &f->b, b, sizeof(b));
	verdict_words_of(f, verdict, sizeof(verdict));
	return table_row(table, cells);
}

static bool add_rows(struct table *table, const struct contrast *c, bool all)
{
	for (uint32_t i = 0; i < (all ? c->nr : c->nr_changes); i++)
		if (!add_row(table, &c->finding[i]))
			return false;
	return true;
}

static void print_rows(struct text *out, const struct table *table)
{
	char line[NR_COLUMNS * CELL_BYTES];
	int widths[TABLE_COLUMNS];

	table_layout(table, 0, widths);
	for (int64_t i = -1; i < table_rows(table); i++) {
		table_line(table, widths, i, line, sizeof(line));
		text_string(out, line);
		text_char(out, '\n');
	}
}

/* ---- around it ----------------------------------------------------------- */

static void name_side(struct text *out, int side, const char *path)
{
	text_char(out, 'A' + side);
	text_string(out, ": ");
	text_string(out, strcmp(path, "-") ? path : "standard input");
}

static uint64_t sum_lost(const struct profile *p, bool *unknown)
{
	uint64_t lost = 0;

	*unknown = false;
	for (uint32_t i = 0; i < p->nr; i++) {
		lost += p->item[i]->lost;
		*unknown |= p->item[i]->lost_unknown;
	}
	return lost;
}

/* "A: a.pb: 12,034 events in 2.01s, 20 windows; 17 more were lost" */
static void print_side(struct text *out, int side,
		       const struct contrast_opts *opts)
{
	const struct profile *p = opts->profile[side];
	char count[QUANTITY_TEXT], time[QUANTITY_TEXT];
	bool unknown;
	uint64_t lost = sum_lost(p, &unknown);

	name_side(out, side, opts->path[side]);
	text_printf(out, ": %s events in %s",
		    quantity_count(p->all_hits, count),
		    quantity_time(p->all_seconds * 1e9, time));
	if (p->traces > 1)
		text_printf(out, ", %u traces", p->traces);
	text_printf(out, ", %u windows", p->nr_windows);
	if (lost)
		text_printf(out, "; %s more were lost",
			    quantity_count(lost, count));
	if (unknown || !p->has_ledger)
		text_string(out, "; what was lost isn't known");
	if (p->cut)
		text_string(out, "; it is cut off");
	if (lost || unknown || p->cut || !p->has_ledger)
		text_string(out, ": numbers are lower bounds");
	text_char(out, '\n');
	if (p->left_out)
		text_printf(
			out,
			"   too many names: %s events have none of those here\n",
			quantity_count(p->left_out, count));
}

#define NAMES_MAX 8 /* that are told */

/* Events that only one of the two looked for. */
static void print_unrecorded(struct text *out, const struct contrast *c)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < c->nr; i++) {
		if (c->finding[i].verdict != CONTRAST_UNRECORDED)
			continue;
		if (nr < NAMES_MAX) {
			text_string(out, nr ? ", " : "recorded in one only: ");
			text_word(out, c->finding[i].name);
		}
		nr++;
	}
	if (nr > NAMES_MAX)
		text_printf(out, " and %u more", nr - NAMES_MAX);
	if (nr)
		text_string(
			out,
			"; shares are of other events in each (see --event)\n");
}

static void print_end(struct text *out, const struct contrast *c, bool all)
{
	uint32_t others = c->nr - c->nr_changes;

	if (!c->nr)
		text_string(out, "neither has an event\n");
	else if (!c->nr_changes)
		text_printf(out, "no change beyond noise, of %u compared%s\n",
			    c->nr, all ? "" : " (--all lists them)");
	else if (!all && others)
		text_printf(out,
			    "(%u more without a change beyond noise: --all)\n",
			    others);
}

bool contrast_text(struct text *out, const struct contrast *c,
		   const struct contrast_opts *opts)
{
	struct table *table = table_new(columns, NR_COLUMNS);
	bool good = table && add_rows(table, c, opts->all);

	if (good) {
		print_side(out, 0, opts);
		print_side(out, 1, opts);
		print_unrecorded(out, c);
		text_char(out, '\n');
		if (table_rows(table))
			print_rows(out, table);
		print_end(out, c, opts->all);
	}
	table_free(table);
	return good;
}

/* ---- JSON ---------------------------------------------------------------- */

static void json_number(struct text *out, bool *first, const char *key,
			double value)
{
	json_key(out, first, key);
	if (isfinite(value))
		text_printf(out, "%.9g", value);
	else
		text_string(out, "null");
}

static void side_json(struct text *out, const struct contrast_finding *f,
		      const struct contrast_side *side)
{
	bool first = true;

	text_char(out, '{');
	json_u64(out, &first, "count", side->count);
	json_u64(out, &first, "windows", side->windows);
	json_number(out, &first, "rate", side->rate);
	json_bool(out, &first, "lower_bound", side->lower_bound);
	if (f->kind == PROFILE_FIELD) {
		json_number(out, &first, "median", side->median);
		json_number(out, &first, "p99", side->p99);
	} else {
		json_number(out, &first, "share", side->share);
	}
	text_char(out, '}');
}

static void finding_json(struct text *out, const struct contrast_finding *f)
{
	bool first = true;

	text_char(out, '{');
	json_text(out, &first, "kind", kind_words[f->kind]);
	json_text(out, &first, "name", f->name);
	json_text(out, &first, "verdict", verdict_words[f->verdict]);
	json_bool(out, &first, "change", contrast_is_change(f));
	json_number(out, &first, "p", f->p);
	json_number(out, &first, "ratio", f->ratio);
	if (f->kind == PROFILE_FIELD) {
		json_number(out, &first, "delta", f->delta);
		json_number(out, &first, "distance", f->distance);
	}
	json_key(out, &first, "a");
	side_json(out, f, &f->a);
	json_key(out, &first, "b");
	side_json(out, f, &f->b);
	text_char(out, '}');
}

static void file_json(struct text *out, const struct contrast_opts *opts,
		      int side)
{
	const struct profile *p = opts->profile[side];
	bool first = true, unknown;
	uint64_t lost = sum_lost(p, &unknown);

	text_char(out, '{');
	json_text(out, &first, "file", opts->path[side]);
	json_u64(out, &first, "events", p->all_hits);
	json_number(out, &first, "seconds", p->all_seconds);
	json_u64(out, &first, "traces", p->traces);
	json_u64(out, &first, "windows", p->nr_windows);
	json_u64(out, &first, "lost", lost);
	json_bool(out, &first, "lost_unknown", unknown || !p->has_ledger);
	json_bool(out, &first, "cut", p->cut);
	json_u64(out, &first, "left_out", p->left_out);
	text_char(out, '}');
}

void contrast_json(struct text *out, const struct contrast *c,
		   const struct contrast_opts *opts)
{
	bool first = true;

	text_char(out, '{');
	json_key(out, &first, "a");
	file_json(out, opts, 0);
	json_key(out, &first, "b");
	file_json(out, opts, 1);
	json_number(out, &first, "threshold", opts->threshold);
	json_u64(out, &first, "changes", c->nr_changes);
	json_key(out, &first, "findings");
	text_char(out, '[');
	for (uint32_t i = 0; i < c->nr; i++) {
		if (i)
			text_char(out, ',');
		finding_json(out, &c->finding[i]);
	}
	text_string(out, "]}\n");
}
