/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls - which events are the entry and the return of a call, or all of one
 *
 * Tracepoints by their names (sys_enter_X and sys_exit_X, X_entry and X_exit, …),
 * probes by what they are on. An event whose other half isn't among the trace's is
 * alone.
 */
#ifndef KPC_CALLS_H
#define KPC_CALLS_H

#include <stdbool.h>

#include "collect.h"
#include "names.h"

enum kpc_call_part {
	KPC_CALL_ALONE, /* no call */
	KPC_CALL_ENTRY,
	KPC_CALL_RETURN,
	KPC_CALL_WHOLE, /* a return that says how long it took */
};

struct kpc_call {
	enum kpc_call_part part;
	uint32_t group; /* entry and return have the same */
	const char *name;
	bool is_syscall; /* a thread is in one at a time */
	int number;   /* the field that tells which call it is; -1: none does */
	int duration; /* … that has its nanoseconds */
};

/* Zeroed is empty. */
struct kpc_calls {
	struct kpc_names keys;
	struct kpc_call_group *groups; /* by number of the key */
	uint32_t room;
};

/* An event that may come; the same once more does no harm. 0 or -ENOMEM. */
int kpc_calls_add(struct kpc_calls *calls, const struct kpc_event *event);
/* After all were added. Names are the events', or stay until uninit. */
void kpc_calls_find(struct kpc_calls *calls, const struct kpc_event *event,
		    struct kpc_call *call);
void kpc_calls_uninit(struct kpc_calls *calls);

#endif /* KPC_CALLS_H */
