/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * type - the types of a record's fields: u8 … u64, s8 … s64, x8 … x64
 */
#ifndef KPX_CORE_TYPE_H
#define KPX_CORE_TYPE_H

#include <linux/types.h>

#include "slice.h"

struct kpx_type {
	const char *name;
	u8 bytes; /* 1, 2, 4 or 8; also the alignment in the record */
	bool is_signed;
	bool is_hex;
};

/* The type called @name, or NULL. Static: never freed. */
const struct kpx_type *kpx_type_by_name(struct kpx_slice name);

/* What an argument without a type has: x64. */
const struct kpx_type *kpx_type_default(void);

/* A type of kprobe_events that this version doesn't have yet. */
bool kpx_type_is_known_elsewhere(struct kpx_slice name);

#endif /* KPX_CORE_TYPE_H */
