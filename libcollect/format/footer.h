/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * footer - the last packet of a trace, of constant size
 */
#ifndef KPC_FOOTER_H
#define KPC_FOOTER_H

#include "packer.h"

struct kpc_footer { /* as Footer of the schema */
	uint64_t index_offset;
	uint64_t total_bytes;
	uint64_t events;
	uint32_t exit_reason;
};

/* Makes the packet, of KPC_FOOTER_BYTES. 0 or a negative errno. */
int kpc_footer_pack(const struct kpc_footer *footer, struct kpc_packer *packer);

#endif /* KPC_FOOTER_H */
