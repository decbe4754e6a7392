/* SPDX-License-Identifier: GPL-2.0-only */
/* ctfmeta - the metadata of a CTF 1.8 trace, as text (TSDL) */
#ifndef KPC_CTFMETA_H
#define KPC_CTFMETA_H

#include "collect.h"
#include "ctfclass.h"
#include "outfile.h"

/* Streams are of one of two classes: those of a CPU, and others. */
enum kpc_ctf_stream_class {
	KPC_CTF_STREAM_CPU,
	KPC_CTF_STREAM_OTHER,
	KPC_CTF_NR_STREAM_CLASSES
};

/* All but the events. */
void kpc_ctf_meta_trace(struct kpc_outfile *out,
			const struct kpc_trace_info *info);
/*
 * An event in the streams of @stream. A field's name is that of the trace behind an
 * underscore, which readers take away again, so that it can be any word; what no
 * identifier has becomes an underscore, and a number makes it the only one. 0 or
 * -ENOMEM.
 */
int kpc_ctf_meta_event(struct kpc_outfile *out,
		       const struct kpc_ctf_class *class,
		       enum kpc_ctf_stream_class stream);
void kpc_ctf_meta_unsplit(struct kpc_outfile *out,
			  enum kpc_ctf_stream_class stream);

#endif /* KPC_CTFMETA_H */
