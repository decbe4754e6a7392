/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * places - addresses that say nothing but what symbol or file they are in
 *
 * In place of an address that the trace knows there is one of a kernel, or of
 * programs, that isn't: each symbol and each file has a place of its own there, in the
 * order of their coming, and offsets are kept. What isn't known becomes a token that
 * looks like an address. The same address becomes the same, as long as the same is
 * there.
 */
#ifndef KPC_PLACES_H
#define KPC_PLACES_H

#include "collect.h"
#include "names.h"
#include "records.h"
#include "token.h"

struct kpc_places {
	const struct kpc_token_key *key;
	struct kpc_names names;
	struct kpc_records symbols;
	uint64_t next;		/* of the first symbol to come */
	struct kpc_names files; /* tokens of their paths */
};

void kpc_places_init(struct kpc_places *places,
		     const struct kpc_token_key *key);
void kpc_places_uninit(struct kpc_places *places);

/*
 * Writes what stands for @address. @info is the trace's own. 0 or -ENOMEM. A number
 * below a page stays.
 */
int kpc_places_kernel(struct kpc_places *places,
		      const struct kpc_trace_info *info, uint64_t address,
		      uint64_t time_ns, uint64_t *place);
int kpc_places_user(struct kpc_places *places,
		    const struct kpc_trace_info *info, uint32_t pid,
		    uint64_t address, uint64_t time_ns, uint64_t *place);

/* As kpc_trace_symbol() and kpc_trace_map() of what stands for an address. */
int kpc_places_symbol(const struct kpc_places *places, uint64_t place,
		      struct kpc_kernel_symbol *symbol);
int kpc_places_map(const struct kpc_places *places, uint64_t place,
		   struct kpc_mapping *mapping);

#endif /* KPC_PLACES_H */
