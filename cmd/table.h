/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * table - aligned columns for a width, which may be too small for all of them
 *
 * Where there isn't room, columns are left out in the order that they say, and then
 * those that can be are cut.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_COLUMNS 24
#define TABLE_HEADING 40 /* bytes, with the NUL */
#define TABLE_CUT_TO  12

enum table_cut {
	TABLE_CUT_NOT,
	TABLE_CUT_BEGIN, /* the end says more, as a path's: "..b/file" */
	TABLE_CUT_END,
};

struct table_column {
	const char *heading; /* copied */
	bool left;	     /* aligned; else right */
	enum table_cut cut;
	int least; /* columns of a cut cell; 0: TABLE_CUT_TO */
	int leave; /* out, those with the largest first; 0: never */
};

struct table;

/* NULL without memory, as of all. */
struct table *table_new(const struct table_column *columns, int nr);
void table_free(struct table *table); /* NULL ok */
/* Copies @nr texts of printable ASCII. False without memory. */
bool table_row(struct table *table, const char *const *cells);
uint32_t table_rows(const struct table *table);

/* How wide each column is in so much room; 0: it's left out. @width 0: no limit. */
void table_layout(const struct table *table, int width,
		  int widths[TABLE_COLUMNS]);
/*
 * A line, without blanks at its end: the headings of @row -1. Returns how much of
 * @line, of @size bytes, it takes.
 */
size_t table_line(const struct table *table, const int widths[TABLE_COLUMNS],
		  int64_t row, char *line, size_t size);

#endif /* TABLE_H */
