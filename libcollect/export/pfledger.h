/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pfledger - what a trace doesn't have: losses where they were, and the ledger
 *
 * A loss is an event of the track "lost events", counted by a counter of its ring, and
 * told as a sampler's loss, so that Perfetto's own statistics have it. At the end there
 * is an event for each event's account.
 */
#ifndef KPC_PFLEDGER_H
#define KPC_PFLEDGER_H

#include "format.h"
#include "pftracks.h"

struct kpc_pf_ring {
	uint32_t next;	/* its loss that wasn't told yet */
	uint64_t lost;	/* so far */
	uint64_t track; /* of its counter; 0: it has none yet */
	bool gap;	/* a loss since the scheduler's last event */
};

struct kpc_pf_ledger {
	struct kpc_export *x;
	struct kpc_pf_tracks *tracks;
	const struct kpc_trace_info *info;
	const struct kpc_ledger *ledger; /* NULL: there is none */
	bool realtime;			 /* times are that */
	uint64_t parent;		 /* of its tracks: the host's, or 0 */
	uint64_t losses;		 /* the track */
	struct kpc_pf_ring *rings;
};

/* 0 or -ENOMEM. */
int kpc_pf_ledger_init(struct kpc_pf_ledger *ledger, struct kpc_export *x,
		       struct kpc_pf_tracks *tracks,
		       const struct kpc_trace_info *info, uint64_t parent,
		       bool realtime);
void kpc_pf_ledger_uninit(struct kpc_pf_ledger *ledger);
/* What a ring lost up to then (trace clock). */
void kpc_pf_ledger_losses(struct kpc_pf_ledger *ledger, uint32_t ring,
			  uint64_t time_ns);
/* All rings to their end, and the accounts. */
void kpc_pf_ledger_end(struct kpc_pf_ledger *ledger,
		       const struct kpc_reader *reader);

#endif /* KPC_PFLEDGER_H */
