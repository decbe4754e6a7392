/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * headway - how far a call is that goes through whole files, told to who asked for it
 */
#ifndef KPC_HEADWAY_H
#define KPC_HEADWAY_H

#include "collect.h"

/* Zeroed, nobody wants to know. */
struct kpc_headway {
	void (*progress)(void *ctx, const struct kpc_progress *so_far);
	void *ctx;
	struct kpc_progress so_far;
};

/* For @files files. @opts NULL: defaults. 0, or -EINVAL with the text in @error. */
int kpc_headway_init(struct kpc_headway *headway,
		     const struct kpc_file_opts *opts, uint32_t files,
		     char *error, size_t error_size);
/* Something else begins, of so many bytes; 0: nobody knows. */
void kpc_headway_stage(struct kpc_headway *headway, enum kpc_stage stage,
		       uint64_t bytes);

/* So many were done. */
static inline void kpc_headway_tell(struct kpc_headway *headway,
				    uint64_t done_bytes)
{
	if (!headway->progress)
		return;
	headway->so_far.done_bytes = done_bytes;
	headway->progress(headway->ctx, &headway->so_far);
}

#endif /* KPC_HEADWAY_H */
