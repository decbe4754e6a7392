/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session - a recording; the public part is in collect.h. session.c makes and
 * frees it, run.c runs it.
 */
#ifndef KPC_SESSION_H
#define KPC_SESSION_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "book.h"
#include "collect.h"
#include "drain.h"
#include "evlist.h"
#include "events.h"
#include "fail.h"
#include "side.h"
#include "target.h"
#include "workload.h"
#include "writer.h"

struct kpc_session {
	struct kpc_session_opts opts; /* its pointers are gone after new */
	char *command;		      /* argv[0], or NULL */
	bool system_wide;
	uint64_t ring_bytes;
	struct kpc_events events;
	struct kpc_target target;
	struct kpc_workload workload;
	struct kpc_evlist *evlist;
	struct kpc_side *side;
	struct kpc_writer *writer;
	struct kpc_batch *batch;
	struct kpc_book book;
	struct kpc_drain drain;
	uint64_t *sample_type; /* per event */
	uint32_t *weight_at;   /* per event */
	int stop_fd;	       /* an eventfd; readable: stop */
	struct pollfd *polls;
	uint32_t nr_polls;
	uint32_t ring_polls; /* where the rings' begin */
	bool threads_missed; /* as in the ledger */
	bool deaf;	     /* a ring has no event left that could wake us */

	/* of run.c */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t stop_ns; /* when to stop was first asked for */
	bool ran;	  /* to its end: the ledger is final */
	char error[KPC_ERROR_BYTES];
};

__attribute__((format(printf, 3, 4))) void
kpc_session_log(struct kpc_session *session, enum kpc_log_level level,
		const char *format, ...);

#endif /* KPC_SESSION_H */
