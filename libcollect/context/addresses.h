/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * addresses - which addresses of the kernel occur in the trace, each once, so
 * that their symbols can be looked up. Any thread may add.
 */
#ifndef KPC_ADDRESSES_H
#define KPC_ADDRESSES_H

#include <stdbool.h>
#include <stdint.h>

#define KPC_ADDRESSES_MAX (1u << 18) /* kept at a time; others are counted */

/* x86-64: the kernel's text, its modules, and what it compiles at run time. */
#define KPC_KERNEL_FIRST 0xffffffff80000000ull
/* Above are fixed mappings, perf's marks in call chains, and small numbers below 0. */
#define KPC_KERNEL_LAST 0xfffffffffeffffffull

#define KPC_ADDRESS_CACHE 512u /* a power of two */

/* Of one adder, who needs the shared set only for what isn't in it. Zeroed. */
struct kpc_address_cache {
	uint64_t epoch;
	uint64_t seen[KPC_ADDRESS_CACHE];
};

struct kpc_addresses;

/* 0 or -ENOMEM. */
int kpc_addresses_new(struct kpc_addresses **addresses);
void kpc_addresses_free(struct kpc_addresses *addresses); /* NULL ok */

/* Notes those of the @n values that may be addresses in the kernel's text. */
void kpc_addresses_add(struct kpc_addresses *addresses,
		       struct kpc_address_cache *cache, const uint64_t *v,
		       uint32_t n);
/*
 * Takes those that were noted since the last call, sorted; the caller frees
 * *@list, which may be NULL.
 */
void kpc_addresses_take(struct kpc_addresses *addresses, uint64_t **list,
			uint32_t *nr);
/* How many wait to be taken. */
uint32_t kpc_addresses_waiting(struct kpc_addresses *addresses);
/* Forgets those of [@start, @end): they are new when they occur again. */
void kpc_addresses_forget(struct kpc_addresses *addresses, uint64_t start,
			  uint64_t end);
/* How often one was left out because there were too many. */
uint64_t kpc_addresses_lost(struct kpc_addresses *addresses);

#endif /* KPC_ADDRESSES_H */
