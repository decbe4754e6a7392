/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sessionlimit - keeps what a session's hits take below max_overhead_ppm
 */
#ifndef KPC_SESSIONLIMIT_H
#define KPC_SESSIONLIMIT_H

#include "collect.h"
#include "limit.h"

struct kpc_session;

/* What was counted of an event when it was last looked at. */
struct kpc_limit_seen {
	uint64_t count;
	uint64_t entered; /* of its probe */
	uint64_t offered;
	uint64_t samples; /* that were read, or lost */
};

struct kpc_session_limit {
	uint32_t ppm; /* 0: there is none */
	struct kpc_costs costs;
	struct kpc_hit_cost user[2]; /* of a probe in a program, by stepping */
	struct kpc_hit_cost other;   /* of what is no probe */
	struct kpc_limit_event *event; /* per event */
	struct kpc_limit_seen *seen;
	uint64_t looked_ns; /* when that was */
};

/* Measures what hits cost, before any event is enabled. 0 or -ENOMEM. */
int kpc_session_limit_init(struct kpc_session *session);
/* Looks what came since, if it's time to, and does something about it. */
void kpc_session_limit_look(struct kpc_session *session, uint64_t now_ns);
void kpc_session_limit_uninit(struct kpc_session_limit *limit);

#endif /* KPC_SESSIONLIMIT_H */
