/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * account - the books of a trace, event by event, and whether they close
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "processes.h"
#include "rate.h"
#include "summary.h"

#define ACCOUNT_REASONS	     16
#define ACCOUNT_REASON_BYTES 160

struct account {
	const struct kpc_event *event;
	uint64_t rows;	    /* that were read from the file */
	uint64_t rows_then; /* of them, before the ledger's time */
	uint64_t count;
	uint64_t delivered;
	uint64_t lost;
	uint64_t missed;
	uint64_t filtered;
	uint64_t self;
	uint64_t period_skipped;
	uint64_t own_dropped;
	uint64_t overwritten;
	uint64_t stopped;
	int64_t unexplained;
	bool lost_unknown;			/* then lost is a lower bound */
	const struct kpc_probe_account *probe;	/* the ledger's, or NULL */
	const struct kpc_event_account *ledger; /* or NULL */
	/* Why the count is a lower bound only; none: it is complete. */
	char reasons[ACCOUNT_REASONS][ACCOUNT_REASON_BYTES];
	uint32_t nr_reasons;
	struct summary *fields; /* of event->nr_fields; n is 0: none */
	struct rate rate;	/* bucket_ns is 0: of parts together */
	struct processes processes;
};

/* One trace of a file. */
struct account_book {
	const struct kpc_trace_info *info;
	struct kpc_context_info context;
	const struct kpc_ledger *ledger;
	struct account *accounts; /* of the events that are known */
	uint32_t nr;
	uint32_t *by_id;   /* event id -> position in accounts */
	uint32_t *rows_of; /* scratch: how many rows a record is */
	uint32_t records_room;
	struct account totals;	 /* without event and fields */
	uint64_t lost_in_chunks; /* as the chunks say */
	uint64_t unparsed;	 /* records that the collector couldn't read */
	/* Of parts together: what info and ledger point to. */
	struct kpc_trace_info joined_info;
	struct kpc_ledger joined_ledger;
	uint32_t first_part, last_part; /* 0: it's one trace */
};

/*
 * Reads the reader's current trace to its end. 0 or a negative errno; the book
 * is for account_book_uninit() in any case.
 */
int account_book_read(struct account_book *book, struct kpc_reader *reader);
/* When all traces were read and the file's health is final. */
void account_book_close(struct account_book *book,
			const struct kpc_reader_health *health);
/* All are parts of one recording, each the one after that before it. */
bool account_books_follow(const struct account_book *books, uint32_t nr);
/*
 * Makes the book of all these parts together, to be closed like another. 0 or
 * -ENOMEM; for account_book_uninit() in any case, before those of the parts.
 */
int account_book_join(struct account_book *book,
		      const struct account_book *parts, uint32_t nr);
/* From its first to its last time. */
uint64_t account_duration_ns(const struct kpc_trace_info *info);
/* Of a time of the trace's clock, since its beginning. */
double account_seconds(const struct kpc_trace_info *info, uint64_t time_ns);
/* Adds the numbers of @account; of other totals the reasons too. */
void account_add(struct account *totals, const struct account *account);
void account_book_uninit(struct account_book *book);

#endif /* ACCOUNT_H */
