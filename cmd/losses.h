/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * losses - what a ledger says of the rings: when they lost records, and whether
 * the books close
 */
#ifndef LOSSES_H
#define LOSSES_H

#include "account.h"
#include "text.h"

/* Whether the books close, in words. */
const char *losses_verdict(const struct account_book *book);
/* Lines of them, and what they come to in words. */
void losses_text(struct text *out, const struct account_book *book);
/*
 * Behind @name a line with a "!" below each of the rate's columns in whose time a
 * ring had no room; none if that isn't known.
 */
void losses_marks(struct text *out, const struct account_book *book,
		  const struct rate *rate, const char *name);
/* The "losses" of a trace: an array of objects. */
void losses_json(struct text *out, const struct account_book *book);

#endif /* LOSSES_H */
