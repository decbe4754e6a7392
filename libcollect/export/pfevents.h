/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pfevents - rows as events on the tracks of their threads
 *
 * A row is an instant, the begin or the end of a slice, or both. Its fields are
 * annotations, beside CPU, which is where it was. An end that no row stands for, of a
 * call whose return wasn't recorded, has the annotation "return" instead of that.
 */
#ifndef KPC_PFEVENTS_H
#define KPC_PFEVENTS_H

#include "calls.h"
#include "pfsched.h"
#include "pfstacks.h"
#include "pftracks.h"
#include "ptrmap.h"

struct kpc_pf_shape { /* what is known of an event */
	const struct kpc_event *event;
	const struct kpc_trace_info *info;
	struct kpc_call call;
	struct kpc_pf_sched *sched; /* NULL: it isn't the scheduler's */
	uint64_t generation;	    /* of these numbers: */
	uint64_t category;
	uint64_t name;
	uint64_t *fields;
};

struct kpc_pf_events {
	struct kpc_pf *pf;
	struct kpc_pf_tracks *tracks;
	struct kpc_pf_stacks *stacks;
	struct kpc_calls calls;
	struct kpc_ptrmap shapes;
};

void kpc_pf_events_uninit(struct kpc_pf_events *events);
/* NULL without memory. */
struct kpc_pf_shape *kpc_pf_shape(struct kpc_pf_events *events,
				  const struct kpc_row *row);
/* @time_ns: by the packets' clock. 0 or -ENOMEM. */
int kpc_pf_event(struct kpc_pf_events *events, const struct kpc_row *row,
		 struct kpc_pf_shape *shape, const struct kpc_pf_who *who,
		 uint64_t time_ns);

#endif /* KPC_PFEVENTS_H */
