/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * column - writes n values in the encoding that suits them; see "Columns" in
 * the schema. values.h is the way back.
 */
#ifndef KPC_COLUMN_H
#define KPC_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "dict.h"
#include "intern.h"
#include "wire.h"

enum kpc_column_number { /* Column's fields */
	KPC_COLUMN_FIELD = 1,
	KPC_COLUMN_CONSTANT = 2,
	KPC_COLUMN_VARINT = 3,
	KPC_COLUMN_ZIGZAG = 4,
	KPC_COLUMN_DELTA = 5,
	KPC_COLUMN_START = 6,
	KPC_COLUMN_OFFSET = 7,
	KPC_COLUMN_RAW = 8,
	KPC_COLUMN_DICT = 9,
	KPC_COLUMN_INDEX = 10,
	KPC_COLUMN_RUN = 11,
	KPC_COLUMN_LENGTH = 12,
	KPC_COLUMN_BLOB = 13,
	KPC_COLUMN_TID = 14,
	KPC_COLUMN_UPPER = 15,
	KPC_COLUMN_LOWER = 16,
	KPC_COLUMN_SHIFT = 17,
	KPC_COLUMN_UNIT = 18,
	KPC_COLUMN_BACK = 19,
	KPC_COLUMN_ENTRIES = 20,
	KPC_COLUMN_NUMBERS,
};

/* Scratch of an encoder; zeroed is empty. One thread's. */
struct kpc_column_encoder {
	struct kpc_dict *dict;
	uint32_t *index;
	uint64_t *upper;
	uint32_t room; /* of index and upper */
	struct kpc_intern intern;
	bool split; /* a column needed FEATURE_SPLIT; the user clears it */
};

/* What one column remembers from batch to batch. Zeroed to begin. */
struct kpc_column_memory {
	uint8_t dict_pause; /* batches before a dictionary is tried again */
	uint8_t back_pause; /* … one of what is above low bits */
};

void kpc_column_encoder_uninit(struct kpc_column_encoder *enc);

/*
 * Appends field @number of the parent: a Column of @v, for @field of its table.
 * Nothing is written for n zeros. 0 or -ENOMEM.
 */
int kpc_column_add(struct kpc_column_encoder *enc, struct kpc_buf *out,
		   uint32_t number, uint32_t field, const uint64_t *v,
		   uint32_t n, struct kpc_column_memory *memory);
/*
 * The same of values in @runs runs of these lengths, @n values in all. False, and
 * nothing is written, if they aren't so few that it is the best way for certain.
 */
bool kpc_column_add_runs(struct kpc_buf *out, uint32_t number, uint32_t field,
			 const uint64_t *v, const uint32_t *length,
			 uint32_t runs, uint32_t n);
/* @n times the same byte string; nothing is written for empty ones. */
void kpc_column_add_blob(struct kpc_buf *out, uint32_t number, uint32_t field,
			 struct kpc_span blob, uint32_t n);
/* Byte strings of any kind; nothing is written for n empty ones. */
int kpc_column_add_blobs(struct kpc_column_encoder *enc, struct kpc_buf *out,
			 uint32_t number, uint32_t field,
			 const struct kpc_span *v, uint32_t n,
			 struct kpc_column_memory *memory);
/* @v for every row; nothing is written for 0. */
void kpc_column_add_constant(struct kpc_buf *out, uint32_t number,
			     uint32_t field, uint64_t v);
/* A column that repeats the row's thread id. */
void kpc_column_add_tid(struct kpc_buf *out, uint32_t number, uint32_t field);

#endif /* KPC_COLUMN_H */
