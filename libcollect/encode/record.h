/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record - takes the fields out of raw records, one field of many records at a
 * time
 */
#ifndef KPC_RECORD_H
#define KPC_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"
#include "intern.h"

/* How far the event's fields reach, what dynamic ones point to left aside. */
uint32_t kpc_record_fixed_bytes(const struct kpc_event *event);
/*
 * What the dynamic ones of the @nr fields point to is within the record, which
 * has at least the fixed bytes.
 */
bool kpc_record_dynamic_fits(const struct kpc_field *fields, uint32_t nr,
			     const uint8_t *raw, uint32_t raw_bytes);

/*
 * The values of @field in @n records that were found to fit. Those of a field
 * with `faults` are as the schema's "Fields" has them.
 */
void kpc_record_gather(const struct kpc_field *field, const uint8_t *const *raw,
		       uint64_t *v, uint32_t n);
void kpc_record_gather_blobs(const struct kpc_field *field,
			     const uint8_t *const *raw, struct kpc_span *v,
			     uint32_t n);

#endif /* KPC_RECORD_H */
