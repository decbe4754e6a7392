/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report - a file's books as text for people, and as JSON for programs
 */
#ifndef REPORT_H
#define REPORT_H

#include "account.h"
#include "text.h"

struct report_opts {
	uint32_t details; /* of so many events in full; 0: none */
	bool brief;	  /* without a line for what is complete, but of all */
};

/* The accounts of all traces, and what they have of each event. */
void report_text(struct text *out, const char *path,
		 const struct account_book *books, uint32_t nr,
		 const struct report_opts *opts);
/* The last line. */
void report_text_end(struct text *out, const struct kpc_reader_health *health);
/* An object; more members may follow, and its end is the caller's. */
void report_json(struct text *out, const char *path,
		 const struct account_book *books, uint32_t nr,
		 const struct kpc_reader_health *health);

#endif /* REPORT_H */
