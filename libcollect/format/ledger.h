/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ledger - the books, to and from the schema's Ledger
 */
#ifndef KPC_LEDGER_H
#define KPC_LEDGER_H

#include "buf.h"
#include "collect.h"
#include "kprobex.pb-c.h"

/* Replaces what is in @head by a serialised Head of a Ledger. */
int kpc_ledger_pack(struct kpc_buf *head, const struct kpc_ledger *ledger);
/*
 * Accounts are placed by their number; one at or above @nr_events or @nr_rings
 * is -EBADMSG. @ledger is for kpc_ledger_uninit().
 */
int kpc_ledger_unpack(struct kpc_ledger *ledger, const Kprobex__Ledger *message,
		      uint32_t nr_events, uint32_t nr_rings);
/* Frees a list of programs, and those of an account: there are none then. */
void kpc_programs_free(struct kpc_program_account *programs, uint32_t nr);
void kpc_ledger_free_programs(struct kpc_event_account *account);
/* What came since @begin, of the same events and rings. */
void kpc_ledger_subtract(struct kpc_ledger *ledger,
			 const struct kpc_ledger *begin);
/* Frees what it points to, and zeroes it. */
void kpc_ledger_uninit(struct kpc_ledger *ledger);

#endif /* KPC_LEDGER_H */
