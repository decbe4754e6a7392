/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scan - finds the packets of a file, whatever happened to it, and sorts them
 * into traces
 */
#ifndef KPC_SCAN_H
#define KPC_SCAN_H

#include "collect.h"
#include "compress.h"
#include "headway.h"
#include "input.h"
#include "trace.h"

/* Is told what the scan finds, in the file's order. */
struct kpc_scan_observer {
	/* A good packet. 0, or a negative errno that ends the scan. */
	int (*packet)(void *ctx, const struct kpc_trace *trace, uint32_t kind,
		      uint64_t offset, size_t bytes);
	/* Bytes in no good packet, or a packet that made no sense. */
	void (*damage)(void *ctx, uint64_t offset, uint64_t bytes);
};

struct kpc_scan {
	struct kpc_input *input;
	struct kpc_decompressor *decompressor;
	struct kpc_reader_health *health;
	struct kpc_trace **traces; /* in the file's order */
	uint32_t nr_traces;
	uint32_t room;
	struct kpc_trace *current;
	uint32_t nr_headless; /* traces whose Header wasn't found yet */
	struct kpc_buf body;  /* scratch */
	uint64_t wasted;      /* bytes of packets that were checked, and bad */
	bool by_index;	      /* where there is one: chunks aren't looked at */
	const struct kpc_scan_observer *observer; /* or NULL; not by_index */
	void *observer_ctx;
	struct kpc_headway *headway; /* or NULL: of what isn't by_index */
};

/*
 * Runs over the whole file, from zeroed members but for the first three, by_index,
 * the observer and headway. The traces are the caller's, in case of failure too. Damage isn't failure: it is
 * counted. 0 or a negative errno.
 */
int kpc_scan_run(struct kpc_scan *scan);

/*
 * Goes on behind the last good packet, in a file that has grown. A packet that is
 * there only in part is left for the next time. From what kpc_scan_run() left.
 */
int kpc_scan_resume(struct kpc_scan *scan);

/* Why there is nothing to read in a file: -EBADMSG, with the text in @error. */
int kpc_scan_no_trace(struct kpc_input *input,
		      const struct kpc_reader_health *health, const char *name,
		      char *error, size_t error_size);

/* Parses what is at @offset, as kpc_packet_parse(); or a read's errno. */
int kpc_scan_packet(struct kpc_scan *scan, uint64_t offset,
		    struct kpc_packet *packet);
/*
 * Takes the packets between two offsets, all of which must be good and end there:
 * else -EBADMSG.
 */
int kpc_scan_between(struct kpc_scan *scan, uint64_t from, uint64_t to);

/* The body of a packet that was found good: into @body, or -EBADMSG, -ENOMEM */
int kpc_scan_body(struct kpc_decompressor *decompressor,
		  const Kprobex__Head *head, const struct kpc_packet *packet,
		  struct kpc_buf *body);

#endif /* KPC_SCAN_H */
