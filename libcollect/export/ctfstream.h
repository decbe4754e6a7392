/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctfstream - the packets of one ring, in a file of its own
 *
 * A record may come a little before the one that precedes it in its ring (an interrupt
 * wrote its own in between), but CTF wants them in the order of time: a packet is
 * sorted before it is written, and its later quarter waits for the next one.
 *
 * What the ring lost is counted by the packet that spans the time of the loss, which
 * ends there. The file is opened for each packet: there may be more rings than files
 * that can be open.
 */
#ifndef KPC_CTFSTREAM_H
#define KPC_CTFSTREAM_H

#include "buf.h"
#include "collect.h"
#include "ctfclass.h"
#include "ctfmeta.h"
#include "format.h"

struct kpc_ctf_record {
	uint64_t time_ns;
	uint32_t at; /* in the buffer */
	uint32_t bytes;
};

/* What all streams of a trace have in common. */
struct kpc_ctf_home {
	struct kpc_export *x; /* for errors */
	int dir;
	const uint8_t *uuid;
	size_t packet_bytes;   /* a packet is closed when it has so many */
	struct kpc_buf packet; /* that is being written */
};

struct kpc_ctf_stream {
	uint32_t ring;
	int32_t cpu;	      /* -1: none */
	uint64_t begin_ns;    /* of the packet: the end of the one before */
	struct kpc_buf bytes; /* of records that wait */
	struct kpc_ctf_record *records;
	uint32_t nr;
	uint32_t room;
	bool disordered;
	bool has_file;
	uint64_t packets;
	uint64_t discarded;
	uint64_t late; /* records whose time had to be made later */
	const struct kpc_ring_account *account; /* NULL: losses aren't known */
	uint32_t next_loss;
	bool in_loss; /* the packet spans it */
};

void kpc_ctf_stream_init(struct kpc_ctf_stream *stream, uint32_t ring,
			 int32_t cpu, uint64_t begin_ns,
			 const struct kpc_ring_account *account);
void kpc_ctf_stream_uninit(struct kpc_ctf_stream *stream);
/* A row of its ring. 0 or a negative errno, with the exporter's text. */
int kpc_ctf_stream_put(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		       struct kpc_ctf_class *class, const struct kpc_row *row);
/* The rest, and what was lost until @end_ns. The same. */
int kpc_ctf_stream_end(struct kpc_ctf_stream *stream, struct kpc_ctf_home *home,
		       uint64_t end_ns);

static inline enum kpc_ctf_stream_class
kpc_ctf_stream_class(const struct kpc_ctf_stream *stream)
{
	return stream->cpu < 0 ? KPC_CTF_STREAM_OTHER : KPC_CTF_STREAM_CPU;
}

#endif /* KPC_CTFSTREAM_H */
