/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * agenda - what a session has to do from time to time: write who the threads
 * are, clocks and ledgers, and show how it goes
 */
#ifndef KPC_AGENDA_H
#define KPC_AGENDA_H

#include <stdint.h>

#include "session.h"

/* When what is due, in the trace clock. */
struct kpc_agenda {
	uint64_t tasks_ns;
	uint64_t clock_ns;
	uint64_t progress_ns;
	uint64_t ledger_ns;
	uint64_t ledger_step_ns;
	uint64_t entries; /* of the book, in the last ledger */
};

void kpc_agenda_init(struct kpc_agenda *agenda, uint64_t now_ns);
/*
 * Does what is due. While the file takes nothing, it's put off: then the rings
 * of the task records keep them, or lose and count them. 0 or an errno.
 */
int kpc_agenda_do(struct kpc_agenda *agenda, struct kpc_session *session,
		  uint64_t now_ns);
/* When it wants to be done again at the latest. */
uint64_t kpc_agenda_due_ns(const struct kpc_agenda *agenda,
			   const struct kpc_session *session);

#endif /* KPC_AGENDA_H */
