/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * context - what a trace knows of its machine, and of the addresses in it
 */
#ifndef CONTEXT_H
#define CONTEXT_H

#include "collect.h"
#include "text.h"

/* Lines for `collect report`; none where a trace knows nothing. */
void context_text(struct text *text, const struct kpc_trace_info *info,
		  const struct kpc_context_info *context);
/* The members of a JSON object; @first as of json_u64(). */
void context_json(struct text *text, bool *first,
		  const struct kpc_trace_info *info,
		  const struct kpc_context_info *context);

/*
 * The frames of the row's call chain, a line each, indented by a tab:
 *   ADDRESS SYMBOL+OFFSET [MODULE]    of the kernel
 *   ADDRESS FILE+OFFSET               of user space: where in the file
 * or the address alone, where the trace doesn't know it.
 */
void context_frames(struct text *text, const struct kpc_row *row);
/*
 * An array of its addresses, without the marks between kernel and user space; or
 * @with_names of objects: address, symbol, module, file, offset, as far as known.
 */
void context_frames_json(struct text *text, const struct kpc_row *row,
			 bool with_names);

#endif /* CONTEXT_H */
