/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * content - what the values of a field may tell of people, machines and memory, for
 * who makes a trace or an export anonymous
 */
#ifndef KPC_CONTENT_H
#define KPC_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "collect.h"

/* What a field's values may be. */
enum kpc_content {
	KPC_CONTENT_NUMBER,
	KPC_CONTENT_BYTE, /* an element of an array of bytes, or a character alone */
	KPC_CONTENT_WORD,    /* … or an address of the kernel */
	KPC_CONTENT_ADDRESS, /* an address, if it isn't a small number */
	KPC_CONTENT_HEX,     /* whatever a register may have, above 4 GiB */
	KPC_CONTENT_LONG, /* a number or an address, of the kernel or of a program
			      * with ASLR */
	KPC_CONTENT_IP4,
	KPC_CONTENT_STRING,
	KPC_CONTENT_BYTES,
};

enum kpc_content kpc_content_of(const struct kpc_field *field);
/*
 * How many fields, this and those that follow it, are one array of bytes, which may be
 * a text; 0: it doesn't begin one.
 */
uint32_t kpc_content_array(const struct kpc_field *field);
/* The value of an element of it that has @byte in the record. */
uint64_t kpc_content_byte(const struct kpc_field *field, uint8_t byte);
/* An address of IPv4, which is written so. */
bool kpc_field_is_ip4(const struct kpc_field *field);
/* Of the kernel, and no small negative number. */
bool kpc_content_is_kernel(uint64_t v);
/* The value of a field is an address, and is to be replaced. */
bool kpc_content_is_address(enum kpc_content content, uint64_t v);
/*
 * A copy of the event's attr, which it has, without addresses; the caller's. NULL: no
 * memory.
 */
void *kpc_content_attr(const struct kpc_event *event);

#endif /* KPC_CONTENT_H */
