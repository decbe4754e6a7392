/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * desc - descriptions of events: checks, copies, and EventDesc
 */
#ifndef KPC_DESC_H
#define KPC_DESC_H

#include <stdbool.h>

#include "buf.h"
#include "collect.h"
#include "kprobex.pb-c.h"

#define KPC_EVENT_FIELDS_MAX 4096   /* an array's elements are fields */
#define KPC_EVENT_RECORD_MAX 65536u /* perf's record size has 16 bits */

static inline bool kpc_field_is_blob(const struct kpc_field *field)
{
	return field->kind == KPC_FIELD_STRING ||
	       field->kind == KPC_FIELD_BYTES;
}

/*
 * 0 if the fields can be taken from a record, else -EINVAL: integers have 1, 2,
 * 4 or 8 bytes, dynamic fields are strings or bytes with a word of 4, all are
 * within KPC_EVENT_RECORD_MAX, bit fields within their integers, and an array's
 * elements follow its first.
 */
int kpc_event_check(const struct kpc_event *event);
/* A deep copy; @copy is the caller's, for kpc_event_uninit(). 0 or -ENOMEM. */
int kpc_event_copy(struct kpc_event *copy, const struct kpc_event *event);
/* Frees everything that @event points to, and zeroes it. Zeroed is fine. */
void kpc_event_uninit(struct kpc_event *event);

/* Frees its fields: it has none then, and no size of a record. */
void kpc_event_drop_fields(struct kpc_event *event);

/* Replaces what is in @head by a serialised Head of an EventDesc. */
int kpc_desc_pack(struct kpc_buf *head, const struct kpc_event *event);
/* -EBADMSG if it makes no sense. @event is for kpc_event_uninit(). */
int kpc_desc_unpack(struct kpc_event *event, const Kprobex__EventDesc *desc);

#endif /* KPC_DESC_H */
