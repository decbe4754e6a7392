/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * packer - makes packets of heads and bodies: compresses, frames, checksums
 *
 * Each thread that makes packets has its own, so nothing here is shared.
 */
#ifndef KPC_PACKER_H
#define KPC_PACKER_H

#include <stdint.h>

#include "buf.h"
#include "compress.h"
#include "kprobex.pb-c.h"

struct kpc_packer {
	struct kpc_compressor *compressor; /* NULL: bodies stay as they are */
	uint64_t trace;			   /* Packet.trace */
	struct kpc_buf head;
	struct kpc_buf body;   /* what kpc_packer_body() compresses */
	struct kpc_buf packet; /* the last one that was made */
};

/*
 * @level: zstd's, 0 for the default, or KPC_LEVEL_NONE. 0, -ENOMEM, or -EINVAL of
 * the level.
 */
int kpc_packer_init(struct kpc_packer *packer, int level, uint64_t trace);
void kpc_packer_uninit(struct kpc_packer *packer);

/* Makes a packet of packer->head alone. 0 or a negative errno, as of all. */
int kpc_packer_frame(struct kpc_packer *packer);
/* … of @head alone. */
int kpc_packer_head(struct kpc_packer *packer, const Kprobex__Head *head);
/* … of @head, whose codec and size are set here, with packer->body. */
int kpc_packer_body(struct kpc_packer *packer, Kprobex__Head *head);

#endif /* KPC_PACKER_H */
