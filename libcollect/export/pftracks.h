/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pftracks - tracks of threads, and which calls are open on them
 *
 * A thread's track is described before its first event, and when its name changes.
 * Those of several traces, whose processes may have the same numbers, are tracks that
 * only have names, below one of their host. When there are too many threads, all are
 * forgotten, which ends their calls, and described again as they come.
 */
#ifndef KPC_PFTRACKS_H
#define KPC_PFTRACKS_H

#include "pfwriter.h"
#include "records.h"

#define KPC_PF_CALLS 24 /* open on a thread, at most */

struct kpc_pf_open {
	const void *shape; /* of the entry's event */
	uint32_t group;
	uint32_t number; /* of the system call */
};

struct kpc_pf_thread {
	/* Known by these; */
	uint32_t trace;
	uint32_t pid;
	uint32_t tid;
	int32_t cpu; /* of threads that are on several at a time; else -1 */
	/* … the rest may change. */
	uint64_t track;
	uint32_t depth;	 /* calls that are open, */
	uint32_t beyond; /* and those that there was no room for */
	char comm[20];
	struct kpc_pf_open open[KPC_PF_CALLS];
};

struct kpc_pf_tracks {
	struct kpc_pf *pf;
	struct kpc_records threads;
	struct kpc_records processes;
};

/* Who a row is of. */
struct kpc_pf_who {
	uint32_t trace;
	const char *host; /* NULL: it is the only one */
	uint32_t pid;
	uint32_t tid;
	int32_t cpu;
	const char *comm;
};

void kpc_pf_tracks_init(struct kpc_pf_tracks *tracks, struct kpc_pf *pf);
void kpc_pf_tracks_uninit(struct kpc_pf_tracks *tracks);
/* All threads, of which the calls that are open are to be ended first. */
void kpc_pf_tracks_forget(struct kpc_pf_tracks *tracks);
/* Is there room for one more thread? Else forget. */
bool kpc_pf_tracks_room(const struct kpc_pf_tracks *tracks);
/* Valid until the next one; NULL without memory. */
struct kpc_pf_thread *kpc_pf_thread(struct kpc_pf_tracks *tracks,
				    const struct kpc_pf_who *who);
/* That of a host's, which is described; its number. */
uint64_t kpc_pf_host(struct kpc_pf_tracks *tracks, uint32_t trace,
		     const char *host);
/*
 * A track with nothing but a name; its number. @parent 0: none. @counter: its events
 * are counts.
 */
uint64_t kpc_pf_track(struct kpc_pf_tracks *tracks, uint64_t parent,
		      const char *name, bool counter);

#endif /* KPC_PFTRACKS_H */
