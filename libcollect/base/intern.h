/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * intern - numbers distinct byte strings in the order of their coming
 *
 * Strings aren't copied: they must stay until the next reset.
 */
#ifndef KPC_INTERN_H
#define KPC_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct kpc_span {
	const uint8_t *at;
	size_t bytes;
};

struct kpc_intern_entry {
	struct kpc_span span;
	uint64_t hash;
};

struct kpc_intern {
	struct kpc_intern_entry *entries;
	uint32_t nr;
	uint32_t room;
	uint64_t key;	 /* of the hashes */
	uint32_t *slots; /* entry + 1, or 0; a power of two of them */
	uint32_t nr_slots;
};

/* Zeroed is empty; memory grows to what is needed and is kept by reset. */
void kpc_intern_uninit(struct kpc_intern *intern);
void kpc_intern_reset(struct kpc_intern *intern);
/* The number of @span's bytes, or -ENOMEM. */
int64_t kpc_intern_add(struct kpc_intern *intern, struct kpc_span span);

#endif /* KPC_INTERN_H */
