/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elfsyms - the symbols of a program or a shared library: of both its tables, or if it
 * was stripped of one, of the file that has that (Debian's …-dbgsym)
 */
#ifndef KPC_ELFSYMS_H
#define KPC_ELFSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elffile.h"

struct kpc_elfsym {
	const char *name;  /* valid as long as the file is open */
	size_t name_bytes; /* without a version (@GLIBC_2.2.5) */
	uint64_t address;
	uint64_t bytes; /* 0: not known */
	bool is_function;
	bool is_chooser; /* of an indirect function: what it is at its address
			  * says which function it is to be */
};

/* A non-zero value ends the walk. */
typedef int (*kpc_elfsym_fn)(void *ctx, const struct kpc_elfsym *symbol);
/*
 * Calls @fn for each symbol that is defined in it, which may be there twice.
 * Returns @fn's value.
 */
int kpc_elfsyms_walk(const struct kpc_elffile *file, kpc_elfsym_fn fn,
		     void *ctx);

#define KPC_ELFSYMS_PLACES 64

/* All functions of a name: a static one may be there several times. */
struct kpc_elfsym_places {
	uint64_t address[KPC_ELFSYMS_PLACES]; /* each once, ascending */
	uint32_t nr;
	uint64_t bytes;	 /* of the shortest; 0: not known */
	bool is_chooser; /* one of them */
};

/* -ENOENT with near misses, -E2BIG, or -ENOMEM. */
int kpc_elfsyms_functions(const struct kpc_elffile *file, const char *name,
			  struct kpc_elfsym_places *places, char *error,
			  size_t error_size);
/* Where the symbol of that name is, such as a variable; false: there is none. */
bool kpc_elfsyms_address(const struct kpc_elffile *file, const char *name,
			 size_t name_bytes, uint64_t *address);

#endif /* KPC_ELFSYMS_H */
