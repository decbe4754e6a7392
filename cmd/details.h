/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * details - what a trace has of each event: when, of whom, and with which values
 */
#ifndef DETAILS_H
#define DETAILS_H

#include "account.h"
#include "text.h"

#define DETAILS_EVENTS 4 /* in full, unless it is said how many */

/*
 * Those with most rows, @most of them in full, and a line for each of the others.
 * Lines are of up to 80 columns if names and numbers let them.
 */
void details_text(struct text *out, const struct account_book *book,
		  uint32_t most);
/* What people call a value of field @f: an error, or a system call; NULL: nothing. */
const char *details_value_name(const char *machine,
			       const struct kpc_event *event, uint32_t f,
			       uint64_t value);
/* The members "rate", "processes" and "fields". */
void details_json(struct text *out, bool *first, const struct account *account);

#endif /* DETAILS_H */
