/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pfwriter - packets of a Perfetto trace, one after the other
 *
 * All are of one sequence. What comes again and again (names, frames, call chains) is
 * written once and then known by a number; when there is too much of that, all is
 * forgotten, and the next packet says so. Numbers are good in the packet that is being
 * made and, as long as generation stays the same, in later ones.
 *
 * A packet is begun, its data written to body, and ended. A failure is sticky.
 */
#ifndef KPC_PFWRITER_H
#define KPC_PFWRITER_H

#include "buf.h"
#include "intern.h"
#include "outfile.h"
#include "pffields.h"
#include "wire.h"

#define KPC_PF_NO_TIME UINT64_MAX

struct kpc_pf {
	struct kpc_outfile *out;
	enum pf_clock clock;	/* of packets' times */
	struct kpc_buf sampled; /* PerfSampleDefaults; empty: none */
	struct kpc_buf packet;
	struct kpc_buf body;
	struct kpc_buf note; /* an annotation, or what else is inside of body */
	struct kpc_buf text;
	struct kpc_buf interned; /* that the packet brings */
	struct kpc_buf key;
	struct kpc_intern numbers;
	size_t kept; /* bytes of keys */
	uint64_t generation;
	uint64_t time_ns; /* of the packet */
	bool is_new;	  /* the sequence's state is to be cleared */
	int failed;
};

void kpc_pf_init(struct kpc_pf *pf, struct kpc_outfile *out);
void kpc_pf_uninit(struct kpc_pf *pf);
/* The sequence begins anew, with times of that clock. */
void kpc_pf_restart(struct kpc_pf *pf, enum pf_clock clock);

void kpc_pf_begin(struct kpc_pf *pf, uint64_t time_ns);
/* @number is the packet's field that body is. */
void kpc_pf_end(struct kpc_pf *pf, uint32_t number);

/* The number of a name of that kind, which needn't be text. */
uint64_t kpc_pf_bytes(struct kpc_pf *pf, uint32_t kind, const void *bytes,
		      size_t nr);
uint64_t kpc_pf_name(struct kpc_pf *pf, uint32_t kind, const char *name);
/*
 * The same of what has a message of its own: if *@added, the caller writes it to
 * interned, as the field @kind.
 */
uint64_t kpc_pf_number(struct kpc_pf *pf, uint32_t kind, const void *key,
		       size_t nr, bool *added);

/* Fields of text in any buffer, which is UTF-8 there. */
void kpc_pf_add_text(struct kpc_pf *pf, struct kpc_buf *buf, uint32_t number,
		     const void *bytes, size_t nr);
void kpc_pf_add_string(struct kpc_pf *pf, struct kpc_buf *buf, uint32_t number,
		       const char *text);

/* Annotations of a track event, in body, whose name has that number. */
void kpc_pf_note_number(struct kpc_pf *pf, uint64_t name, uint32_t type,
			uint64_t value);
void kpc_pf_note_text(struct kpc_pf *pf, uint64_t name, const void *bytes,
		      size_t nr);

#endif /* KPC_PFWRITER_H */
