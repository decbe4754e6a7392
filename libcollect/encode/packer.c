// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "head.h"
#include "packer.h"
#include "packet.h"

int kpc_packer_init(struct kpc_packer *p, int level, uint64_t trace)
{
	*p = (struct kpc_packer){ .trace = trace };
	if (level == KPC_LEVEL_NONE)
		return 0;
	return kpc_compressor_new(&p->compressor, level);
}

void kpc_packer_uninit(struct kpc_packer *p)
{
	kpc_compressor_free(p->compressor);
	kpc_buf_uninit(&p->head);
	kpc_buf_uninit(&p->body);
	kpc_buf_uninit(&p->packet);
	*p = (struct kpc_packer){ 0 };
}

static void begin(struct kpc_packer *p, struct kpc_framer *framer)
{
	kpc_buf_reset(&p->packet);
	kpc_framer_begin(framer, &p->packet, p->trace, p->head.data,
			 p->head.used);
}

int kpc_packer_frame(struct kpc_packer *p)
{
	struct kpc_framer framer;

	begin(p, &framer);
	return kpc_framer_end(&framer);
}

int kpc_packer_head(struct kpc_packer *p, const Kprobex__Head *head)
{
	int err = kpc_head_pack(&p->head, head);

	return err ? err : kpc_packer_frame(p);
}

int kpc_packer_body(struct kpc_packer *p, Kprobex__Head *head)
{
	struct kpc_framer framer;
	int err;

	if (p->body.error)
		return p->body.error;
	if (p->body.used > KPC_BODY_BYTES_MAX)
		return -E2BIG;
	head->codec = p->compressor ? KPROBEX__CODEC__CODEC_ZSTD :
				      KPROBEX__CODEC__CODEC_NONE;
	head->data_bytes = p->body.used;
	err = kpc_head_pack(&p->head, head);
	if (err)
		return err;
	begin(p, &framer);
	kpc_framer_data(&framer);
	if (p->compressor)
		err = kpc_compressor_add(p->compressor, &p->packet,
					 p->body.data, p->body.used);
	else
		kpc_buf_add(&p->packet, p->body.data, p->body.used);
	return err ? err : kpc_framer_end(&framer);
}
