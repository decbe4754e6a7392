// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "footer.h"
#include "packet.h"

#define FOOTER_MAGIC 0x3158504bu /* "KPX1" */

enum footer_number { /* Footer's fields, and Head's of it */
	FOOTER_INDEX_OFFSET = 1,
	FOOTER_TOTAL_BYTES = 2,
	FOOTER_EVENTS = 3,
	FOOTER_EXIT_REASON = 4,
	FOOTER_MAGIC_NUMBER = 5,
	HEAD_FOOTER = 23,
};

/* By hand: protobuf-c leaves zeros out, and the size must not depend on them */
int kpc_footer_pack(const struct kpc_footer *footer, struct kpc_packer *packer)
{
	struct kpc_buf *head = &packer->head;
	struct kpc_buf body = { 0 };
	int err;

	kpc_wire_add_fixed64(&body, FOOTER_INDEX_OFFSET, footer->index_offset);
	kpc_wire_add_fixed64(&body, FOOTER_TOTAL_BYTES, footer->total_bytes);
	kpc_wire_add_fixed64(&body, FOOTER_EVENTS, footer->events);
	kpc_wire_add_fixed32(&body, FOOTER_EXIT_REASON, footer->exit_reason);
	kpc_wire_add_fixed32(&body, FOOTER_MAGIC_NUMBER, FOOTER_MAGIC);
	kpc_buf_reset(head);
	kpc_wire_add_bytes(head, HEAD_FOOTER, body.data, body.used);
	err = body.error ? body.error : head->error;
	kpc_buf_uninit(&body);
	if (!err)
		err = kpc_packer_frame(packer);
	if (err)
		return err;
	return packer->packet.used == KPC_FOOTER_BYTES ? 0 : -EINVAL;
}
