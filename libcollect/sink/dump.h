/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dump - a session that keeps only the last of what it reads, in memory, and dumps
 * it into files
 */
#ifndef KPC_DUMP_H
#define KPC_DUMP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "trigger.h"
#include "writer.h"

struct kpc_session;

/* A session's. */
struct kpc_dumps {
	int fd; /* an eventfd: look; -1: none */
	struct kpc_trigger trigger;
	_Atomic bool asked;   /* for a dump, now */
	bool triggered;	      /* the trigger's was made */
	uint32_t nr;	      /* made */
	int failed;	      /* why the last one, 0: it did not fail */
	struct kpc_buf begin; /* the ledger that the next one begins with */
};

bool kpc_session_overwrites(const struct kpc_session *session);
/* Of the options, when the events are known: 0 or an errno with the reason. */
int kpc_session_init_dumps(struct kpc_session *session);
void kpc_session_uninit_dumps(struct kpc_session *session);
/* The writer, which keeps instead of writing, of this level. As init_dumps(). */
int kpc_session_open_kept(struct kpc_session *session, int level);

/* When one is due, as far as that is known; UINT64_MAX: it isn't. */
uint64_t kpc_session_dump_due_ns(const struct kpc_session *session);
/* Dumps, if it was asked for or set off. 0, or an errno that ends the recording. */
int kpc_session_dump_if_due(struct kpc_session *session, uint64_t now_ns);
/*
 * At the end, when nothing comes any more: the dump that is due, or wanted anyway;
 * what else is kept goes, and the book is closed.
 */
int kpc_session_last_dump(struct kpc_session *session,
			  enum kpc_exit_reason reason);

#endif /* KPC_DUMP_H */
