/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * records - numbers distinct records of one size in the order of their coming
 *
 * What tells them apart is in their first bytes, which have no padding; the rest may
 * change.
 */
#ifndef KPC_RECORDS_H
#define KPC_RECORDS_H

#include <stddef.h>
#include <stdint.h>

struct kpc_records {
	size_t bytes;	  /* of a record */
	size_t key_bytes; /* of them, what tells them apart */
	uint32_t max;	  /* of them */
	char *data;
	uint32_t nr;
	uint32_t room;
	uint32_t *slots; /* number + 1, or 0; a power of two of them */
	uint32_t nr_slots;
};

/* Begin with { sizeof(record), bytes of its key, the most }. */
void kpc_records_uninit(struct kpc_records *records);
/* The number of the one like @record, which is added if there is none: or -E2BIG
 * (there are max), or -ENOMEM. */
int64_t kpc_records_add(struct kpc_records *records, const void *record);

static inline void *kpc_records_at(const struct kpc_records *records,
				   uint32_t number)
{
	return records->data + number * records->bytes;
}

#endif /* KPC_RECORDS_H */
