/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables - what a report was asked for of a trace's rows: tables by keys, histograms
 * and call chains
 */
#ifndef TABLES_H
#define TABLES_H

#include "account.h"
#include "frame.h"
#include "selection.h"

#define TABLES_MAX 8 /* of each kind */

struct tables_opts {
	const char *by[TABLES_MAX];
	uint32_t nr_by;
	const char *hist[TABLES_MAX]; /* fields, or "duration" */
	uint32_t nr_hist;
	const char *sum; /* a field; NULL: an obvious one */
	bool calls;	 /* an entry and its return are one */
	bool chains;
	enum frame_column sort;
	bool upward;
	uint32_t rows; /* of each; 0: all */
	int width;     /* of the terminal; 0: no limit */
};

struct tables;

/* Is there anything that takes the rows one by one? */
bool tables_wanted(const struct tables_opts *opts);
/*
 * Of the events of these books, which stay, as @opts does. NULL with the reason in
 * @error.
 */
struct tables *tables_new(const struct tables_opts *opts,
			  const struct account_book *books, uint32_t nr,
			  char *error, size_t error_size);
void tables_free(struct tables *tables); /* NULL ok */
/*
 * The rows that are selected, of all traces of a reader, from its first on. 0 or a
 * negative errno.
 */
int tables_read(struct tables *tables, struct kpc_reader *reader,
		const struct selection *selection);
/* How many they were. */
uint64_t tables_rows(const struct tables *tables);
/* False without memory, as the next. */
bool tables_text(const struct tables *tables, struct text *out);
/* The members "tables", "histograms" and "chains". */
bool tables_json(const struct tables *tables, struct text *out, bool *first);

#endif /* TABLES_H */
