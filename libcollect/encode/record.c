// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "desc.h"
#include "record.h"

uint32_t kpc_record_fixed_bytes(const struct kpc_event *event)
{
	uint32_t reach = 0;

	for (uint32_t i = 0; i < event->nr_fields; i++) {
		const struct kpc_field *field = &event->fields[i];

		if (field->offset + field->bytes > reach)
			reach = field->offset + field->bytes;
	}
	return reach;
}

/* Where a __data_loc or __rel_loc field says that its data is. */
static struct kpc_span dynamic_span(const struct kpc_field *field,
				    const uint8_t *raw)
{
	uint32_t word;
	uint32_t at;

	memcpy(&word, raw + field->offset, sizeof(word));
	at = word & 0xffff;
	if (field->relative)
		at += field->offset + field->bytes;
	return (struct kpc_span){ .at = raw + at, .bytes = word >> 16 };
}

bool kpc_record_dynamic_fits(const struct kpc_field *fields, uint32_t nr,
			     const uint8_t *raw, uint32_t raw_bytes)
{
	struct kpc_span span;

	for (uint32_t i = 0; i < nr; i++) {
		if (!fields[i].dynamic)
			continue;
		span = dynamic_span(&fields[i], raw);
		if ((size_t)(span.at - raw) + span.bytes > raw_bytes)
			return false;
	}
	return true;
}

#define GATHER(type)                                                \
	do {                                                        \
		for (uint32_t i = 0; i < n; i++) {                  \
			type value;                                 \
                                                                    \
			memcpy(&value, raw[i] + at, sizeof(value)); \
			v[i] = (uint64_t)(int64_t)value;            \
		}                                                   \
	} while (0)

/* In place of the integers that they are in. */
static void take_bits(const struct kpc_field *field, uint64_t *v, uint32_t n)
{
	unsigned int above = 64 - field->bits;
	unsigned int left = above - field->bit_offset;

	for (uint32_t i = 0; i < n; i++) {
		v[i] <<= left;
		v[i] = field->kind == KPC_FIELD_SIGNED ?
			       (uint64_t)((int64_t)v[i] >> above) :
			       v[i] >> above;
	}
}

void kpc_record_gather(const struct kpc_field *field, const uint8_t *const *raw,
		       uint64_t *v, uint32_t n)
{
	bool is_signed = field->kind == KPC_FIELD_SIGNED;
	uint32_t at = field->offset;

	switch (field->bytes) {
	case 1:
		if (is_signed)
			GATHER(int8_t);
		else
			GATHER(uint8_t);
		break;
	case 2:
		if (is_signed)
			GATHER(int16_t);
		else
			GATHER(uint16_t);
		break;
	case 4:
		if (is_signed)
			GATHER(int32_t);
		else
			GATHER(uint32_t);
		break;
	default:
		GATHER(uint64_t);
	}
	if (field->bits)
		take_bits(field, v, n);
}

/*
 * The text up to its NUL, which stays where it is all there is: no bytes at all
 * say that the kernel couldn't read it.
 */
static uint32_t text_bytes(const struct kpc_field *field, struct kpc_span span)
{
	uint32_t bytes = strnlen((const char *)span.at, span.bytes);

	return !bytes && field->faults && span.bytes ? 1 : bytes;
}

void kpc_record_gather_blobs(const struct kpc_field *field,
			     const uint8_t *const *raw, struct kpc_span *v,
			     uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (field->dynamic)
			v[i] = dynamic_span(field, raw[i]);
		else
			v[i] = (struct kpc_span){ raw[i] + field->offset,
						  field->bytes };
		if (field->kind == KPC_FIELD_STRING)
			v[i].bytes = text_bytes(field, v[i]);
	}
}
