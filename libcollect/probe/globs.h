/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * globs - a definition whose target is a shell pattern: one probe on all functions
 * that match
 */
#ifndef KPC_GLOBS_H
#define KPC_GLOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "functions.h"

/* Zeroed is none. */
struct kpc_globs {
	uint64_t *address; /* all different; what is in the text is the first */
	uint32_t nr;
};

bool kpc_globs_is_pattern(const char *name);

/*
 * If the target of the definition @text is a pattern: finds the functions, without
 * those that can't be probed, and puts the first one's name into @text, which has a
 * NUL behind it then in any case. 0, -ENOENT
 * none matches, -EACCES their addresses are hidden, -E2BIG there are too many, with
 * the reason. kpc_globs_uninit() in any case.
 */
int kpc_globs_resolve(struct kpc_globs *globs, struct kpc_buf *text,
		      const struct kpc_functions_paths *paths, char *error,
		      size_t error_size);
void kpc_globs_uninit(struct kpc_globs *globs);

#endif /* KPC_GLOBS_H */
