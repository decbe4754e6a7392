/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rows - a decoded Batch: everything in it was checked when it was loaded
 */
#ifndef KPC_ROWS_H
#define KPC_ROWS_H

#include <stdint.h>

#include "collect.h"
#include "intern.h"
#include "wire.h"

#define KPC_ROWS_MAX	     (1u << 22)
#define KPC_ROWS_VALUES_MAX  (1u << 24) /* not constant, of a batch */
#define KPC_ROWS_TABLES_MAX  65535u
#define KPC_ROWS_COLUMNS_MAX (1u << 20) /* tables by fields */

/* The values of a column: constant unless one of the pointers is set. */
struct kpc_rows_column {
	const uint64_t *v;
	const uint32_t
		*times; /* if only sums are made: v[i] comes times[i] times, */
	uint32_t nr;	/* of so many; NULL: v has one for each */
	const struct kpc_span *span;
	uint64_t constant;
	bool tid;
};

enum kpc_rows_want {
	KPC_ROWS_ALL,
	/*
	 * Only the tables, with the integers of the fields that aren't common: for
	 * who counts and sums up. What isn't decoded isn't checked either.
	 */
	KPC_ROWS_NUMBERS,
	/*
	 * Of those only what is KPC_FIELD_UNSIGNED or KPC_FIELD_SIGNED, and how often
	 * each value comes instead of where, if that's how it is written.
	 */
	KPC_ROWS_SUMS,
	/* The same, and each row's time and thread. */
	KPC_ROWS_ORDER,
};

struct kpc_rows_table {
	const struct kpc_event *event;
	uint32_t rows;
	uint32_t records; /* that the fields have values of */
	bool has_row;	  /* a row's record is row's value, else its number */
	uint32_t next;	  /* row to be given */
	struct kpc_rows_column *fields; /* of event->nr_fields; */
	struct kpc_rows_column stack;	/* position in stacks */
	struct kpc_rows_column payload;
	struct kpc_rows_column weight;
	struct kpc_rows_column row;
	bool has_stack;
	bool has_payload;
	uint64_t *time_ns; /* of kpc_rows_split() */
	uint64_t *tids;
};

/* Zeroed is empty. Memory is kept from load to load. */
struct kpc_rows {
	uint32_t nr;
	uint32_t next; /* row to be given */
	const uint64_t *time_ns;
	const uint64_t *table_of;
	const uint64_t *tid;
	struct kpc_rows_column cgroup; /* per row, of KPC_ROWS_ALL */
	struct kpc_rows_table *tables;
	uint32_t nr_tables;
	struct kpc_rows_column *columns; /* the tables' fields */
	const uint64_t *depth;		 /* of each stack */
	const uint64_t *first_frame;
	const uint64_t *frame;
	uint32_t nr_stacks;
	uint64_t lost;
	uint32_t unparsed;
	bool has_tids; /* a field is each row's thread id */

	/* memory */
	uint64_t *pool;
	size_t pool_room;
	size_t pool_used;
	uint64_t *split; /* times and threads by table */
	size_t split_room;
	uint32_t tables_room;
	uint32_t columns_room;
};

/*
 * Decodes the serialised Batch @body of @nr rows; it must stay, for the blobs
 * point into it. -EBADMSG if it is damaged or refers to no event of @events
 * (those without a name are missing ones), -ENOMEM.
 */
int kpc_rows_load(struct kpc_rows *rows, struct kpc_wire body, uint32_t nr,
		  const struct kpc_event *events, uint32_t nr_events);
int kpc_rows_load_some(struct kpc_rows *rows, struct kpc_wire body, uint32_t nr,
		       const struct kpc_event *events, uint32_t nr_events,
		       enum kpc_rows_want want);
/*
 * Fills what @row has of the next row: @values has room for its event's
 * fields. False at the end.
 */
bool kpc_rows_next(struct kpc_rows *rows, struct kpc_row *row,
		   struct kpc_value *values);
/* The next row isn't wanted. */
static inline void kpc_rows_skip(struct kpc_rows *rows)
{
	rows->tables[rows->table_of[rows->next++]].next++;
}
/* The next row's cgroup; 0: not known. */
static inline uint64_t kpc_rows_cgroup(const struct kpc_rows *rows)
{
	return rows->cgroup.v ? rows->cgroup.v[rows->next] :
				rows->cgroup.constant;
}
/* A row of a table, to be looked at before it is given. */
struct kpc_rows_at {
	const struct kpc_rows *rows;
	const struct kpc_rows_table *table;
	uint32_t row; /* of the table */
	uint32_t record;
};

struct kpc_rows_at kpc_rows_at(const struct kpc_rows *rows,
			       const struct kpc_rows_table *table,
			       uint32_t row);
/* False: it couldn't be split into fields. */
bool kpc_rows_field(const struct kpc_rows_at *at, uint32_t field, uint32_t tid,
		    struct kpc_value *value);
uint32_t kpc_rows_stack_depth(const struct kpc_rows_at *at);
/*
 * Fills each table's time_ns and tids with those of its rows; of KPC_ROWS_ALL and
 * KPC_ROWS_ORDER, before any row was given. 0 or -ENOMEM.
 */
int kpc_rows_split(struct kpc_rows *rows);
size_t kpc_rows_bytes(const struct kpc_rows *rows);
void kpc_rows_uninit(struct kpc_rows *rows);

#endif /* KPC_ROWS_H */
