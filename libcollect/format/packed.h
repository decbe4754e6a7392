/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packed - parallel arrays of a hostile message: packed fields, each at most
 * once, that are read an entry at a time
 */
#ifndef KPC_PACKED_H
#define KPC_PACKED_H

#include <errno.h>
#include <stdbool.h>

#include "wire.h"

#define KPC_PACKED_FIELDS 16

struct kpc_packed {
	struct kpc_wire field[KPC_PACKED_FIELDS];
	bool present[KPC_PACKED_FIELDS];
};

/* Takes a field of the message. 0, or -EBADMSG if it was there before. */
static inline int kpc_packed_take(struct kpc_packed *packed,
				  const struct kpc_wire_field *field)
{
	if (field->type != KPC_WIRE_BYTES ||
	    field->number >= KPC_PACKED_FIELDS ||
	    packed->present[field->number])
		return -EBADMSG;
	packed->field[field->number] = field->bytes;
	packed->present[field->number] = true;
	return 0;
}

/* The next value of field @number: 0, or -EBADMSG at its end. */
static inline int kpc_packed_varint(struct kpc_packed *packed, uint32_t number,
				    uint64_t *v)
{
	return kpc_wire_get_varint(&packed->field[number], v);
}

static inline int kpc_packed_fixed64(struct kpc_packed *packed, uint32_t number,
				     uint64_t *v)
{
	struct kpc_wire *wire = &packed->field[number];

	if (kpc_wire_left(wire) < sizeof(*v))
		return -EBADMSG;
	*v = kpc_load64(wire->at);
	wire->at += sizeof(*v);
	return 0;
}

static inline bool kpc_packed_ended(const struct kpc_packed *packed,
				    uint32_t number)
{
	return packed->field[number].at == packed->field[number].end;
}

#endif /* KPC_PACKED_H */
