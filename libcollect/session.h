/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session - a recording; the public part is in collect.h. session.c makes and
 * frees it, sessionbpf.c has its part with BPF programs, run.c runs it.
 */
#ifndef KPC_SESSION_H
#define KPC_SESSION_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "book.h"
#include "bpf.h"
#include "collect.h"
#include "drain.h"
#include "evlist.h"
#include "events.h"
#include "fail.h"
#include "outputs.h"
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
	struct kpc_bpf bpf;
	struct kpc_evlist *evlist;  /* of events.nr */
	struct kpc_outputs outputs; /* of the rest */
	struct kpc_side *side;
	struct kpc_writer *writer;
	struct kpc_batch *batch;
	struct kpc_book book;
	struct kpc_drain drain;
	int stop_fd;	       /* an eventfd; readable: stop */
	struct pollfd *polls;
	uint32_t nr_polls;
	uint32_t target_poll;  /* which one is for an end */
	uint32_t ring_polls;   /* where the rings' begin */
	uint32_t output_polls; /* … the outputs' */
	bool threads_missed;   /* as in the ledger */
	bool deaf;	       /* a ring has no event left that could wake us */

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

#define KPC_WATERMARK (1u << 20) /* wake up when so many bytes wait */

static inline uint32_t kpc_session_watermark(const struct kpc_session *session)
{
	uint64_t quarter = session->ring_bytes / 4;

	return quarter < KPC_WATERMARK ? quarter : KPC_WATERMARK;
}

/*
 * Loads the programs and attaches them to the probes of the events that were
 * found: before the events are opened, because what a program needs decides how
 * its probe is hooked. What they write is appended to the events. 0 or a negative
 * errno with the reason, as of all of these.
 */
int kpc_session_init_bpf(struct kpc_session *session);
/* Opens what they write to. */
int kpc_session_open_outputs(struct kpc_session *session);
/* When the file is open, and all else that the records go into is there. */
int kpc_session_init_outputs(struct kpc_session *session);

#endif /* KPC_SESSION_H */
