/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctfclass - how an event's records look in CTF 1.8
 *
 * Everything is aligned to bytes and little-endian. A record is
 *
 *   u16 id, u64 time; s32 tid, s32 pid, string comm; the event's fields; u64 hits;
 *   u32 and so many u64 of a call chain
 *
 * the latter if the event has them. A field's value takes as many bytes as it has in the raw record, an array its
 * elements, bytes a u32 and so many bytes. kpc_ctf_meta_*() says the same in TSDL.
 */
#ifndef KPC_CTFCLASS_H
#define KPC_CTFCLASS_H

#include "buf.h"
#include "collect.h"

/* Of records that couldn't be split: the event's name, and their bytes. */
#define KPC_CTF_UNSPLIT	  UINT16_MAX
#define KPC_CTF_TIME_AT	  2 /* in a record */
#define KPC_CTF_CLASS_MAX (UINT16_MAX - 1u)

struct kpc_ctf_item {
	uint32_t field;	   /* of the event; of an array's, the first */
	uint32_t elements; /* 0: it isn't an array */
	uint8_t bytes;	   /* of an integer */
};

struct kpc_ctf_class {
	const struct kpc_event *event;
	uint32_t id; /* below KPC_CTF_UNSPLIT */
	bool has_hits;
	struct kpc_ctf_item *items;
	uint32_t nr_items;
	uint64_t cut; /* values that were larger than their type */
};

/* NULL without memory. */
struct kpc_ctf_class *kpc_ctf_class_new(const struct kpc_event *event,
					uint32_t id);
void kpc_ctf_class_free(struct kpc_ctf_class *class); /* NULL ok */
/* Appends a record; failures are in buf->error. */
void kpc_ctf_class_put(struct kpc_ctf_class *class, struct kpc_buf *buf,
		       const struct kpc_row *row);
/* Has a value of that field its place in so many bytes? */
bool kpc_ctf_fits(const struct kpc_field *field, unsigned int bytes,
		  uint64_t value);

static inline bool kpc_ctf_is_number(const struct kpc_field *field)
{
	return field->kind != KPC_FIELD_STRING &&
	       field->kind != KPC_FIELD_BYTES;
}

#endif /* KPC_CTFCLASS_H */
