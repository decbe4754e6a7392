/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session - a recording; the public part is in collect.h. session.c makes and
 * frees it, sessionopts.c checks what it's asked for, sessionevents.c finds and opens
 * its events, run.c runs it, sessioncpus.c follows CPUs that come and go, sessionbpf.c
 * has its part with BPF programs, sessionbook.c with the book, and sessionlive.c with
 * a function that takes the rows.
 */
#ifndef KPC_SESSION_H
#define KPC_SESSION_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "book.h"
#include "bpf.h"
#include "collect.h"
#include "context.h"
#include "crew.h"
#include "dump.h"
#include "evlist.h"
#include "events.h"
#include "fail.h"
#include "hotplug.h"
#include "outputs.h"
#include "parts.h"
#include "self.h"
#include "sessionlimit.h"
#include "side.h"
#include "target.h"
#include "workload.h"
#include "writer.h"

/* The CPU of a ring. */
struct kpc_session_cpu {
	bool online;	     /* and recorded */
	bool detached;	     /* it was away: its events are dead */
	bool trying;	     /* to open its events, once in vain */
	uint64_t enabled_ns; /* of its side event, when last looked at */
};

struct kpc_session {
	/* The caller's log and progress, one at a time; opts.log is tell(). */
	pthread_mutex_t telling;
	void (*log)(void *ctx, enum kpc_log_level level, const char *text);
	void *log_ctx;

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
	struct kpc_context context;
	struct kpc_writer *writer;
	struct kpc_live *live;	/* if a function takes the rows */
	struct kpc_parts parts; /* if it's written in parts */
	struct kpc_dumps dumps; /* if it only keeps the last */
	struct kpc_book book;	/* for its threads, see there */
	struct kpc_session_limit limit;
	struct kpc_crew crew;
	struct kpc_self self; /* its threads and the caller's */
	uint64_t flush_ns;
	uint64_t memory_bytes; /* of the queue to the writer's thread */
	int stop_fd;	       /* an eventfd; readable: stop */
	struct pollfd *polls;  /* of the caller's thread */
	uint32_t nr_polls;
	uint32_t target_poll; /* which one is for an end */
	bool threads_missed;  /* as in the ledger */
	struct kpc_hotplug hotplug;
	struct kpc_session_cpu *cpu; /* per ring of the events */

	/* of run.c */
	_Atomic uint64_t start_ns;
	uint64_t end_ns;
	uint64_t part_ns;	  /* when the current part began */
	_Atomic uint64_t stop_ns; /* when to stop was first asked for */
	_Atomic uint32_t stops;	  /* so often it was */
	bool told_slow;	     /* that a reader is waited for, by who waits */
	uint32_t stops_told; /* stops until then */
	bool ran;	     /* to its end: the ledger is final */
	char error[KPC_ERROR_BYTES];
};

__attribute__((format(printf, 3, 4))) void
kpc_session_log(struct kpc_session *session, enum kpc_log_level level,
		const char *format, ...);

#define KPC_WATERMARK (1u << 20) /* wake up when so many bytes wait */

static inline struct kpc_callchain
kpc_session_callchain(const struct kpc_session *session)
{
	return (struct kpc_callchain){
		.on = session->opts.callchain,
		.no_kernel = session->opts.callchain_no_kernel,
		.no_user = session->opts.callchain_no_user,
		.max_stack = session->opts.max_stack,
	};
}

static inline uint32_t kpc_session_watermark(const struct kpc_session *session)
{
	uint64_t quarter = session->ring_bytes / 4;

	return quarter < KPC_WATERMARK ? quarter : KPC_WATERMARK;
}

/*
 * Takes over what is asked for, as it is now and without what its pointers point
 * at, and checks it. 0 or a negative errno with the reason, as of all of these.
 */
int kpc_session_take_opts(struct kpc_session *session,
			  const struct kpc_session_opts *opts);

/* The events that are named. */
int kpc_session_find_events(struct kpc_session *session);
/* Whom they are opened for; forks the command, which waits. */
int kpc_session_find_target(struct kpc_session *session);
/* Opens them, and what tells of names and mappings. */
int kpc_session_open_events(struct kpc_session *session);

/*
 * Loads the programs and attaches them to the probes of the events that were
 * found: before the events are opened, because what a program needs decides how
 * its probe is hooked. What they write is appended to the events.
 */
int kpc_session_init_bpf(struct kpc_session *session);
/* Opens what they write to. */
int kpc_session_open_outputs(struct kpc_session *session);

/* The probes' books and their programs', before the first event. */
void kpc_session_begin_book(struct kpc_session *session);
/* What the programs on the probes did so far. */
void kpc_session_note_programs(struct kpc_session *session);
/* What all has counted so far, as a packet. @final: nothing comes any more. */
int kpc_session_write_ledger(struct kpc_session *session, bool final);

/* 0, or -EINVAL: these options don't go with a function that takes the rows. */
int kpc_session_check_live(struct kpc_session *session);
/* Opens the writer, of one whose rows a function takes. */
int kpc_session_open_live(struct kpc_session *session,
			  const struct kpc_ring_desc *rings, uint32_t nr);
/* Hands on who the threads are, so that rows up to now can be given. */
int kpc_session_tell_names(struct kpc_session *session);
/* Rows wait for no more names. */
void kpc_session_end_names(struct kpc_session *session);
/* The threads that the program has are left out of what it looks at. */
void kpc_session_add_callers(struct kpc_session *session);

/* When the duration is over; UINT64_MAX: there is none, or it hasn't begun. */
uint64_t kpc_session_duration_end_ns(const struct kpc_session *session);

/* Begins to watch which CPUs come and go. 0 or -ENOMEM. */
int kpc_session_init_cpus(struct kpc_session *session);
/* Records those that came, if it's time to look. */
void kpc_session_follow_cpus(struct kpc_session *session, uint64_t now_ns);

#endif /* KPC_SESSION_H */
