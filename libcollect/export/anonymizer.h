/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * anonymizer - rows, events and facts about a trace without what tells of people,
 * machines and where in memory something was
 *
 * Names of processes, files, hosts and whatever strings there are become tokens;
 * addresses become places (see places.h). Names of the kernel's functions, events and
 * fields stay, and numbers that aren't addresses; so do ids of processes, and times.
 */
#ifndef KPC_ANONYMIZER_H
#define KPC_ANONYMIZER_H

#include "buf.h"
#include "collect.h"
#include "places.h"
#include "ptrmap.h"

struct kpc_anonymizer {
	struct kpc_token_key key;
	struct kpc_places places;
	struct kpc_ptrmap infos;  /* by the trace's own */
	struct kpc_ptrmap events; /* the same */
	/* Of the last row. */
	char comm[KPC_TOKEN_BYTES];
	char cgroup[KPC_TOKEN_BYTES];
	struct kpc_buf values;
	struct kpc_buf stack;
	struct kpc_buf texts;
	uint8_t payload[sizeof(uint64_t)];
};

/* 0 or a negative errno. */
int kpc_anonymizer_new(struct kpc_anonymizer **anonymizer);
void kpc_anonymizer_free(struct kpc_anonymizer *anonymizer); /* NULL ok */

/* NULL without memory. Valid until free. */
const struct kpc_trace_info *
kpc_anonymizer_info(struct kpc_anonymizer *a,
		    const struct kpc_trace_info *info);
const struct kpc_event *kpc_anonymizer_event(struct kpc_anonymizer *a,
					     const struct kpc_event *event);
/* What kpc_anonymizer_info() made @info of. */
const struct kpc_trace_info *
kpc_anonymizer_original(const struct kpc_trace_info *info);
/* Changes the row, which is valid until the next one. 0 or -ENOMEM. */
int kpc_anonymizer_row(struct kpc_anonymizer *a, struct kpc_row *row);

#endif /* KPC_ANONYMIZER_H */
