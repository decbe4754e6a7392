/* SPDX-License-Identifier: GPL-2.0-only */
/* callframe - the frames of a row's call chain, with what the trace knows of them */
#ifndef KPC_CALLFRAME_H
#define KPC_CALLFRAME_H

#include "format.h"

struct kpc_callframe {
	uint64_t address;
	bool is_kernel;
	const char *name; /* of the symbol; "" */
	const char *file; /* the module, or the file that is mapped; "" */
	/* From the symbol or, without a name, in the file (of a module, from its start). */
	uint64_t offset;
	const uint8_t *build_id; /* of the file */
	uint32_t build_id_bytes;
	uint64_t map_start;  /* where the file is mapped, */
	uint64_t map_bytes;  /* so much of it; 0: not known, of the kernel */
	uint64_t map_offset; /* from this offset in it */
};

struct kpc_callframes {
	struct kpc_export *x;
	const struct kpc_row *row;
	uint32_t next;
	bool is_kernel;
	bool is_caller; /* the next one: its address is behind the call */
};

/* Innermost first: begin with { x, row }. False behind the last one. */
bool kpc_callframes_next(struct kpc_callframes *frames,
			 struct kpc_callframe *frame);

#endif /* KPC_CALLFRAME_H */
