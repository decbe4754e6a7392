/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * retained - what a sender keeps of its traces until the receiver has it
 *
 * Bytes have positions: from 0 on, all traces' after each other. Of a trace,
 * byte 0 is at its origin; after a gap, what was sent in its stead counts too, so
 * that a trace's positions are always those in the receiver's file. Positions
 * wrap, and are compared by their distance from the first that is kept.
 */
#ifndef KPC_RETAINED_H
#define KPC_RETAINED_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct kpc_retained_block { /* of one write: whole packets */
	struct kpc_retained_block *next;
	uint64_t begin;
	size_t bytes;
	uint8_t data[];
};

struct kpc_retained_trace {
	struct kpc_retained_trace *next;
	uint8_t uuid[16];
	uint64_t begin;	       /* where it was begun */
	uint64_t origin;       /* of its byte 0 */
	struct kpc_buf repeat; /* packets: Header, EventDescs */
};

/* Zeroed is empty. */
struct kpc_retained {
	struct kpc_retained_block *first;
	struct kpc_retained_block *last;
	struct kpc_retained_trace
		*trace; /* of the first byte kept, or the last */
	struct kpc_retained_trace *newest;
	uint64_t end;  /* of the last byte */
	uint64_t kept; /* bytes */
	uint64_t sent; /* the next byte to send */
	/* It has that byte, or the one before; NULL: the first is to be sent. */
	struct kpc_retained_block *sending;
};

/* 0 or -ENOMEM. */
int kpc_retained_begin(struct kpc_retained *r, const uint8_t uuid[16]);
/* Another packet for the repeat of the newest. */
int kpc_retained_repeat(struct kpc_retained *r, const void *data, size_t bytes);
int kpc_retained_add(struct kpc_retained *r, const void *data, size_t bytes);
/* Frees what lies before @position, in whole blocks. */
void kpc_retained_drop(struct kpc_retained *r, uint64_t position);
/* The position of the first byte that is kept, or the end. */
uint64_t kpc_retained_first(const struct kpc_retained *r);
/* @position, of a byte that is kept or of the end, is to be sent next. */
void kpc_retained_seek(struct kpc_retained *r, uint64_t position);
/* What is to be sent next, as far as it lies together; NULL: nothing. */
const uint8_t *kpc_retained_next(struct kpc_retained *r, size_t *bytes);
/* So much of that was. */
void kpc_retained_sent(struct kpc_retained *r, size_t bytes);

enum kpc_retained_found {
	KPC_RETAINED_HERE,
	KPC_RETAINED_GONE,  /* before the first that is kept */
	KPC_RETAINED_NEVER, /* it wasn't written yet */
	KPC_RETAINED_OTHER, /* of that trace nothing is kept or will come */
};

/* Where byte @bytes of the trace @uuid is. */
enum kpc_retained_found kpc_retained_find(const struct kpc_retained *r,
					  const uint8_t uuid[16],
					  uint64_t bytes, uint64_t *position);
/*
 * The receiver has @bytes of the first trace, and what comes after them is gone:
 * it goes on with the repeat and then with the first byte that is kept.
 */
void kpc_retained_skip(struct kpc_retained *r, uint64_t bytes);
void kpc_retained_uninit(struct kpc_retained *r);

#endif /* KPC_RETAINED_H */
