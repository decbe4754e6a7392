/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracefmt - a record as tracefs describes it: a field's type in C, and the
 * "print fmt" from which user space prints a record
 *
 * Both as kprobe_events has them, so that what reads those reads ours.
 */
#ifndef KPX_CORE_TRACEFMT_H
#define KPX_CORE_TRACEFMT_H

#include "spec.h"

/* With its NUL: "__data_loc char[][65535]". */
#define KPX_TRACEFMT_TYPE_SIZE 32

/* How one element of a field is shown. */
enum kpx_tracefmt_kind {
	KPX_TRACEFMT_UNSIGNED,
	KPX_TRACEFMT_SIGNED,
	KPX_TRACEFMT_HEX,
	KPX_TRACEFMT_CHAR,
	KPX_TRACEFMT_SYMBOL,
	KPX_TRACEFMT_STRING,
};

enum kpx_tracefmt_kind kpx_tracefmt_kind(const struct kpx_spec_field *field);

/* The field's elements: 1 of a scalar. */
static inline unsigned int
kpx_tracefmt_elements(const struct kpx_spec_field *field)
{
	return field->count ?: 1;
}

/* The bytes of an element: 1, 2, 4 or 8. */
static inline unsigned int
kpx_tracefmt_bytes(const struct kpx_spec_field *field)
{
	return field->bytes / kpx_tracefmt_elements(field);
}

/* The type that the event's format file says: "u64", "s32[4]". */
void kpx_tracefmt_type(const struct kpx_spec_field *field,
		       char type[KPX_TRACEFMT_TYPE_SIZE]);

/*
 * The print fmt of the record without tail. Works as snprintf: returns the
 * whole length without NUL, writes at most @size bytes with the NUL.
 */
size_t kpx_tracefmt_print(const struct kpx_spec *spec, char *buf, size_t size);

#endif /* KPX_CORE_TRACEFMT_H */
