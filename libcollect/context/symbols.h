/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols - what the addresses of the kernel in the trace are called: looked up
 * now and then, kept, and written
 */
#ifndef KPC_SYMBOLS_H
#define KPC_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "addresses.h"
#include "kallsyms.h"
#include "lookup.h"
#include "modules.h"
#include "namer.h"
#include "writer.h"

struct kpc_found { /* a symbol that an address is within */
	uint64_t start;
	uint64_t bytes;
	uint32_t name;	 /* offset in the texts, of a NUL-terminated one */
	uint32_t module; /* the same; 0: of the kernel itself */
	bool fresh;	 /* not written yet */
};

struct kpc_symbols {
	const char *path; /* of kallsyms */
	struct kpc_found *found;
	uint32_t nr;
	uint32_t nr_sorted; /* of them, by start */
	uint32_t room;
	struct kpc_buf texts; /* begins with an empty one */
	struct kpc_namer namer;
	bool has_namer;	  /* it is open */
	bool tried_namer; /* to open it */
	struct kpc_lookup lookup;
	bool looking;	    /* a lookup is under way */
	uint64_t looked_ns; /* when the last one began */
	bool denied;	    /* the kernel hides its addresses */
	bool told;	    /* that, in the trace */
};

void kpc_symbols_init(struct kpc_symbols *symbols);
void kpc_symbols_uninit(struct kpc_symbols *symbols);

/*
 * Looks up the addresses that nothing is known of yet: by the namer, and begins
 * to read kallsyms for what it doesn't know. 0, -EACCES if the kernel hides its
 * addresses, or another negative errno.
 */
int kpc_symbols_begin(struct kpc_symbols *symbols,
		      struct kpc_addresses *addresses, uint64_t now_ns);
/* Goes on with that for a while. 1: there is more to do; 0: not; or as above. */
int kpc_symbols_step(struct kpc_symbols *symbols,
		     const struct kpc_modules *modules);
/* Writes what was found since the last write, or @all that there is. */
int kpc_symbols_write(struct kpc_symbols *symbols, struct kpc_writer *writer,
		      uint64_t lost, bool all);
/* Forgets those of a module: another may be there next time. */
void kpc_symbols_forget(struct kpc_symbols *symbols, const char *module);

#endif /* KPC_SYMBOLS_H */
