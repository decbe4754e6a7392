// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "head.h"

int kpc_head_pack(struct kpc_buf *buf, const Kprobex__Head *head)
{
	size_t bytes = kprobex__head__get_packed_size(head);
	uint8_t *at;

	kpc_buf_reset(buf);
	at = kpc_buf_reserve(buf, bytes);
	if (!at)
		return -ENOMEM;
	buf->used = kprobex__head__pack(head, at);
	return 0;
}

Kprobex__Head *kpc_head_unpack(struct kpc_wire wire)
{
	return kprobex__head__unpack(NULL, kpc_wire_left(&wire), wire.at);
}

void kpc_head_free(Kprobex__Head *head)
{
	if (head)
		kprobex__head__free_unpacked(head, NULL);
}

ProtobufCBinaryData kpc_head_text(const char *text)
{
	return (ProtobufCBinaryData){
		.len = text ? strlen(text) : 0,
		.data = (uint8_t *)text,
	};
}

char *kpc_head_strdup(ProtobufCBinaryData bytes)
{
	return bytes.len ? strndup((const char *)bytes.data, bytes.len) :
			   strdup("");
}
