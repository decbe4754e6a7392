/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire - protobuf's wire format, written and read without a schema
 *
 * For what is too hot for protobuf-c (columns) or comes from a hostile file
 * and would make it allocate (bodies). Reading is a pull parser over a bounded
 * range; every read is checked against its end.
 */
#ifndef KPC_WIRE_H
#define KPC_WIRE_H

#include <stdint.h>
#include <string.h>

#include "buf.h"

/* Packed fixed-width fields are copied as they are in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "the encoder needs a little-endian host");

#define KPC_WIRE_VARINT_BYTES 10 /* a varint at most */
#define KPC_WIRE_PADDED_BYTES 5	 /* a length that is patched later */

enum kpc_wire_type {
	KPC_WIRE_VARINT = 0,
	KPC_WIRE_FIXED64 = 1,
	KPC_WIRE_BYTES = 2,
	KPC_WIRE_FIXED32 = 5,
};

static inline uint64_t kpc_zigzag(uint64_t v)
{
	return v << 1 ^ -(v >> 63);
}

static inline uint64_t kpc_unzigzag(uint64_t v)
{
	return v >> 1 ^ -(v & 1);
}

static inline uint32_t kpc_load32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static inline uint64_t kpc_load64(const uint8_t *p)
{
	return kpc_load32(p) | (uint64_t)kpc_load32(p + 4) << 32;
}

/* Bytes that @v takes as a varint. */
static inline unsigned int kpc_varint_bytes(uint64_t v)
{
	return (63 - __builtin_clzll(v | 1)) / 7 + 1;
}

/* ---- writing ------------------------------------------------------------- */

/* These two don't check: the caller reserved. They return the next byte. */
static inline uint8_t *kpc_wire_store_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = v | 0x80;
		v >>= 7;
	}
	*p++ = v;
	return p;
}

static inline uint8_t *kpc_wire_store_padded(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < KPC_WIRE_PADDED_BYTES - 1; i++, v >>= 7)
		*p++ = v | 0x80;
	*p++ = v;
	return p;
}

/* Append to a buffer; a failure is in buf->error. */
void kpc_wire_put_varint(struct kpc_buf *buf, uint64_t v); /* no tag */
void kpc_wire_add_varint(struct kpc_buf *buf, uint32_t number, uint64_t v);
void kpc_wire_add_fixed64(struct kpc_buf *buf, uint32_t number, uint64_t v);
void kpc_wire_add_fixed32(struct kpc_buf *buf, uint32_t number, uint32_t v);
void kpc_wire_add_bytes(struct kpc_buf *buf, uint32_t number, const void *data,
			size_t bytes);
/*
 * Opens a length-delimited field whose length isn't known yet; end() patches
 * it. The length is a padded varint, so that nothing moves.
 */
size_t kpc_wire_begin(struct kpc_buf *buf, uint32_t number);
void kpc_wire_end(struct kpc_buf *buf, size_t begin);

/* ---- reading ------------------------------------------------------------- */

struct kpc_wire {
	const uint8_t *at;
	const uint8_t *end;
};

struct kpc_wire_field {
	uint32_t number;
	enum kpc_wire_type type;
	uint64_t value;	       /* VARINT, FIXED64, FIXED32 */
	struct kpc_wire bytes; /* BYTES */
};

static inline size_t kpc_wire_left(const struct kpc_wire *wire)
{
	return wire->end - wire->at;
}

/* 0, or -EBADMSG if it is cut or longer than 64 bits. */
int kpc_wire_get_varint_slow(struct kpc_wire *wire, uint64_t *v);

static inline int kpc_wire_get_varint(struct kpc_wire *wire, uint64_t *v)
{
	if (wire->at < wire->end && *wire->at < 0x80) {
		*v = *wire->at++;
		return 0;
	}
	return kpc_wire_get_varint_slow(wire, v);
}

/* 1: @field is filled; 0: at the end; -EBADMSG. */
int kpc_wire_next(struct kpc_wire *wire, struct kpc_wire_field *field);

#endif /* KPC_WIRE_H */
