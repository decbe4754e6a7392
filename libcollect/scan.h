/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scan - finds the packets of a file, whatever happened to it, and sorts them
 * into traces
 */
#ifndef KPC_SCAN_H
#define KPC_SCAN_H

#include "collect.h"
#include "compress.h"
#include "input.h"
#include "trace.h"

struct kpc_scan {
	struct kpc_input *input;
	struct kpc_decompressor *decompressor;
	struct kpc_reader_health *health;
	struct kpc_trace **traces; /* in the file's order */
	uint32_t nr_traces;
	uint32_t room;
	struct kpc_trace *current;
	struct kpc_buf body; /* scratch */
	uint64_t wasted;     /* bytes of packets that were checked, and bad */
};

/*
 * Runs over the whole file, from zeroed members but for the first three. The
 * traces are the caller's, in case of failure too. Damage isn't failure: it is
 * counted. 0 or a negative errno.
 */
int kpc_scan_run(struct kpc_scan *scan);

/* The body of a packet that was found good: into @body, or -EBADMSG, -ENOMEM */
int kpc_scan_body(struct kpc_decompressor *decompressor,
		  const Kprobex__Head *head, const struct kpc_packet *packet,
		  struct kpc_buf *body);

#endif /* KPC_SCAN_H */
