/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lookup - from addresses to the kernel's symbols, by reading kallsyms once
 *
 * The file is read a piece at a time, because all of it takes tens of
 * milliseconds, and only what is wanted of it is kept.
 */
#ifndef KPC_LOOKUP_H
#define KPC_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define KPC_SYMBOL_BYTES 512	     /* the kernel's KSYM_NAME_LEN */
#define KPC_MODULE_BYTES 64	     /* its MODULE_NAME_LEN, and a bit */
#define KPC_SYMBOL_MOST	 (16u << 20) /* bytes; what is larger is a hole */

struct kpc_hit {
	uint64_t address;
	uint64_t start;	 /* of the symbol; 0: it is in none */
	uint64_t end;	 /* of the next one; UINT64_MAX: there is none */
	uint32_t name;	 /* offset in the texts, of a NUL-terminated one */
	uint32_t module; /* the same; 0: of the kernel itself */
};

struct kpc_lookup_symbol {
	uint64_t start;
	uint32_t first; /* of the hits: the first at or above it */
	char name[KPC_SYMBOL_BYTES];
	char module[KPC_MODULE_BYTES];
};

struct kpc_lookup {
	int fd;
	struct kpc_hit *hits; /* sorted by address */
	uint32_t nr;
	struct kpc_buf texts; /* begins with an empty one */
	char *piece;
	size_t used;
	struct kpc_lookup_symbol last; /* read, and perhaps not noted yet */
	bool has_last;
	bool visible; /* an address wasn't 0 */
	bool unordered; /* the kernel's own symbols, which come first, are sorted */
	bool beyond; /* all that follow are above all addresses */
};

/*
 * Of @nr addresses, sorted and without doubles; copied. @path is KPC_KALLSYMS
 * but in tests. 0 or a negative errno; @lookup is for uninit in any case.
 */
int kpc_lookup_begin(struct kpc_lookup *lookup, const char *path,
		     const uint64_t *addresses, uint32_t nr);
/*
 * Reads some 64 KiB. 1: there is more; 0: done, the hits are final; -EACCES:
 * the kernel shows addresses as 0; or another negative errno.
 */
int kpc_lookup_step(struct kpc_lookup *lookup);
void kpc_lookup_uninit(struct kpc_lookup *lookup);

/* For tests: takes one line, without its line's end. */
void kpc_lookup_line(struct kpc_lookup *lookup, char *line);

#endif /* KPC_LOOKUP_H */
