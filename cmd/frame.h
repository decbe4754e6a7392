/* SPDX-License-Identifier: GPL-2.0-only */
/* frame - a view as a table, sorted */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"
#include "text.h"
#include "view.h"

enum frame_column {
	FRAME_COUNT,
	FRAME_SHARE, /* of all; only where the view is detailed */
	FRAME_RATE,
	FRAME_SUM,
	FRAME_SUM_RATE,
	FRAME_TIME,
	FRAME_MEAN,
	FRAME_P50, /* the same */
	FRAME_P99,
	FRAME_MAX,
	FRAME_ERRORS,
	FRAME_NAME, /* what it is of */
	FRAME_COLUMNS
};

/* By its name or another word for it: "calls", "bytes", "latency". */
bool frame_column_find(const char *word, enum frame_column *column);
/* By the key that sorts by it. */
bool frame_column_of_key(int key, enum frame_column *column);
const char *frame_column_name(enum frame_column column);
/* "count, rate, …" */
const char *frame_column_names(void);
/* Is it in the view's table? */
bool frame_has(const struct view *view, enum frame_column column);

struct frame_opts {
	enum frame_column sort;
	bool upward;	      /* the least first */
	uint32_t rows;	      /* at most; 0: all */
	uint64_t interval_ns; /* the last one, which rates are of */
	bool histogram;	      /* in JSON, instead of times */
	bool average;	      /* of all the time, which is that */
};

/* How many there are beyond the rows of @opts, the others as one. */
uint32_t frame_left(const struct view *view, const struct frame_opts *opts);
/* All of them, sorted, the others aside: the caller frees. NULL without memory. */
const struct aggregate_entry **frame_entries(const struct view *view,
					     const struct frame_opts *opts,
					     uint32_t *nr);
/* NULL without memory. */
struct table *frame_table(const struct view *view,
			  const struct frame_opts *opts);
/* What rows are told apart by is called in JSON. */
void frame_key(const struct view *view, int by, char key[32]);
/* The same as a JSON array. False without memory. */
bool frame_json(const struct view *view, const struct frame_opts *opts,
		struct text *out);
/* How many rows the table of all has. */
uint32_t frame_rows(const struct view *view);
/* "1,234 calls, 5.6MiB, in 12.3s" */
void frame_summary(const struct view *view, uint64_t elapsed_ns, char *text,
		   size_t size);

#endif /* FRAME_H */
