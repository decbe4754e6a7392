/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * usersyms - names of functions in programs and shared libraries
 *
 * A trace has where in which file an address was. If this machine has the very file,
 * by its build-id, its symbols are here.
 */
#ifndef KPC_USERSYMS_H
#define KPC_USERSYMS_H

#include <stdint.h>

#include "collect.h"
#include "ptrmap.h"
#include "names.h"

struct kpc_usersym {
	uint64_t start; /* in the file */
	uint64_t bytes;
	uint32_t name; /* offset in the file's texts */
};

/* Zeroed is empty. */
struct kpc_usersyms {
	struct kpc_names paths;		/* with their build-ids */
	struct kpc_usersyms_file *file; /* of each path */
	uint32_t room;
	uint64_t symbols; /* that are kept */
	/* What was asked for last. */
	const char *last_path;
	const uint8_t *last_build_id;
	struct kpc_usersyms_file *last;
};

void kpc_usersyms_uninit(struct kpc_usersyms *symbols);
/*
 * The function that mapping->offset is in, NULL: it isn't known; and how far it is
 * behind its start. Valid until uninit.
 */
const char *kpc_usersyms_find(struct kpc_usersyms *symbols,
			      const struct kpc_mapping *mapping,
			      uint64_t *offset);

#endif /* KPC_USERSYMS_H */
