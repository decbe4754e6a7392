// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "wire.h"

#define TAG_BYTES 5

static uint8_t *store_tag(uint8_t *p, uint32_t number, enum kpc_wire_type type)
{
	return kpc_wire_store_varint(p, (uint64_t)number << 3 | type);
}

void kpc_wire_put_varint(struct kpc_buf *buf, uint64_t v)
{
	uint8_t *p = kpc_buf_reserve(buf, KPC_WIRE_VARINT_BYTES);

	if (p)
		buf->used = kpc_wire_store_varint(p, v) - buf->data;
}

void kpc_wire_add_varint(struct kpc_buf *buf, uint32_t number, uint64_t v)
{
	uint8_t *p = kpc_buf_reserve(buf, TAG_BYTES + KPC_WIRE_VARINT_BYTES);

	if (!p)
		return;
	p = store_tag(p, number, KPC_WIRE_VARINT);
	buf->used = kpc_wire_store_varint(p, v) - buf->data;
}

void kpc_wire_add_fixed64(struct kpc_buf *buf, uint32_t number, uint64_t v)
{
	uint8_t *p = kpc_buf_reserve(buf, TAG_BYTES + sizeof(v));

	if (!p)
		return;
	p = store_tag(p, number, KPC_WIRE_FIXED64);
	memcpy(p, &v, sizeof(v));
	buf->used = p + sizeof(v) - buf->data;
}

void kpc_wire_add_fixed32(struct kpc_buf *buf, uint32_t number, uint32_t v)
{
	uint8_t *p = kpc_buf_reserve(buf, TAG_BYTES + sizeof(v));

	if (!p)
		return;
	p = store_tag(p, number, KPC_WIRE_FIXED32);
	memcpy(p, &v, sizeof(v));
	buf->used = p + sizeof(v) - buf->data;
}

void kpc_wire_add_bytes(struct kpc_buf *buf, uint32_t number, const void *data,
			size_t bytes)
{
	uint8_t *p = kpc_buf_reserve(buf, TAG_BYTES + KPC_WIRE_VARINT_BYTES);

	if (!p)
		return;
	p = store_tag(p, number, KPC_WIRE_BYTES);
	buf->used = kpc_wire_store_varint(p, bytes) - buf->data;
	kpc_buf_add(buf, data, bytes);
}

size_t kpc_wire_begin(struct kpc_buf *buf, uint32_t number)
{
	uint8_t *p = kpc_buf_reserve(buf, TAG_BYTES + KPC_WIRE_PADDED_BYTES);

	if (!p)
		return 0;
	p = store_tag(p, number, KPC_WIRE_BYTES);
	buf->used = p + KPC_WIRE_PADDED_BYTES - buf->data;
	return buf->used;
}

void kpc_wire_end(struct kpc_buf *buf, size_t begin)
{
	if (buf->error)
		return;
	kpc_wire_store_padded(buf->data + begin - KPC_WIRE_PADDED_BYTES,
			      buf->used - begin);
}

int kpc_wire_get_varint_slow(struct kpc_wire *wire, uint64_t *v)
{
	const uint8_t *p = wire->at;
	uint64_t sum = 0;

	for (unsigned int shift = 0; shift < 64 && p < wire->end; shift += 7) {
		uint8_t byte = *p++;

		if (shift == 63 && byte > 1)
			return -EBADMSG;
		sum |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			wire->at = p;
			*v = sum;
			return 0;
		}
	}
	return -EBADMSG;
}

static int get_bytes(struct kpc_wire *wire, struct kpc_wire *bytes)
{
	uint64_t length;
	int err = kpc_wire_get_varint(wire, &length);

	if (err)
		return err;
	if (length > kpc_wire_left(wire))
		return -EBADMSG;
	bytes->at = wire->at;
	wire->at += length;
	bytes->end = wire->at;
	return 0;
}

int kpc_wire_next(struct kpc_wire *wire, struct kpc_wire_field *field)
{
	uint64_t tag;
	int err;

	if (wire->at == wire->end)
		return 0;
	err = kpc_wire_get_varint(wire, &tag);
	if (err)
		return err;
	if (tag > UINT32_MAX || tag < 8)
		return -EBADMSG;
	field->number = tag >> 3;
	field->type = tag & 7;
	field->value = 0;
	field->bytes = (struct kpc_wire){ 0 };
	switch (field->type) {
	case KPC_WIRE_VARINT:
		err = kpc_wire_get_varint(wire, &field->value);
		return err ? err : 1;
	case KPC_WIRE_FIXED64:
		if (kpc_wire_left(wire) < 8)
			return -EBADMSG;
		field->value = kpc_load64(wire->at);
		wire->at += 8;
		return 1;
	case KPC_WIRE_BYTES:
		err = get_bytes(wire, &field->bytes);
		return err ? err : 1;
	case KPC_WIRE_FIXED32:
		if (kpc_wire_left(wire) < 4)
			return -EBADMSG;
		field->value = kpc_load32(wire->at);
		wire->at += 4;
		return 1;
	}
	return -EBADMSG;
}
