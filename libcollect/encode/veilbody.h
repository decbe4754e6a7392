/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * veilbody - the bodies of context packets, as an anonymous trace has them: names of
 * files are tokens, ranges of addresses are where they went, and code is only as long
 * as it was
 */
#ifndef KPC_VEILBODY_H
#define KPC_VEILBODY_H

#include "buf.h"
#include "veil.h"
#include "writer.h"

/*
 * Replaces what is in @body, and what @head says of it. 0, -ENOMEM, or -EINVAL if
 * there's no rule for what is in it.
 */
int kpc_veil_body(const struct kpc_veil *veil, enum kpc_context_kind kind,
		  struct kpc_context_head *head, struct kpc_buf *body);

#endif /* KPC_VEILBODY_H */
