/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * losses - what a ledger says of the rings: when they lost records, and whether
 * the books close
 */
#ifndef LOSSES_H
#define LOSSES_H

#include "account.h"
#include "text.h"

/* Lines of them, and what they come to in words. */
void losses_text(struct text *out, const struct account_book *book);
/* The "losses" of a trace: an array of objects. */
void losses_json(struct text *out, const struct account_book *book);

#endif /* LOSSES_H */
