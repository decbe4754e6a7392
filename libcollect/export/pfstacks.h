/* SPDX-License-Identifier: GPL-2.0-only */
/* pfstacks - call chains of a Perfetto trace: each once, of frames that are there once */
#ifndef KPC_PFSTACKS_H
#define KPC_PFSTACKS_H

#include "format.h"
#include "pfwriter.h"

struct kpc_pf_stacks {
	struct kpc_pf *pf;
	struct kpc_export *x;
	struct kpc_buf key;
	struct kpc_buf frames; /* their numbers, innermost first */
};

void kpc_pf_stacks_uninit(struct kpc_pf_stacks *stacks);
/* The number of the row's, for the packet that is being made; 0: it has none. */
uint64_t kpc_pf_stack(struct kpc_pf_stacks *stacks, const struct kpc_row *row);

#endif /* KPC_PFSTACKS_H */
