/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * htmldata - what a page shows of a trace: counts by time, process, chain, latency
 * and value, in memory that doesn't grow with the trace
 */
#ifndef HTMLDATA_H
#define HTMLDATA_H

#include "account.h"
#include "aggregate.h"
#include "htmlcalls.h"
#include "flame.h"
#include "selection.h"

#define HTML_SERIES  40u     /* that have a line of their own */
#define HTML_BUCKETS 16384u  /* of the time, at most */
#define HTML_COUNTS  200000u /* buckets of all lines together, at most */
#define HTML_COLUMNS 240u    /* of the heat map */

/* The events of one name and layout, in whatever trace of the file. */
struct html_series {
	const struct kpc_event *event;
	uint64_t rows;	 /* in the selection */
	uint64_t weight; /* for sorting, before they are read */
	uint32_t line;	 /* whose counts it has; the last is of the others */
	struct summary *fields;
};

/* An event of one of the traces. */
struct html_subject {
	const struct kpc_event *event;
	uint32_t series;
	struct calls_role role;
};

struct htmldata {
	struct account_book *books; /* of the traces, and of all parts together */
	uint32_t nr_books;
	struct kpc_reader_health health;
	uint64_t from_ns; /* of the axis, which is CLOCK_REALTIME if it's known */
	uint64_t to_ns;
	struct html_series *series; /* those with most rows first */
	uint32_t nr_series;
	struct html_subject *subjects; /* by the address of the event */
	uint32_t nr_subjects;
	uint32_t lines; /* and behind them one of the others, if there are any */
	uint32_t buckets;
	uint32_t *counts; /* line by line */
	uint64_t rows;
	struct calls *calls;
	struct flame *flame;
	struct aggregate *processes;
	struct aggregate *texts; /* strings that fields had */
};

/* Keys of the aggregates. */
struct html_process {
	uint8_t boot_id[16];
	uint32_t pid;
};

struct html_value {
	uint32_t series;
	uint32_t field;
	char text[128]; /* as much as there is of it */
};

/*
 * Reads all of a file: first its books, then the rows that are selected. 0 or a
 * negative errno; @data is for htmldata_uninit() in any case.
 */
int htmldata_read(struct htmldata *data, struct kpc_reader *reader,
		  const struct selection *selection);
void htmldata_uninit(struct htmldata *data);

#endif /* HTMLDATA_H */
