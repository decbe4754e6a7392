// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define GAP 2 /* blanks between columns */

struct table {
	struct table_column columns[TABLE_COLUMNS];
	char heading[TABLE_COLUMNS][TABLE_HEADING];
	int nr;
	int wide[TABLE_COLUMNS]; /* the widest text of each */
	char **cells;		 /* row by row */
	uint32_t rows;
	uint32_t room;
};

struct table *table_new(const struct table_column *columns, int nr)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nr = nr < TABLE_COLUMNS ? nr : TABLE_COLUMNS;
	for (int i = 0; i < t->nr; i++) {
		t->columns[i] = columns[i];
		snprintf(t->heading[i], TABLE_HEADING, "%s",
			 columns[i].heading);
		t->wide[i] = strlen(t->heading[i]);
	}
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < (size_t)t->rows * t->nr; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

static bool reserve(struct table *t)
{
	uint32_t room = t->room ? t->room * 2 : 32;
	char **grown;

	if (t->rows < t->room)
		return true;
	grown = realloc(t->cells, (size_t)room * t->nr * sizeof(*grown));
	if (!grown)
		return false;
	t->cells = grown;
	t->room = room;
	return true;
}

bool table_row(struct table *t, const char *const *cells)
{
	char **row;

	if (!reserve(t))
		return false;
	row = t->cells + (size_t)t->rows * t->nr;
	for (int i = 0; i < t->nr; i++) {
		int wide = strlen(cells[i]);

		row[i] = strdup(cells[i]);
		if (!row[i]) {
			while (i--)
				free(row[i]);
			return false;
		}
		if (wide > t->wide[i])
			t->wide[i] = wide;
	}
	t->rows++;
	return true;
}

uint32_t table_rows(const struct table *t)
{
	return t->rows;
}

/* ---- widths -------------------------------------------------------------- */

static int least(const struct table *t, int i)
{
	int cut_to = t->columns[i].least ? t->columns[i].least : TABLE_CUT_TO;

	if (t->columns[i].cut == TABLE_CUT_NOT || t->wide[i] < cut_to)
		return t->wide[i];
	return cut_to;
}

/* What all take, those that can be cut as little as they may if @cut. */
static int needed(const struct table *t, const int *widths, bool cut)
{
	int sum = 0;

	for (int i = 0; i < t->nr; i++)
		if (widths[i])
			sum += GAP + (cut ? least(t, i) : widths[i]);
	return sum - GAP;
}

/* The one to be left out next; -1: none may be. */
static int worst(const struct table *t, const int *widths)
{
	int found = -1;

	for (int i = 0; i < t->nr; i++)
		if (widths[i] && t->columns[i].leave &&
		    (found < 0 ||
		     t->columns[i].leave > t->columns[found].leave))
			found = i;
	return found;
}

void table_layout(const struct table *t, int width, int widths[TABLE_COLUMNS])
{
	int over;

	memset(widths, 0, TABLE_COLUMNS * sizeof(*widths));
	memcpy(widths, t->wide, t->nr * sizeof(*widths));
	if (!width)
		return;
	while (needed(t, widths, true) > width) {
		int i = worst(t, widths);

		if (i < 0)
			break;
		widths[i] = 0;
	}
	over = needed(t, widths, false) - width;
	for (int i = t->nr - 1; i >= 0 && over > 0; i--) {
		int most = widths[i] ? widths[i] - least(t, i) : 0;

		if (most > over)
			most = over;
		widths[i] -= most;
		over -= most;
	}
}

/* ---- lines --------------------------------------------------------------- */

struct line {
	char *at;
	char *end; /* where there's room for the NUL */
};

static void put(struct line *line, const char *text, int n)
{
	if (n > line->end - line->at)
		n = line->end - line->at;
	memcpy(line->at, text, n);
	line->at += n;
}

static void pad(struct line *line, int n)
{
	while (n-- > 0)
		put(line, " ", 1);
}

static void put_cell(struct line *line, const struct table_column *column,
		     const char *text, int width)
{
	int n = strlen(text);

	if (n > width) {
		bool begin = column->cut == TABLE_CUT_BEGIN;
		int kept = width > 2 ? width - 2 : 0;

		put(line, begin ? ".." : text, begin ? width - kept : kept);
		put(line, begin ? text + n - kept : "..",
		    begin ? kept : width - kept);
		return;
	}
	pad(line, column->left ? 0 : width - n);
	put(line, text, n);
	pad(line, column->left ? width - n : 0);
}

size_t table_line(const struct table *t, const int widths[TABLE_COLUMNS],
		  int64_t row, char *text, size_t size)
{
	struct line line = { text, text + size - 1 };
	bool first = true;

	for (int i = 0; i < t->nr; i++) {
		if (!widths[i])
			continue;
		pad(&line, first ? 0 : GAP);
		first = false;
		put_cell(&line, &t->columns[i],
			 row < 0 ? t->heading[i] : t->cells[row * t->nr + i],
			 widths[i]);
	}
	while (line.at > text && line.at[-1] == ' ')
		line.at--;
	*line.at = '\0';
	return line.at - text;
}
