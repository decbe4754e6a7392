/* SPDX-License-Identifier: GPL-2.0-only */
/* ptrmap - what was made of an object, found again by its address */
#ifndef KPC_PTRMAP_H
#define KPC_PTRMAP_H

#include <stddef.h>
#include <stdint.h>

struct kpc_ptrmap_slot {
	const void *key; /* NULL: free */
	void *value;
};

/* Zeroed is empty. */
struct kpc_ptrmap {
	struct kpc_ptrmap_slot *slot;
	uint32_t nr_slots; /* a power of two */
	uint32_t nr;
	/* What was asked for last, which is often asked for again. */
	struct kpc_ptrmap_slot last;
};

/* NULL: nothing was put for @key. */
void *kpc_ptrmap_find(struct kpc_ptrmap *map, const void *key);
/* @key isn't there. 0 or -ENOMEM. */
int kpc_ptrmap_put(struct kpc_ptrmap *map, const void *key, void *value);
/* Gives all values to @release (NULL: they stay), and empties it. */
void kpc_ptrmap_uninit(struct kpc_ptrmap *map, void (*release)(void *value));

#endif /* KPC_PTRMAP_H */
