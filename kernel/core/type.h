/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * type - the types of a record's fields: u8 … u64, s8 … s64, x8 … x64, be16, be32,
 * ip4, char, symbol and the kinds of strings
 */
#ifndef KPX_CORE_TYPE_H
#define KPX_CORE_TYPE_H

#include <linux/types.h>

#include "error.h"
#include "slice.h"

enum kpx_type_kind {
	KPX_TYPE_NUMBER,
	KPX_TYPE_BIG,	 /* a number that is big-endian where it's read */
	KPX_TYPE_CHAR,	 /* a u8 that is shown as a character */
	KPX_TYPE_SYMBOL, /* a u64, a kernel address */
	KPX_TYPE_STRING, /* these three: a __data_loc word of 4 bytes */
	KPX_TYPE_USTRING,
	KPX_TYPE_SYMSTR,
};

struct kpx_type {
	const char *name;
	u8 bytes; /* 1, 2, 4 or 8; also the alignment in the record */
	bool is_signed;
	bool is_hex;
	u8 kind; /* enum kpx_type_kind */
};

/* The type called @name, or NULL. Static: never freed. */
const struct kpx_type *kpx_type_by_name(struct kpx_slice name);

/* What an argument without a type has: x64. */
const struct kpx_type *kpx_type_default(void);

/* A type as an argument uses it: "u32", "b4@8/32", "string[3]". */
struct kpx_type_use {
	const struct kpx_type *base; /* of one element; of its container */
	u8 count;		     /* of an array; 0: not one */
	bool is_bits;
	u8 width, shift; /* of the bits */
};

#define KPX_TYPE_COUNT_MAX 64

/*
 * Parses @at, a slice of @text, all but the bits' width and shift, for which
 * kpx_type_parse_bits() comes later, as in kprobe_events: other errors are
 * told first. 0, or -EINVAL with @err filled. @use is zeroed by the caller.
 */
int kpx_type_parse(struct kpx_slice text, struct kpx_slice at,
		   struct kpx_type_use *use, struct kpx_error *err);
int kpx_type_parse_bits(struct kpx_slice text, struct kpx_slice at,
			struct kpx_type_use *use, struct kpx_error *err);

/* Its canonical form, NUL-terminated: at most "b63@63/64[64]". */
void kpx_type_print(const struct kpx_type_use *use, char to[KPX_TYPE_SIZE]);

static inline bool kpx_type_is_string(const struct kpx_type *type)
{
	return type->kind >= KPX_TYPE_STRING;
}

#endif /* KPX_CORE_TYPE_H */
