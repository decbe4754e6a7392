/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packet - the frame of a trace file's packets; see "Bytes of a packet" in the
 * schema
 */
#ifndef KPC_PACKET_H
#define KPC_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "wire.h"

#define KPC_PACKET_BYTES_MAX  (16u << 20)
#define KPC_HEAD_BYTES_MAX    (1u << 20)
#define KPC_BODY_BYTES_MAX    (64u << 20)
#define KPC_FOOTER_BYTES      71
#define KPC_PACKET_SYNC	      0x454341525458504bull /* "KPXTRACE" */
#define KPC_PACKET_LEAD_BYTES 15 /* up to the end of the sync word */

/* ---- writing: begin, perhaps data and the appending of it, end ----------- */

struct kpc_framer {
	struct kpc_buf *out;
	size_t start; /* after the packet's length */
	size_t head;
	size_t head_bytes;
	size_t data; /* 0: none */
};

void kpc_framer_begin(struct kpc_framer *framer, struct kpc_buf *out,
		      uint64_t trace, const void *head, size_t head_bytes);
/* What is appended to the buffer from here to the end is the data. */
void kpc_framer_data(struct kpc_framer *framer);
/* 0, -ENOMEM, or -E2BIG: then the buffer is as it was before begin. */
int kpc_framer_end(struct kpc_framer *framer);

/* ---- reading ------------------------------------------------------------- */

struct kpc_packet {
	uint64_t trace;
	struct kpc_wire head;
	struct kpc_wire data; /* empty if absent */
	size_t bytes;	      /* from the first byte of the frame to the end */
};

/*
 * Parses the packet at the start of @data, and checks its CRC. Returns 0;
 * -EBADMSG if there is no good packet (packet->bytes is its size if only the
 * CRC is wrong, else 0); -EAGAIN if it could be one but @bytes end before it
 * does: @need has how many it takes.
 */
int kpc_packet_parse(struct kpc_packet *packet, const uint8_t *data,
		     size_t bytes, size_t *need);
/*
 * Where in @data the next packet may begin, or -1. It is found by its sync
 * word, so the last KPC_PACKET_LEAD_BYTES - 1 bytes may hide a beginning.
 */
ssize_t kpc_packet_find(const uint8_t *data, size_t bytes);

#endif /* KPC_PACKET_H */
