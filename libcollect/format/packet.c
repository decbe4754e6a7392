// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem */
#include <errno.h>

#include "crc32c.h"
#include "packet.h"

#define TRACE_PACKET 0x0a /* tag: Trace.packet, length-delimited */
#define SYNC_TAG     0x09 /* tag: Packet.sync, fixed64 */

enum packet_number { /* Packet's fields */
	PACKET_SYNC = 1,
	PACKET_TRACE = 2,
	PACKET_HEAD = 3,
	PACKET_DATA = 4,
	PACKET_CRC32C = 5,
};

/* ---- writing ------------------------------------------------------------- */

void kpc_framer_begin(struct kpc_framer *framer, struct kpc_buf *out,
		      uint64_t trace, const void *head, size_t head_bytes)
{
	*framer = (struct kpc_framer){ .out = out, .head_bytes = head_bytes };
	framer->start = kpc_wire_begin(out, 1);
	kpc_wire_add_fixed64(out, PACKET_SYNC, KPC_PACKET_SYNC);
	kpc_wire_add_fixed64(out, PACKET_TRACE, trace);
	kpc_wire_add_bytes(out, PACKET_HEAD, head, head_bytes);
	framer->head = out->used - head_bytes;
}

void kpc_framer_data(struct kpc_framer *framer)
{
	framer->data = kpc_wire_begin(framer->out, PACKET_DATA);
}

int kpc_framer_end(struct kpc_framer *framer)
{
	struct kpc_buf *out = framer->out;
	uint32_t crc;

	if (out->error)
		return out->error;
	crc = kpc_crc32c(0, out->data + framer->head, framer->head_bytes);
	if (framer->data) {
		kpc_wire_end(out, framer->data);
		crc = kpc_crc32c(crc, out->data + framer->data,
				 out->used - framer->data);
	}
	kpc_wire_add_fixed32(out, PACKET_CRC32C, crc);
	if (out->error)
		return out->error;
	kpc_wire_end(out, framer->start);
	if (framer->head_bytes > KPC_HEAD_BYTES_MAX ||
	    out->used - framer->start > KPC_PACKET_BYTES_MAX) {
		out->used = framer->start - KPC_WIRE_PADDED_BYTES - 1;
		return -E2BIG;
	}
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

static const enum kpc_wire_type packet_type[] = {
	[PACKET_SYNC] = KPC_WIRE_FIXED64,   [PACKET_TRACE] = KPC_WIRE_FIXED64,
	[PACKET_HEAD] = KPC_WIRE_BYTES,	    [PACKET_DATA] = KPC_WIRE_BYTES,
	[PACKET_CRC32C] = KPC_WIRE_FIXED32,
};

/*
 * The members, in the writers' order and each at most once: with a damaged
 * length the following packets would otherwise pass as unknown fields.
 */
static int parse_members(struct kpc_packet *packet, struct kpc_wire wire,
			 uint32_t *crc)
{
	struct kpc_wire_field field;
	uint32_t seen = 0;
	uint32_t last = 0;
	int ret;

	while ((ret = kpc_wire_next(&wire, &field)) > 0) {
		if (field.number <= last)
			return -EBADMSG;
		last = field.number;
		if (field.number > PACKET_CRC32C)
			continue;
		if (field.type != packet_type[field.number])
			return -EBADMSG;
		seen |= 1u << field.number;
		switch (field.number) {
		case PACKET_SYNC:
			if (field.value != KPC_PACKET_SYNC)
				return -EBADMSG;
			break;
		case PACKET_TRACE:
			packet->trace = field.value;
			break;
		case PACKET_HEAD:
			packet->head = field.bytes;
			break;
		case PACKET_DATA:
			packet->data = field.bytes;
			break;
		case PACKET_CRC32C:
			*crc = field.value;
			break;
		}
	}
	if (ret)
		return ret;
	if ((seen | 1u << PACKET_DATA) != 0x3e ||
	    kpc_wire_left(&packet->head) > KPC_HEAD_BYTES_MAX)
		return -EBADMSG;
	return 0;
}

static uint32_t packet_crc(const struct kpc_packet *packet)
{
	uint32_t crc =
		kpc_crc32c(0, packet->head.at, kpc_wire_left(&packet->head));

	return kpc_crc32c(crc, packet->data.at, kpc_wire_left(&packet->data));
}

/* What is cut short may only be asked for more if it looks like a packet. */
static int parse_lead(const uint8_t *data, size_t bytes, uint64_t *length,
		      size_t *lead)
{
	static const uint8_t sync[] = "\x09KPXTRACE";
	struct kpc_wire wire = { data, data + bytes };
	size_t left;

	if (!bytes || *wire.at++ != TRACE_PACKET)
		return bytes ? -EBADMSG : -EAGAIN;
	if (kpc_wire_get_varint(&wire, length))
		return bytes > KPC_WIRE_PADDED_BYTES ? -EBADMSG : -EAGAIN;
	if (*length > KPC_PACKET_BYTES_MAX || *length < sizeof(sync) - 1)
		return -EBADMSG;
	left = kpc_wire_left(&wire);
	if (left > sizeof(sync) - 1)
		left = sizeof(sync) - 1;
	if (memcmp(wire.at, sync, left))
		return -EBADMSG;
	*lead = wire.at - data;
	return left == sizeof(sync) - 1 ? 0 : -EAGAIN;
}

int kpc_packet_parse(struct kpc_packet *packet, const uint8_t *data,
		     size_t bytes, size_t *need)
{
	uint64_t length;
	uint32_t crc = 0;
	size_t lead;
	int err;

	*packet = (struct kpc_packet){ 0 };
	err = parse_lead(data, bytes, &length, &lead);
	if (err) {
		*need = KPC_PACKET_LEAD_BYTES;
		return err;
	}
	if (bytes - lead < length) {
		*need = lead + length;
		return -EAGAIN;
	}
	err = parse_members(
		packet, (struct kpc_wire){ data + lead, data + lead + length },
		&crc);
	if (err)
		return err;
	packet->bytes = lead + length;
	return crc == packet_crc(packet) ? 0 : -EBADMSG;
}

/* The frame whose sync word is at @sync: its first byte, or -1. */
static ssize_t find_lead(const uint8_t *data, size_t sync)
{
	size_t tag;

	if (sync < 3 || data[sync - 1] != SYNC_TAG)
		return -1;
	/* A length of one to five bytes stands between the two tags. */
	for (size_t n = KPC_WIRE_PADDED_BYTES; n > 0; n--) {
		size_t i;

		if (sync < n + 2)
			continue;
		tag = sync - n - 2;
		if (data[tag] != TRACE_PACKET || data[sync - 2] & 0x80)
			continue;
		for (i = 1; i < n && data[tag + i] & 0x80; i++)
			;
		if (i == n)
			return tag;
	}
	return -1;
}

ssize_t kpc_packet_find(const uint8_t *data, size_t bytes)
{
	static const char sync[] = "KPXTRACE";
	const uint8_t *at = data;
	const uint8_t *hit;
	ssize_t lead;

	while ((hit = memmem(at, data + bytes - at, sync, sizeof(sync) - 1))) {
		lead = find_lead(data, hit - data);
		if (lead >= 0)
			return lead;
		at = hit + 1;
	}
	return -1;
}
