/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * values - the values of a column read from a file, which may be hostile
 */
#ifndef KPC_VALUES_H
#define KPC_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "column.h"

/* A parsed Column: bounds checked, values not yet. Zeroed is an absent one. */
struct kpc_column {
	uint32_t field;
	uint64_t constant;
	uint64_t start;
	bool tid;
	uint8_t shift;
	uint8_t unit;
	struct kpc_wire part[KPC_COLUMN_NUMBERS]; /* at NULL: absent */
};

/* 0 or -EBADMSG. */
int kpc_column_parse(struct kpc_column *column, struct kpc_wire wire);
/* n times @constant: nothing to decode. */
bool kpc_column_is_constant(const struct kpc_column *column);
bool kpc_column_is_blob(const struct kpc_column *column);
/* Writes @n values, or says -EBADMSG. @column isn't a blob's or a tid's. */
int kpc_column_decode(const struct kpc_column *column, uint64_t *v, uint32_t n);
/*
 * For who sums up: does it say how often values come? Then the values are @nr, at
 * most @n, and each comes @times[i] times of @n; -EBADMSG as above. @v and @times
 * have room for @n.
 */
bool kpc_column_has_tally(const struct kpc_column *column, uint32_t n);
int kpc_column_tally(const struct kpc_column *column, uint64_t *v,
		     uint32_t *times, uint32_t n, uint32_t *nr);
/* The same as decode of a blob column; the spans point into the parsed bytes. */
int kpc_column_decode_blobs(const struct kpc_column *column, struct kpc_span *v,
			    uint32_t n);

#endif /* KPC_VALUES_H */
