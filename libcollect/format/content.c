// SPDX-License-Identifier: GPL-2.0-only
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"

/* Where the kernel's addresses begin, and where small negative numbers do. */
#define KERNEL_FIRST   0xffff800000000000ull
#define NEGATIVE_FIRST 0xffffffffff000000ull
/* Addresses of programs, of all with ASLR on x86-64. */
#define USER_FIRST 0x0000550000000000ull
#define USER_END   0x0000800000000000ull
#define HEX_FIRST  0x0000000100000000ull

bool kpc_field_is_ip4(const struct kpc_field *field)
{
	const char *type = field->type;

	/* Of an array it is the elements' type. */
	return field->kind == KPC_FIELD_HEX && field->bytes == 4 &&
	       !strncmp(type, "ip4", 3) && (!type[3] || type[3] == '[');
}

static bool is_byte(const struct kpc_field *field)
{
	return field->bytes == 1 && !field->bits &&
	       (strchr(field->type, '[') || !strcmp(field->type, "char"));
}

enum kpc_content kpc_content_of(const struct kpc_field *field)
{
	/* Of a probe, where it was hit. */
	static const char probe[] = "__probe_";

	if (field->kind == KPC_FIELD_STRING)
		return KPC_CONTENT_STRING;
	if (field->kind == KPC_FIELD_BYTES)
		return KPC_CONTENT_BYTES;
	if (kpc_field_is_ip4(field))
		return KPC_CONTENT_IP4;
	if (is_byte(field))
		return KPC_CONTENT_BYTE;
	if (field->bytes < sizeof(uint64_t) || field->bits)
		return KPC_CONTENT_NUMBER;
	if (strchr(field->type, '*') ||
	    !strncmp(field->name, probe, sizeof(probe) - 1))
		return KPC_CONTENT_ADDRESS;
	if (field->kind == KPC_FIELD_HEX)
		return KPC_CONTENT_HEX;
	if (!strcmp(field->type, "long") ||
	    !strcmp(field->type, "unsigned long"))
		return KPC_CONTENT_LONG;
	return KPC_CONTENT_WORD;
}

uint32_t kpc_content_array(const struct kpc_field *field)
{
	for (uint32_t i = 0; i < field->elements; i++)
		if (kpc_content_of(&field[i]) != KPC_CONTENT_BYTE)
			return 0;
	return field->elements;
}

uint64_t kpc_content_byte(const struct kpc_field *field, uint8_t byte)
{
	return field->kind == KPC_FIELD_SIGNED ? (uint64_t)(int8_t)byte : byte;
}

bool kpc_content_is_kernel(uint64_t v)
{
	return v >= KERNEL_FIRST && v < NEGATIVE_FIRST;
}

bool kpc_content_is_address(enum kpc_content content, uint64_t v)
{
	switch (content) {
	case KPC_CONTENT_ADDRESS:
		return v < NEGATIVE_FIRST;
	case KPC_CONTENT_HEX:
		return v >= HEX_FIRST && v < NEGATIVE_FIRST;
	case KPC_CONTENT_LONG:
		return kpc_content_is_kernel(v) ||
		       (v >= USER_FIRST && v < USER_END);
	case KPC_CONTENT_WORD:
		return kpc_content_is_kernel(v);
	default:
		return false;
	}
}

/* The caller's configuration has addresses, too, but that of hardware. */
void *kpc_content_attr(const struct kpc_event *event)
{
	struct perf_event_attr attr = { 0 };
	size_t bytes = event->attr_bytes < sizeof(attr) ? event->attr_bytes :
							  sizeof(attr);
	void *copy = malloc(event->attr_bytes + 1);

	if (!copy)
		return NULL;
	memcpy(copy, event->attr, event->attr_bytes);
	if (event->source == KPC_SOURCE_HARDWARE)
		return copy;
	memcpy(&attr, copy, bytes);
	attr.config1 = 0;
	attr.config2 = 0;
	memcpy(copy, &attr, bytes);
	return copy;
}
